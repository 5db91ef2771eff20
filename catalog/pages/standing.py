"""現在地と次の一歩: how a body stands by the indicators, in words, and where each 未実施 leads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyroaring import BitMap

from catalog.documents.addresses import query_url
from catalog.documents.reading import read_titles
from catalog.finding.index import Index
from catalog.finding.nearest import Target
from catalog.finding.standing import Column, Share, Standing, columns_of, next_steps, standings_of
from catalog.models import Body, Indicator, Kind
from catalog.pages.ladder import Ladder, ladder_of, told

MAX_STEPS = 3


@dataclass(frozen=True)
class Way:
    """From what is undone to cases: how many, their list, nearest first, and a letter to the nearest."""

    count: int
    url: str
    inquiry: str = ""
    asked: Body | None = None  # who is asked in the letter


@dataclass(frozen=True)
class Line:
    """An indicator in the table of a body; `way` for what it has not done, where there are cases."""

    standing: Standing
    way: Way | None

    @property
    def indicator(self) -> Indicator:
        return self.standing.column.indicator

    @property
    def shares(self) -> list[str]:
        """Of the peers, of the prefecture, of all."""
        one = self.standing
        return [told(self.indicator, share) for share in (one.peers, one.prefecture, one.everywhere)]

    @property
    def sentence(self) -> str:
        """For example 人口の近い200団体の28％が策定済み; empty where the peers are not known."""
        return sentence(self.indicator, "人口の近い", self.standing.peers)


@dataclass(frozen=True)
class Note:
    """Where values come from, with the indicators of which it is said; none where it is all of them."""

    source: str
    url: str
    surveyed: str
    terms: str
    of: list[str]


@dataclass(frozen=True)
class Page:
    """What is told of a body. `lines` by group; a prefecture has no values: what its municipalities have."""

    body: Body
    groups: list[tuple[str, list[Line]]]
    steps: list[Line]
    ladder: Ladder | None

    @property
    def is_prefecture(self) -> bool:
        return self.body.kind == Kind.PREFECTURE

    @property
    def counts(self) -> dict[str, int]:
        """How many of the indicators that one does or does not it has done, has not, and was not asked."""
        states = [
            line.standing.state for _, lines in self.groups for line in lines if line.indicator.is_done_or_not
        ]
        return {state: states.count(state) for state in dict.fromkeys(["実施", "未実施", *states])}


def sentence(indicator: Indicator, whose: str, share: Share | None) -> str:
    """A number in words; 調査なし and bodies without a value are not counted."""
    if share is None or not share.asked:
        return ""
    if indicator.is_done_or_not:
        return f"{whose}{share.asked:,}団体の{share.percent}％が{indicator.done_words}"
    return f"{whose}{share.asked:,}団体の中央値は{indicator.about(share.median)}"


def page_of(body: Body, index: Index) -> Page | None:
    """All that is told; None where nothing is known of anybody, or nothing of this body."""
    standings = standings_of(body, index)
    is_prefecture = body.kind == Kind.PREFECTURE
    number = index.lists.number_of_body[body.code]
    known = [one for one in standings if number in one.column.asked or number in one.column.not_asked]
    if not standings or not (known or is_prefecture):
        return None
    ways = {} if is_prefecture else ways_of(body, standings, index)
    lines = [Line(one, ways.get(one.column.query) if one.is_undone else None) for one in standings]
    by_column = {line.indicator.pk: line for line in lines}
    steps = [by_column[one.column.indicator.pk] for one in next_steps(standings, MAX_STEPS)]
    ladder = None if is_prefecture else ladder_of(index, body)
    return Page(
        body,
        grouped(lines),
        steps,
        ladder,
    )


def grouped(lines: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    """The lines by the group of their indicators, in the order in which the groups first occur."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.indicator.group, []).append(line)
    return list(groups.items())


def ways_of(body: Body, standings: Iterable[Standing], index: Index) -> dict[str, Way]:
    """The ways to cases by their query; the titles of all the nearest are asked for at once."""
    target = Target(body)
    own = index.with_body_among([index.lists.number_of_body[body.code]])
    cases = {one.column.query: one.column.cases(index) for one in standings if one.is_undone}
    nearest = {query: nearest_case(found - own, target, index) for query, found in cases.items()}
    keys = {index.numbering.key(one) for one in nearest.values() if one is not None}
    titles = read_titles(keys) if keys else {}
    ways = {}
    for query, found in cases.items():
        url, near = query_url("case_list", query, near=body.code), nearest[query]
        title = titles.get(index.numbering.key(near)) if near is not None else None
        asked = index.nearest_with_cases(target, BitMap([near])) if near is not None else None
        if title and asked:
            letter = query_url("inquiry", argument=title[0], near=body.code, body=asked.code)
            ways[query] = Way(len(found), url, letter, asked)
        elif found:
            ways[query] = Way(len(found), url)
    return ways


def nearest_case(cases: BitMap, target: Target, index: Index) -> int | None:
    """The first of these cases in a list by nearness."""
    if not cases:
        return None
    first = next(index.nearest_first(cases, target))
    return next(iter(index.numbering.in_order(first, slice(0, 1))), None)


def notes_of(columns: Iterable[Column]) -> list[Note]:
    """What is said of sources: once where it is the same for all."""
    said: dict[tuple[str, str, str, str], list[str]] = {}
    for column in columns:
        one = column.indicator
        said.setdefault((one.source, one.url, one.surveyed, one.terms), []).append(one.title)
    return [Note(*facts, [] if len(said) == 1 else titles) for facts, titles in said.items()]


def told_with(index: Index) -> dict[str, Any]:
    """What templates say beside the figures."""
    columns = columns_of(index.lists)
    return {"notes": notes_of(columns), "indicators": [column.indicator for column in columns]}


@dataclass(frozen=True)
class Steps:
    """The block above a list by nearness: each step's indicator, a sentence, its list and number of cases.

    `whose` shares the sentences tell.
    """

    body: Body
    whose: str
    lines: list[tuple[Indicator, str, str, int]]


def steps_for(body: Body, index: Index) -> Steps | None:
    """None where nothing is undone, or known. No query to the database once the table is in memory."""
    lines = []
    steps = next_steps(standings_of(body, index), MAX_STEPS)
    for one in steps:
        indicator, count = one.column.indicator, len(one.column.cases(index))
        words = sentence(indicator, "人口の近い" if one.peers else "全国の", one.peers or one.everywhere)
        url = query_url("case_list", one.column.query, near=body.code) if count else ""
        lines.append((indicator, words, url, count))
    whose = "人口の近い団体" if steps and steps[0].peers else "全国"
    return Steps(body, whose, lines) if lines else None
