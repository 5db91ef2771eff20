"""Whom to ask: the office of a body as it stands today, and what a body itself names for a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.documents.records import CaseRecord, ContactRecord
from catalog.finding.index import Index
from catalog.models import Body


@dataclass(frozen=True)
class Addressee:
    """A body that one may ask, and `office`, the body that answers today: itself, or what has followed it.

    Of a case, `contact` is what the body names for it, if it does.
    """

    body: Body
    office: Body
    contact: ContactRecord | None = None
    of_case: bool = False

    @property
    def section(self) -> str:
        return self.contact["section"] if self.contact else ""

    @property
    def telephone(self) -> str:
        """That of the section, else that of the office."""
        return (self.contact["telephone"] if self.contact else "") or self.office.telephone

    @property
    def email(self) -> str:
        return self.contact["email"] if self.contact else ""

    @property
    def unknown(self) -> str:
        """A sentence that says what is not known, and by what way to ask all the same; empty where all is."""
        section = {"この事例の担当部署": self.section} if self.of_case else {}
        needed = without_text({**section, "電話番号": self.telephone})
        missing = [*needed, *without_text({"公式サイト": self.office.website, "所在地": self.office.address})]
        ways = {"メール": self.email, "代表電話": self.office.telephone, "公式サイト": self.office.website}
        way = "か".join(name for name, text in ways.items() if text)
        advice = (
            f"{way or '団体名で公式サイトを検索し、代表の窓口'}からお問い合わせください。" if needed else ""
        )
        return f"{listed(missing)}は、まだ確認できていません。{advice}" if missing else ""


def without_text(texts: dict[str, str]) -> list[str]:
    return [name for name, text in texts.items() if not text]


def listed(names: list[str]) -> str:
    return ("と" if len(names) == 2 else "、").join(names)


def addressees_of(case: CaseRecord, index: Index) -> list[Addressee]:
    """Whom to ask about a case, in the order of its bodies."""
    bodies = [
        (index.bodies[index.lists.number_of_body[one["code"]]], one["contact"]) for one in case["bodies"]
    ]
    return [Addressee(body, index.current(body), contact, of_case=True) for body, contact in bodies]


def inquiries_to(body: Body, cases: Iterable[CaseRecord], index: Index) -> list[tuple[CaseRecord, Addressee]]:
    """The cases, each with whom to ask about it at a body, which may have followed that of the case."""
    return [
        (case, addressee)
        for case in cases
        for addressee in addressees_of(case, index)
        if body.code in (addressee.body.code, addressee.office.code)
    ]
