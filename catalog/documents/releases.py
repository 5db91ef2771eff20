"""What has changed in the public data between two releases of them, and since the last (decision 0040)."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, TypedDict

from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Case, Release
from dxcases.postgres.replicas import connection_to_read

MAKING = 202_611_28  # a lock of the database: of whoever makes a release
NOT_COMPARED = ("slug", "updated_at")  # of a record: its key, and what follows from any other change
DIGESTS = """
    SELECT slug, record::json ->> 'title', (
        SELECT json_object_agg(key, left(md5(value::text), 12))::text
        FROM json_each(record::json) WHERE key <> ALL (%s)
    )
    FROM catalog_casedocument WHERE is_public ORDER BY slug
"""

Cases = dict[str, list[Any]]  # by slug: the title, and digests by field of the record


class Named(TypedDict):
    slug: str
    title: str


class Changed(Named):
    fields: list[str]  # of the record


class Withdrawn(Named):
    reason: str  # empty where it is told nowhere


class Changes(TypedDict):
    added: list[Named]
    changed: list[Changed]
    withdrawn: list[Withdrawn]


def public_cases() -> Cases:
    """The cases that are public now, as a release keeps them."""
    with connection_to_read().cursor() as cursor:
        cursor.execute(DIGESTS, [list(NOT_COMPARED)])
        return {slug: [title, json.loads(digests)] for slug, title, digests in cursor.fetchall()}


def changes_between(before: Cases, after: Cases) -> Changes:
    """What became of the cases. A field that one of the two did not know of yet is not compared."""
    return {
        "added": [{"slug": slug, "title": after[slug][0]} for slug in after if slug not in before],
        "changed": [
            {"slug": slug, "title": title, "fields": fields}
            for slug, (title, digests) in after.items()
            if slug in before and (fields := _fields_changed(before[slug][1], digests))
        ],
        "withdrawn": _with_reasons({slug: before[slug][0] for slug in before if slug not in after}),
    }


def _fields_changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [name for name, digest in after.items() if name in before and before[name] != digest]


def _with_reasons(titles: dict[str, str]) -> list[Withdrawn]:
    withdrawn = Case.objects.using(connection_to_read().alias).withdrawn().filter(slug__in=titles)
    reasons = dict(withdrawn.values_list("slug", "withdrawn_reason"))
    return [{"slug": slug, "title": title, "reason": reasons.get(slug, "")} for slug, title in titles.items()]


def is_any(changes: Changes) -> bool:
    return any(changes.values())


def releases() -> list[Release]:
    """All releases, the last first, without what they keep of their cases."""
    return list(Release.objects.using(connection_to_read().alias).defer("cases"))


def changes_since_last() -> Changes | None:
    """What has changed since the last release; None where there is none."""
    last = Release.objects.using(connection_to_read().alias).first()
    return changes_between(last.cases, public_cases()) if last else None


@lru_cache(maxsize=4)
def changes_since_last_in(stamp: str) -> Changes | None:
    """The same, asked for once in a version of the catalogue, which each change and each release ends."""
    return changes_since_last()


@transaction.atomic
def make_release(note: str = "") -> Release | None:
    """Keeps the public data as they are now; None where nothing has changed since the last release."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
    last, cases = Release.objects.first(), public_cases()
    changes = changes_between(last.cases if last else cases, cases)
    if last and not is_any(changes):
        return None
    now = timezone.localtime()
    return Release.objects.create(
        name=_name_of(f"{now:%Y-%m-%d}"),
        made_at=now,
        note=note,
        count=len(cases),
        cases=cases,
        changes=changes,
    )


def _name_of(day: str) -> str:
    """The name of the next release of this day."""
    number = Release.objects.filter(name__startswith=day).count() + 1
    return day if number == 1 else f"{day}.{number}"
