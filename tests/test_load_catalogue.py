from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from catalog.models import (
    Body,
    Case,
    Guideline,
    Indicator,
    IndicatorValue,
    Population,
    PopulationSource,
    Prefecture,
    SearchSynonym,
    Section,
    SiteText,
    Source,
    Step,
    Topic,
    Trouble,
)

pytestmark = pytest.mark.django_db


def load() -> str:
    out = StringIO()
    call_command("load_catalogue", stdout=out)
    return out.getvalue()


def empty_the_catalogue() -> None:
    for model in (
        Case,
        Indicator,
        Guideline,
        SearchSynonym,
        Topic,
        Section,
        Source,
        SiteText,
        Step,
        Trouble,
        Body,
        Prefecture,
    ):
        model._default_manager.all().delete()
    PopulationSource.objects.all().delete()


@pytest.mark.long
def test_an_empty_catalogue_is_filled_with_progress() -> None:
    empty_the_catalogue()
    assert [line.partition("：")[0] for line in load().splitlines()] == ["読み込み中"] * 24
    models = (Case, Body, Population, PopulationSource, IndicatorValue)
    counts = [model._default_manager.count() for model in models]
    assert counts == [60, 1788, 1852, 2, 26_113]
    assert not Body.objects.filter(population=None).exists()


def test_an_editors_work_is_left_alone() -> None:
    Case.objects.filter(slug="dx2021-1-1").update(title="書き直した題")
    Case.objects.filter(slug="dx2021-2-1").delete()
    assert load() == "カタログにはすでにデータがあります。そのまま使います。\n"
    assert Case.objects.get(slug="dx2021-1-1").title == "書き直した題"
    assert Case.objects.count() == 59


@pytest.mark.long
def test_one_row_of_any_kind_is_enough_to_leave_all_as_it_is() -> None:
    empty_the_catalogue()
    Topic.objects.create(slug="own", title="独自のテーマ", position=1)
    load()
    assert not Case.objects.exists()
