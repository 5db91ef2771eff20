"""What an index is made of: of each published document its key, its place, its time, and what it is under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from dxcases.postgres.replicas import connection_to_read

# `place` is where a case stands in document order, in one number: source, section, page and order in turn.
# A draft may lack any of them; an index is told of it all the same, as it may have been public before.
PLACED = """
    SELECT document.*, coalesce(source.slug, '') AS source_slug,
        extract(epoch FROM updated_at) * 1000000 AS time, coalesce(year::text, 'unknown') AS year_or_unknown,
        coalesce(source.number, 0) * 281474976710656 + coalesce(section.number, 0) * 4294967296
            + coalesce(page, 0) * 65536 + "order" AS place
    FROM catalog_casedocument AS document
    LEFT JOIN (SELECT id, row_number() OVER (ORDER BY position, id) AS number FROM catalog_section) AS section
        ON section.id = document.section
    LEFT JOIN (SELECT id, slug, row_number() OVER (ORDER BY id) AS number FROM catalog_source) AS source
        ON source.id = document.source
"""
COLUMNS = f"""
    WITH public AS MATERIALIZED (
        SELECT case_id, place, time::bigint, section, source_slug, year_or_unknown, topics, bodies,
            mentions, stated,
            row_number() OVER (ORDER BY place, case_id) - 1 AS number
        FROM ({PLACED}) AS placed WHERE is_public
    )
    SELECT '', '', array_agg(case_id), array_agg(place), array_agg(time)
    FROM (SELECT case_id, place, time FROM public ORDER BY number) AS in_order
    UNION ALL SELECT 'section', section, array_agg(number), NULL, NULL FROM public GROUP BY section
    UNION ALL SELECT 'source', source_slug, array_agg(number), NULL, NULL FROM public GROUP BY source_slug
    UNION ALL SELECT 'year', year_or_unknown, array_agg(number), NULL, NULL
    FROM public GROUP BY year_or_unknown
    UNION ALL SELECT 'topic', value, array_agg(number), NULL, NULL
    FROM (SELECT unnest(topics) AS value, number FROM public) AS each GROUP BY value
    UNION ALL SELECT 'body', value, array_agg(number), NULL, NULL
    FROM (SELECT unnest(bodies) AS value, number FROM public) AS each GROUP BY value
    UNION ALL SELECT 'mention', value, array_agg(number), NULL, NULL
    FROM (SELECT unnest(mentions) AS value, number FROM public) AS each GROUP BY value
    UNION ALL SELECT name, '1', array_agg(number), NULL, NULL
    FROM (SELECT unnest(stated) AS name, number FROM public) AS each GROUP BY name
"""  # noqa: S608 – all of it is ours
STATED = ("effect", "cost")  # filters of what the facts of a case state
UNDER = ("section", "source", "year", "topic", "body", "mention", *STATED)
CHANGED = f"""
    SELECT case_id, is_public, place, time::bigint, section, source_slug, year_or_unknown, topics, bodies,
        mentions, stated
    FROM ({PLACED}) AS placed WHERE made_in > %s ORDER BY case_id LIMIT %s
"""  # noqa: S608 – the same


@dataclass(frozen=True)
class Columns:
    """Of the published documents in document order: keys, places, and times in microseconds since 1970.

    `numbers_by` has their places in these lists by section, source, year, topic, body, body mentioned and
    filter of facts.
    """

    keys: list[int]
    places: list[int]
    times: list[int]
    numbers_by: dict[str, dict[str, list[int]]]


class Changed(NamedTuple):
    """The same of one document, published or not."""

    key: int
    is_public: bool
    place: int
    time: int
    section: str
    source: str
    year: str
    topics: list[str]
    bodies: list[str]
    mentions: list[str]
    stated: list[str]


def columns_of_public() -> Columns:
    numbers_by: dict[str, dict[str, list[int]]] = {name: {} for name in UNDER}
    with connection_to_read().cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")  # enough to sort 100,000 cases without a file
        cursor.execute(COLUMNS)
        (_, _, *lists), *rows = cursor.fetchall()
    for name, value, numbers, _, _ in rows:
        numbers_by[name][value] = numbers
    keys, places, times = (one or [] for one in lists)
    return Columns(keys, places, times, numbers_by)


def documents_changed_since(number: int, limit: int) -> list[Changed]:
    """The documents that were made after the version with this number, at most `limit` of them."""
    with connection_to_read().cursor() as cursor:
        cursor.execute(CHANGED, [number, limit])
        return [Changed(*row) for row in cursor.fetchall()]


def last_public_change() -> datetime:
    """When a case that is or was public last changed, its withdrawal too; the start of 1970 without any."""
    with connection_to_read().cursor() as cursor:
        cursor.execute("SELECT max(updated_at) FROM catalog_case WHERE first_published_at IS NOT NULL")
        ((changed_at,),) = cursor.fetchall()
    return changed_at or datetime(1970, 1, 1, tzinfo=UTC)


def place_of(key: int) -> int:
    """Where a case stands, published or not, in document order."""
    with connection_to_read().cursor() as cursor:
        cursor.execute(f"SELECT place FROM ({PLACED}) AS placed WHERE case_id = %s", [key])  # noqa: S608
        ((place,),) = cursor.fetchall()
    return place
