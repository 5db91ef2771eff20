"""What the document of a case says, as types: the contract's record (docs/contract.md, 3), and extra facts.

The database makes the values (migrations/sql/0001_documents.sql); the API's schema is made from the types
(see `output.api.Shape`), so record, type and schema cannot part. The types of the record have no docstrings:
the schema would print them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypedDict

from catalog.models import Kind

Absolute = Callable[[str], str]  # turns a path of this site into an address


class StepRecord(TypedDict):
    number: Literal[0, 1, 2, 3]
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


class Extra(TypedDict):
    """What pages and files show of a case beside its record; dates and times are ISO 8601."""

    status: str
    editor_note: str
    publisher: str
    published_on: str
    terms: str
    created_at: str
    dead_links: dict[str, str]  # when each address that no longer answers was last found dead


def name_in_full(body: CaseBodyRecord | SimilarBodyRecord) -> str:
    """The name with that of the prefecture, which tells namesakes apart; of a prefecture its name."""
    prefecture, name = body["prefecture"]["name"], body["name"]
    return name if name == prefecture else f"{prefecture}{name}"
