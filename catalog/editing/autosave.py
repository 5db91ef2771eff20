"""What editors type is kept while they type, and offered when they come back to the form."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from catalog.models import Autosave

FORM_KEY = "form"  # names the key of a form of a new case
MAX_OFFERED = 5  # forms of new cases
MAX_PAGE = 200  # characters of an address


@require_http_methods(["GET", "POST"])
def autosave_view(request: HttpRequest) -> HttpResponse:
    """Keeps what was typed; without data forgets it. Asked for by GET it only keeps the session alive.

    Tells the token with which the form, opened before another login, may be sent now.
    """
    user: Any = request.user
    if request.method == "POST":
        page, data = request.POST.get("page", ""), request.POST.get("data", "")
        if not page.startswith(reverse("admin:catalog_case_changelist")) or len(page) > MAX_PAGE:
            return JsonResponse({}, status=400)
        if data:
            Autosave.objects.keep(user, page, data)
        else:
            Autosave.objects.filter(user=user, page=page).delete()
    return JsonResponse({"token": get_token(request)})


def page_of(request: HttpRequest) -> str:
    """The address of the form, by which what is typed into it is kept.

    Each form of a new case has a key of its own, since several may be open at once; the form sends it.
    """
    if proposal := request.GET.get("proposal"):
        return f"{request.path}?{urlencode({'proposal': proposal})}"
    if not is_of_new(request):
        return request.path
    key = request.POST.get(FORM_KEY) or request.GET.get(FORM_KEY, "")
    if not re.fullmatch("[0-9a-f]{16}", key):
        key = secrets.token_hex(8)
        request.GET = with_key(request.GET, key)  # type: ignore[assignment]
    return f"{request.path}?{urlencode({FORM_KEY: key})}"


def key_of(request: HttpRequest) -> str:
    """The key of a form of a new case, for it to send."""
    return page_of(request).partition(f"?{FORM_KEY}=")[2]


def is_of_new(request: HttpRequest) -> bool:
    return request.path == reverse("admin:catalog_case_add")


def with_key(query: QueryDict, key: str) -> QueryDict:
    """The query with the key, by which the same request finds it again."""
    changed = query.copy()
    changed[FORM_KEY] = key
    return changed


def kept_for(request: HttpRequest) -> Autosave | None:
    user: Any = request.user
    return Autosave.objects.alive().filter(user=user, page=page_of(request)).first()


def kept_of_others(request: HttpRequest) -> list[Autosave]:
    """Where a new case is begun: what was typed into other forms of new cases and never saved."""
    if not is_of_new(request):
        return []
    user: Any = request.user
    kept = Autosave.objects.alive().filter(user=user, page__startswith=f"{request.path}?")
    return list(kept.exclude(page=page_of(request)).order_by("-saved_at")[:MAX_OFFERED])


def forget(request: HttpRequest) -> None:
    """What was typed is saved."""
    user: Any = request.user
    Autosave.objects.filter(user=user, page=page_of(request)).delete()


def put_back(request: HttpRequest, kept: Autosave) -> None:
    """Makes the request one that sends what was kept. The form has to be one that refuses to be saved."""
    _ = request.FILES  # which would be read, and what was sent with them, once it is a POST
    request.method = "POST"
    request.POST = QueryDict(kept.data)
