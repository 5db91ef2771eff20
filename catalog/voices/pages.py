"""The pages of these forms, for everybody: nothing of them is kept by a cache or found by a search engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from catalog.documents.reading import Document, read_documents, read_public
from catalog.documents.snapshot import one_snapshot
from catalog.models import Confirmation, Report, Sender, content_of_case
from catalog.pages.views import case_page
from catalog.voices.forms import AnswerForm, ReportForm, SenderForm, is_from_another_site, new_token
from dxcases.cache_control import NO_STORE
from dxcases.sign_in import client_address

View = Callable[..., HttpResponse]

AWAY = "ただいまデータを保存できないため、まだ受け付けていません。少し待ってから、もう一度送ってください。"
TOO_MANY = (
    "短い時間に多くの送信があったため、まだ受け付けていません。1時間ほどたってから、もう一度送ってください。"
)
ANSWERED_OFTEN = (
    "このリンクからの回答は、これ以上受け付けません。リンクをお送りした担当者にお知らせください。"
)


def kept_by_nobody(view: View) -> View:
    """No cache keeps the answer, no search engine lists it."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = NO_STORE
        response["X-Robots-Tag"] = "noindex"
        return response

    return answer


def takes_a_form(view: View) -> View:
    """The view, for GET and POST, without Django's token against forged requests, which needs a cookie.

    Nobody who sends these forms is known by a cookie, so no other site gains by sending them for a reader.
    """
    return csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(kept_by_nobody(view)))


@takes_a_form
def report(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return new_report(request)
    if is_from_another_site(request):
        raise PermissionDenied
    form = ReportForm(request.POST)
    if not form.is_valid():
        return report_page(request, form, status=400)
    try:
        is_stored = form.store(client_address(request))
    except (DatabaseError, InterfaceError):
        return not_taken(request, form, AWAY, 503)
    return redirect("catalog:report_thanks") if is_stored else not_taken(request, form, TOO_MANY, 429)


def new_report(request: HttpRequest) -> HttpResponse:
    """An empty form; with `case` about that case."""
    slug = request.GET.get("case", "")
    documents = read_public([slug]) if slug else []
    initial: dict[str, Any] = {"token": new_token()}
    if documents:
        record = documents[0].record
        bodies = "、".join(body["name"] for body in record["bodies"])[:100]
        initial |= {"kind": Report.Kind.ERROR, "case": slug, "title": record["title"], "body": bodies}
    is_unknown = bool(slug) and not documents
    return report_page(
        request, ReportForm(initial=initial), is_unknown=is_unknown, status=404 if is_unknown else 200
    )


def report_page(
    request: HttpRequest, form: ReportForm, *, status: int, is_unknown: bool = False
) -> HttpResponse:
    context = {
        "form": form,
        "days": settings.SENDER_DAYS,
        "is_unknown": is_unknown,
        "contact": settings.CONTACT,
    }
    return render(request, "catalog/report.html", context, status=status)


def not_taken(request: HttpRequest, form: SenderForm, message: str, status: int) -> HttpResponse:
    """What was typed, to copy or to send again: no part of it needs the database."""
    return render(request, "catalog/not_taken.html", {"form": form, "message": message}, status=status)


@require_safe
@kept_by_nobody
def report_thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/report_thanks.html", {"days": settings.SENDER_DAYS})


@takes_a_form
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """A case as a body of it is asked to confirm it. Who has the link may answer, and answer again."""
    form = AnswerForm(request.POST if request.method == "POST" else None)
    try:
        response = answer_to(request, token, form)
    except (DatabaseError, InterfaceError):
        if request.method != "POST":
            raise
        response = not_taken(request, form, AWAY, 503)
    response["Referrer-Policy"] = "no-referrer"
    return response


def answer_to(request: HttpRequest, token: str, form: AnswerForm) -> HttpResponse:
    confirmation = Confirmation.objects.by_token(token)
    if confirmation is None or not confirmation.is_open:
        context = {"confirmation": confirmation, "contact": settings.CONTACT}
        status = 410 if confirmation else 404
        return render(request, "catalog/confirm_ended.html", context, status=status)
    document, content = what_is_shown(confirmation)
    if form.is_bound and form.is_valid() and form.is_of(content):
        is_kept = keep(confirmation, form, content)
        return redirect(confirmation.path) if is_kept else not_taken(request, form, ANSWERED_OFTEN, 429)
    if not form.is_bound:
        form.initial = {"seen": content, "verdict": confirmation.verdict, "text": confirmation.text}
    return case_page(
        request,
        document,
        template="catalog/confirm.html",
        status=400 if form.errors else 200,
        confirmation=confirmation,
        form=form,
        days=settings.SENDER_DAYS,
    )


def what_is_shown(confirmation: Confirmation) -> tuple[Document, str]:
    """The case as it stands, or as the proposal would have it; and the digest of that content."""
    key, shown = confirmation.case_id, confirmation.shown
    with one_snapshot():
        (now,) = read_documents([key])
        if not shown:
            return now, content_of_case(key)
    # What documents have got since the link was made is as it stands.
    record, extra = {**now.record, **shown["record"]}, {**now.extra, **shown["extra"]}
    return Document(key, record, extra), confirmation.content  # type: ignore[arg-type]


def keep(confirmation: Confirmation, form: AnswerForm, content: str) -> bool:
    """Keeps the answer in the place of an earlier one; whom to ask stays where it is not told anew.

    False where the link takes no more.
    """
    cleaned = form.cleaned_data
    told = {name: cleaned[name] for name in Sender.PERSONAL if cleaned[name]}
    taking = Confirmation.objects.filter(
        pk=confirmation.pk, revoked_at=None, answers__lt=Confirmation.MAX_ANSWERS
    )
    kept = taking.update(
        verdict=cleaned["verdict"],
        text=cleaned["text"],
        content=content,
        answered_at=timezone.now(),
        answers=F("answers") + 1,
        settled_at=None,
        **told,
    )
    return kept == 1
