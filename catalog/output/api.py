"""The API (contract, sections 1–3): the filter, facets and records of the pages, and their schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache, wraps
from threading import Lock
from typing import Any, TypeVar

from django import forms
from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import resolve_type_hint
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.decorators import api_view, schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import exception_handler

from catalog.documents.addresses import absolute_for
from catalog.documents.reading import Document, read_public
from catalog.documents.records import CaseRecord
from catalog.finding.facets import facets_of
from catalog.finding.fields import BodyCodeField, BodyCodesField, ChoicesField, DigitsField, YearsField
from catalog.finding.forms import StrictForm, unknown_parameters
from catalog.finding.index import Index, current_index
from catalog.finding.paging import PastTheEnd, page_of
from catalog.finding.query import BodyListFilter, CaseFilter, StrictFilterSet
from catalog.finding.words import sentence
from catalog.models import MAX_YEAR, MIN_YEAR, Body, Case
from catalog.output.descriptions import with_descriptions
from catalog.output.records import (
    BodyListRecord,
    BodyRecord,
    CaseListRecord,
    Errors,
    PageRecord,
    about_words,
    body_records,
    facet_record,
    provenance,
)
from dxcases.errors import NOTHING_HERE, as_json

MAX_PAGE_SIZE = 100
RESULTS_PER_PAGE = 20
Filters = TypeVar("Filters", bound=StrictFilterSet)
READ = ["GET", "HEAD"]
BODY_CODE_SCHEMA = {"type": "string", "pattern": "^[0-9]{6}$"}
A_YEAR = {
    "type": "string",
    "pattern": "^(199[0-9]|20[0-9]{2}|unknown)$",
    "description": f"{MIN_YEAR}〜{MAX_YEAR}の4桁の西暦か、unknown（不明）",
}
A_BODY = {"$ref": "#/components/schemas/BodyCode"}


class PageSizeForm(StrictForm):
    """How many results a page of the API holds."""

    page_size = DigitsField(
        label="1ページの件数",
        required=False,
        min_value=1,
        max_value=MAX_PAGE_SIZE,
    )


RENDERERS = {renderer.format: renderer for renderer in (OpenApiYamlRenderer, OpenApiJsonRenderer)}
YAML, *_ = RENDERERS
FORMAT_ERROR = f"次のいずれかを指定してください：{'、'.join(RENDERERS)}"


class SchemaFormatForm(StrictForm):
    """In which form the schema is sent."""

    format = forms.ChoiceField(
        required=False,
        choices=[(name, name) for name in RENDERERS],
        error_messages={"invalid_choice": FORMAT_ERROR},
    )


def takes_only(*known: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Answers 400 where a view is given a parameter that is none of these."""

    def decorate(view: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def answer(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if errors := unknown_parameters(request.GET, known):
                return as_json({"errors": errors}, status=400)
            response: HttpResponseBase = view(request, *args, **kwargs)
            return response

        return answer

    return decorate


class Shape(BaseSerializer):
    """Data that is a record already. A subclass names its type, of which the schema is made."""

    record: type

    def to_representation(self, instance: Any) -> Any:
        return instance


class LockedGenerator(SchemaGenerator):
    """drf-spectacular's generator, one at a time: it keeps the view it looks at on what all threads share."""

    lock = Lock()

    def get_schema(self, *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            return super().get_schema(*args, **kwargs)


class ShapeInSchema(OpenApiSerializerExtension):
    target_class = Shape
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        return self.target.record.__name__.removesuffix("Record")

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> Any:
        return with_descriptions(resolve_type_hint(self.target.record), self.target.record)


@cache
def shape(record: type) -> type[Shape]:
    return type(record.__name__, (Shape,), {"record": record})


class Documented(AutoSchema):
    """What the schema says of one endpoint: its summary, what it answers, and the parameters it reads."""

    def __init__(
        self,
        name: str,
        summary: str,
        answer: type,
        *,
        filters: type[StrictFilterSet] | None = None,
        path: dict[str, dict[str, Any]] | None = None,
        gone: str = "",
    ) -> None:
        super().__init__()
        self.name, self.summary, self.answer = name, summary, answer
        self.filters, self.path_parameters, self.gone = filters, path or {}, gone

    def get_operation_id(self) -> str:
        return self.name

    def get_summary(self) -> str:
        return self.summary

    def get_description(self) -> str:  # type: ignore[override]
        return ""

    def get_tags(self) -> list[str]:
        return []

    def get_override_parameters(self) -> list[Any]:
        of_path = [
            OpenApiParameter(name, form, OpenApiParameter.PATH) for name, form in self.path_parameters.items()
        ]
        return of_path + (query_parameters(self.filters) if self.filters else [])

    def get_response_serializers(self) -> Any:
        responses = {
            200: OpenApiResponse(shape(self.answer), "結果"),
            400: OpenApiResponse(shape(Errors), "正しくない値や、この名前のない指定がある"),
        }
        if self.gone:
            responses[410] = OpenApiResponse(shape(Errors), self.gone)
        return {**responses, 404: OpenApiResponse(shape(Errors), "そのページや識別名はない")}


def query_parameters(filters: type[StrictFilterSet]) -> list[OpenApiParameter]:
    fields = {**filters({}).form.fields, **PageSizeForm().fields}
    return [
        OpenApiParameter(name, schema_of(field), description=str(field.label))
        for name, field in fields.items()
    ]


def schema_of(field: forms.Field) -> dict[str, Any]:
    """The values a form field takes, as JSON Schema."""
    if isinstance(field, BodyCodesField):
        return {"type": "array", "items": A_BODY}
    if isinstance(field, YearsField):
        return {"type": "array", "items": A_YEAR}
    if isinstance(field, ChoicesField):
        values = [value for value, _ in field.offered_options()]
        return {"type": "array", "items": {"type": "string", "enum": values}}
    if isinstance(field, forms.IntegerField):
        return {"type": "integer", "minimum": field.min_value, "maximum": field.max_value}
    if isinstance(field, BodyCodeField):
        return A_BODY
    if isinstance(field, forms.ChoiceField):
        return {"type": "string", "enum": list(dict(field.choices))}  # type: ignore[arg-type]
    return {"type": "string", "maxLength": field.max_length, "pattern": r"^[^\x00\uFFFD]*$"}  # type: ignore[attr-defined]


def complete_schema(result: Any, generator: Any, request: Any, public: bool) -> Any:
    """Adds what no field says: which bodies exist, and that an empty value is the same as none."""
    codes = list(Body.objects.order_by("code").values_list("code", flat=True))
    result["components"]["schemas"]["BodyCode"] = {"type": "string", "enum": codes}
    for path in result["paths"].values():
        for parameter in path["get"].get("parameters", []):
            if parameter["in"] == "query":
                parameter["allowEmptyValue"] = True
    return result


@api_view(READ)
@schema(Documented("case_list", "事例の一覧", CaseListRecord, filters=CaseFilter))
def case_list(request: Request) -> Response:
    case_filter, size = asked(request, CaseFilter)
    if errors := {**case_filter.errors, **size.errors}:
        return Response({"errors": errors}, status=400)
    page = api_page(case_filter.page_number, case_filter.results, size)
    absolute = absolute_for(request._request)
    answer: CaseListRecord = {
        **paging(request, page),
        "query": sentence(case_filter),
        **provenance(case_filter.sources()),
        **about_words(case_filter),
        "facets": [facet_record(facet) for facet in facets_of(case_filter)],
        "results": [card.record(absolute) for card in page.object_list],
    }
    return Response(answer)


@api_view(READ)
@schema(
    Documented(
        "case_detail",
        "1つの事例",
        CaseRecord,
        path={"slug": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 50}},
        gone="その事例は取り下げた（理由と、あれば代わりのアドレス）",
    )
)
@takes_only()
def case_detail(request: Request, slug: str) -> Response:
    documents = read_public([slug])
    if not documents:
        return case_gone(slug)
    return Response(documents[0].with_url(request.build_absolute_uri), headers=licensed(request))


def case_gone(slug: str) -> Response:
    """410 for a withdrawn case, with its reason; Http404 for a slug that no public case ever had."""
    case = get_object_or_404(Case.objects.withdrawn(), slug=slug)
    reasons = [f"この事例は取り下げました。理由：{case.withdrawn_reason}"]
    reasons += [f"代わりにご覧ください：{case.withdrawn_pointer}"] if case.withdrawn_pointer else []
    return Response({"errors": {"detail": reasons}}, status=410)


@api_view(READ)
@schema(Documented("body_list", "団体の一覧", BodyListRecord, filters=BodyListFilter))
def body_list(request: Request) -> Response:
    body_filter, size = asked(request, BodyListFilter)
    if errors := {**body_filter.errors, **size.errors}:
        return Response({"errors": errors}, status=400)
    page = api_page(body_filter.page_number, body_filter.found(), size)
    results = body_records(page.object_list, body_filter.index, absolute_for(request._request))
    answer: BodyListRecord = {**paging(request, page), "results": results}
    return Response(answer)


@api_view(READ)
@schema(Documented("body_detail", "1つの団体", BodyRecord, path={"code": BODY_CODE_SCHEMA}))
@takes_only()
def body_detail(request: Request, code: str) -> Response:
    index = current_index()
    body = index.body(code)
    if body is None:
        raise Http404(f"no body {code}")
    (record,) = body_records([body], index, request.build_absolute_uri)
    return Response(record, headers=licensed(request))


def current_schema(index: Index) -> dict[str, Any]:
    """The OpenAPI document: it follows from the code and from what the lists of the catalogue offer."""
    return index.kept("schema", lambda: LockedGenerator().get_schema(request=None, public=True))


@require_safe
@takes_only(*SchemaFormatForm.base_fields)
def schema_file(request: HttpRequest) -> HttpResponse:
    form = SchemaFormatForm(request.GET)
    if not form.is_valid():
        return as_json({"errors": form.errors}, status=400)
    renderer = RENDERERS[form.cleaned_data["format"] or YAML]()
    index = current_index()
    content = index.kept(renderer.format, lambda: renderer.render(current_schema(index), renderer_context={}))
    headers = {
        "Content-Disposition": f'inline; filename="dxcases-openapi.{form.cleaned_data["format"] or YAML}"'
    }
    return HttpResponse(content, content_type=renderer.media_type, headers=headers)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The schema as a page to read, with a case as an example."""
    index = current_index()
    described = current_schema(index)
    document = next(iter(index.read(index.numbering.in_order(index.cases, slice(0, 1)))), None)
    addresses = examples_of(document)
    operations = [
        (path, item["get"], addresses.get(item["get"]["operationId"]))
        for path, item in described["paths"].items()
    ]
    record = document and document.with_url(request.build_absolute_uri)
    example = json.dumps(record, ensure_ascii=False, indent=2) if record else ""
    context = {"schema": described, "operations": operations, "example": example}
    return render(request, "catalog/api_docs.html", context)


def examples_of(document: Document | None) -> dict[str, str]:
    """An address to try by the name of the endpoint; what needs a case is left out where there is none."""
    examples = {name: reverse(f"catalog:api_{name}") for name in ("case_list", "body_list")}
    if document:
        examples["case_detail"] = reverse("catalog:api_case_detail", args=[document.record["slug"]])
        for body in document.record["bodies"]:
            examples["body_detail"] = reverse("catalog:api_body_detail", args=[body["code"]])
    return examples


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Any error of Django REST framework in the one shape of errors, in the words of the pages."""
    if isinstance(error, PastTheEnd):
        error = NotFound(f"{error.number}ページ目はありません。この一覧は{error.last}ページまでです。")
    elif isinstance(error, Http404):
        error = NotFound(NOTHING_HERE)
    response = exception_handler(error, context)
    if response is not None:
        response.data = {"errors": {"detail": [str(response.data["detail"])]}}
    return response


def asked(request: Request, filters: type[Filters]) -> tuple[Filters, PageSizeForm]:
    """The query of a request, strictly, and the size of its pages."""
    also = tuple(PageSizeForm.base_fields)
    return filters.for_request(request._request, strict=True, also=also), PageSizeForm(request.GET)


def api_page(number: int, results: Sequence[Any], size: PageSizeForm) -> Page[Any]:
    return page_of(results, number, size.cleaned_data["page_size"] or RESULTS_PER_PAGE)


def paging(request: Request, page: Page[Any]) -> PageRecord:
    """The number of results, and the addresses of the pages beside this one."""
    return {
        "count": page.paginator.count,
        "next": address_of_page(request, page.number + 1) if page.has_next() else None,
        "previous": address_of_page(request, page.number - 1) if page.has_previous() else None,
    }


def address_of_page(request: Request, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def licensed(request: Request) -> dict[str, str]:
    """The header that leads from a record, whose shape has no room for them, to the terms it comes under."""
    return {"Link": f'<{request.build_absolute_uri(reverse("catalog:about"))}#terms>; rel="license"'}
