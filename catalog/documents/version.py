"""The version of the catalogue: what is made of it is right for as long as this stays the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from dxcases.postgres.replicas import connection_to_read


@dataclass(frozen=True)
class Version:
    """A state of the catalogue: no two have the same stamp, not even one that was rolled back.

    `number` counts up from one to the next; from `followed_from` on, nothing but documents has changed.
    `lists` is the stamp of the version in which bodies, topics and the other lists became what they are.
    """

    stamp: str
    changed_at: datetime
    number: int = 0
    followed_from: int = 0
    lists: str = "nothing yet"


NOTHING_YET = Version("nothing yet", datetime(1970, 1, 1, tzinfo=UTC))


def current_version() -> Version:
    """The version that this connection sees, in one tiny query.

    Ask before reading what is to be kept under it: a change in between then ages it too early, never too
    late.
    """
    # Asked several times a page, where the ORM would take most of the time.
    with connection_to_read().cursor() as cursor:
        cursor.execute(
            "SELECT stamp::text, changed_at, number, followed_from, lists::text FROM catalog_catalogueversion"
        )
        row = cursor.fetchone()
    return Version(*row) if row else NOTHING_YET


def earlier_stamps() -> set[str]:
    """The stamps of the last versions before the current one, of which it has come to be by changes."""
    with connection_to_read().cursor() as cursor:
        cursor.execute("SELECT unnest(earlier)::text FROM catalog_catalogueversion")
        return {stamp for (stamp,) in cursor.fetchall()}
