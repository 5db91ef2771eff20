"""A second engine beside the product's: the contract read again, twice, to hold the first against.

`PlainCase` reads it in plain Python; `cases_by_sql` and what belongs to it in SQL on the rows that editors
write. Neither knows documents or bitmaps. The record, the extra facts and the searched texts of a case are
read from its rows, too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db import connection, models
from django.db.models import (
    Count,
    Expression,
    F,
    FloatField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import (
    ASin,
    Cast,
    Cos,
    Floor,
    Greatest,
    Least,
    Ln,
    Power,
    Radians,
    Round,
    Sin,
    Sqrt,
)
from django.utils import timezone

from catalog.finding.index import folded_synonyms
from catalog.finding.nearest import EARTH_DIAMETER_KM, LN_1_25, UNKNOWN_POPULATION, Target
from catalog.finding.search import Term, terms_of
from catalog.models import DOCUMENT_ORDER, Body, Case, CaseBody, LinkCheck, SimilarBody, bands

Query = dict[str, list[str]]  # the values of each parameter, all of them valid

PARAMETERS_OF_BODY = ("population", "region", "prefecture", "kind")


def cases_with_rows() -> QuerySet[Case]:
    """All cases, with every row that belongs to them, in a fixed number of queries."""
    rows = (
        Prefetch("case_bodies", CaseBody.objects.select_related("body__prefecture")),
        Prefetch("similar_bodies", SimilarBody.objects.select_related("body__prefecture")),
    )
    cases = Case.objects.select_related("section__step", "source")
    return cases.prefetch_related(*rows, "topics", "figures", "links")


# What a case says, from its rows


def record_of(case: Case) -> dict[str, Any]:
    """The record of the contract without `url` and `nearness`; `case` is one of `cases_with_rows`."""
    section, similar = case.section, case.similar_bodies.all()
    return {
        "slug": case.slug,
        "title": case.title,
        "step": {"number": section.step.number, "title": section.step.title},
        "section": {"id": section.pk, "title": section.title},
        "topics": [{"id": topic.slug, "title": topic.title} for topic in case.topics.all()],
        "points": case.points,
        "background": case.background,
        "approach": case.approach,
        "outcome": case.outcome,
        "figures": [{"label": figure.label, "value": figure.value} for figure in case.figures.all()],
        "bodies": [{**facts_of_body(row.body), "note": row.note} for row in case.case_bodies.all()],
        "links": [{"url": link.url, "label": link.label} for link in case.links.all()],
        "references": case.references,
        "similar": {
            "open_ended": case.similar_open_ended,
            "bodies": [
                {
                    "code": row.body.code,
                    "name": row.body.name,
                    "prefecture": {"code": row.body.prefecture.code, "name": row.body.prefecture.name},
                    "note": row.note,
                    "url": row.url or None,
                }
                for row in similar
            ],
        },
        "source": {
            "title": str(case.source),
            "page": case.page,
            "order": case.order,
            "heading": case.heading,
        },
        "updated_at": in_japan(case.updated_at),
    }


def facts_of_body(body: Body) -> dict[str, Any]:
    return {
        "code": body.code,
        "name": body.name,
        "kana": body.kana,
        "kind": body.kind,
        "prefecture": {"code": body.prefecture.code, "name": body.prefecture.name},
        "population": body.population,
        "population_as_of": body.population_as_of.isoformat() if body.population_as_of else None,
        "population_band": bands.band_of(body.population).value,
    }


def extra_of(case: Case, dead: Mapping[str, datetime]) -> dict[str, Any]:
    """What pages and files show of the case beside its record; `dead` is `dead_links()`."""
    urls = {link.url for link in case.links.all()} | {similar.url for similar in case.similar_bodies.all()}
    return {
        "status": case.status,
        "editor_note": case.editor_note,
        "publisher": case.source.publisher,
        "published_on": case.source.published_on.isoformat(),
        "terms": case.source.terms,
        "created_at": in_japan(case.created_at),
        "dead_links": {url: in_japan(dead[url]) for url in urls if url in dead},
    }


def dead_links() -> dict[str, datetime]:
    """When each address that no longer answers was last found dead."""
    return dict(LinkCheck.objects.filter(outcome="dead").values_list("url", "checked_at"))


def in_japan(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Texts:
    """What search reads of a case, by what a hit in it is worth; in no order of its lines."""

    title: list[str]
    head: list[str]
    rest: list[str]

    @property
    def lines(self) -> list[str]:
        return [*self.title, *self.head, *self.rest]


def texts_of(case: Case) -> Texts:
    bodies, similar = case.case_bodies.all(), case.similar_bodies.all()
    rest = [case.heading, case.background, case.approach, case.outcome, case.editor_note, *case.references]
    rest += [f"{figure.label} {figure.value}" for figure in case.figures.all()]
    rest += [*(topic.title for topic in case.topics.all()), *(row.note for row in bodies)]
    rest += [f"{row.body.prefecture.name}{row.body.name} {row.body.kana} {row.note}" for row in similar]
    return Texts([case.title], [*case.points, *map(names_of_body, (row.body for row in bodies))], rest)


def names_of_body(body: Body) -> str:
    prefecture = body.prefecture
    return f"{prefecture.name}{body.name} {prefecture.kana}{body.kana} {body.name} {body.kana}"


def fold_each(texts: Iterable[str]) -> list[str]:
    """The texts folded by the database, in their order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT array(SELECT fold(t) FROM unnest(%s::text[]) AS t)", [list(texts)])
        (folded,) = cursor.fetchone()
    return folded


# The contract in plain Python


@dataclass(frozen=True)
class PlainCase:
    """A case by its own values, by parameter, and by those of each of its bodies.

    `text` is what search reads, with the width and case of Latin letters made one: so words without synonyms
    that are no compounds are found in it as they stand.
    """

    slug: str
    text: str
    values: dict[str, set[str]]
    bodies: list[dict[str, str]]

    @classmethod
    def read(cls, case: Case) -> PlainCase:
        """The plain case of one of `cases_with_rows`."""
        own = {
            "source": {case.source.slug},
            "step": {str(case.section.step_id)},
            "section": {case.section_id},
            "topic": {topic.slug for topic in case.topics.all()},
        }
        bodies = [
            {
                "population": bands.band_of(row.body.population).value,
                "region": row.body.prefecture.region,
                "prefecture": row.body.prefecture_id,
                "kind": row.body.kind,
            }
            for row in case.case_bodies.all()
        ]
        text = unicodedata.normalize("NFKC", "\n".join(texts_of(case).lines)).casefold()
        return cls(case.slug, text, own, bodies)

    def matches(self, query: Query) -> bool:
        """OR within a parameter, AND between them; all that is asked of a body, of one and the same."""
        if any(word.casefold() not in self.text for word in words_in(query)):
            return False
        of_case = {name: values for name, values in query.items() if values and name in self.values}
        of_body = {name: values for name, values in query.items() if values and name in PARAMETERS_OF_BODY}
        return all(self.values[name] & set(values) for name, values in of_case.items()) and (
            not of_body
            or any(all(body[name] in values for name, values in of_body.items()) for body in self.bodies)
        )


def words_in(query: Query) -> list[str]:
    return " ".join(query.get("q", [])).split()


def plain_cases() -> list[PlainCase]:
    """The published cases in document order."""
    return [
        PlainCase.read(case)
        for case in cases_with_rows().filter(status="published").order_by(*DOCUMENT_ORDER)
    ]


# The contract in SQL on the rows

CONDITIONS_OF_CASE: dict[str, Callable[[list[str]], Q]] = {
    "source": lambda values: Q(source__slug__in=values),
    "step": lambda values: Q(section__step__in=values),
    "section": lambda values: Q(section__in=values),
    "topic": lambda values: Q(
        pk__in=Case.topics.through.objects.filter(topic__slug__in=values).values("case")
    ),
}
CONDITIONS_OF_BODY: dict[str, Callable[[list[str]], Q]] = {
    "population": lambda values: reduce(
        or_, (bands.BY_VALUE[value].condition("body__population") for value in values)
    ),
    "population_min": lambda values: Q(body__population__gte=int(values[0])),
    "population_max": lambda values: Q(body__population__lte=int(values[0])),
    "region": lambda values: Q(body__prefecture__region__in=values),
    "prefecture": lambda values: Q(body__prefecture__in=values),
    "kind": lambda values: Q(body__kind__in=values),
    "body": lambda values: Q(body__in=values),
}
FACETS: dict[str, Any] = {
    "step": F("section__step"),
    "section": F("section"),
    "population": bands.value_expression("body__population"),
    "region": F("body__prefecture__region"),
    "prefecture": F("body__prefecture"),
    "kind": F("body__kind"),
}


def cases_by_sql(query: Query, *, except_for: str = "") -> QuerySet[Case]:
    """The published cases that satisfy every filter of the query but the one named, in no order.

    Words are looked for in the texts as they were at `keep_texts`.
    """
    cases = Case.objects.filter(status="published").order_by()
    for name, condition in CONDITIONS_OF_CASE.items():
        if name != except_for and any(query.get(name, [])):
            cases = cases.filter(condition(query[name]))
    if asked_of_body := conditions_of_body(query, except_for=except_for):
        having = CaseBody.objects.filter(reduce(and_, asked_of_body))
        cases = cases.filter(pk__in=having.values("case"))
    if words_in(query):
        cases = cases.filter(pk__in=RawSQL(*with_words(terms_in(query))))
    return cases


def conditions_of_body(query: Query, *, except_for: str = "") -> list[Q]:
    """What the filters of the query but the one named ask of one body, stated on `CaseBody`."""
    return [
        condition(query[name])
        for name, condition in CONDITIONS_OF_BODY.items()
        if name != except_for and any(query.get(name, []))
    ]


def counts_by_sql(query: Query, facet: str) -> dict[str, int]:
    """The counts of a facet above 0, by value."""
    cases = cases_by_sql(query, except_for=facet)
    if facet == "topic":
        pairs = Case.topics.through.objects.filter(case__in=cases).values_list("topic__slug")
        return dict(pairs.annotate(Count("case", distinct=True)))
    if facet not in PARAMETERS_OF_BODY:
        counted = cases.annotate(value=FACETS[facet]).values_list("value").annotate(Count("pk"))
        return {str(value): count for value, count in counted}
    bodies = CaseBody.objects.filter(*conditions_of_body(query, except_for=facet), case__in=cases).order_by()
    return dict(
        bodies.annotate(value=FACETS[facet]).values_list("value").annotate(Count("case", distinct=True))
    )


def ordered_by_sql(query: Query) -> QuerySet[Case]:
    """The cases of the query in the order it asks for."""
    cases, target, terms = cases_by_sql(query), target_in(query), terms_in(query)
    default = "nearest" if target else "relevance" if terms else "document"
    sort = next(iter(query.get("sort", [])), default)
    match sort if (sort, target) != ("nearest", None) and (sort, terms) != ("relevance", []) else default:
        case "nearest":
            assert target
            return nearest_by_sql(cases, target)
        case "relevance":
            return cases.annotate(rank=rank_by_sql(terms)).order_by("rank", *DOCUMENT_ORDER)
        case "population":
            return by_population(cases, F("body__population").asc(nulls_last=True))
        case "-population":
            return by_population(cases, F("body__population").desc(nulls_last=True), descending=True)
        case "-updated":
            return cases.order_by("-updated_at", *DOCUMENT_ORDER)
    return cases.order_by(*DOCUMENT_ORDER)


def by_population(cases: QuerySet[Case], first: Any, *, descending: bool = False) -> QuerySet[Case]:
    """By the body that comes first; cases without a known population come last."""
    bodies = CaseBody.objects.filter(case=OuterRef("pk")).order_by(first)
    persons = F("persons").desc(nulls_last=True) if descending else F("persons").asc(nulls_last=True)
    return cases.annotate(persons=Subquery(bodies.values("body__population")[:1])).order_by(
        persons, *DOCUMENT_ORDER
    )


def nearest_by_sql(cases: QuerySet[Case], target: Target) -> QuerySet[Case]:
    """Nearest first, by the nearest body of each case."""
    bodies = CaseBody.objects.filter(case=OuterRef("pk")).annotate(score=score(target)).order_by("score")
    scored = cases.annotate(score=Subquery(bodies.values("score")[:1]))
    return scored.order_by(F("score").asc(nulls_last=True), *DOCUMENT_ORDER)


def target_in(query: Query) -> Target | None:
    codes, populations = query.get("near", []), query.get("near_population", [])
    body = Body.objects.select_related("prefecture").get(pk=codes[0]) if codes else None
    population = int(populations[0]) if populations else None
    return Target(body, population) if body or population else None


def score(target: Target, prefix: str = "body__") -> Expression:
    """How far a `CaseBody` is from the target, or with an empty prefix a `Body`: see `Target.score`."""
    total: Any = Value(0.0)
    if target.population:
        steps = ratio_in_steps(target.population, prefix)
        total += Floor(steps if target.body else steps * 100.0) * 10_000_000.0
    if target.body:
        total += differs(prefix, kind=target.body.kind) * 4_000_000.0
        total += differs(prefix, prefecture=target.body.prefecture_id) * 2_000_000.0
        total += differs(prefix, prefecture__region=target.body.prefecture.region) * 1_000_000.0
        total += distance_km(target.body, prefix)
    return Cast(total, FloatField())


def ratio_in_steps(population: int, prefix: str) -> Expression:
    theirs, own = Cast(f"{prefix}population", FloatField()), Value(float(population))
    steps = Ln(Greatest(theirs, own) / Least(theirs, own)) / LN_1_25
    return models.Case(
        models.When(Q((f"{prefix}population", None)), then=Value(UNKNOWN_POPULATION)),
        default=steps,
        output_field=FloatField(),
    )


def differs(prefix: str, **fields: Any) -> Expression:
    same = Q(**{f"{prefix}{name}": value for name, value in fields.items()})
    return models.Case(models.When(same, then=Value(0.0)), default=Value(1.0), output_field=FloatField())


def distance_km(body: Body, prefix: str = "body__") -> Expression:
    """The great-circle distance to `body` (haversine formula), in km with one decimal."""
    latitude, longitude = Value(body.latitude), Value(body.longitude)
    across = Power(Sin(Radians((F(f"{prefix}latitude") - latitude) / 2.0)), 2)
    along = Power(Sin(Radians((F(f"{prefix}longitude") - longitude) / 2.0)), 2)
    shrunk = Cos(Radians(latitude)) * Cos(Radians(F(f"{prefix}latitude")))
    chord = Least(Sqrt(across + along * shrunk), Value(1.0))
    return Round(Cast(ASin(chord) * EARTH_DIAMETER_KM, FloatField()) * 10.0) / 10.0


# Search in SQL on the texts of the rows


def keep_texts() -> None:
    """Reads the texts of all cases from their rows, for the searches of this transaction."""
    cases = list(cases_with_rows())
    texts = [
        (case.pk, *("\n".join(lines) for lines in (text.title, text.head, text.lines)))
        for case in cases
        for text in [texts_of(case)]
    ]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS kept_texts")
        cursor.execute(
            "CREATE TEMPORARY TABLE kept_texts ON COMMIT DROP AS"
            " SELECT case_id, fold(title) AS title, fold(head) AS head, fold(whole) AS whole"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])"
            " AS texts (case_id, title, head, whole)",
            [list(column) for column in zip(*texts, strict=True)] if texts else [[], [], [], []],
        )


def terms_in(query: Query) -> list[Term]:
    return terms_of(" ".join(query.get("q", [])), folded_synonyms())


def with_words(terms: list[Term]) -> tuple[str, list[str]]:
    """A statement that gives the cases in which every term is found; none where there is no term."""
    conditions, words = ["true" if terms else "false"], list[str]()
    for term in terms:
        exact, loose = has_any("whole", term.variants), has_all("whole", term.pieces)
        conditions.append(f"({exact} OR {loose})")
        words += [*term.variants, *term.pieces]
    return f"SELECT case_id FROM kept_texts WHERE {' AND '.join(conditions)}", words


def rank_by_sql(terms: list[Term]) -> Expression:
    """Where hits stand: for each term 0 in the title, 1 in points and names, 2 elsewhere, 3 in parts."""
    ranks, words = [], list[str]()
    for term in terms:
        whens = " ".join(
            f"WHEN {has_any(column, term.variants)} THEN {rank}"
            for rank, column in enumerate(("title", "head", "whole"))
        )
        ranks.append(f"CASE {whens} ELSE 3 END")
        words += term.variants * 3
    return RawSQL(f"SELECT {' + '.join(ranks)} FROM kept_texts WHERE case_id = catalog_case.id", words)


def has_any(column: str, words: Iterable[str]) -> str:
    return f"({' OR '.join(f'strpos({column}, %s) > 0' for _ in words) or 'false'})"


def has_all(column: str, words: Iterable[str]) -> str:
    return f"({' AND '.join(f'strpos({column}, %s) > 0' for _ in words) or 'false'})"
