"""A second engine beside the product's: the contract read again, twice, to hold the first against.

`PlainCase` reads it in plain Python; `cases_by_sql` and what belongs to it in SQL on the rows that editors
write. Neither knows documents or bitmaps. The record, the extra facts and the searched texts of a case are
read from its rows, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from math import log2
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
    Coalesce,
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

from catalog.finding.lists import groups_of_words, names_of, synonyms_of
from catalog.finding.nearest import (
    EARTH_DIAMETER_KM,
    LN_1_25,
    UNKNOWN_DISTANCE_KM,
    UNKNOWN_POPULATION,
    Target,
)
from catalog.finding.search import READING, Term, folded_of, is_whole, terms_of
from catalog.finding.sentences import is_empty
from catalog.models import (
    DOCUMENT_ORDER,
    Body,
    Case,
    CaseBody,
    Confirmation,
    Fact,
    Followed,
    LinkCheck,
    Population,
    SimilarBody,
    bands,
    content_of_case,
)

Query = dict[str, list[str]]  # the values of each parameter, all of them valid

PARAMETERS_OF_BODY = ("population", "region", "prefecture", "kind")


def cases_with_rows() -> QuerySet[Case]:
    """All cases, with every row that belongs to them, in a fixed number of queries."""
    rows = (
        Prefetch(
            "case_bodies",
            CaseBody.objects.select_related(
                "body__prefecture", "body__population_source", "body__successor__prefecture"
            ),
        ),
        Prefetch("similar_bodies", SimilarBody.objects.select_related("body__prefecture")),
    )
    cases = Case.objects.select_related("section__step", "source")
    named = Prefetch("followed", Followed.objects.select_related("body__prefecture"))
    return cases.prefetch_related(*rows, named, "topics", "facts", "figures", "links", "confirmations")


# What a case says, from its rows


def record_of(case: Case) -> dict[str, Any]:
    """The record of the contract without `url` and `nearness`; `case` is one of `cases_with_rows`."""
    section, similar = case.section, case.similar_bodies.all()
    assert section
    assert case.source  # as all that is public has both
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
        "facts": [
            {
                "kind": fact.kind,
                "label": fact.label,
                "before": number_in_json(fact.before),
                "value": number_in_json(fact.value),
                "unit": fact.unit,
                "text": fact.text,
                "grade": fact.grade,
                **place_of(fact),
            }
            for fact in case.facts.all()
        ],
        "bodies": [
            {**facts_of_body(row.body), "note": row.note, "contact": contact_of(row)}
            for row in case.case_bodies.all()
        ],
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
        "followed": [
            {
                "role": row.role,
                "code": row.body.code,
                "name": row.body.name,
                "prefecture": {"code": row.body.prefecture.code, "name": row.body.prefecture.name},
                "note": row.note,
                **place_of(row),
            }
            for row in case.followed.all()
        ],
        "year": case.year,
        "source": {
            "title": str(case.source),
            "kind": case.source.kind,
            "url": case.source.url,
            "page": case.page,
            "order": case.order,
            "heading": case.heading,
        },
        "confirmed": confirmed_of(case),
        "updated_at": in_japan(case.updated_at),
    }


def number_in_json(number: Decimal | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if number == int(number) else float(number)


def place_of(row: Fact | Followed) -> dict[str, Any]:
    return {
        "page": row.page,
        "answered_by": row.answered_by_id,
        "answered_on": row.answered_on.isoformat() if row.answered_on else None,
    }


def confirmed_of(case: Case) -> list[dict[str, str]]:
    """The bodies whose last answer about what the case says now is that it is right."""
    last: dict[str, Confirmation] = {}
    answered = [one for one in case.confirmations.all() if one.answered_at and not one.revoked_at]
    for one in sorted(answered, key=lambda one: str(one.answered_at)):
        if one.content == content_of_case(case.pk):
            last[one.body_id] = one
    codes = [row.body_id for row in case.case_bodies.all()]
    right = [last[code] for code in codes if code in last and last[code].verdict == "right"]
    return [{"body": one.body_id, "month": in_japan(one.answered_at)[:7]} for one in right]  # type: ignore[arg-type]


def facts_of_body(body: Body) -> dict[str, Any]:
    return {
        "code": body.code,
        "name": body.name,
        "kana": body.kana,
        "kind": body.kind,
        "prefecture": {"code": body.prefecture.code, "name": body.prefecture.name},
        "population": body.population,
        "population_as_of": body.population_as_of.isoformat() if body.population_as_of else None,
        "population_source": body.population_source.title if body.population_source else None,
        "population_band": bands.band_of(body.population).value,
        "website": body.website,
        "telephone": body.telephone,
        "address": body.address,
        "abolished_on": body.abolished_on.isoformat() if body.abolished_on else None,
        "successor": body.successor
        and {
            "code": body.successor.code,
            "name": body.successor.name,
            "prefecture": body.successor.prefecture.name,
        },
    }


def contact_of(row: CaseBody) -> dict[str, str] | None:
    if row.contact_checked_on is None:
        return None
    return {
        "section": row.contact_section,
        "telephone": row.contact_telephone,
        "email": row.contact_email,
        "checked_on": row.contact_checked_on.isoformat(),
    }


def current_population(body: Body) -> Population | None:
    """Of the latest day; of two of one day that of the source first in order."""
    rows = body.populations.select_related("source")
    order = [(-row.as_of.toordinal(), row.source.position, row.source.pk, row) for row in rows]
    return min(order, key=lambda one: one[:3])[3] if order else None


def extra_of(case: Case, dead: Mapping[str, datetime]) -> dict[str, Any]:
    """What pages and files show of the case beside its record; `dead` is `dead_links()`."""
    assert case.source
    urls = {link.url for link in case.links.all()} | {similar.url for similar in case.similar_bodies.all()}
    return {
        "status": case.status,
        "editor_note": case.editor_note,
        "publisher": case.source.publisher,
        "published_on": case.source.published_on and case.source.published_on.isoformat(),
        "read_on": case.source.read_on and case.source.read_on.isoformat(),
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
    kana: list[str]
    similar_kana: list[str]

    @property
    def lines(self) -> list[str]:
        return [*self.title, *self.head, *self.rest]


def texts_of(case: Case) -> Texts:
    bodies = case.case_bodies.all()
    similar: list[Any] = [*case.similar_bodies.all(), *case.followed.all()]
    rest = [case.heading, case.background, case.approach, case.outcome, case.editor_note, *case.references]
    assert case.section
    rest += [case.section.title, case.section.step.title]
    rest += [f"{figure.label} {figure.value}" for figure in case.figures.all()]
    rest += [f"{fact.label} {fact.text}" for fact in case.facts.all()]
    rest += [*(topic.title for topic in case.topics.all()), *(row.note for row in bodies)]
    rest += [f"{row.body.prefecture.name}{row.body.name} {row.body.kana} {row.note}" for row in similar]
    names = [names_of_body(row.body) for row in bodies]
    kana, similar_kana = ([row.body.kana for row in rows] for rows in (bodies, similar))
    return Texts([case.title], [*case.points, *names], rest, kana, similar_kana)


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
        assert case.source
        assert case.section
        own = {
            "source": {case.source.slug},
            "year": {"unknown" if case.year is None else str(case.year)},
            "step": {str(case.section.step_id)},
            "section": {case.section.pk},
            "topic": {topic.slug for topic in case.topics.all()},
            "effect": {"1" for fact in case.facts.all() if fact.kind == "effect" and fact.value is not None},
            "cost": {"1" for fact in case.facts.all() if fact.kind.startswith("cost_")},
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

    def has(self, word: str) -> bool:
        """Words of katakana or of Latin letters are no part of a longer one."""
        plain = word.casefold()
        return plain in (WHOLE_WORD.findall(self.text) if WHOLE_WORD.fullmatch(plain) else self.text)

    def matches(self, query: Query) -> bool:
        """OR within a parameter, AND between them; all that is asked of a body, of one and the same."""
        if not all(map(self.has, words_in(query))):
            return False
        of_case = {name: values for name, values in query.items() if values and name in self.values}
        of_body = {name: values for name, values in query.items() if values and name in PARAMETERS_OF_BODY}
        return all(self.values[name] & set(values) for name, values in of_case.items()) and (
            not of_body
            or any(all(body[name] in values for name, values in of_body.items()) for body in self.bodies)
        )


WHOLE_WORD = re.compile("[ァ-ヺ][ァ-ヺー]*|[a-z][a-z0-9]*")


def words_in(query: Query) -> list[str]:
    return " ".join(query.get("q", [])).split()


def plain_cases() -> list[PlainCase]:
    """The published cases in document order."""
    return [
        PlainCase.read(case)
        for case in cases_with_rows().filter(status="published").order_by(*DOCUMENT_ORDER)
    ]


# The contract in SQL on the rows

EFFECT_WITH_NUMBER = Q(kind="effect", value__isnull=False)
ANY_COST = Q(kind__in=["cost_initial", "cost_yearly"])
CONDITIONS_OF_CASE: dict[str, Callable[[list[str]], Q]] = {
    "source": lambda values: Q(source__slug__in=values),
    "year": lambda values: (
        Q(year__in=[value for value in values if value != "unknown"])
        | (Q(year=None) if "unknown" in values else Q(pk=None))
    ),
    "step": lambda values: Q(section__step__in=values),
    "section": lambda values: Q(section__in=values),
    "topic": lambda values: Q(
        pk__in=Case.topics.through.objects.filter(topic__slug__in=values).values("case")
    ),
    "effect": lambda _: Q(pk__in=Fact.objects.filter(EFFECT_WITH_NUMBER).values("case")),
    "cost": lambda _: Q(pk__in=Fact.objects.filter(ANY_COST).values("case")),
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
    "source": F("source__slug"),
    "year": RawSQL("coalesce(year::text, 'unknown')", []),
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
    if facet in ("effect", "cost"):
        stating = cases.filter(CONDITIONS_OF_CASE[facet]([])).count()
        return {"1": stating} if stating else {}
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
            called = called_by_sql(terms) if len(terms) == 1 else Value(1)
            return cases.annotate(called=called, rank=rank_by_sql(terms)).order_by(
                "called", "rank", *DOCUMENT_ORDER
            )
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
        total += Coalesce(distance_km(target.body, prefix), UNKNOWN_DISTANCE_KM)
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
    """The great-circle distance to `body` (haversine formula), in km with one decimal; null where unknown."""
    if body.latitude is None:
        return Cast(Value(None), FloatField())
    latitude, longitude = Value(body.latitude), Value(body.longitude)
    across = Power(Sin(Radians((F(f"{prefix}latitude") - latitude) / 2.0)), 2)
    along = Power(Sin(Radians((F(f"{prefix}longitude") - longitude) / 2.0)), 2)
    shrunk = Cos(Radians(latitude)) * Cos(Radians(F(f"{prefix}latitude")))
    chord = Least(Sqrt(across + along * shrunk), Value(1.0))
    distance = Round(Cast(ASin(chord) * EARTH_DIAMETER_KM, FloatField()) * 10.0) / 10.0
    # LEAST leaves out what is null.
    is_known = Q((f"{prefix}latitude__isnull", False))
    return models.Case(models.When(is_known, then=distance), output_field=FloatField())


# Search in SQL on the texts of the rows


def keep_texts() -> None:
    """Reads the texts of all cases from their rows, for the searches of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS kept_texts")
        columns = ", ".join(
            f"{name} text, {name}_words text[], {name}_kana text[]" for name in ("title", "head", "whole")
        )
        cursor.execute(f"CREATE TEMPORARY TABLE kept_texts (case_id bigint, {columns}) ON COMMIT DROP")
        rows = [(case.pk, *of_parts(texts_of(case))) for case in cases_with_rows()]
        one = "fold(%s), array(SELECT fold(w) FROM unnest(%s::text[]) AS w), %s::text[]"
        cursor.executemany(f"INSERT INTO kept_texts VALUES (%s, {one}, {one}, {one})", rows)


def of_parts(texts: Texts) -> Iterator[Any]:
    """For title, head and whole: the text, the words in it that are found whole, the readings of names."""
    of_both = [*texts.kana, *texts.similar_kana]
    for lines, kana in ((texts.title, []), (texts.head, texts.kana), (texts.lines, of_both)):
        text = "\n".join(lines)
        yield from (text, whole_words_in(text), kana)


def whole_words_in(text: str) -> list[str]:
    return WHOLE_WORD.findall(unicodedata.normalize("NFKC", text).lower())


def terms_in(query: Query) -> list[Term]:
    text = " ".join(query.get("q", []))
    terms = (
        terms_of(text, synonyms_of(groups_of_words(), names_of(Body.objects.all())), is_found) if text else []
    )
    return [term for term in terms if not is_empty(term.typed)] or terms


def is_found(term: Term) -> bool:
    """Whether some published case has the term in one piece."""
    published = "SELECT 1 FROM kept_texts JOIN catalog_case ON id = case_id AND status = 'published'"
    with connection.cursor() as cursor:
        condition, values = has_any("whole", term.variants)
        cursor.execute(f"SELECT EXISTS ({published} WHERE {condition})", values)
        return cursor.fetchone()[0]


def with_words(terms: list[Term]) -> tuple[str, list[str]]:
    """A statement that gives the cases in which every term is found; none where there is no term."""
    conditions, words = ["true" if terms else "false"], list[str]()
    for term in terms:
        exact, values = has_any("whole", term.variants)
        loose, more = has_each("whole", term.pieces)
        conditions.append(f"({exact} OR {loose})")
        words += [*values, *more]
    return f"SELECT case_id FROM kept_texts WHERE {' AND '.join(conditions)}", words


APART = 1_000_000  # more than any sum of ranks


def rank_by_sql(terms: list[Term]) -> Expression:
    """Where hits stand: for each term 0 in the title, 1 in points and names, 2 elsewhere, 3 in parts.

    Each counts by its weight; a hit in parts puts the case behind all that have none.
    """
    ranks, words = [], list[str]()
    for term in terms:
        of_word, whens = weight_by_sql(term), ""
        for rank, column in enumerate(("title", "head", "whole")):
            condition, values = has_any(column, term.variants)
            whens += f" WHEN {condition} THEN {rank * of_word}"
            words += values
        ranks.append(f"CASE{whens} ELSE {3 * of_word + APART} END")
    total = f"SELECT {' + '.join(ranks)} AS total FROM kept_texts WHERE case_id = catalog_case.id"
    # However many words stand apart, the case is behind once.
    once = f"least(total / {APART}, 1) * {APART} + mod(total, {APART})"
    return RawSQL(f"SELECT {once} FROM ({total}) AS summed", words)


def called_by_sql(terms: list[Term]) -> Expression:
    """0 for a case of a step, section, topic or source whose title the one word is, else 1."""
    titles = (
        "SELECT step.title FROM catalog_section s JOIN catalog_step step ON step.number = s.step_id"
        " WHERE s.id = catalog_case.section_id"
        " UNION SELECT title FROM catalog_section WHERE id = catalog_case.section_id"
        " UNION SELECT title FROM catalog_source WHERE id = catalog_case.source_id"
        " UNION SELECT topic.title FROM catalog_topic topic JOIN catalog_case_topics of_case"
        " ON of_case.topic_id = topic.id WHERE of_case.case_id = catalog_case.id"
    )
    is_called = f"EXISTS (SELECT FROM ({titles}) AS titles WHERE fold(title) = fold(%s))"
    return RawSQL(f"CASE WHEN {is_called} THEN 0 ELSE 1 END", [terms[0].typed])


def weight_by_sql(term: Term) -> int:
    """1, and one more each time that half as many of the published cases have the term."""
    having, words = with_words([term])
    published = Case.objects.published()
    found = published.filter(pk__in=RawSQL(having, words)).count()
    return round(log2(1 + published.count() / found)) if found else 0


def has_any(column: str, variants: Iterable[str]) -> tuple[str, list[str]]:
    """The condition that a part of the texts has one of the variants, with its values."""
    conditions, values = list[str](), list[str]()
    for variant in variants:
        word = folded_of(variant)
        if is_whole(variant):
            conditions.append(f"%s = ANY ({column}_words)")
            values.append(word)
            if READING in variant:
                conditions.append(
                    f"EXISTS (SELECT FROM unnest({column}_kana) AS k WHERE starts_with(fold(k), %s))"
                )
                values.append(word)
        else:
            conditions.append(f"strpos({column}, %s) > 0")
            values.append(word)
    return f"({' OR '.join(conditions) or 'false'})", values


def has_each(column: str, lists: Iterable[Iterable[str]]) -> tuple[str, list[str]]:
    """The condition that it has one of each list, with its values; false where there is no list."""
    asked = [has_any(column, variants) for variants in lists]
    condition = " AND ".join(condition for condition, _ in asked) or "false"
    return f"({condition})", [value for _, values in asked for value in values]
