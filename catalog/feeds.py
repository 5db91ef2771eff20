"""The result of a query as an Atom feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils.feedgenerator import Atom1Feed

from catalog.models import Case


def atom_feed(title: str, cases: Iterable[Case], page: str, feed: str, absolute: Callable[[str], str]) -> str:
    """An Atom document, an entry a case in their order; `page` and `feed` are addresses of the query."""
    document = Atom1Feed(title=title, link=page, description="", feed_url=feed, language="ja", feed_guid=feed)
    for case in cases:
        bodies = "、".join(str(case_body) for case_body in case.case_bodies.all())
        document.add_item(
            title=case.title,
            link=absolute(case.get_absolute_url()),
            description=f"{bodies}：{'。'.join(case.points)}。{case.citation}",
            unique_id=absolute(case.get_absolute_url()),
            pubdate=case.created_at,
            updateddate=case.updated_at,
            author_name=case.source.publisher,
            item_copyright=case.source.terms,
            categories=[case.step.label, case.section.title, *(topic.title for topic in case.topics.all())],
        )
    return document.writeString("utf-8")
