"""The numbers of cases in an index, and the orders in which these stand."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from copy import copy
from itertools import chain, islice, repeat
from typing import NamedTuple

from pyroaring import BitMap

NOT_PUBLISHED = 2**32 - 1  # stands for a number where there is none
CASES_A_GROUP = 100  # at most on average: so many groups less are walked at once to a page far back


class Late(NamedTuple):
    """A case that came after the others were numbered, in document order by its fields from the first on."""

    place: int
    key: int
    number: int
    before: int  # how many of those numbered at first stand before it


class Numbering:
    """The number of each published case by its key, and document order and the latest first over them.

    At first the numbers are document order itself. A case that comes, or takes another place, later gets the
    next number and is put in between when an order is asked for, so that no other case changes its number.
    `place` says where a case stands in document order; cases of the same place stand in the order of their
    keys.
    """

    def __init__(self, keys: Iterable[int], places: Iterable[int], times: Iterable[int]) -> None:
        """Takes the cases in document order; times are those of their last change, in any unit."""
        self._keys, self._places, self._times = array("q", keys), array("q", places), array("q", times)
        self._number_of = {key: number for number, key in enumerate(self._keys)}
        self._at_first = len(self._keys)
        self._late: list[Late] = []
        # Sorting is stable: cases of one moment stay in document order.
        self._latest = array("I", sorted(range(self._at_first), key=self._times.__getitem__, reverse=True))

    def copy(self) -> Numbering:
        """A numbering that changes by itself."""
        copied = copy(self)
        for name in ("_keys", "_places", "_times", "_number_of", "_late", "_latest"):
            setattr(copied, name, copy(getattr(self, name)))
        return copied

    def __len__(self) -> int:
        return len(self._number_of)

    @property
    def late(self) -> int:
        """How many cases came late, which is what makes orders slower."""
        return len(self._late)

    def number(self, key: int) -> int | None:
        """The number of a case; None for one that is not published."""
        return self._number_of.get(key)

    def numbered(self, keys: Iterable[int]) -> BitMap:
        """The cases with these keys; what is not published has no number and is left out."""
        cases = BitMap(map(self._number_of.get, keys, repeat(NOT_PUBLISHED)))
        cases.discard(NOT_PUBLISHED)
        return cases

    def key(self, number: int) -> int:
        return self._keys[number]

    def place(self, number: int) -> int:
        return self._places[number]

    def put(self, key: int, place: int, time: int) -> int:
        """The number of a case that is published, new, or changed. At another place it gets a new one."""
        number = self._number_of.get(key)
        if number is not None and self._places[number] == place:
            self._latest.remove(number)
            self._times[number] = time
        else:
            self.remove(key)
            number = self._number_of[key] = len(self._keys)
            self._keys.append(key)
            self._places.append(place)
            self._times.append(time)
            insort(self._late, Late(place, key, number, self._first_before(place, key)))
        self._latest.insert(bisect_left(self._latest, self._by_time(number), key=self._by_time), number)
        return number

    def remove(self, key: int) -> None:
        """Takes a case out, if it is there; its number is not given again."""
        number = self._number_of.pop(key, None)
        if number is not None:
            self._latest.remove(number)
            self._late = [late for late in self._late if late.number != number]

    def in_order(self, cases: BitMap, at: slice) -> list[int]:
        """The numbers of a slice of the cases in document order; `at` has a start and a stop."""
        late = {
            cases.range_cardinality(0, one.before) + at_late: one.number
            for at_late, one in enumerate(one for one in self._late if one.number in cases)
        }
        if not late:
            return list(cases[at.start : at.stop])
        first = at.start - sum(position < at.start for position in late)
        others = iter(cases[first : at.stop])
        positions = range(at.start, min(at.stop, len(cases)))
        return [late[position] if position in late else next(others) for position in positions]

    def position(self, place: int, key: int, cases: BitMap) -> int:
        """How many of the cases stand before this one, which need not be one of them, in document order."""
        before = cases.range_cardinality(0, self._first_before(place, key))
        late = self._late[: bisect_left(self._late, (place, key))]
        return before + sum(one.number in cases for one in late)

    def latest(self, cases: BitMap, at: slice) -> list[int]:
        """The numbers of a slice of the cases, the last changed first; `at` has a start and a stop."""
        if len(cases) == len(self):
            return list(self._latest[at])
        return list(islice((number for number in self._latest if number in cases), at.start, at.stop))

    @property
    def last_time(self) -> int:
        """The latest of the last changes; 0 without cases."""
        return self._times[self._latest[0]] if self._latest else 0

    @property
    def span(self) -> int:
        """From the earliest to the latest of the last changes, in the unit of the times; 0 without cases."""
        return self.last_time - self._times[self._latest[-1]] if self._latest else 0

    def by_groups(self, cases: BitMap, groups: Iterable[BitMap], at: slice) -> list[int]:
        """The numbers of a slice of the cases, which stand as the groups do, in document order within one.

        A case stands in the first group that has it; those in no group come last.
        """
        picked, rest, start, stop = list[int](), cases.copy(), at.start, at.stop
        walk: Iterator[BitMap] = chain(groups, [cases])
        while some := list(islice(walk, start // CASES_A_GROUP)):
            union = BitMap.union(*some)
            if (here := rest.intersection_cardinality(union)) > start:
                walk = chain(some, walk)
                break
            rest -= union
            start, stop = start - here, stop - here
        left = len(rest)
        for group in walk:
            here = rest.intersection_cardinality(group)
            if start < here:
                picked += self.in_order(rest & group, slice(start, stop))
            left -= here
            if stop <= here or not left:
                break
            rest -= group
            start, stop = max(0, start - here), stop - here
        return picked

    def _first_before(self, place: int, key: int) -> int:
        """How many of those numbered at first stand before a place."""

        def at(number: int) -> tuple[int, int]:
            return self._places[number], self._keys[number]

        return bisect_left(range(self._at_first), (place, key), key=at)

    def _by_time(self, number: int) -> tuple[int, int, int]:
        return -self._times[number], self._places[number], self._keys[number]
