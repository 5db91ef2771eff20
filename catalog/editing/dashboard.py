"""The editors' first page: what waits for them, above the menu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from reversion.models import Version

from catalog.models import Body, Case, LinkCheck, ZeroResultSearch

MOST_LISTED = 10
MOST_TERMS = 20


@dataclass(frozen=True)
class Row:
    text: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """A list of what waits: how many there are, the first of them, and the address of all."""

    title: str
    number: int
    rows: list[Row]
    none: str = "ありません。"
    url: str = ""

    @property
    def left(self) -> int:
        return self.number - len(self.rows)


@dataclass(frozen=True)
class Change:
    version: Version
    url: str


class EditorsSite(admin.AdminSite):
    site_header = "自治体DX事例カタログ 編集"
    site_title = "自治体DX事例カタログ"
    index_title = "編集メニュー"
    index_template = "admin/dashboard.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        told = {"panels": panels(), "changes": recent_changes()} if self.tells(request) else {}
        return super().index(request, {**told, **(extra_context or {})})

    def tells(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.view_case")


def panels() -> list[Panel]:
    """The lists of the first page, in their order."""
    cases = reverse("admin:catalog_case_changelist")
    published = Case.objects.published()
    return [
        of_cases("下書き", Case.objects.filter(status=Case.Status.DRAFT), f"{cases}?status__exact=draft"),
        of_cases("取り下げた事例", Case.objects.withdrawn(), f"{cases}?status__exact=withdrawn"),
        of_cases("人口の分かる団体がない公開中の事例", published.without_known_population()),
        of_bodies(),
        of_dead_links(),
        of_searches(),
    ]


def of_cases(title: str, cases: QuerySet[Case], url: str = "") -> Panel:
    newest = cases.order_by("-updated_at", "pk")[:MOST_LISTED]
    rows = [Row(case.title, reverse("admin:catalog_case_change", args=[case.pk])) for case in newest]
    return Panel(title, cases.count(), rows, url=url)


def of_bodies() -> Panel:
    bodies = Body.objects.in_published_cases().filter(population=None).select_related("prefecture")
    rows = [
        Row(body.full_name, reverse("admin:catalog_body_change", args=[body.pk]))
        for body in bodies.order_by("code")[:MOST_LISTED]
    ]
    title = "公開中の事例に出ていて、人口が未入力の団体"
    return Panel(title, bodies.count(), rows)


def of_dead_links() -> Panel:
    """Each dead address leads to a case with it, where it is corrected."""
    dead = LinkCheck.objects.dead().with_cases().order_by("first_failed_on", "url")
    rows = [
        Row(check.url, reverse("admin:catalog_case_change", args=[check.cases[0]["pk"]]))
        for check in dead[:MOST_LISTED]
    ]
    url = reverse("admin:catalog_linkcheck_changelist") + "?outcome__exact=dead"
    return Panel("リンク切れ", dead.count(), rows, url=url)


def of_searches() -> Panel:
    counts = ZeroResultSearch.objects.counts()
    rows = [Row(row["term"], note=f"{row['total']}回") for row in counts[:MOST_TERMS]]
    title = f"結果のなかった検索（過去{ZeroResultSearch.DAYS_KEPT}日間）"
    return Panel(title, counts.count(), rows)


def recent_changes() -> list[Change]:
    """The newest changes that someone made to what has a page of its own in the admin."""
    own_page = [model._meta.model_name for model in admin.site._registry]
    made = Version.objects.filter(content_type__app_label="catalog", content_type__model__in=own_page)
    by_someone = made.filter(revision__user__isnull=False).select_related("revision__user", "content_type")
    return [Change(version, history_url(version)) for version in by_someone[:MOST_LISTED]]


def history_url(version: Version) -> str:
    return reverse(f"admin:catalog_{version.content_type.model}_history", args=[quote(version.object_id)])
