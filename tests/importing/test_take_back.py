from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from catalog import history
from catalog.importing.populations import import_populations
from catalog.importing.report import Change, Outcome, Report
from catalog.importing.tables import read_sheets
from catalog.importing.take_back import take_back
from catalog.models import Body, Population, PopulationImport
from tests.importing.layouts import as_csv
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, MIYAGI
from tests.state import database_state

pytestmark = pytest.mark.django_db

DAY = date(2025, 1, 1)
REGISTER = "住民基本台帳に基づく人口、人口動態及び世帯数"
CASEBOOK = "自治体DX推進手順書参考事例集"


def take_in(*rows: tuple[str, int], as_of: date = DAY, **how: Any) -> int:
    """Imports these populations; gives the key of the import."""
    content = as_csv([["団体コード", "人口"], *map(list, rows)])
    report = import_populations(next(read_sheets(content)), as_of=as_of, dry_run=False, **how)
    assert report.is_applied
    return report.key


def populations() -> set[tuple[str, int, date, str]]:
    return set(Population.objects.values_list("body", "persons", "as_of", "source"))


def outcomes(report: Report) -> list[tuple[str, str]]:
    return [(row.name, str(row.outcome)) for row in report.rows]


def test_an_import_is_kept_with_what_it_made_of_each_row() -> None:
    Population.objects.create(body_id=HIDAKA, persons=4_900, as_of=DAY, source_id="resident-register")
    before = timezone.now()
    key = take_in((FUNAGATA, 4_900), (HIDAKA, 4_800), file_name="人口.csv")
    made = PopulationImport.objects.get(pk=key)
    assert (made.file_name, made.as_of, made.source_id) == ("人口.csv", DAY, "resident-register")
    assert (made.made_by, made.taken_back_at) == (None, None)
    assert before < made.made_at
    assert made.changes == {FUNAGATA: [None, 4_900], HIDAKA: [4_900, 4_800]}


def test_an_import_that_changes_nothing_is_not_kept() -> None:
    take_in((FUNAGATA, 4_900))
    content = as_csv([["団体コード", "人口"], [FUNAGATA, 4_900]])
    import_populations(next(read_sheets(content)), as_of=DAY, dry_run=False)
    assert PopulationImport.objects.count() == 1


def test_taking_back_restores_each_row_and_is_told_before() -> None:
    Population.objects.create(body_id=HIDAKA, persons=4_900, as_of=DAY, source_id="resident-register")
    rows = populations()
    key = take_in((FUNAGATA, 4_900), (HIDAKA, 4_800), (MIYAGI, 2_200_000))
    state = database_state()
    planned = take_back(key, dry_run=True)
    assert database_state() == state
    assert [row.changes for row in planned.rows] == [  # by code
        [Change("人口", "2200000", "2292385"), Change("人口の基準日", "2025-01-01", "2020-01-01")],
        [
            Change("人口", "4900", "5000"),
            Change("人口の基準日", "2025-01-01", "2020-01-01"),
            Change("人口の出典", REGISTER, CASEBOOK),
        ],
        [Change("人口", "4800", "4900")],
    ]
    done = take_back(key, dry_run=False, expected=planned.digest)
    assert done.is_applied
    assert populations() == rows
    assert Body.objects.get(pk=FUNAGATA).population == 5_000
    assert PopulationImport.objects.get(pk=key).taken_back_at is not None


def test_a_row_that_readers_are_not_shown_goes_as_well() -> None:
    key = take_in((FUNAGATA, 5_500), as_of=date(2019, 1, 1))
    assert [row.changes for row in take_back(key, dry_run=False).rows] == [
        [Change("2019-01-01の人口", "5500", "")]
    ]
    assert Body.objects.get(pk=FUNAGATA).population == 5_000


def test_what_was_changed_since_stays_and_is_named() -> None:
    key = take_in((FUNAGATA, 4_900), (HIDAKA, 4_800), (KASHIHARA, 120_000), (MIYAGI, 2_200_000))
    of_day = Population.objects.filter(as_of=DAY)
    of_day.filter(body=HIDAKA).update(persons=4_850)
    of_day.filter(body=KASHIHARA).delete()
    take_in((MIYAGI, 2_210_000))
    report = take_back(key, dry_run=False)
    assert outcomes(report) == [
        (f"{MIYAGI} 宮城県", "対象外"),
        (f"{FUNAGATA} 山形県舟形町", "変更"),
        (f"{KASHIHARA} 奈良県橿原市", "対象外"),
        (f"{HIDAKA} 高知県日高村", "対象外"),
    ]
    assert report.summary == "新規 0行、変更 1行、変更なし 0行、取り込めない 0行、対象外 3行"
    assert [one.message for one in report.of(Outcome.SKIPPED)[0].warnings] == [
        "取り込みの後に変わったため、そのまま残します。"
    ]
    assert dict(of_day.values_list("body", "persons")) == {HIDAKA: 4_850, MIYAGI: 2_210_000}


def test_imports_of_one_day_are_taken_back_one_after_the_other() -> None:
    rows = populations()
    first, second = take_in((FUNAGATA, 4_900)), take_in((FUNAGATA, 4_950))
    take_back(second, dry_run=False)
    assert Body.objects.get(pk=FUNAGATA).population == 4_900
    take_back(first, dry_run=False)
    assert populations() == rows


def test_an_import_is_taken_back_once() -> None:
    key = take_in((FUNAGATA, 4_900))
    take_back(key, dry_run=False)
    for dry_run in (True, False):
        with pytest.raises(
            ValidationError, match=r"この取り込みは、\d+年\d+月\d+日 \d\d:\d\dに取り消されています。"
        ):
            take_back(key, dry_run=dry_run)


def test_what_would_be_otherwise_by_now_is_not_done() -> None:
    key = take_in((FUNAGATA, 4_900), (HIDAKA, 4_800))
    digest = take_back(key, dry_run=True).digest
    Population.objects.filter(body=HIDAKA, as_of=DAY).update(persons=4_850)
    state = database_state()
    report = take_back(key, dry_run=False, expected=digest)
    assert not report.is_applied
    assert database_state() == state


def test_the_history_tells_that_it_was_taken_back() -> None:
    key = take_in((FUNAGATA, 4_900), file_name="人口.csv")
    take_back(key, dry_run=False)
    versions = history.versions_of(Body.objects.get(pk=FUNAGATA))
    assert [version.revision.comment for version in versions] == [
        "取り込みの取り消し：人口.csv（2025-01-01現在）",
        "ファイルからの取り込み：人口.csv",
        history.BEGUN,
    ]
    texts = [history.texts_in(version) for version in versions]
    assert texts[0] == texts[2] != texts[1]


@pytest.mark.long
def test_all_bodies_take_few_queries(django_assert_max_num_queries: Any) -> None:
    codes = list(Body.objects.order_by("pk").values_list("pk", flat=True)[:300])
    with django_assert_max_num_queries(40):
        key = take_in(*((code, 5_000) for code in codes))
    with django_assert_max_num_queries(30):
        take_back(key, dry_run=False)
