"""On which page of a printed dossier each case begins.

Browsers do not tell a page on what sheet its parts come to stand: CSS has `target-counter` for it, which none
of them knows. So the server decides how many sheets a case takes: one in letters of 9 or of 8 points, or two
with a break between. For that its lines are counted, rather too many than too few; a number is given only
where it is certain. A browser test measures every case of the casebook against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

from catalog.documents.reading import Document
from catalog.documents.records import CaseRecord, name_in_full
from catalog.pages.facts import facts_in_short

# Letters of a line and lines of a sheet in static/catalog/dossier.css: 176 by 261 mm, at 9 and at 8 points.
LETTERS, LINES = 54, 55
LETTERS_IF_DENSE, LINES_IF_DENSE = 61, 62
HEADING, GAP = 1.75, 0.25  # lines that a heading takes with what is above it, and between two paragraphs
TITLE, KEY_FIGURE = 2.2, 1.5
TABLE_HEAD, TABLE_ROW = 1.3, 1.2


@dataclass(frozen=True)
class Sheets:
    """What a case takes: its number of sheets, None where nobody knows, and how it is set.

    `facts` is what stands on them of its facts.
    """

    number: int | None = 1
    is_dense: bool = False
    is_split: bool = False  # after the prose
    facts: str = ""


def sheets_of(document: Document, note: str, *, is_compared: bool = True) -> Sheets:
    """As few sheets as can be: facts for which a case would need another are left to a comparison."""
    facts = facts_in_short(document.record)
    ways = [*dict.fromkeys([facts, ""])] if is_compared else [facts]
    for told in ways:
        if sum(lines_of_case(document, note, told, LETTERS)) <= LINES:
            return Sheets(facts=told)
        if sum(lines_of_case(document, note, told, LETTERS_IF_DENSE)) <= LINES_IF_DENSE:
            return Sheets(is_dense=True, facts=told)
    for told in ways:
        if max(lines_of_case(document, note, told, LETTERS)) <= LINES:
            return Sheets(2, is_split=True, facts=told)
    return Sheets(None, is_split=True, facts=facts)


def first_pages(cases: Iterable[Sheets]) -> Iterator[int | None]:
    """The page on which each case begins; None behind one of which nobody knows what it takes."""
    page: int | None = 1
    for sheets in cases:
        yield page
        page = page + sheets.number if page and sheets.number else None


def lines_of_case(document: Document, note: str, facts: str, letters: int) -> tuple[float, float]:
    """The lines that a case needs at the most, up to its prose and behind it, with so many letters a line."""
    record = document.record
    topics = "、".join(topic["title"] for topic in record["topics"])
    bodies = "、".join(f"{name_in_full(body)}（指定都市・88.8万人）" for body in record["bodies"])
    prose = ["\n".join(record["points"]), record["background"], record["approach"], record["outcome"]]
    head = TITLE + KEY_FIGURE + 1.2 * lines_of(record["title"] + bodies, letters)
    head += lines_of(f"{record['step']['title']}{record['section']['title']}{topics}", letters)
    head += HEADING + lines_of(note, letters) if note else 0
    notes = [body["note"] for body in record["bodies"] if body["note"]]
    similar = "、".join(f"{name_in_full(one)}（{one['note']}）" for one in record["similar"]["bodies"])
    references = [*record["references"], *(f"{link['label']} {link['url']}" for link in record["links"])]
    asked = "\n".join("照会先" * 12 for _ in record["bodies"])
    rest = lines_of_figures(record, letters) + HEADING * bool(notes) - 0.4 * len(notes)
    texts = [facts, *notes, document.extra["editor_note"], similar, "\n".join(references), asked]
    return head + lines_under_headings(prose, letters), rest + lines_under_headings(texts, letters) + 1.5


def lines_under_headings(texts: Iterable[str], letters: int) -> float:
    return sum(HEADING + lines_of(text, letters) for text in texts if text)


def lines_of(text: str, letters: int) -> float:
    """The lines of a text in paragraphs or points, with the gaps between them."""
    return sum(ceil(len(line) / letters) + GAP for line in text.splitlines())


def lines_of_figures(record: CaseRecord, letters: int) -> float:
    rows = [max(len(figure["label"]), len(figure["value"])) for figure in record["figures"]]
    rows_in_lines = sum(TABLE_ROW * ceil(row / (letters / 2 - 2)) for row in rows)
    return HEADING + TABLE_HEAD + rows_in_lines if rows else 0
