"""The same form sent twice, as by a double click: the second answer says what came of the first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

LAST_SAVED = "last_saved"  # in the session
Answer = TypeVar("Answer")
SENT_TWICE = "同じ内容が2回送られましたが、保存や実行をしたのは1回だけです。"


def remember_saved(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer to a form that was saved.

    Call it in the transaction that saves: who sends the form again meanwhile waits for the same rows, and
    then finds what is remembered.
    """
    if isinstance(response, HttpResponseRedirect):
        request.session[LAST_SAVED] = [_digest(request), response.url]
        request.session.save()
    return response


def answer_as_before(request: HttpRequest) -> HttpResponse | None:
    """The answer to the form that was saved last, if it is this one again, with a message."""
    as_it_is_now = type(request.session)(request.session.session_key)
    digest, address = as_it_is_now.get(LAST_SAVED, (None, None))
    if digest != _digest(request):
        return None
    messages.success(request, SENT_TWICE)
    return HttpResponseRedirect(address)


def once(view: Callable[..., Answer]) -> Callable[..., Answer | HttpResponse]:
    """Makes a method of an admin answer a form sent again as it did at first, if that was `remember_saved`.

    The second waits until the first is done, even where that leaves no row to wait for.
    """

    @wraps(view)
    def answer(self: Any, request: HttpRequest, *args: Any, **options: Any) -> Answer | HttpResponse:
        if request.method != "POST":
            return view(self, request, *args, **options)
        with transaction.atomic():
            _wait_for_the_same(request)
            return answer_as_before(request) or view(self, request, *args, **options)

    return answer


def _wait_for_the_same(request: HttpRequest) -> None:
    """Holds until the end of the transaction what only one may hold who sends this form."""
    text = f"{request.session.session_key} {_digest(request)}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [text])


def _digest(request: HttpRequest) -> str:
    """Equal for two requests that send the same form to the same page; a view may change its copy later."""
    kept: str | None = getattr(request, "_sent_digest", None)
    if kept is None:
        sent = sorted(
            (name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"
        )
        kept = hashlib.sha256(json.dumps([request.get_full_path(), sent]).encode()).hexdigest()
        request._sent_digest = kept  # type: ignore[attr-defined]
    return kept
