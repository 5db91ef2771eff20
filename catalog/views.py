"""The public pages. Each asks the one door for its cases and hands them to a template."""

from __future__ import annotations

from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar, cast

from django.conf import settings
from django.core.paginator import EmptyPage, Page, Paginator
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    QueryDict,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from catalog import comparison, coverage, exports, index
from catalog.facets import facets_of, left_out
from catalog.feeds import atom_feed
from catalog.filters import (
    MOST_COMPARED,
    BodyListFilter,
    BodyNameForm,
    BomForm,
    CaseFilter,
    CompareForm,
    Results,
    picked_cases,
)
from catalog.models import (
    Body,
    Case,
    CaseQuerySet,
    Guideline,
    Region,
    Section,
    Source,
    Step,
    ZeroResultSearch,
)
from catalog.nearest import Target, with_nearness
from catalog.records import case_linked_data, case_record, catalogue_linked_data, provenance
from catalog.version import NOT_KEPT
from dxcases.errors import as_json

CASES_PER_PAGE = 20
CASES_PER_SECTION = 20
STEP_FACETS = ("population", "region")
BODIES_PER_PAGE = 100
RELATED_CASES = 4
RECENT_CASES = 3
MOST_NAMED = 100
LONGEST_FILE_NAME = 60  # characters; file systems take 255 bytes
CSV = "text/csv; charset=utf-8"
Response = TypeVar("Response", bound=HttpResponse)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    of = index.current()
    context = {
        "coverage": coverage.by_band_and_section(of),
        "tiles": coverage.by_prefecture(of),
        "regions": Region.choices,
        "recent": of.read(of.latest_first[:RECENT_CASES]),
        "linked_data": catalogue_linked_data(request.build_absolute_uri),
    }
    return render(request, "catalog/home.html", context)


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    case_filter = CaseFilter.for_request(request)
    page = page_of(case_filter.results(CaseQuerySet.for_cards), case_filter.page_number, CASES_PER_PAGE)
    if case_filter.words_find_nothing(page.paginator.count):
        record_zero_result(case_filter.cleaned["q"])
    facets = facets_of(case_filter)
    context = {
        "filter": case_filter,
        "facets": facets,
        "left_out": left_out(facets),
        "picked": picked_cases(request),
        "page": page,
        "cases": case_filter.with_marks(case_filter.with_nearness(page.object_list)),
        "page_numbers": page.paginator.get_elided_page_range(page.number),
    }
    status = 400 if case_filter.errors else 200
    return kept_if_complete(
        render(request, "catalog/case_list.html", context, status=status), left_out(facets)
    )


@require_safe
def near(request: HttpRequest) -> HttpResponse:
    """Where a reader chooses the own body, by which the list is then ordered: at once if one alone fits."""
    form = BodyNameForm(request.GET if "name" in request.GET else None)
    case_filter = CaseFilter.for_request(request)
    found = Body.objects.named(form.cleaned_data["name"])[:MOST_NAMED] if form.is_valid() else []
    bodies = [(body, case_filter.query_near(body)) for body in found]
    if len(bodies) == 1:
        return redirect(f"{reverse('catalog:case_list')}?{bodies[0][1]}")
    context = {"form": form, "filter": case_filter, "bodies": bodies, "most": MOST_NAMED}
    return render(request, "catalog/near.html", context, status=400 if form.errors else 200)


@require_safe
def case_list_json(request: HttpRequest) -> HttpResponse:
    case_filter = CaseFilter.for_request(request, strict=True)
    if case_filter.errors:
        return as_json({"errors": case_filter.errors}, status=400)
    count = len(case_filter.found())
    told = {"query": case_filter.sentence, "count": count, **provenance(case_filter.sources())}
    records = (case_record(case, request.build_absolute_uri) for case in case_filter.all_for_records())
    return HttpResponse(exports.json_parts(told, records), content_type="application/json")


@require_safe
def case_list_csv(request: HttpRequest) -> HttpResponseBase:
    form = BomForm(request.GET)
    case_filter = CaseFilter.for_request(request, strict=True, also=("bom",))
    if errors := {**case_filter.errors, **form.errors}:
        return as_json({"errors": errors}, status=400)
    rows = exports.rows_of(case_filter.all_for_records(), request.build_absolute_uri)
    file = TemporaryFile()  # noqa: SIM115 – the response closes it
    exports.write_csv(file, rows, bom=form.cleaned_data["bom"] == "1")
    return saved_as(file, CSV, case_filter, "csv")


@require_safe
def case_list_xlsx(request: HttpRequest) -> HttpResponseBase:
    case_filter = CaseFilter.for_request(request, strict=True)
    if case_filter.errors:
        return as_json({"errors": case_filter.errors}, status=400)
    rows = exports.rows_of(case_filter.all_for_records(), request.build_absolute_uri)
    file = TemporaryFile()  # noqa: SIM115 – the response closes it
    exports.write_xlsx(file, rows, about_result(request, case_filter))
    return saved_as(file, XLSX, case_filter, "xlsx")


@require_safe
def case_list_atom(request: HttpRequest) -> HttpResponse:
    case_filter = CaseFilter.for_request(request, strict=True)
    if case_filter.errors:
        return as_json({"errors": case_filter.errors}, status=400)
    page, feed = (
        address_of(request, name, case_filter) for name in ("catalog:case_list", "catalog:case_list_atom")
    )
    cases = case_filter.all_for_records()
    document = atom_feed(case_filter.sentence, cases, page, feed, request.build_absolute_uri)
    return HttpResponse(document, content_type="application/atom+xml; charset=utf-8")


@require_safe
def case_detail(request: HttpRequest, slug: str) -> HttpResponse:
    case = Case.objects.published().for_detail().filter(slug=slug).first()
    return case_page(request, case) if case else case_gone(request, slug)


def case_page(request: HttpRequest, case: Case, *, preview: bool = False) -> HttpResponse:
    """The page of a case. A preview, for editors alone, says that it is one."""
    of, target = index.current(), Target.of(case)
    previous, following = of.neighbours(case)
    context = {
        "case": case,
        "previous": previous,
        "following": following,
        "related": list(with_nearness(of.related(case, target, RELATED_CASES), target, of.stamp)),
        "linked_data": case_linked_data(case, request.build_absolute_uri),
        "preview": preview,
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
        return render(request, "catalog/compare.html", {"form": form}, status=400)
    cases, only = form.cleaned_data["case"], form.cleaned_data["only"]
    rows = comparison.rows_of(cases, only_differences=bool(only))
    context = {
        "form": form,
        "cases": cases,
        "rows": rows,
        "only": only,
        "may_add": len(cases) < MOST_COMPARED,
    }
    return render(request, "catalog/compare.html", context)


@require_safe
def body_list(request: HttpRequest) -> HttpResponse:
    """The bodies that occur; with a query all bodies that it finds."""
    body_filter = BodyListFilter.for_request(request)
    page = page_of(body_filter.codes(), body_filter.page_number, BODIES_PER_PAGE)
    context = {
        "filter": body_filter,
        "page": page,
        "bodies": body_filter.index.read_bodies(page.object_list),
        "page_numbers": page.paginator.get_elided_page_range(page.number),
        "prefectures": body_filter.index.choices["prefecture"],
    }
    return render(request, "catalog/body_list.html", context, status=400 if body_filter.errors else 200)


@require_safe
def body_detail(request: HttpRequest, code: str) -> HttpResponse:
    body = get_object_or_404(Body.objects.select_related("prefecture"), pk=code)
    of, target = index.current(), Target(body)
    cases, mentions = of.cases_and_mentions(body.code)
    near_by = index.cut(of.cases - cases, of.by_score(target), slice(0, RELATED_CASES))
    context = {
        "body": body,
        "cases": of.read(cases),
        "mentions": of.read(mentions),
        "near_by": list(with_nearness(of.read(near_by), target, of.stamp)),
    }
    return render(request, "catalog/body_detail.html", context)


@require_safe
def step_detail(request: HttpRequest, number: int) -> HttpResponse:
    if number not in Step.values:
        raise Http404(f"no step {number}")
    case_filter = CaseFilter.of(QueryDict(f"step={number}"))
    facets = facets_of(case_filter, STEP_FACETS)
    context = {
        "step": Step(number),
        "steps": Step,
        "sections": sections_of(case_filter.index, number),
        "facets": facets,
        "left_out": left_out(facets),
    }
    return kept_if_complete(render(request, "catalog/step_detail.html", context), left_out(facets))


def sections_of(of: index.Index, step: int) -> list[tuple[Section, int, list[Case]]]:
    """The sections of a step, each with its number of cases and the first of them."""
    sections = [(one, of.of_case["section"][one.pk]) for one in of.sections if one.step == step]
    first = of.read(number for _, cases in sections for number in cases[:CASES_PER_SECTION])
    return [
        (one, len(cases), [case for case in first if case.section_id == one.pk]) for one, cases in sections
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


def page_of(results: QuerySet[Any] | Results | list[str], number: int, size: int) -> Page[Any]:
    """A page of the results. Raises Http404 past the last page."""
    try:
        return Paginator(cast("QuerySet[Any]", results), size).page(number)
    except EmptyPage as error:
        raise Http404(f"no page {number}") from error


def kept_if_complete(response: Response, left_out: list[str]) -> Response:
    """The response, which no cache may keep where facets were left out: the next may have them."""
    if left_out:
        response["Cache-Control"] = NOT_KEPT
    return response


def about_result(request: HttpRequest, case_filter: CaseFilter) -> list[tuple[str, str]]:
    """What a file tells of itself once it has left the site."""
    told = provenance(case_filter.sources())
    return [
        ("条件", case_filter.sentence),
        ("アドレス", address_of(request, "catalog:case_list", case_filter)),
        ("件数", f"{len(case_filter.found())}件"),
        ("出典", told["source"]),
        ("利用条件", told["terms"]),
        ("作成日時", timezone.localtime().strftime("%Y-%m-%d %H:%M")),
    ]


def address_of(request: HttpRequest, name: str, case_filter: CaseFilter) -> str:
    """The address of the query in the form that the URL `name` gives."""
    query = f"?{case_filter.query}" if case_filter.query else ""
    return request.build_absolute_uri(reverse(name) + query)


def saved_as(file: IO[bytes], content_type: str, case_filter: CaseFilter, ending: str) -> FileResponse:
    """The file, whole before its first byte is sent, for a browser to save under the query's sentence."""
    file.seek(0)
    name = case_filter.sentence[:LONGEST_FILE_NAME].replace("/", "／")
    header = content_disposition_header(True, f"{name}.{ending}") or ""
    return FileResponse(file, content_type=content_type, headers={"Content-Disposition": header})
