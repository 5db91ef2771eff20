"""The orders of cases that come, move and go, against lists that are sorted anew each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalog.finding.numbering import Numbering

# Few places and times, so that keys often decide.
Case = tuple[int, int, int]  # key, place, time
cases = st.dictionaries(st.integers(1, 30), st.tuples(st.integers(0, 6), st.integers(0, 4)), max_size=20).map(
    lambda known: [(key, *rest) for key, rest in known.items()]
)
Later = list[tuple[int, tuple[int, int] | None]]
changes = st.lists(st.tuples(st.integers(1, 40), st.none() | st.tuples(st.integers(0, 6), st.integers(0, 4))))
slices = st.tuples(st.integers(0, 45), st.integers(0, 45)).map(lambda at: slice(*sorted(at)))


def by_place(case: Case) -> tuple[int, int]:
    key, place, _ = case
    return place, key


def by_time(case: Case) -> tuple[int, int, int]:
    key, place, time = case
    return -time, place, key


def numbering_of(known: list[Case], later: Later) -> Numbering:
    """The numbering of the first cases, to which others came later, or went."""
    in_order = sorted(known, key=by_place)
    numbering = Numbering(*([case[at] for case in in_order] for at in range(3)))
    for key, place_and_time in later:
        if place_and_time is None:
            numbering.remove(key)
        else:
            numbering.put(key, *place_and_time)
    return numbering


def left_of(known: list[Case], later: Later) -> list[Case]:
    left = {key: rest for key, *rest in known} | {key: rest and [*rest] for key, rest in later}
    return [(key, *rest) for key, rest in left.items() if rest is not None]  # type: ignore[misc]


@given(cases, changes, slices, st.sets(st.integers(1, 40)))
def test_orders_are_those_of_sorted_lists(
    known: list[Case], later: Later, at: slice, wanted: set[int]
) -> None:
    numbering, left = numbering_of(known, later), left_of(known, later)
    asked = [case for case in left if case[0] in wanted]
    found = numbering.numbered(wanted)
    assert len(numbering) == len(left)
    assert len(found) == len(asked)
    in_order = [numbering.key(number) for number in numbering.in_order(found, at)]
    assert in_order == [key for key, *_ in sorted(asked, key=by_place)][at]
    latest = [numbering.key(number) for number in numbering.latest(found, at)]
    assert latest == [key for key, *_ in sorted(asked, key=by_time)][at]
    times = [time for _, _, time in left]
    assert numbering.span == max(times, default=0) - min(times, default=0)


@given(cases, changes, st.integers(0, 6), st.integers(1, 40))
def test_a_position_is_the_number_of_cases_before(
    known: list[Case], later: Later, place: int, key: int
) -> None:
    numbering, left = numbering_of(known, later), left_of(known, later)
    everything = numbering.numbered([key for key, *_ in left])
    before = sum(by_place(case) < (place, key) for case in left)
    assert numbering.position(place, key, everything) == before


@given(cases, changes, slices, st.lists(st.sets(st.integers(1, 40)), max_size=4))
def test_a_slice_follows_the_groups_and_the_rest_comes_last(
    known: list[Case], later: Later, at: slice, groups: list[set[int]]
) -> None:
    numbering, left = numbering_of(known, later), left_of(known, later)

    def by_group(case: Case) -> tuple[int, int, int]:
        first = next((number for number, keys in enumerate(groups) if case[0] in keys), len(groups))
        return first, *by_place(case)

    everything = numbering.numbered([key for key, *_ in left])
    picked = numbering.by_groups(everything, map(numbering.numbered, groups), at)
    assert [numbering.key(number) for number in picked] == [key for key, *_ in sorted(left, key=by_group)][at]


def test_a_copy_changes_by_itself() -> None:
    numbering = Numbering([1, 2], [1, 2], [0, 0])
    copied = numbering.copy()
    copied.put(3, 0, 1)
    copied.remove(1)
    assert numbering.in_order(BitMap([0, 1]), slice(0, 5)) == [0, 1]
    assert (numbering.number(3), copied.number(1), len(numbering), len(copied)) == (None, None, 2, 2)
