"""The columns of a list shown as a table, and the orders that their headings lead to."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.finding.forms import Sort
from catalog.finding.index import Index
from catalog.finding.query import CaseFilter


@dataclass(frozen=True)
class Column:
    """`order`: what the heading leads to, with the query string of that list; None if there is no other.

    `aria_sort`: which way the list is ordered by the column; empty if it is not.
    """

    name: str
    title: str
    order: Sort | None = None
    query: str = ""
    aria_sort: str = ""


# By name: the title, and the orders that there are by the column; a heading leads to the next of them.
COLUMNS: dict[str, tuple[str, tuple[Sort, ...]]] = {
    "case": ("題名", ()),
    "bodies": ("団体（人口）", (Sort.POPULATION, Sort.POPULATION_DESCENDING)),
    "line": ("成果・ポイント", ()),
    "place": ("ステップ・区分", (Sort.DOCUMENT,)),
    "topics": ("テーマ", ()),
    "updated": ("更新", (Sort.UPDATED,)),
}

DAY = 24 * 60 * 60 * 1_000_000  # in the unit of the times of a numbering


def changed_within_a_day(index: Index) -> bool:
    """Whether all cases of the catalogue were last changed within a day, as after their first loading."""
    return index.numbering.span < DAY


def columns_of(case_filter: CaseFilter) -> list[Column]:
    """The columns of the list; without the day of the last change where that tells no case from another."""
    left_out = {"updated"} if changed_within_a_day(case_filter.index) else set()
    return [column_of(name, case_filter) for name in COLUMNS if name not in left_out]


def column_of(name: str, case_filter: CaseFilter) -> Column:
    title, orders = COLUMNS[name]
    order = next((order for order in orders if order != case_filter.sort), None)
    return Column(
        name,
        title,
        order,
        case_filter.query_in_order(order) if order else "",
        direction(case_filter.sort) if case_filter.sort in orders else "",
    )


def direction(order: Sort) -> str:
    return "descending" if order.startswith("-") else "ascending"
