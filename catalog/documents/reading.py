"""Documents as readers' pages and files take them from the database."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.urls import reverse

from catalog.documents.records import Absolute, CaseRecord, Extra
from catalog.models import CaseDocument


@dataclass(frozen=True)
class Document:
    """What a reader can be shown of a case.

    `record` is the contract's record without `url` and `nearness`, which `with_url` and lists add.
    """

    key: int
    record: CaseRecord
    extra: Extra

    @property
    def path(self) -> str:
        return reverse("catalog:case_detail", args=[self.record["slug"]])

    @property
    def citation(self) -> str:
        """How to cite the case: the source, its page, and that it has been reworked."""
        source = self.record["source"]
        return f"出典：『{source['title']}』、p.{source['page']}（{self.extra['publisher']}）を加工して作成"

    def with_url(self, absolute: Absolute) -> CaseRecord:
        """The record with its address, as the contract has it."""
        record = {"slug": self.record["slug"], "url": absolute(self.path), **self.record}
        return record  # type: ignore[return-value]


def read_documents(keys: Iterable[int]) -> list[Document]:
    """The documents of the cases with these keys, in their order; of a case that is gone there is none."""
    wanted = list(keys)
    found = {document.key: document for document in _read(CaseDocument.objects.filter(pk__in=wanted))}
    return [found[key] for key in wanted if key in found]


def read_public(slugs: Iterable[str]) -> list[Document]:
    """The documents of the published cases with these slugs, in their order; an unknown slug has none."""
    wanted = list(slugs)
    rows = (
        CaseDocument.objects.filter(is_public=True, slug__in=wanted)
        if wanted
        else CaseDocument.objects.none()
    )
    found = {document.record["slug"]: document for document in _read(rows)}
    return [found[slug] for slug in wanted if slug in found]


def _read(rows: QuerySet[Any]) -> Iterable[Document]:
    for key, record, extra in rows.values_list("pk", "record", "extra"):
        yield Document(key, json.loads(record), json.loads(extra))


def read_titles(keys: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Slug and title of the cases with these keys."""
    title = RawSQL("record::json ->> 'title'", [])
    rows = CaseDocument.objects.filter(pk__in=list(keys)).values_list("pk", "slug", title)
    return {key: (slug, text) for key, slug, text in rows}
