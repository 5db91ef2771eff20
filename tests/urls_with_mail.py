"""The addresses of a site whose mail is set up."""

from dxcases import forgotten_password, urls
from dxcases.urls import handler400, handler404, handler500

urlpatterns = [*forgotten_password.urlpatterns, *urls.urlpatterns]

__all__ = ("handler400", "handler404", "handler500", "urlpatterns")
