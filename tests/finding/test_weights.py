from __future__ import annotations

import pytest
from pyroaring import BitMap

from catalog.finding.weights import MOST, heaviest_first, weight


@pytest.mark.parametrize(("number", "weighs"), [(100, 1.0), (1, 6.658), (50, 1.585)])
def test_what_fewer_cases_have_weighs_more(number: int, weighs: float) -> None:
    assert weight(number, 100) == pytest.approx(weighs, abs=0.001)


def groups(sharing: list[set[int]], of_all: int) -> list[list[int]]:
    return [list(cases) for _, cases in heaviest_first([BitMap(cases) for cases in sharing], of_all)]


def test_cases_of_rare_and_of_many_sets_come_first_and_each_once() -> None:
    common, rare, other = {1, 2, 3, 4}, {4, 5}, {2, 6, 7, 8}
    assert groups([common, rare, other], 100) == [[4], [2], [5], [1, 3, 6, 7, 8]]


def test_nothing_shared_gives_no_group() -> None:
    assert groups([], 100) == []


def test_of_too_many_sets_the_smallest_count() -> None:
    sets = [set(range(size)) for size in range(1, MOST + 3)]
    assert groups(sets, 100)[0] == [0]
    assert sum(map(len, groups(sets, 100))) == MOST
