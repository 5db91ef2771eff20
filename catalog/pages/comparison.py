"""Cases side by side: the same question to each, in rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catalog.documents.reading import Document
from catalog.documents.records import CaseBodyRecord, name_in_full
from catalog.pages.facts import GROUPS, followed_by, statements_of
from catalog.pages.text import kind_label, persons

# The texts of a case, by their place in the record: sections of its page and rows of a comparison.
PROSE = (("background", "背景"), ("approach", "取組内容"), ("outcome", "成果"))


@dataclass(frozen=True)
class ComparedRow:
    """One question, and what each case has to say to it: lines of a list, or one text."""

    title: str
    cells: list[list[str]]

    @property
    def texts(self) -> list[str]:
        """What each case says, in one text: one line of a list a line."""
        return ["\n".join(cell) for cell in self.cells]

    @property
    def differs(self) -> bool:
        return any(cell != self.cells[0] for cell in self.cells)


def compare(documents: list[Document], *, only_differences: bool) -> list[ComparedRow]:
    """A row for every question; rows without any answer are left out."""
    rows = [ComparedRow(title, [answer(document) for document in documents]) for title, answer in QUESTIONS]
    return [row for row in rows if any(row.cells) and (row.differs or not only_differences)]


def described(body: CaseBodyRecord) -> str:
    """A body with its kind and size: 奈良県橿原市（市・12.2万人）."""
    return f"{name_in_full(body)}（{kind_label(body['kind'])}・{persons(body['population'])}）"


def _prose(name: str) -> Callable[[Document], list[str]]:
    def answer(document: Document) -> list[str]:
        text = document.record[name]  # type: ignore[literal-required]
        return [text] if text else []

    return answer


def _stated(title: str) -> Callable[[Document], list[str]]:
    return lambda document: list(map(str, statements_of(document.record)[title]))


QUESTIONS: list[tuple[str, Callable[[Document], list[str]]]] = [
    ("実施団体", lambda one: [described(body) for body in one.record["bodies"]]),
    ("ステップ", lambda one: ["ステップ{number} {title}".format(**one.record["step"])]),
    ("区分", lambda one: [one.record["section"]["title"]]),
    ("取組の年度", lambda one: [f"{one.record['year']}年度"] if one.record["year"] else []),
    ("テーマ", lambda one: [topic["title"] for topic in one.record["topics"]]),
    ("ポイント", lambda one: one.record["points"]),
    *((label, _prose(name)) for name, label in PROSE),
    *((title, _stated(title)) for title in GROUPS),
    ("数値", lambda one: [f"{figure['label']}：{figure['value']}" for figure in one.record["figures"]]),
    (
        "類似の取組を行っている団体",
        lambda one: [name_in_full(body) for body in one.record["similar"]["bodies"]],
    ),
    ("取り入れた団体・手本にした団体", lambda one: list(map(str, followed_by(one.record)))),
    ("出典", lambda one: [one.citation]),
]
