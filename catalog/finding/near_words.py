"""Which words are near to a word in meaning, by the company they keep elsewhere (decision 0041)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from functools import cache
from math import log
from pathlib import Path

from catalog.finding.search import READING, wanted

FILE = Path(__file__).with_name("near_words.txt.gz")
LONGEST = 8  # characters of a word in the file
ENDING = re.compile("(?<=.[一-鿿々ぁ-ゖ])[うくぐすつぬぶむるい]$")
HAS_KANJI = re.compile("[一-鿿々]")


def as_sought(typed: str, folded: str) -> str:
    """A word as it is looked for: folded, marked if it is found whole, and without an ending that changes.

    So 話し合 of 話し合う: a verb or an adjective of which two characters are left.
    """
    sought = wanted(typed, folded).replace(READING, "")
    return ENDING.sub("", sought) if HAS_KANJI.search(sought) else sought


class NearWords:
    """Some 70,000 words, each as search looks for it, with those near to it. 15 MB of memory.

    The most frequent are first.
    """

    def __init__(self) -> None:
        lines = gzip.decompress(FILE.read_bytes()).decode().split("\n")
        self._near = [line.partition("\t")[2] for line in lines]
        self._line_of = {
            word: at for at, line in enumerate(lines) for word in line.partition("\t")[0].split(" ")
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._line_of)

    def __contains__(self, word: str) -> bool:
        return word in self._line_of

    def rarity(self, word: str) -> float:
        """How rare a word is in the language, above 0 and up to 1, which one has that is not there."""
        return log(2 + self._line_of.get(word, len(self._near))) / log(2 + len(self._near))

    def near(self, word: str) -> dict[str, float]:
        """The words near to one that is there, each with its likeness, which is below 1."""
        parts = self._near[self._line_of[word]].split()
        return {one: int(alike) / 100 for one, alike in zip(parts[::2], parts[1::2], strict=True)}


@cache
def near_words() -> NearWords:
    """Read once, when a process first needs them."""
    return NearWords()
