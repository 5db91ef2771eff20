from __future__ import annotations

from datetime import date
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
    Figure,
    Guideline,
    Link,
    LinkCheck,
    Prefecture,
    SearchSynonym,
    Section,
    SimilarBody,
    Source,
    Step,
    Topic,
)
from tests.making import FUNAGATA, KASHIHARA, MIYAGI, make_case, slugs, without_cases

pytestmark = pytest.mark.django_db


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
        ("section_id_matches_step", Section, {"step": 3}),
        ("body_code_is_valid", Body, {"code": "063632"}),
        ("body_code_starts_with_prefecture", Body, {"prefecture": "01"}),
        ("body_kind_is_known", Body, {"kind": "ward"}),
        ("body_population_is_positive", Body, {"population": 0}),
        ("body_population_has_date", Body, {"population_as_of": None}),
        ("body_coordinates_are_on_earth", Body, {"latitude": 91}),
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
    if model is Body:
        rows = rows.filter(code=FUNAGATA)
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
    ],
)
def test_a_case_has_no_row_twice(constraint: str, row: Any) -> None:
    row.case = make_case(bodies=[], status="draft")
    row.save()
    row.pk, row._state.adding = None, True
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        row.save()


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


def test_document_order_is_section_then_place_in_source() -> None:
    without_cases()
    make_case("b", section="4-1", order=2, page=5)
    make_case("a", section="4-1", order=1, page=5)
    make_case("early-section", section="3-3", page=9)
    make_case("late-section", section="4-3", page=1)
    assert slugs(Case.objects.published().in_document_order()) == ["early-section", "a", "b", "late-section"]


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
        "background": [CatalogueModel.CONTROL_CHARACTER_ERROR],
        "points": [CatalogueModel.CONTROL_CHARACTER_ERROR],
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
