from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from catalog.finding.index import current_index
from catalog.models import Case, Prefecture
from catalog.pages import coverage
from tests.making import FUNAGATA, make_case, make_varied_cases, set_population, without_cases
from tests.oracle import Query, cases_by_sql
from tests.shown import linked_cases, section_of

pytestmark = pytest.mark.django_db


def found(*parts: str) -> int:
    """How many cases the database finds for the parts of a query, each `name=value`."""
    query: Query = {name: [value] for name, value in (part.split("=") for part in parts)}
    return cases_by_sql(query).count()


def test_every_cell_is_what_the_database_finds() -> None:
    assert columns_of(check_cells(60)) == [
        *("step=0", "step=1", "step=2", "section=3-1", "section=3-2", "section=3-3"),
        *("step=3", "section=4-1", "section=4-2", "section=4-3"),
    ]
    # Sections of several sources are no parts of one whole.
    make_varied_cases()
    assert columns_of(check_cells(95)) == ["step=0", "step=1", "step=2", "step=3"]


def columns_of(counted: coverage.Coverage) -> list[str]:
    return [column.query for column, _ in counted.columns]


def check_cells(total: int) -> coverage.Coverage:
    counted = coverage.by_band_and_section(current_index())
    assert counted.total == found() == total
    assert [count for _, count in counted.columns] == [found(column.query) for column, _ in counted.columns]
    for row in counted.rows:
        of_band = f"population={row.band.value}"
        assert row.total == found(of_band)
        assert row.cells == [(column, found(column.query, of_band)) for column, _ in counted.columns]
    return counted


def test_every_tile_is_what_the_database_finds() -> None:
    make_varied_cases()
    tiles = coverage.by_prefecture(current_index())
    assert [tile.prefecture for tile in tiles] == list(Prefecture.objects.order_by("code"))
    assert [tile.count for tile in tiles] == [found(f"prefecture={tile.prefecture.pk}") for tile in tiles]


def test_a_number_is_shaded_by_its_quarter_of_the_largest() -> None:
    assert [coverage.shade(count, 8) for count in (0, 1, 2, 3, 4, 5, 6, 7, 8)] == [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert coverage.shade(0, 0) == 0


def test_the_legend_tells_which_numbers_have_a_shade(client: Client) -> None:
    levels = coverage.by_band_and_section(current_index()).levels
    assert [(level.shade, level.least, level.most) for level in levels] == [
        *((1, 1, 2), (2, 3, 4), (3, 5, 6), (4, 7, 8))
    ]
    shown = re.findall(
        r'levels__sample([^"]*)"></span>([^<]+)</li>', section_of(client.get("/").text, "by-size")
    )
    assert shown == [
        *(("", "0件"), (" shade--1", "1〜2件"), (" shade--2", "3〜4件"), (" shade--3", "5〜6件")),
        (" shade--4", "7〜8件"),
    ]


def test_without_cases_the_legend_has_none_but_0() -> None:
    without_cases()
    assert coverage.by_band_and_section(current_index()).levels == []


def test_a_zero_of_the_table_leads_nowhere(client: Client) -> None:
    without_cases()
    make_case(section="3-1", bodies=[FUNAGATA])
    shown = section_of(client.get("/").text, "by-size")
    body = shown.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
    assert [len(row) for row in rows] == [12] * 8  # every band but the unknown, which no body is in
    links = [re.findall(r'href="(.+?)"', "".join(row)) for row in rows]
    of_band = [f"/cases/?{also}population=0-1" for also in ("", "step=2&amp;", "section=3-1&amp;")]
    assert links == [of_band, [], [], [], [], [], [], []]
    assert body.count('<span class="coverage__none">0</span>') == 8 * 11 - 3


def test_bodies_of_an_unknown_population_have_a_row_where_they_have_cases(client: Client) -> None:
    assert "不明" not in section_of(client.get("/").text, "by-size")
    set_population(FUNAGATA, None)
    assert '<th scope="row">不明</th>' in section_of(client.get("/").text, "by-size")


def test_no_case_is_recent_while_all_came_in_one_day(client: Client) -> None:
    assert "最近更新した事例" not in client.get("/").text
    Case.objects.filter(slug="dx2021-17-1").update(updated_at=datetime(2026, 12, 24, tzinfo=UTC))
    recent = linked_cases(section_of(client.get("/").text, "recent"))
    assert (recent[0], len(recent)) == ("dx2021-17-1", 3)
