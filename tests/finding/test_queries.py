"""A hundred queries as people type them, each with the cases that a reader of the casebook wants to see.

They were written from the casebook alone, before any result was seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.http import QueryDict

from catalog.finding.closest import closest_cases
from catalog.finding.query import CaseFilter

pytestmark = pytest.mark.django_db

QUERIES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("queries.yaml").read_text(encoding="utf-8")
)
SHOWN = 10


def shown(text: str) -> list[str]:
    """The slugs of a page: what is found, then what is closest where that is little."""
    given = QueryDict(mutable=True)
    given["q"] = text
    case_filter = CaseFilter(given)
    found = [document.record["slug"] for document in case_filter.all_documents()]
    closest = case_filter.index.read(closest_cases(case_filter, SHOWN).numbers)
    return [*found, *(document.record["slug"] for document in closest)]


def test_what_is_wanted_is_among_the_first_ten() -> None:
    """Recall within ten and the mean reciprocal rank; docs/benchmark.md says what they are to be."""
    assert len(QUERIES) == 100
    recalls, ranks = list[float](), list[float]()
    for query in QUERIES:
        wanted, slugs = set(query["wanted"]), shown(query["q"])
        recalls.append(len(wanted.intersection(slugs[:SHOWN])) / min(SHOWN, len(wanted)))
        ranks.append(next((1 / place for place, slug in enumerate(slugs, start=1) if slug in wanted), 0.0))
    assert sum(recalls) / len(recalls) >= 0.97
    assert sum(ranks) / len(ranks) >= 0.92
