"""A case as data: the one outward shape (contract, section 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from catalog.models import Body, Case, CaseBody, Prefecture, SimilarBody


def case_record(case: Case, absolute: Callable[[str], str]) -> dict[str, Any]:
    """`case` as JSON-ready data, with `absolute` turning a path into an address.

    Load the case with `CaseQuerySet.for_records()`. Populations are persons, dates ISO 8601, unknown is null.
    `nearness` is there only in a list ordered by it.
    """
    record = {
        "slug": case.slug,
        "url": absolute(case.get_absolute_url()),
        "title": case.title,
        "step": {"number": case.step.value, "title": case.step.label},
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
    return {**record, "nearness": case.nearness.as_data()} if case.nearness else record


def _case_body(case_body: CaseBody) -> dict[str, Any]:
    body = case_body.body
    return {
        **_named(body),
        "kana": body.kana,
        "kind": body.kind,
        "prefecture": _prefecture(body.prefecture),
        "population": body.population,
        "population_as_of": body.population_as_of and body.population_as_of.isoformat(),
        "population_band": body.population_band.value,
        "note": case_body.note,
    }


def _similar_body(similar: SimilarBody) -> dict[str, Any]:
    return {
        **_named(similar.body),
        "prefecture": _prefecture(similar.body.prefecture),
        "note": similar.note,
        "url": similar.url or None,
    }


def _named(body: Body) -> dict[str, str]:
    return {"code": body.code, "name": body.name}


def _prefecture(prefecture: Prefecture) -> dict[str, str]:
    return {"code": prefecture.code, "name": prefecture.name}
