from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management import call_command
from django.db.models import F, Q

from catalog.models import (
    DOCUMENT_ORDER,
    Body,
    Case,
    CaseBody,
    Fact,
    Figure,
    Followed,
    Guideline,
    Indicator,
    IndicatorValue,
    Kind,
    Link,
    Population,
    Prefecture,
    Section,
    SimilarBody,
    Topic,
)
from tests.casebook import CASES, POPULATIONS, URLS
from tests.making import fixtures_but_indicator_values
from tests.oracle import cases_with_rows

pytestmark = pytest.mark.django_db


def whole_catalogue() -> list[str]:
    models = apps.get_app_config("catalog").get_models()
    shown = Body.objects.values_list("pk", "population", "population_as_of", "population_source")
    written = [serializers.serialize("json", model._default_manager.order_by("pk")) for model in models]
    return [*written, str(list(shown.order_by("pk")))]


@pytest.mark.long
def test_loading_every_fixture_again_changes_nothing() -> None:
    before = whole_catalogue()
    call_command("loaddata", *fixtures_but_indicator_values(), verbosity=0)
    assert whole_catalogue() == before


def test_loading_values_of_indicators_again_changes_nothing(tmp_path: Path) -> None:
    """Some of them: `loaddata` asks twice for each row, and there are 26,000."""
    lines = (
        (settings.BASE_DIR / "fixtures/53_indicator_values.jsonl").read_text(encoding="utf-8").splitlines()
    )
    file = tmp_path / "some.jsonl"
    file.write_text("\n".join(lines[::500]), encoding="utf-8")
    before = list(IndicatorValue.objects.order_by("pk").values_list())
    call_command("loaddata", file, verbosity=0)
    assert list(IndicatorValue.objects.order_by("pk").values_list()) == before


def test_the_bodies_are_all_of_japan() -> None:
    assert Counter(Body.objects.values_list("kind", flat=True)) == {
        Kind.PREFECTURE: 47,
        Kind.DESIGNATED_CITY: 20,
        Kind.CITY: 772,
        Kind.SPECIAL_WARD: 23,
        Kind.TOWN: 743,
        Kind.VILLAGE: 183,
    }
    assert Counter(Prefecture.objects.values_list("region", flat=True)) == {
        "hokkaido": 1,
        "tohoku": 6,
        "kanto": 7,
        "chubu": 9,
        "kinki": 7,
        "chugoku": 5,
        "shikoku": 4,
        "kyushu": 8,
    }
    assert not Body.objects.exclude(kana__regex=r"^[ぁ-ゖー]+$").exists()


def test_every_code_has_its_check_digit() -> None:
    """As 総務省 defines it: the last digit of 11 less the rest of the weighted sum of the others by 11."""
    for code in Body.objects.values_list("code", flat=True):
        weighted = sum(int(digit) * weight for digit, weight in zip(code[:5], (6, 5, 4, 3, 2), strict=True))
        assert int(code[5]) == (11 - weighted % 11) % 10, code


def test_the_sections_stand_in_the_four_steps() -> None:
    assert list(Section.objects.values_list("pk", "step")) == [
        ("1", 0), ("2", 1), ("3-1", 2), ("3-2", 2), ("3-3", 2), ("4-1", 3), ("4-2", 3), ("4-3", 3),
    ]  # fmt: skip


def test_every_case_stands_in_its_section_with_its_bodies() -> None:
    cases = cases_with_rows().order_by(*DOCUMENT_ORDER)
    assert {
        case.slug: (case.section_id, tuple(row.body.full_name for row in case.case_bodies.all()))
        for case in cases
    } == CASES
    assert [case.slug for case in cases] == list(CASES)
    assert [f"dx2021-{case.page}-{case.order}" for case in cases] == list(CASES)


def test_there_are_60_cases_at_73_places_by_66_bodies() -> None:
    assert Case.objects.published().count() == Case.objects.count() == 60
    assert CaseBody.objects.count() == 73
    assert CaseBody.objects.values("body").distinct().count() == 66


def test_populations_are_those_printed_in_persons() -> None:
    bodies = Body.objects.filter(case_bodies__isnull=False).distinct().select_related("prefecture")
    printed = {name: int(Decimal(value) * 10_000) for name, value in POPULATIONS.items() if value}
    shown = {body.full_name: (body.population, body.population_source_id) for body in bodies}
    assert {name: shown[name] for name in printed} == {
        name: (persons, "casebook") for name, persons in printed.items()
    }
    assert {name: source for name, (_, source) in shown.items() if name not in printed} == dict.fromkeys(
        [name for name, value in POPULATIONS.items() if not value], "resident-register"
    )
    assert Population.objects.filter(source="casebook").count() == len(printed) == 64


def test_every_body_has_a_population_with_date_and_source() -> None:
    of_register = Population.objects.filter(source="resident-register", as_of=date(2020, 1, 1))
    assert of_register.count() == Body.objects.count() == 1788
    assert not Body.objects.filter(Q(population=None) | Q(population_as_of=None)).exists()


def test_the_register_adds_up_to_the_published_totals() -> None:
    """The totals of the table for 2020-01-01 (docs/data.md)."""
    rows = Population.objects.filter(source="resident-register").select_related("body")
    by_kind, by_prefecture = Counter[str](), Counter[str]()
    for row in rows:
        by_kind[row.body.kind] += row.persons
        if row.body.kind != "prefecture":
            by_prefecture[row.body.prefecture_id] += row.persons
    prefectures = {row.body.prefecture_id: row.persons for row in rows if row.body.kind == "prefecture"}
    assert prefectures == by_prefecture
    assert by_kind == {
        "prefecture": 127_138_033,
        "special_ward": 9_570_609,
        "designated_city": 27_540_108,
        "city": 79_244_110,
        "town": by_kind["town"],
        "village": 10_783_206 - by_kind["town"],
    }


def test_the_casebook_and_the_register_agree_but_for_rounding() -> None:
    register = dict(Population.objects.filter(source="resident-register").values_list("body", "persons"))
    for code, persons in Population.objects.filter(source="casebook").values_list("body", "persons"):
        assert abs(register[code] - persons) <= 500, code


def test_offices_are_as_counted_in_the_docs() -> None:
    counted = [Body.objects.exclude(**{field: ""}).count() for field in ("website", "telephone", "address")]
    assert counted == [1788, 46, 1452]
    assert Body.objects.values("website").distinct().count() == 1788
    assert set(Body.objects.exclude(telephone="").values_list("kind", flat=True)) == {Kind.PREFECTURE}
    for body in Body.objects.exclude(address="").select_related("prefecture"):
        assert re.match(rf"〒\d{{3}}-\d{{4}} {body.prefecture.name}", body.address), body


def test_what_is_known_of_an_office_has_the_day_its_source_gives() -> None:
    for field, days in [
        ("website", {date(2026, 7, 9), date(2021, 10, 31)}),
        ("telephone", {date(2021, 8, 11)}),
        ("address", {date(2026, 10, 3)}),
    ]:
        known = Body.objects.exclude(**{field: ""}).values_list(f"{field}_checked_on", flat=True)
        assert set(known) == days, field


def test_every_printed_address_is_used_once() -> None:
    links = list(Link.objects.values_list("url", flat=True))
    similar = list(SimilarBody.objects.exclude(url="").values_list("url", flat=True))
    assert sorted(links + similar) == sorted(URLS)
    assert len(URLS) == 46


def test_similar_bodies_references_and_figures_are_as_counted_in_the_docs() -> None:
    counted = (
        SimilarBody.objects.count(),
        Case.objects.filter(similar_open_ended=True).count(),
        sum(len(case.references) for case in Case.objects.all()),
        Figure.objects.count(),
    )
    assert counted == (55, 5, 30, 86)


def test_facts_are_as_counted_in_the_docs() -> None:
    facts = Fact.objects.all()
    assert Counter(facts.values_list("kind", flat=True)) == {
        "effect": 25, "partner": 24, "scheme": 11, "staff": 8, "period": 8,
    }  # fmt: skip
    assert Counter(facts.values_list("grade", flat=True)) == {"measured": 27, "expected": 5, "stated": 44}
    with_number = facts.filter(kind="effect", value__isnull=False)
    assert [rows.values("case").distinct().count() for rows in (facts, with_number)] == [39, 12]
    assert Case.objects.exclude(year=None).count() == 16
    assert [str(row) for row in Followed.objects.all()] == ["取り入れた団体：埼玉県深谷市"]


def test_every_fact_is_from_the_page_of_its_case() -> None:
    """The casebook tells each case on one page."""
    assert not Fact.objects.exclude(page=F("case__page")).exists()
    assert not Followed.objects.exclude(page=F("case__page")).exists()


def test_every_number_of_a_fact_is_in_the_texts_of_its_case() -> None:
    """Those were written long before, from other readings of the casebook."""
    for case in cases_with_rows():
        texts = [case.approach, case.outcome, case.background, *case.points]
        texts += [figure.value for figure in case.figures.all()] + [
            row.note for row in case.case_bodies.all()
        ]
        for fact in case.facts.all():
            numbers = {number for number in (fact.before, fact.value) if number is not None}
            assert numbers <= numbers_in(fact.text), fact
            assert numbers <= numbers_in("\n".join(texts)), fact


def numbers_in(text: str) -> set[Decimal]:
    """The numbers that a text states: 1億4,800万 is one."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "")
    found = re.findall(r"(?:([0-9.]+)億)?(?:([0-9.]+)万)?([0-9]+(?:\.[0-9]+)?)?", plain)
    return {
        Decimal(hundred_millions or 0) * 10**8 + Decimal(ten_thousands or 0) * 10**4 + Decimal(ones or 0)
        for hundred_millions, ten_thousands, ones in found
        if hundred_millions or ten_thousands or ones
    }


def test_every_case_has_what_a_reader_needs() -> None:
    for case in cases_with_rows():
        assert 2 <= len(case.points) <= 4, case.slug
        assert case.approach, case.slug
        assert 1 <= len(case.topics.all()) <= 6, case.slug
        notes = "".join(row.note for row in case.case_bodies.all())
        assert 200 <= len(case.background + case.approach + case.outcome + notes) <= 1000, case.slug


def test_the_prose_is_in_one_style() -> None:
    for case in Case.objects.all():
        prose = "\n".join([*case.points, case.background, case.approach, case.outcome])
        outside_quotes = re.sub(r"「[^」]*」", "", prose)
        assert not re.search(r"(です|ます|ました|ません)(。|、|\n|$)", outside_quotes), case.slug
        assert not re.search(r"[Ａ-Ｚａ-ｚ０-９]", outside_quotes), case.slug


def test_every_topic_has_cases() -> None:
    assert 20 <= Topic.objects.count() <= 31
    assert not Topic.objects.filter(cases=None).exists()


def test_the_indicators_are_fifteen_with_the_values_of_the_table() -> None:
    """As the table of デジタル庁 has them: numbers by word, and sums and means of the others."""
    values = IndicatorValue.objects.values_list("indicator", "value")
    counted = {
        slug: Counter(value for of, value in values if of == slug)
        for slug in Indicator.objects.filter(kind="done").values_list("slug", flat=True)
    }
    assert {slug: (found[1], found[0], found[None]) for slug, found in counted.items()} == {
        "cio": (1270, 463, 8),
        "cio-aide": (846, 887, 8),
        "plan": (862, 871, 8),
        "organization": (1133, 600, 8),
        "training": (1203, 530, 8),
        "external-talent": (522, 1211, 8),
        "development": (1437, 296, 8),
        "ai": (879, 862, 0),
        "rpa": (720, 1021, 0),
        "telework": (1055, 686, 0),
    }
    assert list(Indicator.objects.exclude(kind="done").values_list("slug", "kind")) == [
        ("online-32", "percent"),
        ("online-32-done", "count"),
        ("online-32-all", "count"),
        ("online-26", "percent"),
        ("card", "percent"),
    ]
    assert IndicatorValue.objects.count() == 1741 * 15 - 2
    share, done, whole = (
        {row.body_id: row.value or 0.0 for row in IndicatorValue.objects.filter(indicator=slug)}
        for slug in ("online-32", "online-32-done", "online-32-all")
    )
    assert {code for code in whole if not whole[code]} == whole.keys() - share.keys() == {"104264", "294462"}
    assert all(abs(100 * done[code] / whole[code] - share[code]) <= 0.5 for code in share)
    assert not IndicatorValue.objects.filter(body__kind=Kind.PREFECTURE).exists()


def test_what_is_not_known_of_the_indicators_is_said() -> None:
    told = set(Indicator.objects.values_list("surveyed", "terms"))
    assert len(told) == 1
    for text in told.pop():
        assert "確認できていません" in text


def test_the_guidelines_are_those_of_page_47() -> None:
    assert list(Guideline.objects.exclude(url="").values_list("url", flat=True)) == [
        "https://www.soumu.go.jp/main_content/000731625.pdf",
        "https://www.soumu.go.jp/main_content/000757186.pdf",
        "https://www.soumu.go.jp/main_content/000746987.pdf",
        "https://www.chisou.go.jp/sousei/about/mirai/pdf/society5.0_collection.pdf",
        "https://www.soumu.go.jp/menu_seisaku/ictseisaku/ictriyou/bigdata.html",
    ]
    assert Guideline.objects.count() == 6
