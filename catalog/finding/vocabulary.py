"""The frequent words of the catalogue, as its texts write them, without scraps of longer words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from catalog.finding.search import fold_each
from catalog.finding.sentences import IS_DOING, IS_TIE, is_empty

MIN_CASES = 2
LONGEST = 16
# Kanji, katakana, Latin letters and digits in a run, with the hiragana that stands around it.
RUN = re.compile(r"(?P<before>[ぁ-ゖゝゞ]*)(?P<word>[^\W_ぁ-ゖゝゞ]+)(?=(?P<behind>[ぁ-ゖゝゞ]*))")
# Within a run these are words by themselves, as search takes them: オンライン of オンライン申請.
WHOLE = re.compile("[ァ-ヺ][ァ-ヺー]*|[A-Za-zＡ-Ｚａ-ｚ]+")
HONORIFIC = ("お", "ご")  # of お客様 the rest is no word


class FrequentWord(NamedTuple):
    """A word as it is mostly written, its folded form, and in how many of the cases read it is."""

    word: str
    folded: str
    cases: int


def frequent_words(texts_of_cases: Iterable[list[str]], folded: dict[str, str]) -> list[FrequentWord]:
    """The words that are in the texts of at least two cases, the most frequent first.

    `folded` has words with their folded forms; those that it lacks are added.
    """
    written = Counter(word for texts in texts_of_cases for word in {*chain(*map(words_of, texts))})
    frequent = {word: cases for word, cases in written.most_common() if cases >= MIN_CASES}
    folded |= fold_each(frequent.keys() - folded.keys())
    forms: dict[str, list[str]] = defaultdict(list)
    for word in frequent:
        forms[folded[word]].append(word)
    counted = [
        FrequentWord(words[0], form, sum(frequent[word] for word in words)) for form, words in forms.items()
    ]
    return sorted(counted, key=lambda one: (-one.cases, len(one.word), one.word))


@lru_cache(10_000)  # the texts of other cases stay the same when one changes
def words_of(text: str) -> tuple[str, ...]:
    """The runs that are words by themselves: behind them is no ending of a verb, before them no お."""
    words = list[str]()
    for match in RUN.finditer(text):
        word, behind = match["word"], match["behind"]
        is_noun = not behind or IS_TIE.fullmatch(behind) or IS_DOING.fullmatch(behind)
        words += WHOLE.findall(word)
        if is_noun and not match["before"].endswith(HONORIFIC):
            words.append(word)
    return tuple(filter(is_telling, dict.fromkeys(words)))


def is_telling(word: str) -> bool:
    has_digit = any(character.isdecimal() for character in word)
    return 2 <= len(word) <= LONGEST and not has_digit and not word.endswith("的") and not is_empty(word)
