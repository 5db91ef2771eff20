"""Bodies by the codes that a table has for them: of six digits or five, with or without leading zeros."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models.functions import Left

from catalog.models import Body, BodyQuerySet
from catalog.models.base import plain, plain_code

# Ways of writing one name: ヶ and ケ, old and new characters.
SAME_NAME = str.maketrans("ヶヵケカ檮", "けかけか梼")


def wrong_codes(codes: Iterable[str]) -> set[str]:
    """Those that are not six digits of which the last is the check digit (decision 0001)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code FROM unnest(%s::text[]) AS code WHERE NOT is_body_code(code)", [list(codes)]
        )
        return {code for (code,) in cursor}


def same_name(name: str) -> str:
    """The name, alike for all ways of writing it."""
    return name.translate(SAME_NAME)


def is_same_name(one: str, other: str) -> bool:
    """Whether they are one name in two ways of writing it."""
    return same_name(one) == same_name(other)


def is_northern(code: str) -> bool:
    """Whether it is of a village of 北方領土, 色丹村 to 蘂取村, which has no administration."""
    return "01695" <= code[:5] <= "01700"


@dataclass(frozen=True)
class NamedCode:
    """Which body a row of a table says it is of, in half width: by digits, or none, and a name, or none."""

    digits: str
    name: str

    @classmethod
    def of(cls, code: str, name: str) -> NamedCode:
        """Reads a cell with a code, and one with a name: ― or 合計 is none, a mark of a note is left out."""
        digits = plain_code(code)
        named = re.sub(r"\(?注\)?[0-9]*\)?$|[*※]+[0-9]*$", "", plain(name))
        return cls(digits, "" if re.fullmatch(r"[-‐―－ー]*|合計|計", named) else named)

    @property
    def has_code(self) -> bool:
        """Whether there is one, and not that of the whole nation."""
        return bool(re.search("[1-9]", self.digits[:5]))

    def names(self, body: Body) -> bool:
        """Whether the name is that of the body, but for 郡 before it and the ways of writing it."""
        return bool(self.name) and same_name(self.name).endswith(same_name(body.name))


@dataclass(frozen=True)
class Found:
    """Which body a row is of, or what is wrong with its code: one that is unknown may be a ward's."""

    code: str
    body: Body | None = None
    problem: str = ""


class BodyCodes:
    """Finds the bodies of a table. How its codes are written, all of them tell together.

    A code of six digits that lost its zero has five; so has one without check digit. It is taken for the
    former where the table has codes of six digits, or where the last digit of each is right as a check digit.
    Otherwise, or where only then the name is right, the check digit is added.
    """

    def __init__(self, rows: Iterable[NamedCode], bodies: BodyQuerySet) -> None:
        codes = {row.digits for row in rows if row.has_code and row.digits.isdecimal()}
        short = {digits for digits in codes if len(digits) in (4, 5)}
        self.wrong = wrong_codes(digits.zfill(6) for digits in codes)
        self.has_six = any(len(digits) == 6 for digits in codes)
        self.lost_zeros = self.has_six or not any(
            digits.startswith("0") or digits.zfill(6) in self.wrong for digits in short
        )
        starts = {start for digits in codes for start in (digits.zfill(6)[:5], digits.zfill(5)[:5])}
        found = bodies.alias(start=Left("code", 5)).filter(start__in=starts).order_by("pk")
        self.by_start: dict[str, Body] = {body.code[:5]: body for body in found}

    def find(self, row: NamedCode) -> Found:
        if len(row.digits) in (4, 5):
            return self._of_short(row)
        body = self._of_six(row.digits)
        return Found(row.digits, body, "" if body else self._about_unknown(row.digits))

    def _of_six(self, code: str) -> Body | None:
        body = self.by_start.get(code[:5])
        return body if body and body.code == code else None

    def _of_short(self, row: NamedCode) -> Found:
        """Tries one reading and then the other, for which the name must be right."""
        whole = None if row.digits.startswith("0") else self._of_six(row.digits.zfill(6))
        completed = self.by_start.get(row.digits.zfill(5))
        first, second = (whole, completed) if self.lost_zeros else (completed, whole)
        if row.name:
            body = next((one for one in (first, second) if one and row.names(one)), first)
        else:
            body = first or (None if self.has_six else second)
        if body is None:
            code = row.digits.zfill(6 if self.lost_zeros and not row.digits.startswith("0") else 5)
            return Found(code, None, self._about_unknown(code))
        if body is completed and row.name and not row.names(body):
            return Found(body.code, None, about_other_name(row, body))
        return Found(body.code, body)

    def _about_unknown(self, code: str) -> str:
        if not code.isdecimal() or len(code) not in (5, 6) or (self.has_six and len(code) == 5):
            return "検査数字を含む6桁の団体コードを入力してください。"
        if code in self.wrong:
            return "団体コードの検査数字（6桁目）が合いません。写し間違いがないか確かめてください。"
        return (
            "この団体は登録されていません。合併などで無くなった団体でないか確かめ、新しい団体なら先に「団体コードの一覧を"
            "取り込む」か「団体」の「追加」で登録してください。"
        )


def about_other_name(row: NamedCode, body: Body) -> str:
    return (
        f"「{row.digits}」に検査数字を補うと「{body}」（{body.code}）ですが、表の名称は「{row.name}」です。"
        "コードと名称のどちらが正しいか確かめてください。"
    )
