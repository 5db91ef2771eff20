"""Where a body stands by indicators, beside those of its size, of its prefecture and of all.

A table over all bodies is kept in memory with the lists: bitmaps of who was asked and who has done it, and
numbers. There is no rank in it (decision 0037).
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from statistics import median

from pyroaring import BitMap

from catalog.documents.addresses import parameter_of
from catalog.finding.index import Index, union_of
from catalog.finding.lists import Lists
from catalog.finding.nearest import outwards
from catalog.models import NO_VALUE, NOT_ASKED, Body, Indicator, IndicatorValue, Kind, bands

MAX_PEERS = 200
UNDONE = "未実施"


@dataclass(frozen=True)
class Share:
    """How the bodies of a group with a value stand: how many have done it, or the median of numbers."""

    asked: int
    done: int = 0
    median: float | None = None

    @property
    def percent(self) -> int:
        """The share that has done it in whole per cent, half of one upwards; 0 and 100 are none and all.

        Someone must have been asked.
        """
        if self.done in (0, self.asked):
            return 100 if self.done else 0
        return min(max((200 * self.done + self.asked) // (2 * self.asked), 1), 99)


@dataclass(frozen=True)
class Column:
    """One indicator over all bodies, by their numbers: `numbers` has a place for each of them."""

    indicator: Indicator
    conditions: list[tuple[str, str]]  # of the cases that it leads to: parameter and value; none: to no cases
    asked: BitMap = field(default_factory=BitMap)
    not_asked: BitMap = field(default_factory=BitMap)
    done: BitMap = field(default_factory=BitMap)
    numbers: array[float] = field(default_factory=lambda: array("d"))

    @property
    def query(self) -> str:
        """The query string of its cases."""
        return "&".join(parameter_of(*condition) for condition in self.conditions)

    def cases(self, index: Index) -> BitMap:
        """Its cases: those of the list with its query."""
        if not self.conditions:
            return BitMap()
        return BitMap.intersection(
            index.cases, *(union_of(index.cases_by[name], [value]) for name, value in self.conditions)
        )

    def share(self, bodies: BitMap) -> Share:
        asked = self.asked & bodies
        if self.indicator.is_done_or_not:
            return Share(len(asked), self.done.intersection_cardinality(asked))
        return Share(len(asked), 0, median(self.numbers[body] for body in asked) if asked else None)

    def state(self, body: int) -> str:
        """How it is with a body, as readers read it."""
        if body in self.not_asked:
            return NOT_ASKED
        return self.indicator.about(self.numbers[body]) if body in self.asked else NO_VALUE

    def is_undone(self, body: int) -> bool:
        return self.indicator.is_done_or_not and body in self.asked and body not in self.done


@dataclass(frozen=True)
class Standing:
    """How a body stands by one indicator; `peers` is None where its population is not known."""

    column: Column
    state: str
    is_undone: bool
    peers: Share | None
    prefecture: Share
    everywhere: Share


def columns_of(lists: Lists) -> list[Column]:
    """The table, read once for these lists."""
    return lists.kept("indicators", lambda: read_columns(lists))


def read_columns(lists: Lists) -> list[Column]:
    indicators = Indicator.objects.select_related("topic").order_by("position", "slug")
    columns = {one.pk: Column(one, conditions_of(one, lists)) for one in indicators}
    asked, without = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    for column in columns.values():
        column.numbers.extend([0.0] * len(lists.bodies))
    rows = IndicatorValue.objects.order_by().values_list("indicator", "body", "value")
    for slug, code, value in rows.iterator(chunk_size=2_000):
        number = lists.number_of_body[code]
        if value is None:
            without[slug].append(number)
        else:
            asked[slug].append(number)
            columns[slug].numbers[number] = value
    for slug, column in columns.items():
        column.asked.update(asked[slug])
        column.not_asked.update(without[slug])
        column.done.update(number for number in asked[slug] if column.numbers[number])
    return list(columns.values())


def conditions_of(indicator: Indicator, lists: Lists) -> list[tuple[str, str]]:
    """Its section, its topic or the one that this was merged into, or both."""
    topic = indicator.topic.slug if indicator.topic else ""
    topic = lists.aliases["topic"].get(topic, topic)
    given = (("section", indicator.section_id or ""), ("topic", topic))
    return [(name, value) for name, value in given if value]


def municipalities(lists: Lists) -> BitMap:
    """The municipalities that there are today: those that bodies are held against."""

    def make() -> BitMap:
        ended = [number for number, body in enumerate(lists.bodies) if not body.is_current]
        return BitMap(range(len(lists.bodies))) - lists.bodies_by["kind"][Kind.PREFECTURE] - BitMap(ended)

    return lists.kept("municipalities", make)


def peers_of(body: Body, lists: Lists) -> BitMap | None:
    """The municipalities nearest to one in size, without itself; None where its population is not known.

    Nearest is whose population is the smallest multiple or part of its own; of two that are alike, the first
    by code.
    """
    if not body.population or body.kind == Kind.PREFECTURE:
        return None
    own, ordered = body.population, municipalities_by_population(lists)
    alike = outwards(ordered, own, lambda people: max(people, own) / min(people, own))
    others = (number for same in alike for number in sorted(same) if lists.bodies[number].code != body.code)
    return BitMap([*islice(others, MAX_PEERS)])


def municipalities_by_population(lists: Lists) -> list[tuple[int, int]]:
    """Population and number of each municipality of today whose population is known, the smallest first."""
    among = municipalities(lists)
    return lists.kept(
        municipalities_by_population, lambda: [pair for pair in lists.by_population if pair[1] in among]
    )


def in_prefecture(prefecture: str, lists: Lists) -> BitMap:
    return municipalities(lists) & lists.bodies_by["prefecture"][prefecture]


def shares_of(name: str, bodies: BitMap, lists: Lists) -> list[Share]:
    """How a group stands by each of the columns; kept, so `name` stands for a group of these lists."""
    return lists.kept(("shares", name), lambda: [column.share(bodies) for column in columns_of(lists)])


def standings_of(body: Body, index: Index) -> list[Standing]:
    """How a body stands by each indicator in turn; of a prefecture, what is asked of municipalities: none."""
    lists, columns = index.lists, columns_of(index.lists)
    number, peers = lists.number_of_body[body.code], peers_of(body, lists)
    code = body.prefecture_id
    return [
        Standing(
            column,
            column.state(number),
            column.is_undone(number),
            column.share(peers) if peers else None,
            of_prefecture,
            of_all,
        )
        for column, of_prefecture, of_all in zip(
            columns,
            shares_of(code, in_prefecture(code, lists), lists),
            shares_of("", municipalities(lists), lists),
            strict=True,
        )
    ]


def shares_by_band(lists: Lists) -> list[tuple[bands.Band, list[Share]]]:
    """How the municipalities of each population band stand; an empty band, and the unknown, are left out."""
    groups = (
        (band, union_of(lists.bodies_by["population"], [band.value]) & municipalities(lists))
        for band in bands.BANDS
        if not band.is_unknown
    )
    return [(band, shares_of(band.value, group, lists)) for band, group in groups if group]


def next_steps(standings: Iterable[Standing], most: int) -> list[Standing]:
    """Of what is undone that which most of the peers, or else of all, have done: what is likely next."""

    def done(one: Standing) -> float:
        share = one.peers or one.everywhere
        return share.done / share.asked if share.asked else 0.0

    return sorted((one for one in standings if one.is_undone), key=done, reverse=True)[:most]
