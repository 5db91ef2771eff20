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

MAX_LISTED = 10
MAX_TERMS = 20


@dataclass(frozen=True)
class PanelRow:
    text: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """A list of what waits: how many there are, the first of them, and the address of all."""

    title: str
    number: int
    rows: list[PanelRow]
    none: str = "ありません。"
    url: str = ""

    @property
    def left(self) -> int:
        return self.number - len(self.rows)


@dataclass(frozen=True)
class RecentChange:
    version: Version
    url: str


class EditorsSite(admin.AdminSite):
    site_header = "自治体DX事例カタログ 編集"
    site_title = "自治体DX事例カタログ"
    index_title = "編集メニュー"
    index_template = "admin/dashboard.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        context = {"panels": panels(), "changes": recent_changes()} if self.may_see_panels(request) else {}
        return super().index(request, {**context, **(extra_context or {})})

    def may_see_panels(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.view_case")


def panels() -> list[Panel]:
    """The lists of the first page, in their order."""
    cases = reverse("admin:catalog_case_changelist")
    published = Case.objects.published()
    return [
        cases_panel("下書き", Case.objects.filter(status=Case.Status.DRAFT), f"{cases}?status__exact=draft"),
        cases_panel("取り下げた事例", Case.objects.withdrawn(), f"{cases}?status__exact=withdrawn"),
        cases_panel("人口の分かる団体がない公開中の事例", published.without_known_population()),
        bodies_panel(),
        dead_links_panel(),
        searches_panel(),
    ]


def cases_panel(title: str, cases: QuerySet[Case], url: str = "") -> Panel:
    newest = cases.order_by("-updated_at", "pk")[:MAX_LISTED]
    rows = [PanelRow(case.title, reverse("admin:catalog_case_change", args=[case.pk])) for case in newest]
    return Panel(title, cases.count(), rows, url=url)


def bodies_panel() -> Panel:
    bodies = Body.objects.in_published_cases().filter(population=None).select_related("prefecture")
    rows = [
        PanelRow(body.full_name, reverse("admin:catalog_body_change", args=[body.pk]))
        for body in bodies.order_by("code")[:MAX_LISTED]
    ]
    title = "公開中の事例に出ていて、人口が未入力の団体"
    return Panel(title, bodies.count(), rows)


def dead_links_panel() -> Panel:
    """Each dead address leads to a case with it, where it is corrected."""
    dead = LinkCheck.objects.dead().with_cases().order_by("first_failed_on", "url")
    rows = [
        PanelRow(check.url, reverse("admin:catalog_case_change", args=[check.cases[0]["pk"]]))
        for check in dead[:MAX_LISTED]
    ]
    url = reverse("admin:catalog_linkcheck_changelist") + "?outcome__exact=dead"
    return Panel("リンク切れ", dead.count(), rows, url=url)


def searches_panel() -> Panel:
    counts = ZeroResultSearch.objects.counts()
    rows = [PanelRow(row["term"], note=f"{row['total']}回") for row in counts[:MAX_TERMS]]
    title = f"結果のなかった検索（過去{ZeroResultSearch.DAYS_KEPT}日間）"
    return Panel(title, counts.count(), rows)


def recent_changes() -> list[RecentChange]:
    """The newest changes that someone made to what has a page of its own in the admin."""
    own_page = [model._meta.model_name for model in admin.site._registry]
    made = Version.objects.filter(content_type__app_label="catalog", content_type__model__in=own_page)
    by_someone = made.filter(revision__user__isnull=False).select_related("revision__user", "content_type")
    return [RecentChange(version, history_url(version)) for version in by_someone[:MAX_LISTED]]


def history_url(version: Version) -> str:
    return reverse(f"admin:catalog_{version.content_type.model}_history", args=[quote(version.object_id)])
