"""Days as people write them in Japan, in titles, headings, cells and forms: 令和6年1月1日, 2024年, R6.1.1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from catalog.models.base import plain

ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}  # with the year before their first
YEARS_BEFORE = {  # by how the era begins, or by its Latin letter
    begins: before
    for (era, before), latin in zip(ERAS.items(), "RHS", strict=True)
    for begins in (era[0], latin)
}

STATED = r"""
    (?: (?<![A-Za-z]) (?P<era> 令和? | 平成? | 昭和? | [RHS]) (?P<era_year> 元 | [0-9]{1,2})
      | (?<![0-9]) (?P<year> (?:19|20)[0-9]{2}) )
    (?: 年 (?!度) (?: (?P<month> [0-9]{1,2}) 月 (?: (?P<day> [0-9]{1,2}) 日 )? )?
      | [./-] (?P<month2> [0-9]{1,2}) [./-] (?P<day2> [0-9]{1,2}) (?![0-9]) )
"""  # 年度 is no day: 令和5年度 ends in 令和6年
DAY = re.compile(STATED, re.VERBOSE)
# Any year: whether a day may be in the future is for others to say.
WHOLE_DAY = re.compile(STATED.replace("(?:19|20)", "[0-9]{2}"), re.VERBOSE)
MAX_QUOTED = 50  # characters of what was typed
DAY_WITH_SUFFIX = re.compile(rf"{STATED} (?:現在|時点)? の?", re.VERBOSE)

UNREADABLE_DAY = (
    "「{}」は日付として読めません。「2026-11-01」「2026/11/1」「2026年11月1日」「令和8年11月1日」のように、"
    "年・月・日の順に入力してください。"
)


@dataclass(frozen=True)
class StatedDay:
    """A day, month or year as a text states it."""

    text: str
    year: int
    month: int | None = None
    day: int | None = None

    def agrees_with(self, day: date) -> bool:
        return self.year == day.year and self.month in (None, day.month) and self.day in (None, day.day)

    @property
    def exact(self) -> date | None:
        return date(self.year, self.month, self.day) if self.month and self.day else None


def stated_days(text: str) -> list[StatedDay]:
    """The days that a text states, in its order; none that no calendar has."""
    return [day for match in DAY.finditer(plain(text)) if (day := _day(match))]


def read_day(text: str) -> date:
    """The day that a text is.

    Raises ValueError, with what to do, for another: also where the year stands last, since nobody knows then
    which of the others is the month.
    """
    match = WHOLE_DAY.fullmatch(plain(text))
    if match and (stated := _day(match)) and stated.exact:
        return stated.exact
    raise ValueError(UNREADABLE_DAY.format(text[:MAX_QUOTED]))


def in_japanese(given: date | str) -> str:
    """A day as readers write it, of a date, or of a date or time in ISO 8601."""
    one = datetime.fromisoformat(given) if isinstance(given, str) else given
    return f"{one.year}年{one.month}月{one.day}日"


def without_days(text: str) -> str:
    """The text as `plain` gives it, less the days that it states."""
    return DAY_WITH_SUFFIX.sub("", plain(text)).replace("()", "")


def _day(match: re.Match[str]) -> StatedDay | None:
    year = int(match["year"] or 0)
    if not year:
        year = YEARS_BEFORE[match["era"][0]] + int(match["era_year"].replace("元", "1"))
    month, day = (int(match[part] or match[f"{part}2"] or 0) or None for part in ("month", "day"))
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return StatedDay(match[0], year, month, day)
