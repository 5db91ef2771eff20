"""Who gets into the admin, and for how long: addresses, sessions, the second factor (decision 0011)."""

from __future__ import annotations

import io
import re
import time
import unicodedata
from ipaddress import ip_address
from threading import BoundedSemaphore, Lock
from typing import Any

import django_otp
import segno
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods, require_safe
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from dxcases.errors import is_for_editors, render_unavailable
from dxcases.middleware import Answer

CLOCK_SECONDS = 60  # by which a clock may be set back a little
LAST_USE_SECONDS = 60  # of when a session was last used; each is a write
WITHOUT_SECOND_FACTOR = ("second_factor", "second_factor_image", "admin:login", "admin:logout")
RECOVERY_CODES = 10
RECOVERY_CODE_LENGTH = 8  # as StaticToken makes them
MAX_LOGINS = 6  # of a process at a time, of which one is looked at: its other threads stay with readers
REST = 2  # after a login has been looked at, none is for so many times as long
BUSY = "ただいまログインが混み合っています。少し待ってから、もう一度お試しください。"


class Turn:
    """A lock. After each holder it stays closed for `rest` × the time held; a lone caller never waits."""

    def __init__(self, rest: float) -> None:
        self._rest, self._lock, self._free_at = rest, Lock(), 0.0

    def __enter__(self) -> None:
        self._lock.acquire()
        now = time.monotonic()
        self._began = max(now, self._free_at)
        time.sleep(self._began - now)

    def __exit__(self, *error: object) -> None:
        now = time.monotonic()
        self._free_at = now + self._rest * (now - self._began)
        self._lock.release()


_places, _turn = BoundedSemaphore(MAX_LOGINS), Turn(REST)


def client_address(request: HttpRequest) -> str | None:
    """The address a request comes from: behind our proxy what the proxy itself added to X-Forwarded-For.

    None where there is no address, as on a Unix socket.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    given = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(given))
    except ValueError:
        return None


class EndOldSessions:
    """Ends an editor's session SESSION_MAX_AGE after it began, and SESSION_COOKIE_AGE after its last use.

    One that began in the future, while the clock was wrong, ends too: it would hold until then.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_for_editors(request) and request.user.is_authenticated:
            now = int(time.time())
            age = now - request.session.setdefault("began", now)
            if not -CLOCK_SECONDS < age <= settings.SESSION_MAX_AGE:
                logout(request)
            elif abs(now - request.session.get("used", 0)) > LAST_USE_SECONDS:
                request.session["used"] = now
        return self.get_response(request)


class AskSecondFactor:
    """Leads editors without a second factor to where they give it, if REQUIRE_SECOND_FACTOR says so."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.REQUIRE_SECOND_FACTOR and is_for_editors(request) and lacks_second_factor(request):
            return redirect(f"{reverse('second_factor')}?{urlencode({'next': request.get_full_path()})}")
        return self.get_response(request)


def lacks_second_factor(request: HttpRequest) -> bool:
    user: Any = request.user
    free = request.path in map(reverse, WITHOUT_SECOND_FACTOR)
    return user.is_authenticated and not user.is_verified() and not free


def log_in(request: HttpRequest) -> HttpResponse:
    """Django's login. A password takes long to check: one is at a time, few wait, further ones get 429."""
    if request.method != "POST":
        return admin.site.login(request)
    if not _places.acquire(blocking=False):
        return render_unavailable(request, BUSY, 429)
    try:
        with _turn:
            return admin.site.login(request)
    finally:
        _places.release()


class TokenForm(forms.Form):
    """The six digits that an editor's authenticator shows now, or a recovery code.

    Too many wrong ones in a row have to wait.
    """

    token = forms.CharField(
        label="確認コード（6桁）",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def __init__(self, device: TOTPDevice, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.device: TOTPDevice | StaticDevice = device
        if device.confirmed:
            self.fields["token"].label = "確認コード（6桁）か回復コード"

    def clean_token(self) -> str:
        token = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", self.cleaned_data["token"]).lower())
        codes = StaticDevice.objects.filter(user=self.device.user).first()
        if codes and self.device.confirmed and len(token) == RECOVERY_CODE_LENGTH:
            self.device = codes
        if not self.device.verify_token(token):
            raise forms.ValidationError(
                "確認コードが違います。アプリに今表示されている6桁を入力してください。"
                "続けて間違えたときは、少し待ってからお試しください。"
            )
        return token


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def second_factor(request: HttpRequest) -> HttpResponse:
    """Asks for the token; at the first time it also shows how to set up the authenticator."""
    device = device_of(request.user)
    form = TokenForm(device, request.POST if request.method == "POST" else None)
    if form.is_valid():
        is_set_up_now = TOTPDevice.objects.filter(pk=device.pk, confirmed=False).update(confirmed=True)
        django_otp.login(request, form.device)
        if is_set_up_now:
            return redirect("recovery_codes")
        return redirect(own_address(request, request.GET.get("next", "")))
    context = {"form": form, "device": device, "key": spaced_key(device), "title": "二段階認証"}
    return render(request, "admin/second_factor.html", {**door_context(request), **context})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Makes codes for whoever has given the second factor, and shows them this once."""
    user: Any = request.user
    if not user.is_verified():
        return redirect("second_factor")
    made = make_recovery_codes(user) if request.method == "POST" else []
    left = StaticToken.objects.filter(device__user=user).count()
    context = {"codes": made, "left": left, "title": "回復コード"}
    return render(request, "admin/recovery_codes.html", {**door_context(request), **context})


def make_recovery_codes(user: Any) -> list[str]:
    """New codes in the place of those there were; each opens the door once."""
    device, _ = StaticDevice.objects.get_or_create(user=user, defaults={"name": "回復コード"})
    device.token_set.all().delete()
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    device.token_set.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def door_context(request: HttpRequest) -> dict[str, Any]:
    """What the admin's pages are made with, for those before it: they have its name, not its menu."""
    return {**admin.site.each_context(request), "is_nav_sidebar_enabled": False}


@login_required
@require_safe
@transaction.atomic
def second_factor_image(request: HttpRequest) -> HttpResponse:
    """The key as a QR code, until it has been confirmed once."""
    device = device_of(request.user)
    if device.confirmed:
        raise Http404("the key has been taken over")
    image = io.BytesIO()
    segno.make(device.config_url, micro=False).save(image, kind="svg", scale=5)
    return HttpResponse(image.getvalue(), content_type="image/svg+xml")


def device_of(user: Any) -> TOTPDevice:
    """The authenticator of an editor; one not yet confirmed where there is none.

    Call it in a transaction, at whose end another request of the same editor gets it: none makes a second
    one, and codes that are sent at once are looked at and counted one by one.
    """
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    device, _ = TOTPDevice.objects.get_or_create(
        user=user, defaults={"name": "認証アプリ", "confirmed": False}
    )
    return device


def spaced_key(device: TOTPDevice) -> str:
    """The key as people copy it by hand."""
    key = device.config_url.partition("secret=")[2].partition("&")[0]
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


def own_address(request: HttpRequest, address: str) -> str:
    """The address if it is of this site, else the admin's first page."""
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
        return address
    return reverse("admin:index")


def forget_second_factor(user: User) -> int:
    """Makes an editor set up the authenticator anew, after a lost telephone. Returns how many there were."""
    StaticDevice.objects.filter(user=user).delete()
    return TOTPDevice.objects.filter(user=user).delete()[0]
