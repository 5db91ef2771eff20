from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.models.days import stated_days, without_days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        (
            "令和8年1月1日住民基本台帳人口・世帯数、令和7年（1月1日から同年12月31日まで）人口動態",
            [(2026, 1, 1), (2025, None, None)],
        ),
        ("令和元年", [(2019, None, None)]),
        ("平成３１年　４月", [(2019, 4, None)]),
        ("2024年10月1日現在", [(2024, 10, 1)]),
        ("2025/1/1", [(2025, 1, 1)]),
        ("2025-01-01", [(2025, 1, 1)]),
        ("R6.1.1現在の団体", [(2024, 1, 1)]),
        ("令6.1.1", [(2024, 1, 1)]),
        ("S63.4.1", [(1988, 4, 1)]),
        ("令和5年度", []),
        ("令和6年13月1日", []),
        ("NR6.1.1", []),
        ("000892952.xlsx", []),
        ("20250101", []),
        ("R6", []),
    ],
)
def test_days_are_read_as_titles_write_them(
    text: str, days: list[tuple[int, int | None, int | None]]
) -> None:
    assert [(one.year, one.month, one.day) for one in stated_days(text)] == days


def test_a_stated_day_agrees_as_far_as_it_goes() -> None:
    ((year,), (month,), (day,)) = map(stated_days, ("令和6年", "令和6年1月", "令和6年1月1日"))
    assert [one.agrees_with(date(2024, 1, 1)) for one in (year, month, day)] == [True, True, True]
    assert [one.agrees_with(date(2024, 1, 2)) for one in (year, month, day)] == [True, True, False]
    assert [one.agrees_with(date(2024, 2, 1)) for one in (year, month, day)] == [True, False, False]
    assert [one.agrees_with(date(2025, 1, 1)) for one in (year, month, day)] == [False, False, False]
    assert [one.exact for one in (year, month, day)] == [None, None, date(2024, 1, 1)]


@pytest.mark.parametrize(
    "text", ["人口", "人口（令和6年1月1日現在）", "令和6年 人口", "2024年の人口", "令和6年1月1日現在人口"]
)
def test_a_label_is_the_same_without_its_day(text: str) -> None:
    assert without_days(text) == "人口"


@given(st.dates(date(1989, 1, 8), date(2099, 12, 31)))
def test_every_day_is_read_back_however_it_is_written(day: date) -> None:
    era, first = ("平成", 1988) if day < date(2019, 5, 1) else ("令和", 2018)
    year = str(day.year - first).replace("1", "元") if day.year - first == 1 else str(day.year - first)
    letter = "H" if era == "平成" else "R"
    for text in (
        f"{era}{year}年{day.month}月{day.day}日現在の人口",
        f"人口（{day.year}年{day.month}月{day.day}日）",
        f"{letter}{day.year - first}.{day.month}.{day.day}現在",
        f"調査日 {day.year}/{day.month}/{day.day}",
        day.isoformat(),
    ):
        assert [one.exact for one in stated_days(text)] == [day], text
