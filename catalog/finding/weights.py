"""What weighs how much where cases share several things with a text or with another case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, groupby
from math import log2

from pyroaring import BitMap

MOST = 8  # things, of which any may be missing


def weight(number: int, of_all: int) -> float:
    """What something weighs that `number` of `of_all` cases have, at least one.

    1 for what all have, and nearly one more each time that half as many have it.
    """
    return log2(1 + of_all / number)


def heaviest_first(sharing: Sequence[BitMap], of_all: int) -> Iterator[tuple[float, BitMap]]:
    """The cases of at least one of these sets, none of them empty, in groups of the same weight.

    A case weighs what its sets weigh together; the heaviest come first, each group with its weight. Of more
    than `MOST` sets the smallest count.
    """
    smallest_first = sorted(sharing, key=len)[:MOST]
    weights = [weight(len(cases), of_all) for cases in smallest_first]
    common: dict[tuple[int, ...], BitMap] = {(): BitMap().union(*smallest_first)}  # by choice of sets
    taken = BitMap()

    def total(choice: tuple[int, ...]) -> float:
        return round(sum(weights[one] for one in choice), 3)

    choices = [
        choice for size in range(1, len(weights) + 1) for choice in combinations(range(len(weights)), size)
    ]
    for choice in choices:  # shorter ones first
        if before := common.get(choice[:-1]):
            common[choice] = before & smallest_first[choice[-1]]
    for of_weight, same in groupby(sorted(common, key=total, reverse=True), key=total):
        here = BitMap().union(*(common[choice] for choice in same)) - taken
        taken |= here
        if here:
            yield of_weight, here
