"""The public pages. Each asks the one door for its cases and hands them to a template."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe
from pyroaring import BitMap

from catalog.documents.addresses import query_url
from catalog.documents.reading import Document, read_public
from catalog.finding import words
from catalog.finding.cards import Card, cards_of, neighbours, related_cards
from catalog.finding.facets import facets_of
from catalog.finding.index import Index, current_index
from catalog.finding.nearest import Target
from catalog.finding.paging import page_of
from catalog.finding.query import BodyListFilter, CaseFilter
from catalog.models import Case, Guideline, Region, Section, Source, ZeroResultSearch
from catalog.output.records import case_linked_data, catalogue_linked_data
from catalog.pages import comparison, coverage
from catalog.pages.forms import MAX_COMPARED, BodyNameForm, CompareForm
from dxcases.postgres.replicas import connection_to_read

CASES_PER_PAGE = 20
CASES_PER_SECTION = 20
STEP_FACETS = ("population", "region")
BODIES_PER_PAGE = 100
RELATED_CASES = 4
RECENT_CASES = 3
MAX_BODIES_TO_CHOOSE = 100


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    index = current_index()
    context = {
        "coverage": coverage.by_band_and_section(index),
        "tiles": coverage.by_prefecture(index),
        "regions": Region.choices,
        "recent": cards_of(index.read(index.numbering.latest(index.cases, slice(0, RECENT_CASES))), index),
        "linked_data": catalogue_linked_data(request.build_absolute_uri),
    }
    return render(request, "catalog/home.html", context)


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    case_filter = CaseFilter.for_request(request)
    page = page_of(case_filter.results, case_filter.page_number, CASES_PER_PAGE)
    if words.words_find_nothing(case_filter):
        # Once the snapshot is left, in which nothing can be written.
        text, alias = case_filter.cleaned["q"], connection_to_read().alias
        transaction.on_commit(lambda: record_zero_result(text), using=alias)
    context = {
        "filter": case_filter,
        "sentence": words.sentence(case_filter),
        "chips": words.chips(case_filter),
        "default_order": words.default_order(case_filter),
        "suggestions": [] if page.object_list or case_filter.errors else words.suggestions(case_filter),
        "facets": facets_of(case_filter),
        "picked": read_public(request.GET.getlist("compare")[:MAX_COMPARED]),
        "page": page,
        "cards": page.object_list,
        "page_numbers": page.paginator.get_elided_page_range(page.number),
    }
    return render(request, "catalog/case_list.html", context, status=400 if case_filter.errors else 200)


@require_safe
def near(request: HttpRequest) -> HttpResponse:
    """Where a reader chooses the own body, by which the list is then ordered: at once if one alone fits."""
    form = BodyNameForm(request.GET if "name" in request.GET else None)
    case_filter = CaseFilter.for_request(request)
    index = case_filter.index
    found = index.bodies_named(form.cleaned_data["name"]) if form.is_valid() else BitMap()
    bodies = [
        (index.bodies[number], case_filter.query_near(index.bodies[number]))
        for number in found[:MAX_BODIES_TO_CHOOSE]
    ]
    if len(bodies) == 1:
        return redirect(query_url("case_list", bodies[0][1]))
    context = {"form": form, "filter": case_filter, "bodies": bodies, "most": MAX_BODIES_TO_CHOOSE}
    return render(request, "catalog/near.html", context, status=400 if form.errors else 200)


@require_safe
def case_detail(request: HttpRequest, slug: str) -> HttpResponse:
    documents = read_public([slug])
    return case_page(request, documents[0]) if documents else case_gone(request, slug)


def case_page(request: HttpRequest, document: Document, *, preview: bool = False) -> HttpResponse:
    """The page of a case. A preview, for editors alone, says that it is one."""
    index = current_index()
    previous, following = neighbours(document, index)
    context = {
        "document": document,
        "case": document.record,
        "prose": comparison.PROSE,
        "previous": previous,
        "following": following,
        "related": related_cards(document, index, RELATED_CASES),
        "linked_data": case_linked_data(document, request.build_absolute_uri),
        "preview": preview,
        "status": Case.Status(document.extra["status"]).label,
    }
    return render(request, "catalog/case_detail.html", context)


def case_gone(request: HttpRequest, slug: str) -> HttpResponse:
    """410 for a withdrawn case, with its reason; Http404 for a slug that no public case ever had."""
    case = get_object_or_404(Case.objects.withdrawn(), slug=slug)
    return render(request, "catalog/case_gone.html", {"case": case}, status=410)


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    form = CompareForm(request.GET)
    if not form.is_valid():
        context = {"form": form, "documents": [], "slugs": []}
        return render(request, "catalog/compare.html", context, status=400)
    documents, only = form.cleaned_data["case"], form.cleaned_data["only"]
    context = {
        "form": form,
        "documents": documents,
        "slugs": [document.record["slug"] for document in documents],
        "rows": comparison.compare(documents, only_differences=bool(only)),
        "only": only,
        "may_add": len(documents) < MAX_COMPARED,
    }
    return render(request, "catalog/compare.html", context)


@require_safe
def body_list(request: HttpRequest) -> HttpResponse:
    """The bodies that occur in cases; with a query all bodies that it finds."""
    body_filter = BodyListFilter.for_request(request)
    asked = body_filter.chosen or body_filter.errors
    bodies = body_filter.found() if asked else body_filter.index.bodies_in_cases
    page = page_of(bodies, body_filter.page_number, BODIES_PER_PAGE)
    context = {
        "filter": body_filter,
        "page": page,
        "bodies": page.object_list,
        "page_numbers": page.paginator.get_elided_page_range(page.number),
        "prefectures": body_filter.index.choices["prefecture"],
    }
    return render(request, "catalog/body_list.html", context, status=400 if body_filter.errors else 200)


@require_safe
def body_detail(request: HttpRequest, code: str) -> HttpResponse:
    index = current_index()
    body = index.body(code)
    if body is None:
        raise Http404(f"no body {code}")
    target = Target(body)
    cases, mentions = index.cases_and_mentions(code)
    others = index.cases - cases
    near_by = index.numbering.by_groups(others, index.by_score(target), slice(0, RELATED_CASES))
    context = {
        "body": body,
        "cases": cards_of(index.read_in_order(cases), index),
        "mentions": cards_of(index.read_in_order(mentions), index),
        "near_by": cards_of(index.read(near_by), index, target),
    }
    return render(request, "catalog/body_detail.html", context)


@require_safe
def step_detail(request: HttpRequest, number: int) -> HttpResponse:
    case_filter = CaseFilter(QueryDict(f"step={number}"))
    steps = case_filter.index.steps
    step = next((step for step in steps if step.number == number), None)
    if step is None:
        raise Http404(f"no step {number}")
    context = {
        "step": step,
        "steps": steps,
        "sections": sections_of(case_filter.index, number),
        "facets": facets_of(case_filter, STEP_FACETS),
    }
    return render(request, "catalog/step_detail.html", context)


def sections_of(index: Index, step: int) -> list[tuple[Section, int, list[Card]]]:
    """The sections of a step, each with its number of cases and the first of them."""
    by_section, first = index.cases_by["section"], slice(0, CASES_PER_SECTION)
    sections = [
        (section, by_section.get(section.pk, BitMap()))
        for section in index.sections
        if section.step_id == step
    ]
    numbers = (number for _, cases in sections for number in index.numbering.in_order(cases, first))
    cards = cards_of(index.read(numbers), index)
    return [
        (section, len(cases), [card for card in cards if card.case["section"]["id"] == section.pk])
        for section, cases in sections
    ]


@require_safe
def guideline_list(request: HttpRequest) -> HttpResponse:
    guidelines = Guideline.objects.select_related("section")
    return render(request, "catalog/guideline_list.html", {"guidelines": guidelines})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    context = {"sources": Source.objects.all(), "contact": settings.CONTACT}
    return render(request, "catalog/about.html", context)


def record_zero_result(text: str) -> None:
    """Counts words that found nothing. Reading goes on where the database takes no writes."""
    with suppress(DatabaseError), transaction.atomic():
        ZeroResultSearch.objects.record(text)
