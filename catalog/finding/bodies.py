"""Bodies by what people call them: name, reading or code, with or without prefecture and county.

What counts as the same, the database's `fold_name` alone decides (migrations/sql/0001_documents.sql).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from catalog.finding.romaji import romanised, spelling
from catalog.models import Body, Kind
from dxcases.postgres.replicas import connection_to_read

WORD = re.compile(r"[^\W_]+")
SUFFIX = re.compile(r"(?:[都府県市区町村]|けん|ちょう|まち|むら|そん|[とふしく])$")
OFFICE = re.compile(r"(?:役所|役場|(?<=[都道府県])庁)$")  # where letters are addressed to
# Lists name two of the islands as they name counties: 三宅島三宅村, 八丈島八丈町.
COUNTY = re.compile(r"(?<=.)(?:郡|ぐん)|三宅島|八丈島")
WARD = ("区", "く")
READING, LATIN = re.compile("[ぁ-ゖ]+"), re.compile(r"(?=.*[a-z])[a-zāēīōūâêîôû\W_]+")


class Fit(IntEnum):
    """How well a text names a body, best first."""

    NAME = 0  # in full; or its code
    SHORT_NAME = 1  # 神戸 of 神戸市: of a prefecture, city or ward without its suffix
    SHORT_NAME_OF_TOWN = 2  # 神戸 of 神戸町
    PREFECTURE = 3  # the prefecture that it belongs to
    BEGINNING = 4
    PART = 5


@dataclass(frozen=True)
class NamedBody:
    """A body that a text names, and the one that stands in its place today: itself, or what follows it.

    `by_ward`: the text names a ward of this city.
    """

    body: Body
    current: Body
    fit: Fit
    by_ward: bool = False

    @property
    def needs_explanation(self) -> bool:
        """Whether the text names something else than the body that answers to it."""
        return self.by_ward or self.body.code != self.current.code


def meant(found: list[NamedBody]) -> NamedBody | None:
    """The body that a text means beyond doubt; `found` are all that it names, the best first.

    It alone has the text as its full name, those that ended aside; or it alone is found, and by more than a
    part in the middle of its name.
    """
    if not found or found[0].fit == Fit.PART:
        return None
    first = found[0]
    alike = [one for one in found if (one.fit, one.body.is_current) == (first.fit, first.body.is_current)]
    rivals = alike if first.fit == Fit.NAME else found
    return first if len({one.current.code for one in rivals}) == 1 else None


class Hit(NamedTuple):
    """A body of a list that a text names, by its place there. The best sorts first, those that ended last."""

    fit: Fit
    has_ended: bool
    number: int
    by_ward: bool = False


class Known(NamedTuple):
    """A body of a list, with its name and reading folded, and these without suffix."""

    number: int
    body: Body
    names: frozenset[str]
    short_names: frozenset[str]

    @property
    def in_latin(self) -> Known:
        """The same with the reading in Latin letters, of whichever spelling."""
        return self._replace(names=latin_of(self.names), short_names=latin_of(self.short_names))

    def hit(self, fit: Fit, *, by_ward: bool = False) -> Hit:
        return Hit(fit, not self.body.is_current, self.number, by_ward)

    def fit(self, text: str) -> Fit | None:
        if text in self.names:
            return Fit.NAME
        if text in self.short_names:
            is_town = self.body.kind in (Kind.TOWN, Kind.VILLAGE)
            return Fit.SHORT_NAME_OF_TOWN if is_town else Fit.SHORT_NAME
        if any(name.startswith(text) for name in self.names):
            return Fit.BEGINNING
        return Fit.PART if any(text in name and is_part(text, name) for name in self.names) else None


def is_part(text: str, name: str) -> bool:
    """Whether a text that is in a name is a part of it; of a reading neither its suffix nor into that.

    まち is no part of なすまち, nor is すま.
    """
    stem = SUFFIX.sub("", name)
    return (
        not READING.fullmatch(name)
        or text in stem
        or (name.endswith(text) and len(text) > len(name) - len(stem))
    )


def latin_of(names: Iterable[str]) -> frozenset[str]:
    """The readings among folded names in Latin letters."""
    return frozenset(romanised(name) for name in names if READING.fullmatch(name))


class BodyNames:
    """What the bodies of a list are called, folded once."""

    def __init__(self, bodies: Iterable[Body]) -> None:
        listed = list(bodies)
        folded = fold_names(name for body in listed for name in (body.name, body.kana))
        self._known: list[Known] = []
        self._prefectures: dict[str, str] = {}  # the code by name and reading, with and without suffix
        for number, body in enumerate(listed):
            names = frozenset((folded[body.name], folded[body.kana]))
            short_names = frozenset(SUFFIX.sub("", name) for name in names)
            self._known.append(Known(number, body, names, short_names))
            if body.kind == Kind.PREFECTURE:
                self._prefectures |= dict.fromkeys(names | short_names, body.prefecture_id)
        self._in_latin = [known.in_latin for known in self._known]

    def find(self, text: str) -> list[Hit]:
        """Every body that the text names, the best first; of equals in the order of the list."""
        if LATIN.fullmatch(unicodedata.normalize("NFKC", text).lower()):
            return sorted(hit for hit in by_name(spelling(text), self._in_latin) if hit.fit < Fit.PART)
        words = WORD.findall(fold_names([text])[text])
        whole = OFFICE.sub("", "".join(words))
        if not whole:
            return []
        hits = [*self._by_code(whole), *self._of_prefecture(whole)]
        for prefecture, name in self._readings(whole, words):
            among = list(self._among(prefecture))
            hits += [*by_name(name, among), *by_county(name, among), *by_ward(name, among)]
        best: dict[int, Hit] = {}
        for hit in sorted(hits):
            best.setdefault(hit.number, hit)
        return list(best.values())

    def _readings(self, whole: str, words: list[str]) -> Iterator[tuple[str, str]]:
        """The ways to read a text: as a name alone, and as the code of a prefecture with a name in it."""
        yield "", whole
        for called, code in self._prefectures.items():
            name = whole.removeprefix(called)
            if name != whole and SUFFIX.sub("", name):  # 京都市 is not the 市 of 京都
                yield code, name
            if len(words) > 1 and words[-1] == called:
                yield code, "".join(words[:-1])

    def _among(self, prefecture: str) -> Iterator[Known]:
        """All bodies, or the municipalities of a prefecture."""
        for known in self._known:
            body = known.body
            if not prefecture or (body.prefecture_id == prefecture and body.kind != Kind.PREFECTURE):
                yield known

    def _of_prefecture(self, text: str) -> Iterator[Hit]:
        if prefecture := self._prefectures.get(text):
            yield from (known.hit(Fit.PREFECTURE) for known in self._among(prefecture))

    def _by_code(self, text: str) -> Iterator[Hit]:
        """By the code; lists leave out its check digit, spreadsheets the zero that it begins with."""
        if not text.isdecimal():
            return
        for known in self._known:
            code = known.body.code
            if text in (code, code[:5], code.lstrip("0"), code[:5].lstrip("0")):
                yield known.hit(Fit.NAME)
            elif code.startswith(text):
                yield known.hit(Fit.BEGINNING)


def by_name(text: str, among: Iterable[Known]) -> Iterator[Hit]:
    for known in among:
        if (fit := known.fit(text)) is not None:
            yield known.hit(fit)


def by_county(text: str, among: list[Known]) -> Iterator[Hit]:
    """By a full name behind that of a county, which the address of the office tells where it is known."""
    for match in COUNTY.finditer(text):
        county, name = text[: match.end()], text[match.end() :]
        named = [known for known in among if name in known.names]
        addresses = fold_names(known.body.address for known in named) if len(named) > 1 else {}
        there = [known for known in named if county in addresses.get(known.body.address, "")]
        yield from (known.hit(Fit.NAME) for known in there or named)


def by_ward(text: str, among: Iterable[Known]) -> Iterator[Hit]:
    """By a ward of a designated city, whatever the ward is called."""
    cities = (known for known in among if known.body.kind == Kind.DESIGNATED_CITY and text.endswith(WARD))
    for known in cities:
        if any(text.startswith(name) and len(text) > len(name) + 1 for name in known.names):
            yield known.hit(Fit.NAME, by_ward=True)


def fold_names(names: Iterable[str]) -> dict[str, str]:
    """Each name with its folded form, by the database's `fold_name`."""
    with connection_to_read().cursor() as cursor:
        cursor.execute("SELECT name, fold_name(name) FROM unnest(%s::text[]) AS name", [list(names)])
        return dict(cursor.fetchall())
