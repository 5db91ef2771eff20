"""The words searched for where a page shows them: marked in a text, and the line of a case that has one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from catalog.documents.reading import Document
from catalog.documents.records import name_in_full
from catalog.finding.search import Term, fold_each, folded_of, is_whole
from catalog.finding.understanding import CHARACTER
from catalog.models.days import ERAS

DROPPABLE, BORDER = ",ー", "ǀ"  # what folding leaves out of a word, and what it puts in
DROPPED = re.compile(f"[{DROPPABLE}]")
YEAR = re.compile("([12][0-9]{3}(?=年))")
KATAKANA_OR_MARK = re.compile("[ァ-ヺー]")
AROUND_HIT = 30  # characters of a long text that are shown before the hit, and twice as many behind it

# How the database folds each character that a page has marked hits in; it does so for ever.
_folded_characters: dict[str, str] = {}
# The same for `str.translate`, of the characters that stand alone.
_folded_ordinals: dict[int, str] = {}
# Those of them that fold to none or to several, and marks that belong to the character before.
_uneven = set("\uff9e\uff9f\u3099\u309a")


class Highlighter:
    """Highlights the hits of a query's terms in texts; asks the database once how new characters fold."""

    def __init__(self, terms: Iterable[Term]) -> None:
        variants = {word for term in terms for word in (*term.variants, *chain.from_iterable(term.pieces))}
        longest_first = sorted(variants, key=lambda variant: len(folded_of(variant)), reverse=True)
        self.hits = re.compile("|".join(map(written_as, longest_first)) or r"(?!)")
        self.whole = {folded_of(variant) for variant in variants if is_whole(variant)} - variants

    def learn(self, texts: Iterable[str]) -> None:
        """Asks how the characters of these texts fold. Other methods take only texts that were learned."""
        text = "\n".join(texts)
        characters = set(text) if _uneven.isdisjoint(text) else {*text, *CHARACTER.findall(text)}
        new = characters - _folded_characters.keys()
        if new:
            _folded_characters.update(fold_each(new))
            alone = {one: _folded_characters[one] for one in new if len(one) == 1}
            _folded_ordinals.update({ord(one): folded for one, folded in alone.items()})
            _uneven.update(one for one, folded in alone.items() if len(folded) != 1)

    def is_in(self, text: str) -> bool:
        """Whether the text has a hit."""
        return bool(self.spans(text))

    def __call__(self, text: str) -> SafeString:
        """The text as HTML with every hit in <mark>."""
        return self._marked(text, self.spans(text))

    def excerpt(self, text: str) -> SafeString:
        """What stands around the first hit in a text that has one, as HTML with every hit in <mark>."""
        spans = self.spans(text)
        start, end = max(0, spans[0][0] - AROUND_HIT), spans[0][1] + 2 * AROUND_HIT
        part = text[start:end]
        here = [(first - start, last - start) for first, last in spans if start <= first and last <= end]
        before, behind = "…" if start else "", "…" if end < len(text) else ""
        return mark_safe(f"{before}{self._marked(part, here)}{behind}")  # noqa: S308 – escaped where it is marked

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the hits stand in the text."""
        return [
            (start, end)
            for word, start, end in self._found(text)
            if DROPPED.sub("", word) not in self.whole or is_whole_word(text, start, end)
        ]

    def _found(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Every place of a variant, as it is folded, with its start and its end in the text."""
        if _uneven.isdisjoint(text):  # as nearly always: what is folded stands where the text does
            for hit in self.hits.finditer(text.translate(_folded_ordinals)):
                yield hit[0], hit.start(), hit.end()
            return
        characters = list(CHARACTER.finditer(text))
        folded = [_folded_characters.get(one[0], one[0]) for one in characters]
        places = [one.span() for one, part in zip(characters, folded, strict=True) for _ in part]
        for hit in self.hits.finditer("".join(folded)):
            yield hit[0], places[hit.start()][0], places[hit.end() - 1][1]

    @staticmethod
    def _marked(text: str, spans: list[tuple[int, int]]) -> SafeString:
        if not spans:
            return escape(text)
        parts, end = list[str](), 0
        for start, stop in spans:
            parts += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
            end = stop
        return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308 – escaped above


def written_as(variant: str) -> str:
    """The pattern of a variant in a text that is folded character by character, which drops none.

    A year may be written there as one of an era, which folding as a whole makes one of our time: 令和3年.
    """
    parts = YEAR.split(folded_of(variant).replace(BORDER, ""))
    parts[::2] = [f"[{DROPPABLE}]*".join(map(re.escape, part)) for part in parts[::2]]
    parts[1::2] = [years_as_written(int(year)) for year in parts[1::2]]
    return "".join(parts)


def years_as_written(year: int) -> str:
    """The pattern of a year of our time, or of an era in digits or as 元."""
    of_eras = ((era, year - before) for era, before in ERAS.items() if year > before)
    written = [f"{era}{number}|{era}元" if number == 1 else f"{era}{number}" for era, number in of_eras]
    return f"(?:{'|'.join([str(year), *written])})"


def is_whole_word(text: str, start: int, end: int) -> bool:
    """Whether what stands there is no part of a longer word of its script."""
    scripts = [
        script_of(character)
        for character in (text[start - 1 : start], text[start], text[end - 1], text[end : end + 1])
    ]
    return scripts[0] != scripts[1] and scripts[2] != scripts[3]


def script_of(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    return (
        "katakana"
        if KATAKANA_OR_MARK.fullmatch(plain)
        else "latin"
        if plain.isascii() and plain.isalnum()
        else plain
    )


@dataclass(frozen=True)
class Reason:
    """The line by which a case is found where its card shows none: its name, and what stands in it."""

    label: str
    text: SafeString


def marker(document: Document, terms: Iterable[Term]) -> Callable[[str], SafeString]:
    """What makes a text of this case HTML, with the terms marked."""
    highlight = Highlighter(terms)
    highlight.learn([document.record["title"], *(text for _, text in lines_of(document))])
    return highlight


def reason_of(document: Document, highlight: Highlighter) -> Reason | None:
    """The first line of a case with a hit; None where no line that readers see has one."""
    lines = list(lines_of(document))
    highlight.learn(text for _, text in lines)
    return next(
        (Reason(label, highlight.excerpt(text)) for label, text in lines if highlight.is_in(text)), None
    )


def lines_of(document: Document) -> Iterator[tuple[str, str]]:
    """All that readers see of a case besides its title, with what it is called, the most telling first."""
    case = document.record
    yield from (("ポイント", point) for point in case["points"])
    yield from (("実施団体", f"{name_in_full(body)}（{body['kana']}）") for body in case["bodies"])
    yield from (("テーマ", topic["title"]) for topic in case["topics"])
    yield from (("数値", f"{figure['label']}：{figure['value']}") for figure in case["figures"])
    yield from (("費用・体制・効果など", f"{fact['label']}：{fact['text']}") for fact in case["facts"])
    for label, text in (
        ("成果", case["outcome"]),
        ("取組内容", case["approach"]),
        ("背景", case["background"]),
    ):
        yield label, " ".join(text.split())
    yield from (
        ("類似の取組", f"{name_in_full(body)} {body['note']}".strip()) for body in case["similar"]["bodies"]
    )
    yield from (
        ("取り入れた団体・手本にした団体", f"{name_in_full(body)} {body['note']}")
        for body in case["followed"]
    )
    yield from (("実施団体の注記", " ".join(body["note"].split())) for body in case["bodies"])
    yield from (("区分", case["section"]["title"]), ("ステップ", case["step"]["title"]))
    yield from (("関連資料", reference) for reference in case["references"])
    yield from (("出典の見出し", case["source"]["heading"]), ("編集注", document.extra["editor_note"]))
