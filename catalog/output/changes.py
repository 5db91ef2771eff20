"""What has changed in the data from release to release: a page, JSON, and a feed; and what will change."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, NamedTuple, get_args, get_type_hints

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.documents.addresses import absolute_for, identifier, url
from catalog.documents.records import Absolute, CaseRecord
from catalog.documents.releases import Changes, changes_since_last_in, is_any, releases
from catalog.finding.index import Index, current_index
from catalog.models import Release
from catalog.models.days import read_day
from catalog.output.api import takes_only
from catalog.output.feed import Feed
from dxcases.errors import as_json

NOTICES = "data-notices"  # the place of the announcements among the texts of the site
MONTHS_BEFORE = 6  # how long before a field goes or changes that is announced
MAX_RELEASES, MAX_CASES = 24, 100  # on the page, of each kind of change in each release
NOTICE = re.compile(r"^[・\s]*(?P<day>\S+?)[\s：:]+(?P<text>\S.*)$")
FIELD_LABELS = {
    name: get_args(hint)[1]
    for name, hint in get_type_hints(CaseRecord, include_extras=True).items()
    if hasattr(hint, "__metadata__")
}


class Notice(NamedTuple):
    """An announcement to those who use the data: a line of its text that begins with its day."""

    day: date
    text: str


def notices(index: Index) -> Iterator[Notice]:
    for line in index.lists.site_texts.get(NOTICES, "").splitlines():
        match = NOTICE.match(line)
        try:
            day = read_day(match["day"]) if match else None
        except ValueError:
            continue
        if match and day:
            yield Notice(day, match["text"].strip())


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    index, listed = current_index(), releases()
    since = changes_since_last_in(index.version.stamp)
    context = {
        "releases": listed[:MAX_RELEASES],
        "earlier": len(listed[MAX_RELEASES:]),
        "since": since if since and is_any(since) else None,
        "labels": FIELD_LABELS,
        "most": MAX_CASES,
        "months": MONTHS_BEFORE,
        "has_notices": bool(index.lists.site_texts.get(NOTICES)),
    }
    return render(request, "catalog/changes.html", context)


@require_safe
@takes_only()
def changes_json(request: HttpRequest) -> HttpResponse:
    index, absolute = current_index(), absolute_for(request)
    since = changes_since_last_in(index.version.stamp)
    answer: dict[str, object] = {
        "releases": [release_record(release, absolute) for release in releases()],
        "since_last_release": since and with_addresses(since, absolute),
        "announcements": [{"day": one.day.isoformat(), "text": one.text} for one in notices(index)],
    }
    return as_json(answer)


def release_record(release: Release, absolute: Absolute) -> dict[str, Any]:
    return {
        "name": release.name,
        "made_at": timezone.localtime(release.made_at).isoformat(timespec="seconds"),
        "note": release.note,
        "count": release.count,
        **with_addresses(release.changes, absolute),
    }


def with_addresses(given: Changes, absolute: Absolute) -> dict[str, Any]:
    """The changes, each case with the address of its page; that of a withdrawn one says that it is so."""
    return {
        kind: [{**one, "url": absolute(url("catalog:case_detail", one["slug"]))} for one in cases]  # type: ignore[attr-defined]
        for kind, cases in given.items()
    }


@require_safe
@takes_only()
def changes_atom(request: HttpRequest) -> HttpResponse:
    """Releases and announcements as a feed, the last first."""
    index, absolute = current_index(), absolute_for(request)
    page, own = url("catalog:changes"), url("catalog:changes_atom")
    feed = Feed(
        title="自治体DX事例カタログ データの更新",
        link=absolute(page),
        description="",
        feed_url=absolute(own),
        feed_guid=identifier(own),
        language="ja",
        changed_at=index.last_change,
    )
    for at, title, summary, name in sorted(entries(index), reverse=True):
        feed.add_item(
            title=title,
            link=absolute(f"{page}#{name}"),
            description="",
            summary=summary,
            unique_id=identifier(f"{page}{name}"),
            updateddate=at,
            author_name="自治体DX事例カタログ",
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def entries(index: Index) -> Iterator[tuple[datetime, str, str, str]]:
    """Of each entry its time, its title, what it says, and its name, which stays as long as it says that."""
    for release in releases():
        counts = counts_of(release.changes)
        summary = f"事例{release.count}件。{counts}。{release.note}"
        yield timezone.localtime(release.made_at), f"データの版 {release.name}", summary, f"r-{release.name}"
    for notice in notices(index):
        at = timezone.make_aware(datetime.combine(notice.day, time()))
        digest = hashlib.sha256(f"{notice.day}{notice.text}".encode()).hexdigest()[:16]
        yield at, "データとAPIのお知らせ", notice.text, f"notices-{digest}"


def counts_of(given: Changes) -> str:
    counts = {"追加": given["added"], "変更": given["changed"], "取り下げ": given["withdrawn"]}
    return "、".join(f"{label}{len(cases)}件" for label, cases in counts.items())  # type: ignore[arg-type]
