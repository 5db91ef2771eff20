"""The current population of a body, which the database keeps (sql/0001_current_population.sql)."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from catalog.documents.reading import read_public
from catalog.finding.index import current_index
from catalog.models import Body, Population, PopulationSource
from tests.making import FUNAGATA, HIDAKA, make_case
from tests.oracle import current_population
from tests.properties import of_writing

pytestmark = pytest.mark.django_db

Shown = tuple[int | None, date | None, str | None]


def shown(code: str = FUNAGATA) -> Shown:
    body = Body.objects.get(code=code)
    return body.population, body.population_as_of, body.population_source_id


def add(persons: int, day: str, source: str = "resident-register") -> Population:
    return Population.objects.create(body_id=FUNAGATA, persons=persons, as_of=day, source_id=source)


NEW_YEAR = date(2020, 1, 1)
OF_CASEBOOK = (5_000, NEW_YEAR, "casebook")


def test_of_one_day_the_source_first_in_order_is_shown() -> None:
    assert shown() == OF_CASEBOOK
    PopulationSource.objects.filter(pk="casebook").update(position=9)
    assert shown() == (5_234, NEW_YEAR, "resident-register")


def test_the_latest_day_is_shown_however_rows_come_and_go() -> None:
    newer = add(4_900, "2025-01-01")
    assert shown() == (4_900, date(2025, 1, 1), "resident-register")
    add(5_100, "2019-01-01")
    assert shown() == (4_900, date(2025, 1, 1), "resident-register")
    Population.objects.filter(pk=newer.pk).update(persons=4_800)
    assert shown() == (4_800, date(2025, 1, 1), "resident-register")
    newer.delete()
    assert shown() == OF_CASEBOOK
    Population.objects.filter(body=FUNAGATA).delete()
    assert shown() == (None, None, None)


def test_a_row_that_moves_to_another_body_is_followed_in_both() -> None:
    Population.objects.filter(body=HIDAKA).delete()
    Population.objects.filter(body=FUNAGATA, source="casebook").update(body=HIDAKA)
    assert shown() == (5_234, NEW_YEAR, "resident-register")
    assert shown(HIDAKA) == OF_CASEBOOK


def test_a_source_may_come_after_its_populations_in_one_transaction() -> None:
    add(5_300, "2025-01-01", "later")
    PopulationSource.objects.create(slug="later", title="後の統計", publisher="県")
    assert shown() == (5_300, date(2025, 1, 1), "later")


def test_what_is_saved_in_a_body_cannot_say_anything_else() -> None:
    body = Body.objects.get(code=FUNAGATA)
    body.population, body.population_as_of = 1, date(2026, 1, 1)
    body.save()
    assert shown() == OF_CASEBOOK


def test_without_any_row_no_body_has_a_population() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE catalog_population")
    assert not Body.objects.exclude(population=None).exists()


def test_documents_and_index_follow() -> None:
    make_case("made", bodies=[FUNAGATA])
    add(10_500, "2025-01-01")
    (document,) = read_public(["made"])
    facts = document.record["bodies"][0]
    assert (facts["population"], facts["population_band"]) == (10_500, "1-3")
    assert facts["population_source"] == "住民基本台帳に基づく人口、人口動態及び世帯数"
    body = current_index().body(FUNAGATA)
    assert body is not None
    assert (body.population, body.population_band) == (10_500, "1-3")


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["casebook", "resident-register"]),
        st.dates(date(2019, 1, 1), date(2019, 1, 4)),
        st.integers(1, 9),
    ),
    unique_by=lambda row: row[:2],
    max_size=6,
)


@of_writing
@given(ROWS, st.integers(1, 3), st.integers(0, 5))
def test_the_current_row_is_that_of_plain_python(
    rows: list[tuple[str, date, int]], position: int, gone: int
) -> None:
    Population.objects.filter(body=FUNAGATA).delete()
    PopulationSource.objects.filter(pk="casebook").update(position=position)
    for source, day, persons in rows:
        Population.objects.create(body_id=FUNAGATA, persons=persons, as_of=day, source_id=source)
    Population.objects.filter(pk__in=Population.objects.filter(body=FUNAGATA)[:gone].values("pk")).delete()
    current = current_population(Body.objects.get(code=FUNAGATA))
    assert shown() == ((current.persons, current.as_of, current.source_id) if current else (None, None, None))
