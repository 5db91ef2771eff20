"""Where bodies stand, read a second time by SQL over the rows, apart from the tables in memory."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any, NamedTuple

from django.db import connection

from catalog.models import Case, Indicator, IndicatorValue

# One row a group and indicator: how many have a value, how many of these have done it, and the median.
SHARES = """
    WITH own AS (SELECT * FROM catalog_body WHERE code = %(code)s),
    municipal AS (SELECT * FROM catalog_body WHERE kind <> 'prefecture' AND abolished_on IS NULL),
    peers AS (
        SELECT other.code FROM municipal AS other, own
        WHERE other.code <> own.code AND other.population > 0 AND own.population > 0
            AND own.kind <> 'prefecture'
        ORDER BY greatest(other.population, own.population)::numeric(40, 30)
            / least(other.population, own.population), other.code
        LIMIT 200
    ),
    members AS (
        SELECT 'peers' AS of, code FROM peers
        UNION ALL SELECT 'prefecture', code FROM municipal
            WHERE prefecture_id = (SELECT prefecture_id FROM own)
        UNION ALL SELECT 'all', code FROM municipal
        UNION ALL SELECT population_band, code FROM municipal
    )
    SELECT of, indicator_id, count(value), count(*) FILTER (WHERE value = 1),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY value)
    FROM members JOIN catalog_indicatorvalue ON body_id = code GROUP BY of, indicator_id
"""
WORDS = {
    "cio": "任命済み",
    "cio-aide": "任命済み",
    "plan": "策定済み",
    "organization": "構築済み",
    "training": "実施済み",
    "external-talent": "活用中",
    "development": "取組中",
    "ai": "導入済み",
    "rpa": "導入済み",
    "telework": "導入済み",
}


class Told(NamedTuple):
    """What the page says of an indicator: cells from left to right, the sentence, the number of cases."""

    title: str
    cells: list[str]
    sentence: str
    cases: int


def shares(code: str) -> dict[tuple[str, str], tuple[int, int, float | None]]:
    with connection.cursor() as cursor:
        cursor.execute(SHARES, {"code": code})
        return {(group, slug): tuple(rest) for group, slug, *rest in cursor.fetchall()}


def told_of(code: str) -> list[Told]:
    """All that the table of a municipality says."""
    counted, own = (
        shares(code),
        dict(IndicatorValue.objects.filter(body=code).values_list("indicator", "value")),
    )
    lines = []
    for one in Indicator.objects.order_by("position"):
        groups = [counted.get((group, one.pk), (0, 0, None)) for group in ("peers", "prefecture", "all")]
        state = value_in_words(one, own[one.pk]) if one.pk in own else "値なし"
        sentence = ""
        if groups[0][0]:
            number = share_in_words(one, groups[0])
            middle = f"の{number}が{WORDS[one.pk]}" if one.kind == "done" else f"の中央値は{number}"
            sentence = f"人口の近い{groups[0][0]}団体{middle}"
        count = cases_of(one).count() if state == "未実施" else 0
        lines.append(
            Told(one.title, [state, *(share_in_words(one, group) for group in groups)], sentence, count)
        )
    return lines


def share_in_words(one: Indicator, group: tuple[int, int, float | None]) -> str:
    asked, done, median = group
    if not asked:
        return "―"
    if one.kind == "done":
        share = Fraction(100 * done, asked)
        rounded = floor(share + Fraction(1, 2))
        return f"{rounded if share in (0, 100) else min(99, max(1, rounded))}％"
    return value_in_words(one, median)


def value_in_words(one: Indicator, value: float | None) -> str:
    if value is None:
        return "調査なし"
    if one.kind == "done":
        return "実施" if value == 1 else "未実施"
    return f"{int(value) if value == int(value) else value}{'％' if one.kind == 'percent' else '手続'}"


def cases_of(one: Indicator, band: str = "") -> Any:
    """The published cases that an indicator leads to, or those of them by bodies of a population band."""
    if not (one.section_id or one.topic_id):
        return Case.objects.none()
    cases = Case.objects.published()
    cases = cases.filter(section=one.section_id) if one.section_id else cases
    cases = cases.filter(topics=one.topic_id) if one.topic_id else cases
    return cases.filter(case_bodies__body__population_band=band).distinct() if band else cases
