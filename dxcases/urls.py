from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from dxcases import forgotten_password, sign_in

urlpatterns = [
    path("admin/login/", sign_in.log_in),  # before the admin's own, which `admin:login` names
    *(forgotten_password.urlpatterns if settings.MAIL_IS_SET_UP else []),
    path("admin/second-factor/recovery-codes/", sign_in.recovery_codes, name="recovery_codes"),
    path("admin/second-factor/", sign_in.second_factor, name="second_factor"),
    path("admin/second-factor/qr.svg", sign_in.second_factor_image, name="second_factor_image"),
    path("admin/", admin.site.urls),
    path("", include("catalog.urls")),
]

handler400 = "dxcases.errors.bad_request"
handler404 = "catalog.pages.missing.not_found"
handler500 = "dxcases.errors.server_error"
