"""Which words to look for where a text finds little, and what each counts: its own, and what is near to them.

What counts as the same, the database's `fold` alone decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from catalog.finding.near_words import LONGEST, near_words
from catalog.finding.search import READING, WHOLE, fold_each, folded_of, is_whole, wanted

# Runs of katakana, of Latin letters, and of all other letters and digits: kanji and hiragana mostly.
WHOLE_RUN = re.compile("[ァ-ヺ][ァ-ヺー]*|[a-z][a-z0-9]*")
RUN = re.compile(rf"{WHOLE_RUN.pattern}|(?:(?![ァ-ヺa-z])[^\W_])+")
HIRAGANA = re.compile("[ぁ-ゖ]")
ONLY_HIRAGANA = re.compile("[ぁ-ゖ]+")
ALONE = re.compile("(?<![一-鿿々])[一-鿿々](?![一-鿿々])")
OF_GROUP = 1.0  # what another word of a group counts
OF_KANJI = 0.65  # what a kanji alone counts
OF_GRAM = 0.5  # what two characters count that are of no known word
SHORTEST_IN_KATAKANA = 3  # characters of a known word within a longer one

Words = dict[str, float]


class Clue(NamedTuple):
    """One thing that a text speaks of: how rare its word is in the language, and what to look for."""

    rarity: float
    words: Words


class Groups:
    """Groups of words that are the same or near in meaning, each word as `as_sought` writes it."""

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        self._groups = [*groups]
        self._of_word = defaultdict[str, list[int]](list)
        for number, group in enumerate(self._groups):
            for word in group:
                self._of_word[word].append(number)
        self._whole = {word for word in self._of_word if is_whole(word)}
        self._alone = {word for word in self._of_word if len(word) == 1}
        others = [word for word in self._of_word if len(word) > 1 and word not in self._whole]
        self._of_hiragana = [word for word in others if ONLY_HIRAGANA.fullmatch(word)]
        self._others = [word for word in others if not ONLY_HIRAGANA.fullmatch(word)]

    def said_in(self, folded: str, apart: str, whole: set[str]) -> Iterator[tuple[list[str], Sequence[str]]]:
        """Each group of which a text has words, with these, the longest first.

        `apart` is the text without runs of katakana and Latin letters, `whole` are all its runs. A word of
        one character is no part of a longer one of kanji.
        """
        said = [
            *(self._whole & whole),
            *(self._alone & {*ALONE.findall(folded)}),
            *(word for word in self._others if word in folded),
            *(word for word in self._of_hiragana if word in apart),
        ]
        words = defaultdict[int, list[str]](list)
        for word in sorted(said, key=lambda word: (-len(word), word)):
            for number in self._of_word[word]:
                words[number].append(word)
        return ((of_group, self._groups[number]) for number, of_group in words.items())


def clues_of(text: str, groups: Groups) -> list[Clue]:
    """What a text speaks of: a clue for each of its words, or for several that say the same.

    What to look for comes with what it counts: 1 for the word itself, less for what is near to it. `groups`
    are the lists' `near_groups`.
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    runs, without_whole = RUN.findall(plain), WHOLE_RUN.sub(" ", plain)
    folded = fold_each({plain, without_whole, *runs})
    clues, whole = defaultdict[str, Words](dict), set[str]()
    for run in runs:
        sought = wanted(run, folded[run]).replace(READING, "")
        whole.add(sought)
        for word, counts in words_in_run(sought, is_latin=run.isascii()):
            clues[word][word] = counts
            if word in near_words():
                _add(clues[word], {one: alike**2 for one, alike in near_words().near(word).items()})
    for said in [said for said in clues if len(said) == 1]:
        _unite(clues, said, next((one for one in clues if said in one and one != said), said))
    for (longest, *others), group in groups.said_in(folded[plain], folded[without_whole], whole):
        told = {word: OF_GROUP for word in group if len(folded_of(word)) > 1}
        _add(clues[longest], told | {longest: 1})
        for said in others:
            _unite(clues, said, longest)
    return [Clue(near_words().rarity(said), words) for said, words in clues.items() if words]


def _unite(clues: dict[str, Words], said: str, other: str) -> None:
    """Makes the clue of a word part of another word's."""
    if said != other and said in clues:
        _add(clues[other], clues.pop(said))


def _add(clue: Words, words: Words) -> None:
    for word, counts in words.items():
        clue[word] = max(clue.get(word, 0), counts)


def words_in_run(sought: str, *, is_latin: bool) -> Iterator[tuple[str, float]]:
    """The words that a run is made of, the longest known first, and pairs of characters where none is known.

    Each with what it counts: 1 for a known word.
    """
    known = near_words()
    if sought in known:
        yield sought, 1
    elif not is_whole(sought):
        yield from _cut(sought, "", 2)
        # A kanji beside hiragana is what a verb has in common with its nouns: 助ける, 援助.
        yield from ((character, OF_KANJI) for character in ALONE.findall(sought))
    else:
        inner = [] if is_latin else _cut(folded_of(sought), WHOLE, SHORTEST_IN_KATAKANA)
        yield from [(word, counts) for word, counts in inner if counts == 1] or [(sought, 1)]


def _cut(run: str, mark: str, shortest: int) -> Iterator[tuple[str, float]]:
    known, at, unknown = near_words(), 0, ""
    while at < len(run):
        pieces = (run[at:end] for end in range(min(len(run), at + LONGEST), at + shortest - 1, -1))
        word = next((piece for piece in pieces if mark + piece in known), None)
        if word:
            yield from _grams(unknown)
            yield mark + word, 1
            unknown = ""
        else:
            unknown += run[at]
        at += len(word or " ")
    yield from _grams(unknown)


def _grams(unknown: str) -> Iterator[tuple[str, float]]:
    grams = {unknown[at : at + 2] for at in range(len(unknown) - 1)}
    return ((gram, OF_GRAM) for gram in sorted(grams) if not HIRAGANA.search(gram))
