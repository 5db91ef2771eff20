"""A new password for whoever has forgotten it, by a link sent to the account's mail address.

Nothing tells whether there is an account of an address: not the page, and not the time it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Thread
from types import MappingProxyType
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.http import HttpRequest, HttpResponse
from django.urls import path

from dxcases.sign_in import door_context

# As the name by which requests are counted: apart from those of logins.
COUNTED_AS = "new password for {}"
MAIL_THREAD = "mail of a new password"


class LinkForm(PasswordResetForm):
    """Sends the mail apart, so that the answer takes as long where none is sent."""

    def send_mail(self, *args: Any, **options: Any) -> None:
        Thread(target=super().send_mail, args=args, kwargs=options, name=MAIL_THREAD).start()


def ask(request: HttpRequest) -> HttpResponse:
    """Asks for the address. By address and sender it is limited as wrong passwords are."""
    if request.method == "POST":
        credentials = {"username": COUNTED_AS.format(request.POST.get("email", "").lower())[:150]}
        if not AxesProxyHandler.is_allowed(request, credentials):
            return get_lockout_response(request, None, credentials)
        AxesProxyHandler.user_login_failed(__name__, credentials, request)
    return as_page(
        views.PasswordResetView,
        request,
        form_class=LinkForm,
        subject_template_name="admin/forgotten_password_subject.txt",
        email_template_name="admin/forgotten_password_mail.txt",
    )


def asked(request: HttpRequest) -> HttpResponse:
    return as_page(views.PasswordResetDoneView, request)


def choose(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """The link: takes the new password, once and for an hour."""
    return as_page(views.PasswordResetConfirmView, request, {"uidb64": uidb64, "token": token})


def chosen(request: HttpRequest) -> HttpResponse:
    return as_page(views.PasswordResetCompleteView, request)


def as_page(
    view: Any, request: HttpRequest, captured: Mapping[str, str] = MappingProxyType({}), **options: Any
) -> HttpResponse:
    page = view.as_view(extra_context=door_context(request), **options)
    response: HttpResponse = page(request, **captured)
    return response


# Django's own pages and the admin's login name them so.
urlpatterns = [
    path("admin/forgotten-password/", ask, name="admin_password_reset"),
    path("admin/forgotten-password/sent/", asked, name="password_reset_done"),
    path("admin/forgotten-password/<uidb64>/<token>/", choose, name="password_reset_confirm"),
    path("admin/forgotten-password/done/", chosen, name="password_reset_complete"),
]
