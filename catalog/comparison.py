"""Cases side by side: the same question to each, in rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catalog.models import Case
from catalog.templatetags.catalog_text import persons


@dataclass(frozen=True)
class Row:
    """One question, and what each case has to say to it: lines of a list, or one text."""

    title: str
    cells: list[list[str]]

    @property
    def differs(self) -> bool:
        return any(cell != self.cells[0] for cell in self.cells)


QUESTIONS: list[tuple[str, Callable[[Case], list[str]]]] = [
    ("実施団体", lambda case: [row.body.full_name for row in case.case_bodies.all()]),
    ("人口", lambda case: [persons(row.body.population) for row in case.case_bodies.all()]),
    ("団体の種別", lambda case: [row.body.get_kind_display() for row in case.case_bodies.all()]),
    ("ステップ", lambda case: [f"ステップ{case.section.step} {case.step.label}"]),
    ("区分", lambda case: [case.section.title]),
    ("テーマ", lambda case: [topic.title for topic in case.topics.all()]),
    ("ポイント", lambda case: case.points),
    ("背景", lambda case: [case.background] if case.background else []),
    ("取組内容", lambda case: [case.approach]),
    ("成果", lambda case: [case.outcome] if case.outcome else []),
    ("数値", lambda case: [str(figure) for figure in case.figures.all()]),
    ("類似の取組を行っている団体", lambda case: [row.body.full_name for row in case.similar_bodies.all()]),
    ("出典", lambda case: [case.citation]),
]


def rows_of(cases: list[Case], *, only_differences: bool) -> list[Row]:
    """A row for every question; rows without any answer are left out."""
    rows = [Row(title, [answer(case) for case in cases]) for title, answer in QUESTIONS]
    return [row for row in rows if any(row.cells) and (row.differs or not only_differences)]
