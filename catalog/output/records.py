"""What answers as data besides cases: bodies, facets, pages of results, and what search engines read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict

from pyroaring import BitMap

from catalog.documents.addresses import identifier, url
from catalog.documents.reading import Document, read_titles
from catalog.documents.records import (
    Absolute,
    BodyFacts,
    CaseRecord,
    SuccessorRecord,
    name_in_full,
)
from catalog.finding.facets import Facet
from catalog.finding.index import Index
from catalog.finding.query import CaseFilter
from catalog.models import Body, Kind, Region, Source, SourceKind, in_brackets


class CaseMention(TypedDict):
    slug: str
    url: str
    title: str


class BodyRecord(BodyFacts):
    region: Region
    latitude: float | None
    longitude: float | None
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


class UnderstoodRecord(TypedDict):
    """A phrase of `q` that acts as a parameter."""

    text: str
    parameter: str
    value: str


class NamedBodyRecord(TypedDict):
    """A body that a word of `q` is the name of, with how many cases it carries out and how many name it."""

    code: str
    name: str
    cases: int
    mentions: int


class AboutWords(TypedDict):
    """How the words of a query were taken."""

    understood: list[UnderstoodRecord]
    named_bodies: list[NamedBodyRecord]


class CaseListRecord(PageRecord, Provenance, AboutWords):
    query: str
    facets: list[FacetRecord]
    results: list[CaseRecord]


class BodyListRecord(PageRecord):
    results: list[BodyRecord]


class Errors(TypedDict):
    errors: dict[str, list[str]]


def body_records(bodies: Iterable[Body], index: Index, absolute: Absolute) -> list[BodyRecord]:
    """The bodies as JSON-ready data, each with the published cases that it carries out or is named in."""
    listed = [(body, *index.cases_and_mentions(body.code)) for body in bodies]
    numbering, mentioned = index.numbering, BitMap()
    for _, cases, mentions in listed:
        mentioned |= cases | mentions
    titles = read_titles(map(numbering.key, mentioned))

    def mentions_of(cases: BitMap) -> list[CaseMention]:
        keys = map(numbering.key, numbering.in_order(cases, slice(0, len(cases))))
        known = (titles[key] for key in keys if key in titles)
        return [
            {"slug": slug, "url": absolute(url("catalog:case_detail", slug)), "title": title}
            for slug, title in known
        ]

    return [
        {
            **facts_of(body),
            "region": Region(body.prefecture.region),
            "latitude": body.latitude,
            "longitude": body.longitude,
            "cases": mentions_of(cases),
            "similar_to": mentions_of(mentions),
        }
        for body, cases, mentions in listed
    ]


def facts_of(body: Body) -> BodyFacts:
    """What the record of a case says of a body of it, too."""
    return {
        "code": body.code,
        "name": body.name,
        "kana": body.kana,
        "kind": Kind(body.kind),
        "prefecture": {"code": body.prefecture.code, "name": body.prefecture.name},
        "population": body.population,
        "population_as_of": body.population_as_of.isoformat() if body.population_as_of else None,
        "population_source": body.population_source.title if body.population_source else None,
        "population_band": body.population_band,
        "website": body.website,
        "telephone": body.telephone,
        "address": body.address,
        "abolished_on": body.abolished_on.isoformat() if body.abolished_on else None,
        "successor": successor_record(body.successor) if body.successor else None,
    }


def successor_record(body: Body) -> SuccessorRecord:
    return {"code": body.code, "name": body.name, "prefecture": body.prefecture.name}


def about_words(case_filter: CaseFilter) -> AboutWords:
    return {
        "understood": [
            {"text": one.text, "parameter": one.parameter, "value": one.value}
            for one in case_filter.understood
        ],
        "named_bodies": [
            {"code": body.code, "name": body.name, "cases": body.case_count, "mentions": body.mention_count}
            for body in case_filter.named_bodies
        ],
    }


def facet_record(facet: Facet) -> FacetRecord:
    """The facet of a valid query as JSON-ready data."""
    return {
        "name": facet.name,
        "label": facet.label,
        "options": [
            {"value": one.value, "label": one.label, "count": one.count or 0, "selected": one.selected}
            for one in facet.options
        ],
    }


def provenance(sources: Iterable[Source]) -> Provenance:
    """How to cite the sources, and the terms that what comes from them is under."""
    listed = list(sources)
    return {
        "source": "、".join(source.citation for source in listed),
        "terms": join_terms((in_brackets(str(source), source.kind), source.terms) for source in listed),
    }


def join_terms(of_sources: Iterable[tuple[str, str]]) -> str:
    """The terms of sources, each given by its title; where they differ, a line each with whose they are."""
    titles: dict[str, list[str]] = {}
    for title, terms in dict.fromkeys(of_sources):
        titles.setdefault(terms, []).append(title)
    if len(titles) < 2:
        return "".join(titles)
    return "\n".join(f"{'、'.join(whose)}：{terms}" for terms, whose in titles.items())


# schema.org's words for the kinds of sources.
TYPES_OF_SOURCES = {
    SourceKind.CASEBOOK: "Report",
    SourceKind.REPORT: "Report",
    SourceKind.WEB_PAGE: "WebPage",
}


def case_linked_data(document: Document, absolute: Absolute) -> dict[str, Any]:
    """A case in schema.org's words, for search engines."""
    record = document.record
    return {
        "@context": "https://schema.org",
        "@type": "Article",
        "@id": identifier(document.path),
        "identifier": record["slug"],
        "headline": record["title"],
        "url": absolute(document.path),
        "inLanguage": "ja",
        "dateModified": record["updated_at"],
        "about": [topic["title"] for topic in record["topics"]],
        "contributor": [
            {"@type": "GovernmentOrganization", "name": name_in_full(body)} for body in record["bodies"]
        ],
        "isBasedOn": {
            "@type": TYPES_OF_SOURCES[record["source"]["kind"]],
            "name": record["source"]["title"],
            "publisher": document.extra["publisher"],
        },
    }
