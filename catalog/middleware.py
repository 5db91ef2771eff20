"""What every request passes before a view sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError

Answer = Callable[[HttpRequest], HttpResponse]
METHODS = ("GET", "HEAD", "POST")
# NUL and lone surrogates, which no text in PostgreSQL has, and what Django puts for bytes that are not UTF-8.
UNSTORABLE = re.compile("[\0\ud800-\udfff\ufffd]")


class RefuseUnknownMethods:
    """Answers 405 to methods that no page has; which of the three a page takes, its view says."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in METHODS:
            return self.get_response(request)
        return HttpResponseNotAllowed(
            METHODS, "この方法では受け付けません。\n", content_type="text/plain; charset=utf-8"
        )


class RefuseUnstorableText:
    """Answers 400 to text that PostgreSQL cannot hold or that was not UTF-8.

    Looked at are the path, the query, the form and the key of the session: what reaches the database.
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


def texts_of(request: HttpRequest) -> Iterator[str]:
    yield request.path_info
    yield request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    for given in (request.GET, request.POST):
        for name, values in given.lists():
            yield from (name, *values)
