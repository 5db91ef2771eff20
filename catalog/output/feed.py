"""The result of a query as an Atom feed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.feedgenerator import Atom1Feed

from catalog.documents.addresses import identifier
from catalog.documents.reading import Document
from catalog.documents.records import Absolute, name_in_full


class Feed(Atom1Feed):
    """Django's, with summaries that are plain text, and a date of its own where it has no entry."""

    def latest_post_date(self) -> datetime:
        latest: datetime = super().latest_post_date() if self.items else self.feed["changed_at"]
        return latest

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, {**item, "description": None})
        handler.addQuickElement("summary", item["summary"], {"type": "text"})


def atom_feed(
    title: str,
    documents: Iterable[Document],
    page: str,
    feed: str,
    absolute: Absolute,
    changed_at: datetime,
) -> str:
    """An Atom document, an entry a case in their order; `page` and `feed` are paths of the query.

    `changed_at` is told where there is no case. When a case was published nobody knows: it tells its last
    change alone. Its names (`id`) are no addresses, lest a reader gets all anew when the site moves.
    """
    atom = Feed(
        title=title,
        link=absolute(page),
        description="",
        feed_url=absolute(feed),
        feed_guid=identifier(feed),
        language="ja",
        changed_at=changed_at,
    )
    for document in documents:
        record, extra = document.record, document.extra
        bodies = "、".join(map(name_in_full, record["bodies"]))
        topics = [topic["title"] for topic in record["topics"]]
        atom.add_item(
            title=record["title"],
            link=absolute(document.path),
            description="",
            summary=f"{bodies}：{'。'.join(record['points'])}。{document.citation}",
            unique_id=identifier(document.path),
            updateddate=datetime.fromisoformat(record["updated_at"]),
            author_name=extra["publisher"],
            item_copyright=extra["terms"],
            categories=list(dict.fromkeys([record["step"]["title"], record["section"]["title"], *topics])),
        )
    return atom.writeString("utf-8")
