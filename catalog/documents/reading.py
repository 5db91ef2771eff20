"""Documents as readers' pages and files take them from the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import RawSQL
from psycopg.adapt import Loader

from catalog.documents.addresses import url
from catalog.documents.records import Absolute, CaseRecord, Extra
from catalog.models import CaseDocument, SourceKind, in_brackets
from catalog.models.days import in_japanese
from dxcases.postgres.replicas import connection_to_read


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
        return url("catalog:case_detail", self.record["slug"])

    @property
    def citation(self) -> str:
        """How to cite the case: the source, its page or when it was read, and that it has been reworked."""
        page = f"、{self.page}" if self.page else ""
        facts = "、".join([self.extra["publisher"], *self.read_at])
        return f"出典：{self.source_title}{page}（{facts}）を加工して作成"

    @property
    def source_title(self) -> str:
        """The title of the source in the brackets of its kind."""
        source = self.record["source"]
        return in_brackets(source["title"], source["kind"])

    @property
    def page(self) -> str:
        """The page of the source as it is cited; nothing where it has none."""
        page = self.record["source"]["page"]
        return f"p.{page}" if page else ""

    @property
    def read_at(self) -> list[str]:
        """Of a page of the web its address, and the day on which it was read."""
        source, read_on = self.record["source"], self.extra["read_on"]
        is_web_page = source["kind"] == SourceKind.WEB_PAGE and read_on
        return [source["url"], f"{in_japanese(read_on)}閲覧"] if is_web_page and read_on else []

    def with_url(self, absolute: Absolute) -> CaseRecord:
        """The record with its address, as the contract has it."""
        record = {"slug": self.record["slug"], "url": absolute(self.path), **self.record}
        return record  # type: ignore[return-value]


ROWS_AT_A_TIME = 50


class AsSent(Loader):
    """Takes a text as the server sends it, in UTF-8, which is what a reader of JSON wants."""

    def load(self, data: Any) -> bytes:
        return bytes(data)


def read_documents(keys: Iterable[int]) -> list[Document]:
    """The documents of the cases with these keys, in their order; of a case that is gone there is none."""
    wanted = list(keys)
    found = {document.key: document for document in _read("case_id", wanted)}
    return [found[key] for key in wanted if key in found]


def as_written(keys: Iterable[int]) -> list[Document]:
    """The documents as the rows of these cases now ask for, in no order; within `writing_many_rows`."""
    with connection.cursor() as cursor:
        cursor.cursor.adapters.register_loader("text", AsSent)
        cursor.execute(
            "SELECT id, case_record(c)::text, case_extra(c)::text FROM catalog_case c WHERE id = ANY (%s)",
            [list(keys)],
        )
        return [_document(*row) for row in cursor.fetchall()]


def read_public(slugs: Iterable[str]) -> list[Document]:
    """The documents of the published cases with these slugs, in their order; an unknown slug has none."""
    wanted = list(slugs)
    found = {document.record["slug"]: document for document in _read("is_public AND slug", wanted)}
    return [found[slug] for slug in wanted if slug in found]


def slugs_beginning(text: str, most: int) -> list[str]:
    """The slugs of at most so many published cases that begin with the text, in the order of their pages."""
    documents = CaseDocument.objects.using(connection_to_read().alias).filter(is_public=True)
    begun = documents.filter(slug__startswith=text).order_by("source", "page", "order")
    return list(begun.values_list("slug", flat=True)[:most])


def stream_documents(keys: Iterable[int]) -> Iterator[Document]:
    """As `read_documents`, but as the server sends them, a few in memory at a time.

    The server makes the next ones ready while those before are used. They come from where this is called,
    also if they are taken elsewhere; until the last is taken the connection can do nothing else.
    """
    return _stream(connection_to_read(), list(keys))


def _stream(connection: BaseDatabaseWrapper, keys: list[int]) -> Iterator[Document]:
    with connection.cursor() as cursor, connection.wrap_database_errors:
        # It is not the server's fault if a reader takes long over a file.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.cursor.adapters.register_loader("text", AsSent)
        stream = cursor.cursor.stream(
            "SELECT case_id, record, extra FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted (key, at)"
            " JOIN catalog_casedocument ON case_id = key ORDER BY at",
            [keys],
            size=ROWS_AT_A_TIME,
        )
        with closing(stream) as rows:
            for row in rows:
                yield _document(*row)


def _read(column: str, values: list[Any]) -> Iterator[Document]:
    """The documents that have one of these values there, in no order."""
    if not values:
        return
    with connection_to_read().cursor() as cursor:
        cursor.cursor.adapters.register_loader("text", AsSent)
        cursor.execute(
            "SELECT case_id, record, extra FROM catalog_casedocument "  # noqa: S608 – columns of ours
            f"WHERE {column} = ANY (%s)",
            [values],
        )
        for row in cursor.fetchall():
            yield _document(*row)


def _document(key: int, record: bytes, extra: bytes) -> Document:
    return Document(key, orjson.loads(record), orjson.loads(extra))


def read_titles_and_points(keys: Iterable[int]) -> dict[int, list[str]]:
    """The title and the points of the cases with these keys, by key."""
    with connection_to_read().cursor() as cursor:
        cursor.cursor.adapters.register_loader("text", AsSent)
        cursor.execute(
            "SELECT case_id, record FROM catalog_casedocument WHERE case_id = ANY (%s)", [list(keys)]
        )
        records = ((key, orjson.loads(record)) for key, record in cursor.fetchall())
        return {key: [record["title"], *record["points"]] for key, record in records}


def read_titles(keys: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Slug and title of the cases with these keys."""
    title = RawSQL("record::json ->> 'title'", [])
    rows = CaseDocument.objects.filter(pk__in=list(keys)).values_list("pk", "slug", title)
    return {key: (slug, text) for key, slug, text in rows}


def read_days_of_change() -> list[tuple[str, str]]:
    """Slug and day of the last change, in ISO 8601, of every published case in the order of their keys."""
    with connection_to_read().cursor() as cursor:
        cursor.execute(
            "SELECT slug, left(in_japan(updated_at), 10) FROM catalog_casedocument WHERE is_public"
            " ORDER BY case_id"
        )
        return cursor.fetchall()
