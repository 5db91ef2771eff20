from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("catalog.urls")),
]

handler400 = "catalog.views.bad_request"
handler404 = "catalog.views.not_found"
handler500 = "catalog.views.server_error"
