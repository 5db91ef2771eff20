"""The public pages. Each asks the one door for its cases and hands them to a template."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from pyroaring import BitMap

from catalog.documents.addresses import absolute_for, query_url
from catalog.documents.key_figures import key_figure
from catalog.documents.reading import Document, read_public
from catalog.finding import words
from catalog.finding.answer import answer
from catalog.finding.bodies import meant
from catalog.finding.cards import Card, cards_of, neighbours
from catalog.finding.closest import closest_cases
from catalog.finding.facets import facets_of
from catalog.finding.forms import unknown_parameters
from catalog.finding.highlights import marker
from catalog.finding.index import Index, current_index, union_of
from catalog.finding.nearest import Target
from catalog.finding.paging import page_of
from catalog.finding.query import BodyListFilter, CaseFilter
from catalog.finding.related import related_cards
from catalog.finding.suggestions import Suggested, own_bodies_for, suggestions_for
from catalog.models import Case, Guideline, PopulationSource, Region, Section, Step, ZeroResultSearch
from catalog.output import descriptions
from catalog.output.compared import sent_comparison
from catalog.output.records import case_linked_data
from catalog.pages import comparison, coverage, ruler, standing
from catalog.pages.addresses import leads_back_to_the_last_page, without_empty_parameters
from catalog.pages.along import Along, View
from catalog.pages.case_table import changed_within_a_day, columns_of
from catalog.pages.facts import ASKED, followed_by, role_for, statements_of
from catalog.pages.forms import MAX_COMPARED, BodyNameForm, CompareForm, StandingForm, TypedTextForm
from catalog.pages.inquiry import InquiryForm, letter, mail_address
from catalog.pages.notes import MAX_CASES, carried
from catalog.pages.offices import Addressee, addressees_of, inquiries_to
from catalog.pages.picks import compared_once_picked
from catalog.pages.populations import disagreements, known_populations
from catalog.pages.text import citation_of
from dxcases.errors import as_json
from dxcases.postgres.replicas import connection_to_read

CASES_PER_PAGE = 20
CASES_PER_SECTION = 20
CASES_PER_BODY = 20
STEP_FACETS = ("population", "region")
BODIES_PER_PAGE = 100
RELATED_CASES = 4
RECENT_CASES = 3
CLOSEST_CASES = 10
MAX_BODIES_TO_CHOOSE = 100


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    index, absolute = current_index(), absolute_for(request)
    context = {
        "total": len(index.cases),
        "pictures": index.kept_in_version(home_pictures, lambda: home_pictures(index)),
        "recent": recent_cards(index),
        "linked_data": descriptions.site(absolute),
    }
    return render(request, "catalog/home.html", context)


def home_pictures(index: Index) -> SafeString:
    """Where cases are, by population, step, place and size, as the home page shows it."""
    context = {
        "coverage": coverage.by_band_and_section(index),
        "ruler": ruler.ruler_of(index, ruler.LARGE, index.cases),
        "tiles": coverage.by_prefecture(index),
        "regions": Region.choices,
    }
    return mark_safe(render_to_string("catalog/home_pictures.html", context))  # noqa: S308 – escaped there


def recent_cards(index: Index) -> list[Card]:
    """The cases changed last; none while all came within a day, when none of them is more recent."""
    if changed_within_a_day(index):
        return []
    return cards_of(index.read(index.numbering.latest(index.cases, slice(0, RECENT_CASES))), index)


@require_safe
@without_empty_parameters
@leads_back_to_the_last_page
def case_list(request: HttpRequest) -> HttpResponse:
    case_filter = CaseFilter.for_request(request)
    page = page_of(case_filter.results, case_filter.page_number, CASES_PER_PAGE)
    along = Along.of(request)
    if words.words_find_nothing(case_filter):
        # Once the snapshot is left, in which nothing can be written.
        text, alias = case_filter.cleaned["q"], connection_to_read().alias
        transaction.on_commit(lambda: record_zero_result(text), using=alias)
    context = {
        "filter": case_filter,
        "sentence": words.sentence(case_filter),
        "answer": answer(case_filter),
        "named": meant(BodyNameForm(request.GET).bodies(case_filter.index)),
        "chips": words.chips(case_filter),
        "understood": words.labels_understood(case_filter),
        "whole_lists": words.whole_lists(case_filter),
        "default_order": words.default_order(case_filter),
        **ways_out(case_filter),
        "facets": facets_of(case_filter),
        "ruler": ruler_beside(case_filter, along.view),
        "steps": steps_beside(case_filter),
        "along": along,
        "views": View,
        "columns": columns_of(case_filter),
        "max_compared": MAX_COMPARED,
        "max_picked": MAX_CASES,
        "page": page,
        "cards": page.object_list,
        "page_numbers": page.paginator.get_elided_page_range(page.number),
    }
    return render(request, "catalog/case_list.html", context, status=400 if case_filter.errors else 200)


def ruler_beside(case_filter: CaseFilter, view: View) -> ruler.Ruler | None:
    """The ruler where it is the view; a small one where it says how large the reader's body is among others.

    Otherwise the facet of sizes has the numbers already.
    """
    if view == View.SIZES:
        return ruler.ruler_of_list(case_filter, ruler.LARGE)
    target = case_filter.target
    return ruler.ruler_of_list(case_filter) if target and target.population else None


def steps_beside(case_filter: CaseFilter) -> standing.Steps | None:
    """What is likely next for the reader's own body, above the first page of all cases by nearness."""
    target = case_filter.target
    is_first = case_filter.page_number == 1 and not case_filter.chosen and not case_filter.errors
    return standing.steps_for(target.body, case_filter.index) if is_first and target and target.body else None


def ways_out(case_filter: CaseFilter) -> dict[str, Any]:
    """What to show where little or nothing is found: cases that speak of the same, and other queries."""
    index, found = case_filter.index, case_filter.found()
    numbers, near = ([], []) if case_filter.errors else closest_cases(case_filter, CLOSEST_CASES)
    nothing = not case_filter.errors and not found
    return {
        "closest": words.closest(case_filter) if nothing else None,
        "closest_cards": cards_of(index.read(numbers), index, case_filter.target, near),
        "suggestions": words.suggestions(case_filter) if nothing else [],
    }


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """What the search box, or one for a body, suggests for the text typed so far: data for our script."""
    form = TypedTextForm(request.GET)
    if not form.is_valid():
        return as_json({"errors": form.errors}, status=400)
    suggest = own_bodies_for if form.cleaned_data["only"] else suggestions_for
    found = suggest(form.cleaned_data["q"], current_index())
    return as_json({"suggestions": [suggestion_record(one) for one in found]})


def suggestion_record(one: Suggested) -> dict[str, Any]:
    """`url` is that of the list of its cases, `parameter` and `value` are what narrows a list to them."""
    url = query_url("case_list", one.query)
    about = {"kind": one.kind, "label": one.label, "count": one.count}
    return {**about, "parameter": one.parameter, "value": one.value, "url": url}


@require_safe
def near(request: HttpRequest) -> HttpResponse:
    """Where a reader chooses the own body, by which the list is then ordered: at once if one is meant."""
    form = BodyNameForm(request.GET if "name" in request.GET else None)
    case_filter = CaseFilter.for_request(request)
    found, text = form.bodies(case_filter.index), request.GET.get("name", "")
    along = Along.of(request)
    if one := meant(found):
        return redirect(query_url("case_list", along.beside(case_filter.query_near(one, text))))
    bodies = [(named, case_filter.query_near(named, text)) for named in found[:MAX_BODIES_TO_CHOOSE]]
    context = {
        "form": form,
        "filter": case_filter,
        "along": along,
        "bodies": bodies,
        "most": MAX_BODIES_TO_CHOOSE,
    }
    return render(request, "catalog/near.html", context, status=400 if form.errors else 200)


@require_safe
@without_empty_parameters
def own_standing(request: HttpRequest) -> HttpResponse:
    """How a body stands by the indicators; without one, how bodies of each size do."""
    index = current_index()
    form = StandingForm(request.GET, index)
    body = form.cleaned_data["body"] if form.is_valid() else None
    found = form.found()
    if one := meant(found):
        return redirect(query_url("standing", body=one.current.code))
    page = standing.page_of(body, index) if body else None
    context = {
        "form": form,
        "found": found[:MAX_BODIES_TO_CHOOSE],
        "unknown": None if page else body,
        "page": page,
        **standing.told_with(index),
        "ladder": None if page or form.errors else standing.ladder_of(index),
    }
    return render(request, "catalog/standing.html", context, status=400 if form.errors else 200)


@require_safe
def case_detail(request: HttpRequest, slug: str) -> HttpResponse:
    documents = read_public([slug])
    return case_page(request, documents[0]) if documents else case_gone(request, slug)


def case_page(
    request: HttpRequest,
    document: Document,
    *,
    preview: bool = False,
    proposal: int | None = None,
    template: str = "catalog/case_detail.html",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page of a case. A preview, for editors alone, says that it is one, and of what proposal.

    A page of another kind that shows the case has a template that extends it, with `more`.
    """
    index = current_index()
    previous, following = neighbours(document, index)
    terms = CaseFilter.for_request(request).terms if "q" in request.GET else []
    statements = statements_of(document.record)
    context = {
        "document": document,
        "terms": terms,
        "mark": marker(document, terms) if terms else escape,
        "case": document.record,
        "key_figure": key_figure(document.record),
        "citation": citation_of(document, absolute_for(request)(document.path), timezone.localdate()),
        "prose": comparison.PROSE,
        "statements": statements,
        "unstated": [title for title in ASKED if not statements[title]],
        "followed": followed_by(document.record),
        "addressees": addressees_of(document.record, index),
        "body_of": index.body,
        "previous": previous,
        "following": following,
        "related": related_cards(document, index, RELATED_CASES),
        "linked_data": case_linked_data(document, request.build_absolute_uri),
        "preview": preview,
        "proposal": proposal,
        "status": Case.Status(document.extra["status"]).label,
        **more,
    }
    response = render(request, template, context, status=status)
    if preview:
        response["X-Robots-Tag"] = "noindex"
    return response


def case_gone(request: HttpRequest, slug: str) -> HttpResponse:
    """410 for a withdrawn case, with its reason; Http404 for any other slug."""
    case = get_object_or_404(Case.objects.withdrawn(), slug=slug)
    return render(request, "catalog/case_gone.html", {"case": case}, status=410)


@require_safe
def inquiry(request: HttpRequest, slug: str) -> HttpResponse:
    documents = read_public([slug])
    if not documents:
        return case_gone(request, slug)
    document = documents[0]
    form = InquiryForm(request.GET, document, current_index())
    context: dict[str, Any] = {"form": form, "case": document.record}
    if form.is_valid():
        to, asker, address = form.cleaned_data["body"], form.asker(), absolute_for(request)(document.path)
        context |= {
            "to": to,
            "asker": asker,
            "choices": form.found(),
            "letter": letter(document, to, asker, address),
            "mail": mail_address(document, to),
        }
    return render(request, "catalog/inquiry.html", context, status=400 if form.errors else 200)


@require_safe
@compared_once_picked
@without_empty_parameters
def compare(request: HttpRequest) -> HttpResponse:
    """Cases side by side. The parameters of the list it was asked for from lead back there."""
    form, case_filter = CompareForm(request.GET), CaseFilter.for_request(request)
    back = {
        "query": case_filter.query,
        "page": case_filter.page_number if "page" in request.GET else None,
        "view": View.of(request).value,
    }
    slugs = request.GET.getlist("case")
    notes = carried(request.GET, slugs)
    context: dict[str, Any] = {"form": form, "slugs": slugs, "back": back, "notes": notes}
    if not form.is_valid():
        context |= {"documents": [], "max_compared": MAX_COMPARED}
        return render(request, "catalog/compare.html", context, status=400)
    documents, only = form.cleaned_data["case"], form.cleaned_data["only"]
    context |= {
        "documents": documents,
        "slugs": [document.record["slug"] for document in documents],
        "rows": comparison.compare(documents, only_differences=bool(only)),
        "only": only,
        "may_add": len(documents) < MAX_COMPARED,
    }
    return render(request, "catalog/compare.html", context)


@require_safe
def compare_xlsx(request: HttpRequest) -> HttpResponseBase:
    form = CompareForm(request.GET)
    errors = dict(form.errors) | unknown_parameters(request.GET, form.fields)
    if errors:
        return as_json({"errors": errors}, status=400)
    documents, only = form.cleaned_data["case"], form.cleaned_data["only"]
    rows = comparison.compare(documents, only_differences=bool(only))
    slugs = [document.record["slug"] for document in documents]
    absolute = absolute_for(request)
    page = absolute(query_url("compare", case=slugs, only=only))
    return sent_comparison(documents, [(row.title, row.texts) for row in rows], page, absolute)


@require_safe
@without_empty_parameters
@leads_back_to_the_last_page
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
        "prefectures": body_filter.index.lists.choices["prefecture"],
    }
    return render(request, "catalog/body_list.html", context, status=400 if body_filter.errors else 200)


@require_safe
def body_detail(request: HttpRequest, code: str) -> HttpResponse:
    index = current_index()
    body = index.body(code)
    if body is None:
        raise Http404(f"no body {code}")
    target, populations = Target(body, called="この団体"), known_populations(code)
    cases, mentions = index.cases_and_mentions(code)
    ended = sorted(index.lineage(body) - {code})
    former = union_of(index.cases_by["body"], ended) - cases
    others = index.cases - cases - former
    near_by = index.numbering.by_groups(others, index.by_score(target), slice(0, RELATED_CASES))
    own, of_predecessors, similar = (
        cards_of(index.read_in_order(some, most), index)
        for some, most in ((cases, CASES_PER_BODY), (former, CASES_PER_BODY), (mentions, len(mentions)))
    )
    context = {
        "body": body,
        "addressee": Addressee(body, index.current(body)),
        "inquiries": inquiries_to(body, [card.case for card in (*own, *of_predecessors)], index),
        "populations": populations,
        "disagreements": disagreements(populations),
        "predecessors": [one for one in index.lists.ended if one.successor_id == code],
        "cases": own,
        "case_count": len(cases),
        "ended": ended,
        "of_predecessors": of_predecessors,
        "count_of_predecessors": len(former),
        "mentions": [replace(card, relation=role_for({code}, card.case)) for card in similar],
        "near_by": cards_of(index.read(near_by), index, target),
        "page": standing.page_of(body, index),
        **standing.told_with(index),
    }
    return render(request, "catalog/body_detail.html", context)


@require_safe
def step_detail(request: HttpRequest, number: int) -> HttpResponse:
    index = current_index()
    step = next((step for step in index.lists.steps if step.number == number), None)
    if step is None:
        raise Http404(f"no step {number}")
    cases = index.kept_in_version((step_cases, number), lambda: step_cases(step))
    context = {"step": step, "steps": index.lists.steps, "cases": cases}
    return render(request, "catalog/step_detail.html", context)


def step_cases(step: Step) -> SafeString:
    """The cases of a step by section, and where they are, as its page shows them."""
    case_filter = CaseFilter(QueryDict(f"step={step.number}"))
    context = {
        "step": step,
        "sections": sections_of(case_filter.index, step.number),
        "names_sources": len(case_filter.index.sources_in_use) > 1,
        "count": len(case_filter.found()),
        "ruler": ruler.ruler_of_list(case_filter),
        "facets": facets_of(case_filter, STEP_FACETS),
    }
    return mark_safe(render_to_string("catalog/step_cases.html", context))  # noqa: S308 – escaped there


def sections_of(index: Index, step: int) -> list[tuple[Section, int, list[Card]]]:
    """The sections of a step in sources in use, each with its number of cases and the first of them."""
    by_section, first = index.cases_by["section"], slice(0, CASES_PER_SECTION)
    of_step = (section for section in index.sections_in_use if section.step_id == step)
    sections = [(section, by_section.get(section.pk, BitMap())) for section in of_step]
    numbers = (number for _, cases in sections for number in index.numbering.in_order(cases, first))
    cards = cards_of(index.read(numbers), index)
    return [
        (section, len(cases), [card for card in cards if card.case["section"]["id"] == section.pk])
        for section, cases in sections
    ]


@require_safe
def guideline_list(request: HttpRequest) -> HttpResponse:
    context = {
        "guidelines": Guideline.objects.select_related("section"),
        "sections_in_use": [section.pk for section in current_index().sections_in_use],
    }
    return render(request, "catalog/guideline_list.html", context)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    context = {
        "sources": current_index().sources_in_use,
        "population_sources": PopulationSource.objects.all(),
        "contact": settings.CONTACT,
    }
    return render(request, "catalog/about.html", context)


def record_zero_result(text: str) -> None:
    """Counts words that found nothing. Reading goes on where the database takes no writes."""
    with suppress(DatabaseError), transaction.atomic():
        ZeroResultSearch.objects.record(text)
