"""The forms that anybody may send: cleaned, bounded, and known to come from a page of ours."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast
from urllib.parse import urlsplit

from django import forms
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.core.validators import URLValidator
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac

from catalog.importing.invisible import visible
from catalog.importing.tables import with_plain_breaks
from catalog.models import (
    CONTROL_CHARACTER,
    MAX_TEXT,
    Case,
    Confirmation,
    Report,
    Sender,
    refuse_credentials,
)

# Of a form of reports: a random text and when the form was shown.
FORM_SIGNER = TimestampSigner(salt="catalog.report", sep=".")
MIN_SECONDS, MAX_SECONDS = 3, 24 * 60 * 60  # between showing a form and taking it
TOO_FAST = "表示してから間がないため、まだ送っていません。数秒待って、もう一度「送る」を押してください。"
TOO_LATE = (
    "表示してから時間がたったため、まだ送っていません。内容を確かめて、もう一度「送る」を押してください。"
)
TRAPPED = "空のままにする欄に入力があります。その欄を消して、もう一度「送る」を押してください。"
BODY_MISSING = "新しい事例では、取り組んでいる団体の名称を入力してください。"
TEXT_MISSING = "どこを、どのように直すかを書いてください。"
CHANGED = (
    "表示している間に内容が変わったため、まだ送っていません。今の内容を確かめて、もう一度送ってください。"
)
CHOOSE = "どちらかを選んでください。"
MANY_LINES = forms.Textarea(attrs={"rows": 8})


class PlainField(forms.CharField):
    """A text without characters that nobody sees; on one line, unless its widget has several."""

    def to_python(self, value: Any) -> str:
        text = visible(with_plain_breaks(super().to_python(value) or ""))
        text = CONTROL_CHARACTER.sub("", text)
        return text.strip() if isinstance(self.widget, forms.Textarea) else " ".join(text.split())


class WebAddressField(forms.URLField):
    """As `web_address` of the models."""

    default_validators = [URLValidator(schemes=["http", "https"]), refuse_credentials]


class PlainEmailField(forms.EmailField):
    """A mail address without characters that nobody sees."""

    def to_python(self, value: Any) -> str:
        return CONTROL_CHARACTER.sub("", super().to_python(value) or "")


def too_long(most: int) -> dict[str, str]:
    return {"max_length": f"{most:,}文字以内で入力してください（今は%(show_value)s文字です）。"}


def plain(label: str, most: int, missing: str = "", **options: Any) -> PlainField:
    """A field that has to be filled where `missing` says what to tell otherwise."""
    messages = {**too_long(most), "required": missing}
    return PlainField(
        label=label, max_length=most, required=bool(missing), error_messages=messages, **options
    )


class SenderForm(forms.Form):
    """Whom to ask back, for those who want to say so."""

    section = plain("所属・部署", 100, widget=forms.TextInput(attrs={"autocomplete": "organization"}))
    email = PlainEmailField(
        label="メール",
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "invalid": "メールアドレスの形になっていません。直すか、空にしてください。",
            **too_long(254),
        },
    )
    telephone = plain("電話", 30, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}))

    @property
    def sender_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in Sender.PERSONAL]

    @property
    def as_text(self) -> str:
        """What was typed, to be copied where it cannot be taken now."""
        return "\n".join(
            f"{field.label}：{field.value()}" for field in self if not field.is_hidden and field.value()
        )

    def show_again_with(self, name: str, value: str) -> None:
        """Gives a hidden field this value where the form is shown again."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        cast(Any, self.data)[name] = value


class ReportForm(SenderForm):
    """A case to take in, or an error. It needs no database until it is stored."""

    kind = forms.ChoiceField(
        label="種類",
        choices=[("new", "新しい事例を知らせる"), ("error", "載っている事例の誤りを知らせる")],
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    case = forms.SlugField(required=False, max_length=50, widget=forms.HiddenInput)
    title = plain("事例の題名", 200, "どの事例のことか、題名か、何の取組かを入力してください。")
    body = plain("団体名", 100, help_text="取り組んでいる自治体。新しい事例では必ず入力してください")
    text = plain(
        "内容",
        MAX_TEXT,
        "内容を入力してください。",
        widget=MANY_LINES,
        help_text="新しい事例は、何をどうしたか。誤りは、どこがどう違うか（5,000文字まで）",
    )
    url = WebAddressField(
        label="根拠になるページのURL",
        required=False,
        max_length=500,
        assume_scheme="https",
        error_messages={"invalid": "https:// で始まるURLを入力するか、空にしてください。", **too_long(500)},
    )
    # A field that people do not see, and programs fill.
    homepage = forms.CharField(
        label="この欄は空のままにしてください",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    token = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ("kind", "case", "title", "body", "text", "url", "section", "email", "telephone")

    @property
    def content_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("title", "body", "text", "url")]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("kind") == Report.Kind.NEW and not cleaned.get("body") and "body" not in self.errors:
            self.add_error("body", BODY_MISSING)
        if cleaned.get("homepage"):
            self.add_error(None, TRAPPED)
        self.check_time(cleaned.get("token", ""))
        return cleaned

    def check_time(self, token: str) -> None:
        """Refuses what a person cannot have filled in, and what was not shown by us; it may be sent again."""
        try:
            FORM_SIGNER.unsign(token, max_age=MAX_SECONDS)
        except BadSignature:
            self.add_error(None, TOO_LATE)
            self.show_again_with("token", new_token())
            return
        try:
            FORM_SIGNER.unsign(token, max_age=MIN_SECONDS)
        except SignatureExpired:
            return
        self.add_error(None, TOO_FAST)

    def store(self, address: str | None) -> bool:
        """Keeps what was sent, once however often it is sent; False where no more is taken now.

        Raises DatabaseError or InterfaceError where nothing can be kept.
        """
        values = {name: self.cleaned_data[name] for name in self.kept}
        sent = json.dumps([self.cleaned_data["token"], values], ensure_ascii=False)
        digest, origin = hashlib.sha256(sent.encode()).hexdigest(), origin_of(address)
        with transaction.atomic():
            Report.objects.one_at_a_time()
            if Report.objects.filter(digest=digest).exists():
                return True
            if Report.objects.is_too_much(origin):
                return False
            case = Case.objects.published().filter(slug=self.cleaned_data["case"]).first()
            Report.objects.create(case=case, digest=digest, origin=origin, **values)
        return True

    kept = ("kind", "title", "body", "text", "url", *Sender.PERSONAL)


def new_token() -> str:
    return FORM_SIGNER.sign(get_random_string(16))


def origin_of(address: str | None) -> str:
    """What tells senders of a day apart without telling who they are."""
    return salted_hmac("catalog.report", f"{timezone.localdate()} {address}", algorithm="sha256").hexdigest()


class AnswerForm(SenderForm):
    """What a body says of its case. `seen` is the digest of what was shown."""

    verdict = forms.ChoiceField(
        label="確認の結果",
        choices=Confirmation.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    text = plain(
        "直してほしいところ",
        MAX_TEXT,
        widget=MANY_LINES,
        help_text="「直してほしい」のときに、どこを、どのように直すかを書いてください（5,000文字まで）",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ("verdict", "text", "section", "email", "telephone")

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        is_wrong = cleaned.get("verdict") == Confirmation.Verdict.WRONG
        if is_wrong and not cleaned.get("text") and "text" not in self.errors:
            self.add_error("text", TEXT_MISSING)
        return cleaned

    def is_of(self, content: str) -> bool:
        """Whether what was sent is about this content; else the form says so and is about it from now on."""
        if self.data.get("seen") == content:
            return True
        self.add_error(None, CHANGED)
        self.show_again_with("seen", content)
        return False


def is_from_another_site(request: HttpRequest) -> bool:
    """Whether a browser says so: a site could spend our limits by its readers' addresses (decision 0028)."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return bool(origin) and urlsplit(origin).netloc != request.get_host()
