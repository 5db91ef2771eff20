from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from catalog.models import (
    Body,
    Case,
    CaseBody,
    Figure,
    Guideline,
    Link,
    Prefecture,
    Section,
    SimilarBody,
    Source,
)
from tests.making import FUNAGATA, KASHIHARA, make_case, slugs

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
        ("section_step_is_known", Section, {"id": "5", "step": 4}),
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
        ("similar_body_url_is_web_address", SimilarBody, {"url": "http:/example.jp"}),
        ("link_url_is_web_address", Link, {"url": "example.jp"}),
        ("figure_is_complete", Figure, {"value": ""}),
    ],
)
def test_the_database_refuses(constraint: str, model: type[models.Model], fields: dict[str, Any]) -> None:
    case = make_case()
    SimilarBody.objects.create(case=case, body_id=KASHIHARA)
    Link.objects.create(case=case, url="https://example.jp/", label="例")
    Figure.objects.create(case=case, label="回数", value="8回")
    rows: models.QuerySet[Any] = model._default_manager.all()
    if model is Prefecture:
        rows = rows.filter(code="47")
    if model is Section:
        rows = rows.filter(pk="1")
    if model is Body:
        rows = rows.filter(code=FUNAGATA)
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
    row.case = make_case(bodies=[])
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
    Case.objects.all().delete()
    make_case("shown")
    make_case("draft", status="draft")
    assert slugs(Case.objects.published()) == ["shown"]


def test_document_order_is_section_then_place_in_source() -> None:
    Case.objects.all().delete()
    make_case("b", section="4-1", order=2, page=5)
    make_case("a", section="4-1", order=1, page=5)
    make_case("early-section", section="3-3", page=9)
    make_case("late-section", section="4-3", page=1)
    assert slugs(Case.objects.published().in_document_order()) == ["early-section", "a", "b", "late-section"]


def test_neighbours_are_the_published_cases_before_and_after_within_the_step() -> None:
    Case.objects.all().delete()
    make_case("other-step", section="2", page=1)
    first = make_case("first", section="3-1", page=2)
    make_case("draft", section="3-1", page=3, status="draft")
    middle = make_case("middle", section="3-2", page=4)
    last = make_case("last", section="3-3", page=5)
    assert first.neighbours() == (None, middle)
    assert middle.neighbours() == (first, last)
    assert last.neighbours() == (middle, None)


def test_with_body_gives_a_case_with_several_such_bodies_once() -> None:
    Case.objects.all().delete()
    make_case("both", bodies=[FUNAGATA, KASHIHARA])
    assert slugs(Case.objects.all().with_body(models.Q(body__population__gt=1))) == ["both"]


def test_a_section_counts_all_its_published_cases_and_shows_the_first() -> None:
    Case.objects.all().delete()
    for page in (3, 1, 2):
        make_case(f"p{page}", section="3-2", page=page)
    make_case("draft", section="3-2", status="draft")
    sections: dict[str, Any] = {section.pk: section for section in Section.objects.with_published_cases(2)}
    assert sections["3-2"].case_count == 3
    assert slugs(sections["3-2"].first_cases) == ["p1", "p2"]
    assert (sections["3-1"].case_count, sections["3-1"].first_cases) == (0, [])


def test_the_full_name_tells_namesakes_apart() -> None:
    named = Body.objects.select_related("prefecture").filter(name="美郷町")
    assert [body.full_name for body in named] == ["秋田県美郷町", "島根県美郷町", "宮崎県美郷町"]
    assert Body.objects.get(code="270008").full_name == "大阪府"


def test_the_citation_names_source_page_and_reworking() -> None:
    case = make_case(page=99)
    assert case.citation == "出典：『自治体DX推進手順書参考事例集』、p.99（総務省）を加工して作成"
