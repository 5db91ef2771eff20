from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from catalog.models import (
    Body,
    Case,
    CaseBody,
    CatalogueModel,
    Fact,
    Figure,
    Followed,
    Guideline,
    Link,
    LinkCheck,
    Population,
    PopulationSource,
    Prefecture,
    SearchSynonym,
    Section,
    SimilarBody,
    SiteText,
    Source,
    Step,
    Topic,
)
from catalog.models.base import telephone_number
from tests.making import (
    FUNAGATA,
    KASHIHARA,
    MIYAGI,
    make_case,
    make_source,
    set_population,
    slugs,
    without_cases,
)

pytestmark = pytest.mark.django_db

A_DAY = date(2026, 11, 1)


def refused(queryset: models.QuerySet[Any], **fields: Any) -> str:
    """The name of the constraint by which the database itself refuses an update."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        queryset.update(**fields)
    return error.value.__cause__.diag.constraint_name  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("constraint", "model", "fields"),
    [
        ("prefecture_code_is_two_digits", Prefecture, {"code": "1"}),
        ("prefecture_region_is_known", Prefecture, {"region": "okinawa"}),
        ("step_is_known", Step, {"number": 4}),
        ("section_id_is_plain", Section, {"id": "3_1"}),
        ("section_position_is_unique", Section, {"position": 2}),
        ("section_texts_are_plain", Section, {"title": "a\x07b"}),
        ("source_kind_is_known", Source, {"kind": "book"}),
        ("source_web_page_has_address_and_day_read", Source, {"kind": "web_page", "read_on": A_DAY}),
        ("source_document_has_day_of_publication", Source, {"published_on": None}),
        ("site_text_place_is_known", SiteText, {"slug": "elsewhere"}),
        ("case_year_is_of_our_time", Case, {"year": 2}),
        ("body_code_is_valid", Body, {"code": "063632"}),
        ("body_code_starts_with_prefecture", Body, {"prefecture": "01"}),
        ("body_kind_is_known", Body, {"kind": "ward"}),
        ("body_coordinates_are_on_earth", Body, {"latitude": 91}),
        ("body_website_is_dated", Body, {"website_checked_on": None}),
        ("body_website_is_dated", Body, {"website": ""}),
        ("body_website_is_web_address", Body, {"website": "ftp://example.jp/"}),
        ("body_telephone_is_dated", Body, {"telephone": "023-630-2211"}),
        ("body_telephone_is_dated", Body, {"telephone_checked_on": A_DAY}),
        ("body_address_is_dated", Body, {"address_checked_on": A_DAY}),
        ("body_coordinates_are_both_known", Body, {"longitude": None}),
        ("body_texts_are_plain", Body, {"address": "a\x07b", "address_checked_on": A_DAY}),
        ("body_telephone_is_a_number", Body, {"telephone": "0236302211", "telephone_checked_on": A_DAY}),
        ("body_address_is_dated", Body, {"address": "〒999-4601 山形県最上郡舟形町"}),
        ("body_successor_follows_an_end", Body, {"successor": KASHIHARA}),
        ("body_successor_is_another", Body, {"successor": FUNAGATA, "abolished_on": A_DAY}),
        ("population_is_positive", Population, {"persons": 0}),
        ("population_source_url_is_web_address", PopulationSource, {"url": "example.jp"}),
        ("population_source_texts_are_plain", PopulationSource, {"terms": "a\x07b"}),
        ("case_body_contact_is_dated", CaseBody, {"contact_section": "総務課"}),
        ("case_body_contact_is_dated", CaseBody, {"contact_checked_on": A_DAY}),
        ("case_body_contact_is_dated", CaseBody, {"contact_telephone": "03-1234-5678"}),
        ("case_body_contact_is_dated", CaseBody, {"contact_email": "dx@example.jp"}),
        ("case_body_texts_are_plain", CaseBody, {"contact_section": "a\x07b", "contact_checked_on": A_DAY}),
        ("case_body_texts_are_plain", CaseBody, {"contact_email": "a\x07b", "contact_checked_on": A_DAY}),
        (
            "case_body_contact_telephone_is_a_number",
            CaseBody,
            {"contact_telephone": "内線12", "contact_checked_on": A_DAY},
        ),
        ("source_url_is_web_address", Source, {"url": "ftp://example.jp/"}),
        ("guideline_url_is_web_address", Guideline, {"url": "javascript:alert(1)"}),
        ("case_slug_is_plain", Case, {"slug": "Case_1"}),
        ("case_title_is_not_empty", Case, {"title": ""}),
        ("case_page_and_order_start_at_one", Case, {"page": 0}),
        ("case_status_is_known", Case, {"status": "hidden"}),
        ("case_withdrawn_has_reason", Case, {"status": "withdrawn"}),
        ("case_pointer_is_web_address", Case, {"withdrawn_pointer": "javascript:alert(1)"}),
        ("case_texts_are_plain", Case, {"references": ["a\x07b"]}),
        ("body_texts_are_plain", Body, {"name": "a\x07b"}),
        ("source_texts_are_plain", Source, {"terms": "a\x07b"}),
        ("topic_texts_are_plain", Topic, {"title": "a\x07b"}),
        ("guideline_texts_are_plain", Guideline, {"heading": "a\x07b"}),
        ("search_synonym_texts_are_plain", SearchSynonym, {"words": ["a\x07b", "c"]}),
        ("case_body_texts_are_plain", CaseBody, {"note": "a\x07b"}),
        ("similar_body_texts_are_plain", SimilarBody, {"note": "a\x07b"}),
        ("link_texts_are_plain", Link, {"label": "a\x07b"}),
        ("figure_texts_are_plain", Figure, {"value": "a\x07b"}),
        ("similar_body_url_is_web_address", SimilarBody, {"url": "http:/example.jp"}),
        ("link_url_is_web_address", Link, {"url": "example.jp"}),
        ("figure_is_complete", Figure, {"value": ""}),
        ("link_check_url_is_web_address", LinkCheck, {"url": "example.jp"}),
        ("link_check_final_url_is_web_address", LinkCheck, {"final_url": "ftp://example.jp/"}),
        ("link_check_status_has_three_digits", LinkCheck, {"http_status": 20}),
        ("link_check_is_dead_after_three_days", LinkCheck, {"outcome": "lost"}),
        ("link_check_is_dead_after_three_days", LinkCheck, {"failed_days": 1}),
        ("link_check_is_dead_after_three_days", LinkCheck, {"first_failed_on": date(2026, 11, 1)}),
        ("link_check_is_dead_after_three_days", LinkCheck, {"outcome": "failing", "failed_days": 1}),
        (
            "link_check_is_dead_after_three_days",
            LinkCheck,
            {"outcome": "dead", "failed_days": 2, "first_failed_on": date(2026, 11, 1)},
        ),
    ],
)
def test_the_database_refuses(constraint: str, model: type[models.Model], fields: dict[str, Any]) -> None:
    case = make_case()
    SimilarBody.objects.create(case=case, body_id=KASHIHARA)
    Link.objects.create(case=case, url="https://example.jp/", label="例")
    Figure.objects.create(case=case, label="回数", value="8回")
    LinkCheck.objects.create(url="https://example.jp/", outcome="alive", checked_at=timezone.now())
    rows: models.QuerySet[Any] = model._default_manager.all()
    if model is Prefecture:
        rows = rows.filter(code="47")
    if model is Section:
        rows = rows.filter(pk="1")
    if model is SiteText:
        rows = rows.filter(slug="footer")
    if model is Body:
        rows = rows.filter(code=FUNAGATA)
    if model is PopulationSource:
        rows = rows.filter(slug="casebook")
    if model is Topic:
        rows = rows.filter(slug="university")
    if model is SearchSynonym:
        rows = rows.filter(pk=SearchSynonym.objects.all()[0].pk)
    if model is Case:
        rows = rows.filter(pk=case.pk)
    assert refused(rows, **fields) == constraint


@pytest.mark.parametrize(
    ("constraint", "row"),
    [
        ("case_body_is_unique", CaseBody(body_id=FUNAGATA)),
        ("similar_body_is_unique", SimilarBody(body_id=FUNAGATA)),
        ("link_is_unique", Link(url="https://example.jp/", label="例")),
        ("figure_label_is_unique", Figure(label="回数", value="8回")),
        ("fact_label_is_unique", Fact(kind="staff", label="担当", text="数名", grade="stated", page=1)),
        ("followed_body_is_unique", Followed(body_id=FUNAGATA, role="model", note="もとにした", page=1)),
    ],
)
def test_a_case_has_no_row_twice(constraint: str, row: Any) -> None:
    row.case = make_case(bodies=[], status="draft")
    row.save()
    row.pk, row._state.adding = None, True
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        row.save()


def test_a_body_has_one_population_of_a_day_by_a_source() -> None:
    Population.objects.create(body_id=FUNAGATA, persons=5_020, as_of=A_DAY, source_id="casebook")
    of_that_day = Population.objects.filter(body=FUNAGATA, as_of="2020-01-01")
    assert refused(of_that_day.filter(source="casebook"), as_of=A_DAY) == "population_is_unique"
    assert refused(of_that_day, source="resident-register") == "population_is_unique"


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("03-1234-5678", True),
        ("0233-32-2111", True),
        ("0120-000-000", True),
        ("0312345678", False),
        ("03(1234)5678", False),
        ("+81-3-1234-5678", False),
        ("０３-1234-5678", False),
        ("03-1234-5678 内線9", False),
    ],
)
def test_a_telephone_is_written_as_one_dials_it(number: str, fits: bool) -> None:
    body = Body.objects.get(pk=FUNAGATA)
    body.telephone, body.telephone_checked_on = number, A_DAY
    written = Body.objects.filter(pk=FUNAGATA)
    if fits:
        body.full_clean()
        assert written.update(telephone=number, telephone_checked_on=A_DAY) == 1
        return
    with pytest.raises(ValidationError) as error:
        body.full_clean()
    assert error.value.message_dict["telephone"][0] == telephone_number.message
    fields = {"telephone": number, "telephone_checked_on": A_DAY}
    assert refused(written, **fields) == "body_telephone_is_a_number"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"website_checked_on": None},
            {"website_checked_on": ["公式サイトと確認日は、両方入力するか両方空にしてください。"]},
        ),
        (
            {"successor_id": KASHIHARA},
            {"successor": ["後継の団体を入力するときは、廃止日も入力してください。"]},
        ),
        (
            {"successor_id": FUNAGATA, "abolished_on": A_DAY},
            {"successor": ["後継の団体に、その団体自身は選べません。"]},
        ),
        ({"prefecture_id": "01"}, {"prefecture": ["コードの上2桁と都道府県が合いません。"]}),
        ({"latitude": None}, {"longitude": ["緯度と経度は、両方入力するか両方空にしてください。"]}),
    ],
)
def test_what_a_constraint_refuses_is_told_beside_a_field(
    fields: dict[str, Any], told: dict[str, list[str]]
) -> None:
    body = Body.objects.get(pk=FUNAGATA)
    for name, value in fields.items():
        setattr(body, name, value)
    with pytest.raises(ValidationError) as error:
        body.full_clean()
    assert error.value.message_dict == told


def test_a_population_is_of_persons_and_of_a_day_that_has_come() -> None:
    row = Population.objects.filter(body=FUNAGATA)[0]
    row.persons, row.as_of = 0, timezone.localdate() + timedelta(days=1)
    with pytest.raises(ValidationError) as error:
        row.full_clean()
    assert error.value.message_dict == {
        "persons": ["人口は1以上の人数を入力してください。"],
        "as_of": ["人口の基準日が未来の日付です。"],
    }


def test_two_cases_cannot_stand_at_one_place_of_a_source() -> None:
    first, second = make_case(), make_case()
    assert refused(Case.objects.filter(pk=second.pk), page=first.page) == "case_place_in_source_is_unique"


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("011002", True),  # 札幌市
        ("131032", True),  # 港区
        ("393054", False),
        ("011003", False),
        ("01100", False),
        ("0110021", False),
        ("01100a", False),
        ("０１１００２", False),
        ("", False),
    ],
)
def test_is_body_code_checks_the_check_digit(code: str, valid: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_body_code(%s)", [code])
        assert cursor.fetchone() == (valid,)


def test_published_leaves_out_drafts() -> None:
    without_cases()
    make_case("shown")
    make_case("draft", status="draft")
    assert slugs(Case.objects.published()) == ["shown"]


def test_document_order_is_source_then_section_then_place_in_it() -> None:
    without_cases()
    make_source("second")
    make_case("of-second", source="second", section="1", page=1)
    make_case("b", section="4-1", order=2, page=5)
    make_case("a", section="4-1", order=1, page=5)
    make_case("early-section", section="3-3", page=9)
    make_case("late-section", section="4-3", page=1)
    assert slugs(Case.objects.published().in_document_order()) == [
        *("early-section", "a", "b", "late-section", "of-second")
    ]


def test_the_full_name_tells_namesakes_apart() -> None:
    named = Body.objects.select_related("prefecture").filter(name="美郷町")
    assert [body.full_name for body in named] == ["秋田県美郷町", "島根県美郷町", "宮崎県美郷町"]
    assert Body.objects.get(code="270008").full_name == "大阪府"


def committed_check() -> str:
    """The name of the constraint that the end of the transaction would refuse."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        connection.check_constraints()
    return error.value.__cause__.diag.constraint_name  # type: ignore[union-attr]


def test_the_database_refuses_a_published_case_without_a_body_at_the_end_of_the_transaction() -> None:
    case = make_case(status="draft", bodies=[])
    with transaction.atomic():
        Case.objects.filter(pk=case.pk).update(status="published")
        CaseBody.objects.create(case=case, body_id=FUNAGATA)
        connection.check_constraints()
    CaseBody.objects.filter(case=case).delete()
    assert committed_check() == "case_published_has_body"
    Case.objects.filter(pk=case.pk).update(status="draft")
    connection.check_constraints()
    Case.objects.filter(pk=case.pk).update(status="published")
    assert committed_check() == "case_published_has_body"
    case.delete()
    connection.check_constraints()


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://example.jp", True),
        ("http://例.jp:8080/道?問=1#節", True),
        ("https://example.jp/@name", True),
        ("https://user@example.jp/", False),
        ("https://user:pass@example.jp/", False),
        ("https://example.jp\\@other.jp/", False),
        ("https:///path", False),
        ("https://example.jp/a b", False),
        ("ftp://example.jp/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_the_database_takes_web_addresses_without_credentials_alone(url: str, fits: bool) -> None:
    link = Link.objects.create(case=make_case(), url="https://example.jp/", label="例")
    if fits:
        assert Link.objects.filter(pk=link.pk).update(url=url) == 1
    else:
        assert refused(Link.objects.filter(pk=link.pk), url=url) == "link_url_is_web_address"


@pytest.mark.parametrize("text", ["a\x01b", "a\x08b", "a\x0bb", "a\x1fb", "a\x7fb", "a\x85b", "a\x9fb"])
def test_control_characters_are_refused_by_field_and_by_the_database(text: str) -> None:
    case = make_case()
    case.background, case.points = text, ["一", text]
    with pytest.raises(ValidationError) as error:
        case.full_clean()
    assert error.value.message_dict == {
        "background": [CatalogueModel.CONTROL_CHARACTER_AT.format(f"2文字目、U+{ord(text[1]):04X}")],
        "points": [CatalogueModel.CONTROL_CHARACTER_AT.format(f"2行目の2文字目、U+{ord(text[1]):04X}")],
    }
    for fields in ({"background": text}, {"points": [text]}):
        assert refused(Case.objects.filter(pk=case.pk), **fields) == "case_texts_are_plain"


def test_line_ends_tabs_and_rare_characters_are_plain() -> None:
    case = make_case()
    case.background, case.points = "一\n二\r\n三\t四　𠮷👪", ["⺟"]
    case.full_clean()
    case.save()


def test_a_slug_is_proposed_from_the_place_in_the_source() -> None:
    case = make_case(page=17, order=9, status="draft")
    assert case.proposed_slug() == "dx2021-17-9"
    Case.objects.filter(pk=case.pk).update(slug="dx2021-17-9")
    assert case.proposed_slug() == "dx2021-17-9-2"


def test_cases_without_known_population_have_no_body_with_one() -> None:
    without_cases()
    set_population(MIYAGI, None)
    make_case("known", bodies=[MIYAGI, FUNAGATA])
    make_case("unknown", bodies=[MIYAGI])
    make_case("none", bodies=[], status="draft")
    assert sorted(slugs(Case.objects.all().without_known_population())) == ["none", "unknown"]


def test_dead_links_are_those_of_published_cases() -> None:
    shown, hidden = make_case(), make_case(status=Case.Status.DRAFT)
    Link.objects.create(case=shown, url="https://example.jp/link", label="例")
    SimilarBody.objects.create(case=shown, body_id=KASHIHARA, url="https://example.jp/similar")
    Link.objects.create(case=hidden, url="https://example.jp/draft", label="例")
    dead = {"outcome": "dead", "failed_days": 3, "first_failed_on": date(2026, 11, 1)}
    for name in ("link", "similar", "draft", "gone"):
        LinkCheck.objects.create(url=f"https://example.jp/{name}", checked_at=timezone.now(), **dead)
    assert {check.url for check in LinkCheck.objects.dead()} == {
        "https://example.jp/link",
        "https://example.jp/similar",
    }


def test_two_sources_of_one_title_are_refused() -> None:
    first, second = make_source("first"), make_source("second")
    assert refused(Source.objects.filter(pk=second.pk), title=first.title) == "source_title_is_unique"
    assert Source.objects.filter(pk=second.pk).update(title=first.title, edition="第2版") == 1


def test_the_section_of_a_case_is_one_of_its_source() -> None:
    case = make_case(section="1")
    make_source("second")
    with pytest.raises(ValidationError) as error:
        Case(source=Source.objects.get(slug="second"), section=case.section, page=1).clean()
    assert list(error.value.message_dict) == ["section"]
    with transaction.atomic():
        Case.objects.filter(pk=case.pk).update(section="second-1")
        assert committed_check() == "case_section_is_of_its_source"
        Case.objects.filter(pk=case.pk).update(source=Source.objects.get(slug="second"))
    connection.check_constraints()


@pytest.mark.parametrize(
    ("kind", "number", "wrong"),
    [
        ("casebook", 1, []),
        ("casebook", None, ["page"]),
        ("report", 1, []),
        ("report", None, []),
        ("web_page", 1, ["page"]),
        ("web_page", None, []),
    ],
)
def test_a_case_has_a_page_where_its_source_has(kind: str, number: int | None, wrong: list[str]) -> None:
    case = Case(source=Source(pk=1, slug="one", kind=kind), page=number, status="published")
    assert [name for name in wrong_fields(case) if name == "page"] == wrong


def test_a_source_keeps_a_kind_that_its_public_cases_fit() -> None:
    casebook = Source.objects.get(slug="dx2021")
    casebook.kind, casebook.url, casebook.read_on = "web_page", "https://example.jp/", A_DAY
    with pytest.raises(ValidationError, match="ページのある事例（dx2021-1-1など）があるため、ウェブページに"):
        casebook.clean()
    report = make_source("city-report")
    Source.objects.filter(pk=report.pk).update(kind="report")
    make_case("city-report-1", source="city-report", page=None)
    with pytest.raises(ValidationError, match="ページのない事例（city-report-1など）があるため、事例集に"):
        report.clean()  # a casebook, as it was made


def test_drafts_hold_no_place_where_there_is_no_page() -> None:
    report = make_source("city-report")
    Source.objects.filter(pk=report.pk).update(kind="report")
    public = make_case("city-report-1", source="city-report", page=None)
    make_case("city-report-copy", source="city-report", page=None, status="draft")
    assert public.other_at_its_place() is None
    assert Case(source=report, page=None, order=1, status="published").other_at_its_place() == public


def wrong_fields(case: Case) -> list[str]:
    errors: dict[str, Any] = {}
    try:
        case.clean()
    except ValidationError as error:
        errors = error.update_error_dict(errors)
    return [*errors]


def test_cases_without_a_page_have_places_and_slugs_of_their_own() -> None:
    source = make_source("city-page")
    Source.objects.filter(pk=source.pk).update(kind="web_page", url="https://example.jp/", read_on=A_DAY)
    first = make_case("city-page-1", source="city-page", page=None, order=1)
    second = make_case("city-page-2", source="city-page", page=None, order=2)
    assert slugs(Case.objects.filter(source=source)) == ["city-page-1", "city-page-2"]
    source.refresh_from_db()
    assert Case(source=source, page=None, order=3).proposed_slug() == "city-page-3"
    assert Case(source=source, page=None, order=1).proposed_slug() == "city-page-1-2"
    assert refused(Case.objects.filter(pk=second.pk), order=first.order) == "case_order_in_source_is_unique"
