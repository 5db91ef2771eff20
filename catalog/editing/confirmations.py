"""Bodies are asked to confirm their case: links made and taken back, answers read (decision 0028)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from catalog import history
from catalog.editing.proposals import document_and_content_of
from catalog.models import Body, Case, Confirmation, Proposal
from catalog.models.days import in_japanese
from dxcases import access_log

WITHDRAWN = "取り下げた事例の確認は依頼できません。"


class LinkForm(forms.Form):
    """Whom to ask, and about what."""

    body = forms.ModelChoiceField(Body.objects.none(), label="確認を依頼する団体", empty_label=None)
    proposal = forms.ModelChoiceField(
        Proposal.objects.none(), label="見せる内容", required=False, empty_label="今の内容"
    )

    def __init__(self, *args: Any, case: Case, **options: Any) -> None:
        super().__init__(*args, **options)
        self.case = case
        self.field("body").queryset = Body.objects.filter(case_bodies__case=case).select_related("prefecture")
        self.field("proposal").queryset = case.proposals.still_open()
        self.field("body").label_from_instance = lambda body: body.full_name
        self.field("proposal").label_from_instance = lambda one: f"改訂案（{one.reason}）"

    def field(self, name: str) -> Any:
        return self.fields[name]

    def clean(self) -> None:
        if self.case.status == Case.Status.WITHDRAWN:
            raise ValidationError(WITHDRAWN)

    def ask(self, user: Any) -> Confirmation:
        """Makes the link. Raises ValidationError where the proposal cannot be shown."""
        proposal, about = self.cleaned_data["proposal"], {}
        if proposal:
            document, content = document_and_content_of(proposal)
            about = {"shown": {"record": document.record, "extra": document.extra}, "content": content}
        return Confirmation.objects.create(
            case=self.case,
            body=self.cleaned_data["body"],
            proposal=proposal,
            made_by=user,
            expires_at=timezone.now() + timedelta(days=settings.CONFIRMATION_DAYS),
            **about,
        )


def said_of(case: Case) -> QuerySet[Confirmation]:
    return case.confirmations.select_related("body__prefecture", "made_by", "proposal")


def context_for(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What the page of a case's confirmations shows. Links and contacts are for those who may have them."""
    may_ask = request.user.has_perm("catalog.publish_case")
    is_asking = request.method == "POST" and request.POST.get("do") == "ask"
    said = [(one, mail_for(one, request) if may_ask and one.is_waiting else "") for one in said_of(case)]
    return {
        "title": f"団体の確認：{case}",
        "case": case,
        "said": said,
        "form": LinkForm(request.POST if is_asking else None, case=case),
        "may_ask": may_ask,
        "may_see_sender": request.user.has_perm("catalog.view_sender"),
        "days": settings.CONFIRMATION_DAYS,
    }


def do(request: HttpRequest, case: Case, form: LinkForm) -> str:
    """Does what a button of the page asks for and tells it; nothing, where the form says why not."""
    if form.is_bound:
        return ask(request, form)
    found = Confirmation.objects.filter(case=case, revoked_at=None).select_related("body__prefecture")
    one = get_object_or_404(found, pk=history.key_in(request.POST.get("key", "")) or 0)
    if request.POST.get("do") == "revoke":
        found.filter(pk=one.pk).update(revoked_at=timezone.now())
        log(request, one, "confirmation revoked")
        return f"{one.body.full_name}への確認のリンクを取り消しました。"
    found.filter(pk=one.pk, answered_at__isnull=False).update(settled_at=timezone.now())
    return f"{one.body.full_name}の回答を対応済みにしました。"


def ask(request: HttpRequest, form: LinkForm) -> str:
    if not form.is_valid():
        return ""
    try:
        one = form.ask(request.user)
    except ValidationError as error:
        form.add_error(None, error.messages)
        return ""
    log(request, one, "confirmation asked")
    return f"{one.body.full_name}への確認のリンクを作りました。下の文を写して、メールで送ってください。"


def log(request: HttpRequest, one: Confirmation, event: str) -> None:
    access_log.log_row(request.user, event, "confirmation", f"{one.case.slug} {one.body_id}")  # type: ignore[arg-type]


def mail_for(one: Confirmation, request: HttpRequest) -> str:
    """A mail that brings the link, for the publisher to adapt and send."""
    will_be = (
        "紹介しています" if one.case.status == Case.Status.PUBLISHED and not one.shown else "紹介する予定です"
    )
    return f"""件名：事例の内容のご確認のお願い

{one.body.full_name}　ご担当者　様

　自治体DX事例カタログの編集担当の〔氏名〕です。
　貴団体の次の取組を、{will_be}。内容に誤りがないか、ご確認をお願いいたします。

　　{one.case.title}
　　{request.build_absolute_uri(one.path)}

　上のページをお読みになり、下の欄で「この内容でよい」か「直してほしい」を選んで送ってください。
　ログインは要りません。期限は{in_japanese(one.expires_on)}です。期限までは訂正もできます。
　このアドレスを知っている人は回答できますので、ご担当の方以外には転送しないでください。
　ご不明な点は、このメールに返信してお尋ねください。

〔署名〕
"""
