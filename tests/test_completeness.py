"""No field of a case is forgotten in silence: each has its place where a case is written, shown and found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.test import Client, RequestFactory

from catalog.documents.reading import Document, read_documents
from catalog.documents.records import CaseRecord, Extra
from catalog.models import Case, CaseRow, CatalogueModel, PlacedRow, Section, SimilarBody, Source, Topic
from catalog.output.columns import COLUMNS, EDITORS_TABLE, table_record
from tests.making import KASHIHARA, make_case
from tests.quick import one_in

pytestmark = pytest.mark.django_db

MARK = "しるしづけ"  # a word that no case has

PLACES = {"form", "record", "column", "import", "comparison", "search", "page"}
# Fields that are no content: the form alone has them.
NOT_CONTENT = {
    "status": "steers who may see the case",
    "withdrawn_reason": "is told by the page of a withdrawn case, which has no record",
    "withdrawn_pointer": "is told by the page of a withdrawn case, which has no record",
}
# Why a field of content has no place somewhere.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("slug", "search"): "is the address of the page",
    ("editor_note", "record"): "the contract's record has no editor's note",
    ("editor_note", "column"): "a public file has the columns of the record",
    ("editor_note", "comparison"): "is about the source, not about the case",
    ("references", "comparison"): "sources to read on are no answer to a question that cases share",
    ("similar_open_ended", "search"): "is no text",
    ("similar_open_ended", "comparison"): "is a remark on the list of bodies",
    ("heading", "comparison"): "is the source's own heading, which the cases of a page share",
    ("year", "search"): "is no text",
    ("section", "search"): "sections are filters, not words",
    ("source", "search"): "sources are filters, not words",
    ("page", "search"): "is no text",
    ("order", "search"): "is no text",
    ("order", "comparison"): "tells cases of one page apart in files",
    ("order", "page"): "tells cases of one page apart in files",
}
FIELDS = [
    field.name
    for field in (*Case._meta.concrete_fields, *Case._meta.many_to_many)
    if field.editable and field.name != "id"
]


@pytest.fixture
def case() -> Case:
    """A published case with a row of each kind that its fields speak of."""
    made = make_case("marked")
    SimilarBody.objects.create(case=made, body_id=KASHIHARA)
    return made


def document_of(case: Case) -> Document:
    (document,) = read_documents([case.pk])
    return document


def shown_by(case: Case) -> dict[str, Any]:
    """What each place that only shows says of the case."""
    client, document = Client(), document_of(case)
    slug = document.record["slug"]
    return {
        "record": document.with_url(str),
        "column": [column.write(table_record(document, str)) for column in COLUMNS],
        "comparison": client.get(f"/compare/?case={slug}&case=dx2021-17-1").text,
        "page": client.get(f"/cases/{slug}/").text,
    }


def other_value(field: models.Field[Any, Any]) -> Any:
    """A value that the made case does not have; of a text, one with the mark."""
    others: dict[type[models.Field[Any, Any]], Callable[[], Any]] = {
        ArrayField: lambda: [MARK],
        models.SlugField: lambda: "another-slug",
        models.URLField: lambda: "https://example.jp/other",
        models.BooleanField: lambda: True,
        models.PositiveSmallIntegerField: lambda: 2021,
    }
    if isinstance(field, models.ForeignKey):
        others_by_model: dict[Any, Any] = {Section: "4-1", Source: other_source().pk}
        return others_by_model[field.related_model]
    for kind, make in others.items():
        if isinstance(field, kind):
            return make()
    return MARK


def other_source() -> Source:
    source, _ = Source.objects.get_or_create(
        slug="other",
        defaults={"title": "別の本", "publisher": "県", "published_on": "2001-01-01", "terms": "自由"},
    )
    return source


def change(case: Case, name: str) -> None:
    """Changes the field alone: neither form nor import decides what else goes with it."""
    if name == "topics":
        Topic.objects.filter(slug="bpr").update(title=MARK)
        case.topics.set(Topic.objects.filter(slug="bpr"))
    elif name == "source":
        like = Section.objects.get(pk=case.section_id)
        own = Section.objects.create(
            id="other-1", source=other_source(), step=like.step, title=like.title, position=1
        )
        Case.objects.filter(pk=case.pk).update(source=own.source, section=own)
    else:
        Case.objects.filter(pk=case.pk).update(**{name: other_value(Case._meta.get_field(name))})  # type: ignore[arg-type]


def is_in_form(case: Case, name: str) -> bool:
    request = RequestFactory().get("/admin/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    return name in flatten_fieldsets(admin.site.get_model_admin(Case).get_fieldsets(request, case))


def places_of(case: Case, name: str) -> set[str]:
    """Where the field has its place, as a change of it shows."""
    before = shown_by(case)
    change(case, name)
    after = shown_by(case)
    places = {place for place in before if before[place] != after[place]}
    if after["record"]["url"] in Client().get(f"/cases/?q={MARK}").text:
        places.add("search")
    if any(column.sets == name for column in EDITORS_TABLE):
        places.add("import")
    if is_in_form(case, name):
        places.add("form")
    return places


@pytest.mark.parametrize("name", one_in(2, [name for name in FIELDS if name not in NOT_CONTENT]))
def test_every_field_of_a_case_has_its_places(case: Case, name: str) -> None:
    excepted = {place for field, place in EXCEPTIONS if field == name}
    assert places_of(case, name) == PLACES - excepted


@pytest.mark.parametrize("name", NOT_CONTENT)
def test_what_is_no_content_is_in_the_form(case: Case, name: str) -> None:
    assert is_in_form(case, name)


def test_exceptions_are_of_fields_that_there_are() -> None:
    assert {*NOT_CONTENT, *(field for field, _ in EXCEPTIONS)} <= set(FIELDS)


def test_the_types_of_a_document_name_just_what_it_has(case: Case) -> None:
    document = document_of(case)
    assert list(document.with_url(str)) == [name for name in CaseRecord.__annotations__ if name != "nearness"]
    assert list(document.extra) == list(Extra.__annotations__)


def texts_of(model: type[CatalogueModel]) -> set[str]:
    """The fields that hold free text; choices, addresses and slugs have rules of their own."""
    own_rules = (models.SlugField, models.URLField, models.GeneratedField)
    return {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(getattr(field, "base_field", field), models.CharField | models.TextField)
        and not isinstance(field, own_rules)
        and not field.choices
        and not field.primary_key
    }


WRITTEN = [
    model
    for model in (*CatalogueModel.__subclasses__(), *CaseRow.__subclasses__(), *PlacedRow.__subclasses__())
    if not model._meta.abstract
]


@pytest.mark.parametrize("model", WRITTEN)
def test_the_database_refuses_control_characters_in_every_text(model: type[CatalogueModel]) -> None:
    refused = [one for one in model._meta.constraints if one.name.endswith("_texts_are_plain")]
    named = {
        expression.name
        for constraint in refused
        for condition in constraint.condition.children  # type: ignore[attr-defined]
        for expression in condition.get_source_expressions()
    }
    assert named == texts_of(model)
