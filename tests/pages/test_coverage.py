from __future__ import annotations

import pytest

from catalog.finding.index import current_index
from catalog.models import Prefecture
from catalog.pages import coverage
from tests.making import make_varied_cases
from tests.oracle import Query, cases_by_sql

pytestmark = pytest.mark.django_db


def found(*parts: str) -> int:
    """How many cases the database finds for the parts of a query, each `name=value`."""
    query: Query = {name: [value] for name, value in (part.split("=") for part in parts)}
    return cases_by_sql(query).count()


def test_every_cell_is_what_the_database_finds() -> None:
    make_varied_cases()
    counted = coverage.by_band_and_section(current_index())
    assert counted.total == found() == 95
    assert [column.query for column, _ in counted.columns] == [
        *("step=0", "step=1", "step=2", "section=3-1", "section=3-2", "section=3-3"),
        *("step=3", "section=4-1", "section=4-2", "section=4-3"),
    ]
    assert [count for _, count in counted.columns] == [found(column.query) for column, _ in counted.columns]
    for row in counted.rows:
        of_band = f"population={row.band.value}"
        assert row.total == found(of_band)
        assert row.cells == [(column, found(column.query, of_band)) for column, _ in counted.columns]


def test_every_tile_is_what_the_database_finds() -> None:
    make_varied_cases()
    tiles = coverage.by_prefecture(current_index())
    assert [tile.prefecture for tile in tiles] == list(Prefecture.objects.order_by("code"))
    assert [tile.count for tile in tiles] == [found(f"prefecture={tile.prefecture.pk}") for tile in tiles]
