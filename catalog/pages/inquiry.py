"""A letter of inquiry about a case, for the reader to adapt and send: this site sends and keeps nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django import forms

from catalog.documents.reading import Document
from catalog.finding.bodies import NamedBody, meant
from catalog.finding.fields import BodyCodeField
from catalog.finding.forms import BODY_ERROR, StrictForm
from catalog.finding.index import Index
from catalog.finding.query import MAX_NAME_LENGTH, NAME_ERROR
from catalog.models import Body, Kind
from catalog.pages.offices import Addressee, addressees_of
from catalog.pages.text import month, persons

UNKNOWN_SECTION = "自治体DX担当課"
# How a letter speaks of the body it goes to, and of the one it comes from, by the last character of the name.
YOU, WE = "貴{}", "当{}"
MAX_BODIES_TO_CHOOSE = 20
MAX_TITLE_IN_MAIL = 60


class InquiryForm(StrictForm):
    """To which body of the case the letter goes, and from whom: by a code, or by what one calls it."""

    body = forms.CharField(label="照会先の団体", required=False)
    near = BodyCodeField(label="自団体", required=False)
    name = forms.CharField(
        label="自団体の名称・よみ・コード",
        required=False,
        max_length=MAX_NAME_LENGTH,
        error_messages={"max_length": NAME_ERROR},
    )

    def __init__(self, given: Any, document: Document, index: Index) -> None:
        self.addressees, self.index = addressees_of(document.record, index), index
        super().__init__(given)

    def clean_body(self) -> Addressee:
        """Whom to ask there; the first where none is given."""
        code = self.cleaned_data["body"]
        chosen = next((one for one in self.addressees if code in ("", one.body.code)), None)
        if chosen is None:
            known = "、".join(f"{one.body.code}（{one.body.full_name}）" for one in self.addressees)
            raise forms.ValidationError(
                f"この事例の団体ではありません。次のいずれかを指定してください：{known}"
            )
        return chosen

    def clean_near(self) -> Body | None:
        code = self.cleaned_data["near"]
        body = self.index.body(code)
        if code and body is None:
            raise forms.ValidationError(BODY_ERROR)
        return body

    def found(self) -> list[NamedBody]:
        """The bodies that the name names, the best first."""
        name = self.cleaned_data.get("name")
        return self.index.bodies_named(name)[:MAX_BODIES_TO_CHOOSE] if name else []

    def asker(self) -> Body | None:
        """The body that asks, where it is known."""
        named = meant(self.found())
        return named.current if named else self.cleaned_data.get("near")


def letter(document: Document, to: Addressee, asker: Body | None, address: str) -> str:
    """The text of a letter to a body of the case, with 〔…〕 to fill in; `address` is that of the case."""
    case = document.record
    asking = asker.full_name if asker else "〔団体名〕"
    published, page = document.extra["published_on"], case["source"]["page"]
    facts = [document.extra["publisher"], *([month(published)] if published else []), *document.read_at]
    book = f"{document.source_title}（{'、'.join(facts)}）{f'の{page}ページ' if page else ''}"
    return f"""〔令和　年　月　日〕

{addressed(to)}
{to.section or UNKNOWN_SECTION}　御中

　　　　　　　　　　{asking}〔部署・氏名〕
　　　　　　　　　　〔電話・メール〕

自治体DXの取組について（照会）

　{YOU.format(to.office.name[-1])}の次の取組を、{book}で知りました。{introduction(asker)}\
お忙しいところ恐れ入りますが、下記の点を、差し支えのない範囲でお教えくださいますようお願いいたします。

１　取組
　　{case["title"]}
　　{address}

２　お尋ねしたいこと
　(1) 始めたきっかけと、進めたときの体制（担当の人数、外部の支援の有無）
　(2) 準備と運用にかかった経費と、その財源
　(3) 苦労した点と、確かめられた効果
　　{advice(asker)}

３　回答の方法
　　〔メールまたは電話〕で、〔　月　日〕までにいただけますと幸いです。\
仕様書や説明の資料がありましたら、あわせてお願いいたします。
"""


def addressed(to: Addressee) -> str:
    """The body that answers today; behind it the name of that which carried out the case, if it has ended."""
    former = f"（旧{to.body.name}）" if to.body.code != to.office.code else ""
    return f"{to.office.full_name}{former}"


def introduction(asker: Body | None) -> str:
    if asker is None:
        return "当団体（人口〔　　〕人）でも同じような取組を検討しています。"
    size = f"（人口{persons(asker.population)}）" if asker.population else ""
    return f"{WE.format(asker.name[-1])}{size}でも同じような取組を検討しています。"


def advice(asker: Body | None) -> str:
    kind = asker.get_kind_display() if asker and asker.kind != Kind.PREFECTURE else "団体"
    return f"また、当方のような{kind}がこれから始めるときに、気を付けるとよいこと"


def mail_address(document: Document, to: Addressee) -> str:
    """A link that begins a mail to whom the body names for the case; nothing where it names no address.

    The letter itself is too long for the links that mail programs take; so would be the longest titles.
    """
    title = document.record["title"]
    short = title if len(title) <= MAX_TITLE_IN_MAIL else f"{title[:MAX_TITLE_IN_MAIL]}…"
    subject = quote(f"「{short}」について（照会）")
    return f"mailto:{quote(to.email, safe='@')}?subject={subject}" if to.email else ""
