"""What weighs how much where cases share several things with a text or with another case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, combinations, groupby
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
    taken = BitMap()

    def total(choice: tuple[int, ...]) -> float:
        return round(sum(weights[one] for one in choice), 3)

    @cache  # what choices share is found once; who wants few cases never asks for most of them
    def common(choice: tuple[int, ...]) -> BitMap:
        last = smallest_first[choice[-1]]
        return common(choice[:-1]) & last if len(choice) > 1 else last

    sizes = range(1, len(weights) + 1)
    choices = chain.from_iterable(combinations(range(len(weights)), size) for size in sizes)
    for of_weight, same in groupby(sorted(choices, key=total, reverse=True), key=total):
        here = BitMap().union(*map(common, same)) - taken
        taken |= here
        if here:
            yield of_weight, here
