"""The result of a query as an Atom feed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.feedgenerator import Atom1Feed

from catalog.documents.reading import Document
from catalog.documents.records import Absolute, name_in_full


def atom_feed(title: str, documents: Iterable[Document], page: str, feed: str, absolute: Absolute) -> str:
    """An Atom document, an entry a case in their order; `page` and `feed` are addresses of the query."""
    atom = Atom1Feed(title=title, link=page, description="", feed_url=feed, language="ja", feed_guid=feed)
    for document in documents:
        record, extra = document.record, document.extra
        bodies = "、".join(map(name_in_full, record["bodies"]))
        topics = [topic["title"] for topic in record["topics"]]
        atom.add_item(
            title=record["title"],
            link=absolute(document.path),
            description=f"{bodies}：{'。'.join(record['points'])}。{document.citation}",
            unique_id=absolute(document.path),
            pubdate=datetime.fromisoformat(extra["created_at"]),
            updateddate=datetime.fromisoformat(record["updated_at"]),
            author_name=extra["publisher"],
            item_copyright=extra["terms"],
            categories=[record["step"]["title"], record["section"]["title"], *topics],
        )
    return atom.writeString("utf-8")
