from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.output.columns import (
    as_code,
    as_figures,
    as_items,
    as_lines,
    as_number,
    as_section,
    as_set,
    defused,
    figures,
    lines,
    undefused,
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))
some_texts = texts.filter(lambda text: bool(text.strip()))


@given(texts)
def test_a_defused_cell_comes_back_as_it_was(text: str) -> None:
    assert undefused(defused(text)) == text


@given(st.lists(some_texts))
def test_items_come_back_as_they_were(items: list[str]) -> None:
    assert as_items(lines(items)) == items


@given(st.lists(texts))
def test_lines_come_back_with_their_gaps_but_for_those_at_the_end(values: list[str]) -> None:
    kept = as_lines(lines(values))
    while values and not values[-1]:
        values.pop()
    assert [text for (text,) in kept] == values or not "".join(values).strip()


@given(st.lists(st.tuples(some_texts, some_texts)))
def test_figures_come_back_as_they_were(pairs: list[tuple[str, str]]) -> None:
    cell = figures([{"label": label, "value": value} for label, value in pairs])
    assert as_figures(cell) == pairs


def test_the_order_of_topics_in_a_cell_means_nothing() -> None:
    assert as_set("二\n一\n\n二") == as_set("一\n二")


@pytest.mark.parametrize(("text", "number"), [("17", 17), (" １７ ", 17), ("017", 17), ("", None)])
def test_a_number_is_read_however_it_is_typed(text: str, number: int | None) -> None:
    assert as_number(text) == number


@pytest.mark.parametrize(("read", "cell"), [(as_number, "-1"), (as_number, "1.5"), (as_number, "9" * 5000)])
def test_what_is_no_whole_number_is_refused(read: Any, cell: str) -> None:
    with pytest.raises(ValueError, match="0以上の整数"):
        read(cell)


def test_a_figure_without_its_value_is_refused() -> None:
    with pytest.raises(ValueError, match="1行に1件ずつ入力してください（8回）"):
        as_figures("8回")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("０６３６３−１", "063631"),
        ("'063631.0", "063631"),
        ("063631 山形県舟形町", "063631"),
        ("63631", "63631"),
    ],
)
def test_a_code_is_read_without_what_is_written_around_it(text: str, code: str) -> None:
    assert as_code(text) == code


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("3-1", "3-1"),
        ("3-1 組織体制", "3-1"),
        ("３－１　組織体制", "3-1"),
        ("1 DXの認識共有・機運醸成", "1"),
        ("2", "2"),
        ("3月1日", "3-1"),
        ("2026/3/1", "3-1"),
        ("2026-04-02", "4-2"),
        ("2026-04-02 0:00:00", "4-2"),
        ("3/1", "3-1"),
        ("1-Mar", "3-1"),
        ("46082", "3-1"),
        ("46115", "4-3"),
    ],
)
def test_a_section_is_read_also_where_a_spreadsheet_took_it_for_a_day(cell: str, number: str) -> None:
    assert as_section(cell) == number
