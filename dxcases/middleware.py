"""What every request passes before a view sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase

from dxcases.cache_control import NO_STORE, let_caches_keep
from dxcases.errors import is_for_editors, is_public_data, render_error
from dxcases.postgres.backend.base import is_of_lost_connection
from dxcases.postgres.replicas import rendered

# What a shared cache has to put in the place of the page that was there, lest it show that while we fail.
TAKES_ITS_PLACE = (404, 410)
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
Answer = Callable[[HttpRequest], HttpResponse]
# These forms tell beside the field what is wrong with a text.
EDITORS_FORM = re.compile("/catalog/.*/(?:add|change)/$")
# NUL and lone surrogates, which no text in PostgreSQL has, and what Django puts for bytes that are not UTF-8.
UNSTORABLE = re.compile("[\0\ud800-\udfff\ufffd]")


class FixedHeaders:
    """Puts the settings' FIXED_HEADERS on every answer, DATA_HEADERS on public data, `no-store` on the
    editors', and on a refusal how long it may be kept.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        own = settings.DATA_HEADERS if is_public_data(request) else {}
        for name, value in {**settings.FIXED_HEADERS, **own}.items():
            response.setdefault(name, value)
        if is_for_editors(request):
            response["Cache-Control"] = NO_STORE
        elif response.status_code >= 400 and "Cache-Control" not in response:
            say_how_long_to_keep(response)
        return response


def say_how_long_to_keep(refusal: HttpResponse) -> None:
    """Browsers may keep a 404 or 410 that does not say how long for good, also of a page that comes back."""
    if refusal.status_code in TAKES_ITS_PLACE:
        let_caches_keep(refusal)
    else:
        refusal["Cache-Control"] = NO_STORE


class RefuseOtherMethods:
    """Answers 405, with an Allow header, to any method but GET and HEAD, POST where forms go, and OPTIONS for
    public data: before a script of another site sends a header of its own, its browser asks so.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        allowed = ["GET", "HEAD", "POST"] if takes_forms(request) else ["GET", "HEAD"]
        if request.method in allowed:
            return self.get_response(request)
        if is_public_data(request):
            allowed = [*allowed, "OPTIONS"]
            if request.method == "OPTIONS":
                return HttpResponse(status=204, headers={"Allow": ", ".join(allowed), **PREFLIGHT})
        refusal = render_error(request, 405, "この方法では受け付けません。")
        refusal["Allow"] = ", ".join(allowed)
        return refusal


class RefuseUnstorableText:
    """Answers 400 to text that PostgreSQL cannot hold or that was not UTF-8.

    Looked at are the path, the query, the form and the key of the session: what reaches the database. The
    forms of the catalogue's editors look for themselves, and tell in which field it stands.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            refused = any(map(UNSTORABLE.search, texts_of(request)))
        except UnreadablePostError as error:
            raise BadRequest("form cut off") from error
        if refused:
            raise BadRequest("NUL, lone surrogate or invalid UTF-8")
        return self.get_response(request)


def takes_forms(request: HttpRequest) -> bool:
    return is_for_editors(request) or request.path_info.startswith(settings.PUBLIC_FORM_PATHS)


def texts_of(request: HttpRequest) -> Iterator[str]:
    yield request.path_info
    yield request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    looks_itself = EDITORS_FORM.search(request.path_info) and is_for_editors(request)
    for given in (request.GET, request.POST):
        for name, values in given.lists():
            yield name
            yield from [] if looks_itself and given is request.POST else values


class RepeatLostReads:
    """Makes a page once more when the database closed the connection meanwhile: a restart, most likely."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """None, so that the exception goes its way, unless it is of a lost connection and a read."""
        match = request.resolver_match
        if request.method == "POST" or match is None or not is_of_lost_connection(exception.__cause__):
            return None
        connection.close()
        return rendered(match.func(request, *match.args, **match.kwargs))
