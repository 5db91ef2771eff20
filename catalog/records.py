"""A case and a body as data: the one outward shape (contract, section 3).

The API's schema is made from the types below (see `api.Shape`), so shape and schema cannot part. The types
have no docstrings: the schema would print them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

from django.urls import reverse
from django.utils import timezone

from catalog.facets import Facet
from catalog.models import Body, Case, CaseBody, Kind, Prefecture, Region, SimilarBody, Source, Step

Absolute = Callable[[str], str]  # turns a path into an address


class StepRecord(TypedDict):
    number: Step
    title: str


class NamedRecord(TypedDict):
    id: str
    title: str


class FigureRecord(TypedDict):
    label: str
    value: str


class PlaceRecord(TypedDict):
    code: str
    name: str


class BodyFacts(TypedDict):
    code: str
    name: str
    kana: str
    kind: Kind
    prefecture: PlaceRecord
    population: int | None
    population_as_of: str | None
    population_band: str


class CaseBodyRecord(BodyFacts):
    note: str


class LinkRecord(TypedDict):
    url: str
    label: str


class SimilarBodyRecord(TypedDict):
    code: str
    name: str
    prefecture: PlaceRecord
    note: str
    url: str | None


class SimilarRecord(TypedDict):
    open_ended: bool
    bodies: list[SimilarBodyRecord]


class SourceRecord(TypedDict):
    title: str
    page: int
    order: int
    heading: str


class NearnessRecord(TypedDict):
    body: str
    population_ratio: float | None
    same_prefecture: bool | None
    same_region: bool | None
    same_kind: bool | None
    distance_km: float | None


class WithNearness(TypedDict, total=False):
    nearness: NearnessRecord


class CaseRecord(WithNearness):
    slug: str
    url: str
    title: str
    step: StepRecord
    section: NamedRecord
    topics: list[NamedRecord]
    points: list[str]
    background: str
    approach: str
    outcome: str
    figures: list[FigureRecord]
    bodies: list[CaseBodyRecord]
    links: list[LinkRecord]
    references: list[str]
    similar: SimilarRecord
    source: SourceRecord
    updated_at: str


class CaseMention(TypedDict):
    slug: str
    url: str
    title: str


class BodyRecord(BodyFacts):
    region: Region
    latitude: float
    longitude: float
    cases: list[CaseMention]
    similar_to: list[CaseMention]


class Provenance(TypedDict):
    source: str
    terms: str


class OptionRecord(TypedDict):
    value: str
    label: str
    count: int
    selected: bool


class FacetRecord(TypedDict):
    name: str
    label: str
    options: list[OptionRecord]


class PageRecord(TypedDict):
    count: int
    next: str | None
    previous: str | None


class CaseListRecord(PageRecord, Provenance):
    query: str
    facets: list[FacetRecord]
    results: list[CaseRecord]


class BodyListRecord(PageRecord):
    results: list[BodyRecord]


class Errors(TypedDict):
    errors: dict[str, list[str]]


def case_record(case: Case, absolute: Absolute) -> CaseRecord:
    """`case` as JSON-ready data. Load it with `CaseQuerySet.for_records()`.

    Populations are persons, dates ISO 8601, unknown is null. `nearness` is there only in a list ordered by
    it.
    """
    record: CaseRecord = {
        "slug": case.slug,
        "url": absolute(case.get_absolute_url()),
        "title": case.title,
        "step": {"number": case.step, "title": case.step.label},
        "section": {"id": case.section.id, "title": case.section.title},
        "topics": [{"id": topic.slug, "title": topic.title} for topic in case.topics.all()],
        "points": case.points,
        "background": case.background,
        "approach": case.approach,
        "outcome": case.outcome,
        "figures": [{"label": figure.label, "value": figure.value} for figure in case.figures.all()],
        "bodies": [_case_body(case_body) for case_body in case.case_bodies.all()],
        "links": [{"url": link.url, "label": link.label} for link in case.links.all()],
        "references": case.references,
        "similar": {
            "open_ended": case.similar_open_ended,
            "bodies": [_similar_body(similar) for similar in case.similar_bodies.all()],
        },
        "source": {
            "title": str(case.source),
            "page": case.page,
            "order": case.order,
            "heading": case.heading,
        },
        "updated_at": timezone.localtime(case.updated_at).isoformat(timespec="seconds"),
    }
    if case.nearness:
        record["nearness"] = case.nearness.as_data()
    return record


def catalogue_linked_data(absolute: Absolute) -> list[dict[str, Any]]:
    """The catalogue in schema.org's words: a site that can be searched, and a set of data to download."""
    name, cases = "自治体DX事例カタログ", absolute(reverse("catalog:case_list"))
    search = {"@type": "EntryPoint", "urlTemplate": f"{cases}?q={{q}}"}
    forms = {"csv": "text/csv", "json": "application/json", "atom": "application/atom+xml"}
    return [
        {
            "@context": "https://schema.org",
            "@type": "WebSite",
            "name": name,
            "url": absolute(reverse("catalog:home")),
            "inLanguage": "ja",
            "potentialAction": {
                "@type": "SearchAction",
                "target": search,
                "query-input": "required name=q",
            },
        },
        {
            "@context": "https://schema.org",
            "@type": "Dataset",
            "name": name,
            "description": "自治体のDXの取組を、手順のステップ、団体、人口とともにまとめたデータです。",
            "url": cases,
            "license": absolute(reverse("catalog:about")) + "#terms",
            "distribution": [
                {
                    "@type": "DataDownload",
                    "encodingFormat": media_type,
                    "contentUrl": absolute(reverse(f"catalog:case_list_{form}")),
                }
                for form, media_type in forms.items()
            ],
        },
    ]


def case_linked_data(case: Case, absolute: Absolute) -> dict[str, Any]:
    """`case` in schema.org's words, for search engines."""
    return {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": case.title,
        "url": absolute(case.get_absolute_url()),
        "inLanguage": "ja",
        "dateModified": timezone.localtime(case.updated_at).isoformat(timespec="seconds"),
        "about": [topic.title for topic in case.topics.all()],
        "contributor": [
            {"@type": "GovernmentOrganization", "name": row.body.full_name} for row in case.case_bodies.all()
        ],
        "isBasedOn": {"@type": "Report", "name": str(case.source), "publisher": case.source.publisher},
    }


def body_record(body: Body, absolute: Absolute) -> BodyRecord:
    """`body` as JSON-ready data, with the published cases that it carries out or is named in as similar.

    Load it with `BodyQuerySet.for_records()`.
    """
    return {
        **_facts(body),
        "region": Region(body.prefecture.region),
        "latitude": body.latitude,
        "longitude": body.longitude,
        "cases": [_mention(row.case, absolute) for row in body.case_bodies.all()],
        "similar_to": [_mention(row.case, absolute) for row in body.similar_to.all()],
    }


def facet_record(facet: Facet) -> FacetRecord:
    """The facet as JSON-ready data, without options that were not counted."""
    return {
        "name": facet.name,
        "label": facet.label,
        "options": [
            {"value": one.value, "label": one.label, "count": one.count, "selected": one.selected}
            for one in facet.options
            if one.count is not None
        ],
    }


def provenance(sources: list[Source]) -> Provenance:
    """How to cite the sources, and the terms that what comes from them is under."""
    return {
        "source": "、".join(source.citation for source in sources),
        "terms": "".join(source.terms for source in sources),
    }


def _case_body(case_body: CaseBody) -> CaseBodyRecord:
    return {**_facts(case_body.body), "note": case_body.note}


def _facts(body: Body) -> BodyFacts:
    return {
        "code": body.code,
        "name": body.name,
        "kana": body.kana,
        "kind": Kind(body.kind),
        "prefecture": _place(body.prefecture),
        "population": body.population,
        "population_as_of": body.population_as_of.isoformat() if body.population_as_of else None,
        "population_band": body.population_band.value,
    }


def _similar_body(similar: SimilarBody) -> SimilarBodyRecord:
    return {
        **_place(similar.body),
        "prefecture": _place(similar.body.prefecture),
        "note": similar.note,
        "url": similar.url or None,
    }


def _place(place: Body | Prefecture) -> PlaceRecord:
    return {"code": place.code, "name": place.name}


def _mention(case: Case, absolute: Absolute) -> CaseMention:
    return {"slug": case.slug, "url": absolute(case.get_absolute_url()), "title": case.title}
