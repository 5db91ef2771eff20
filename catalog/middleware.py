"""What every request passes before a view sees it."""

import re
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class RefuseUnstorableText:
    """Answers 400 to a path or query with NUL or a lone surrogate, which no text in PostgreSQL has."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        texts = [
            request.path_info,
            *request.GET,
            *(text for _, values in request.GET.lists() for text in values),
        ]
        if any(map(UNSTORABLE.search, texts)):
            raise BadRequest("NUL or lone surrogate in path or query")
        return self.get_response(request)
