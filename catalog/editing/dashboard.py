"""The editors' first page: what waits for them, above the menu."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.views import shortcut
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from reversion.models import Version

from catalog.editing.autosave import autosave_view
from catalog.history import name_of
from catalog.models import (
    Body,
    Case,
    Confirmation,
    LinkCheck,
    Proposal,
    Report,
    Schedule,
    ZeroResultSearch,
)
from catalog.models.days import in_japanese

MAX_LISTED = 10
MAX_TERMS = 20
MAX_ROWS = 50  # of a page


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
    """What was changed or deleted, where its history or the trash is, and who did it when and why."""

    text: str
    kind: str
    url: str
    user: AbstractBaseUser
    at: datetime
    reason: str


class EditorsSite(admin.AdminSite):
    site_header = "自治体DX事例カタログ 編集"
    site_title = "自治体DX事例カタログ"
    index_title = "編集メニュー"
    index_template = "admin/dashboard.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        context: dict[str, Any] = {}
        if self.may_see_panels(request):
            of_proposals = proposals_panels() if request.user.has_perm("catalog.view_proposal") else []
            context = {"panels": [*of_proposals, *panels()], "changes": recent_changes()}
        return super().index(request, {**context, **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        own = self.admin_view
        page_of_row = "r/<int:content_type_id>/<path:object_id>/"
        return [
            path("autosave/", own(autosave_view), name="autosave"),
            path("zero-results/", own(self.zero_results), name="zero_results"),
            path(page_of_row, own(shortcut_for_who_may_see), name="view_on_site"),
            *super().get_urls(),
        ]

    def zero_results(self, request: HttpRequest) -> TemplateResponse:
        """All words that found nothing, the most frequent first, to search for or to make synonyms of."""
        if not self.may_see_panels(request):
            raise PermissionDenied
        page = Paginator(ZeroResultSearch.objects.counts(), MAX_ROWS).get_page(request.GET.get("page"))
        rows = [(searched(row), urlencode({"words": row["typed"]})) for row in page]
        may_add = request.user.has_perm("catalog.add_searchsynonym")
        title = f"結果のなかった検索（過去{ZeroResultSearch.DAYS_KEPT}日間）"
        context = {"title": title, "page": page, "rows": rows, "may_add": may_add}
        return TemplateResponse(request, "admin/zero_results.html", {**self.each_context(request), **context})

    def may_see_panels(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.view_case")


def shortcut_for_who_may_see(request: HttpRequest, content_type_id: int, object_id: str) -> HttpResponse:
    """The way to a row's public page, whose address tells something of a row that is not public."""
    kind = get_object_or_404(ContentType, pk=content_type_id)
    if not request.user.has_perm(f"{kind.app_label}.view_{kind.model}"):
        raise PermissionDenied
    return shortcut(request, content_type_id, object_id)


def proposals_panels() -> list[Panel]:
    return [
        proposals_panel("確認依頼のある改訂案", Proposal.State.ASKED),
        proposals_panel("作成中・差戻しの改訂案", Proposal.State.WRITING, Proposal.State.RETURNED),
    ]


def panels() -> list[Panel]:
    """The lists of the first page but those of proposals, in their order."""
    cases = reverse("admin:catalog_case_changelist")
    published = Case.objects.published()
    return [
        answers_panel(),
        reports_panel(),
        cases_panel("下書き", Case.objects.filter(status=Case.Status.DRAFT), f"{cases}?status__exact=draft"),
        cases_panel(
            "見直しの期限が来た事例",
            Case.objects.due_for_review(),
            f"{cases}?review=due",
            by="review__due_on",
        ),
        schedules_panel(),
        cases_panel("取り下げた事例", Case.objects.withdrawn(), f"{cases}?status__exact=withdrawn"),
        cases_panel(
            "人口の分かる団体がない公開中の事例",
            published.without_known_population(),
            f"{cases}?status__exact=published&population=unknown",
        ),
        bodies_panel(),
        dead_links_panel(),
        searches_panel(),
    ]


def schedules_panel() -> Panel:
    """What is to be published or withdrawn next, and what could not be."""
    waiting = Schedule.objects.waiting().select_related("case", "made_by")
    rows = [
        PanelRow(
            schedule.case.title,
            reverse("admin:catalog_case_schedule", args=[schedule.case_id]),
            f"{schedule.plan}　{schedule.trouble}",
        )
        for schedule in waiting[:MAX_LISTED]
    ]
    return Panel("公開・取り下げの予約", waiting.count(), rows)


def cases_panel(title: str, cases: QuerySet[Case], url: str = "", by: str = "-updated_at") -> Panel:
    newest = list(cases.order_by(by, "pk")[:MAX_LISTED])
    writers = first_writers(newest)
    rows = [
        PanelRow(
            case.title,
            reverse("admin:catalog_case_change", args=[case.pk]),
            f"{writers.get(str(case.pk), '')}　{day_of(case.updated_at)}",
        )
        for case in newest
    ]
    return Panel(title, cases.count(), rows, url=url)


def day_of(moment: datetime) -> str:
    return in_japanese(timezone.localtime(moment))


def first_writers(cases: list[Case]) -> dict[str, str]:
    """Who wrote the first version of each case that someone wrote, by its key."""
    versions = Version.objects.get_for_model(Case).filter(object_id__in=[str(case.pk) for case in cases])
    by_someone = versions.filter(revision__user__isnull=False).select_related("revision__user")
    return {one.object_id: name_of(one.revision.user) for one in by_someone.order_by("-pk")}


def proposals_panel(title: str, *states: str) -> Panel:
    """Those changed last, with who wrote them."""
    found = Proposal.objects.filter(state__in=states).select_related("case", "author")
    rows = [
        PanelRow(
            proposal.case.title,
            reverse("admin:catalog_proposal_change", args=[proposal.pk]),
            f"{name_of(proposal.author)}　{proposal.get_state_display()}",
        )
        for proposal in found[:MAX_LISTED]
    ]
    url = f"{reverse('admin:catalog_proposal_changelist')}?{urlencode({'state__in': ','.join(states)})}"
    return Panel(title, found.count(), rows, url=url)


def answers_panel() -> Panel:
    """What bodies have said of their cases and nobody has dealt with yet."""
    found = Confirmation.objects.to_settle().select_related("case", "body").order_by("answered_at", "pk")
    rows = [
        PanelRow(
            answer.case.title,
            reverse("admin:catalog_case_confirmations", args=[answer.case_id]),
            f"{answer.body.name}　{answer.get_verdict_display()}",
        )
        for answer in found[:MAX_LISTED]
    ]
    return Panel("団体からの回答（未対応）", found.count(), rows)


def reports_panel() -> Panel:
    found = Report.objects.unfinished().order_by("received_at", "pk")
    rows = [
        PanelRow(
            str(report),
            reverse("admin:catalog_report_change", args=[report.pk]),
            report.get_state_display(),
        )
        for report in found[:MAX_LISTED]
    ]
    url = f"{reverse('admin:catalog_report_changelist')}?{urlencode({'state__in': 'new,working'})}"
    return Panel("寄せられた情報（未対応・対応中）", found.count(), rows, url=url)


def bodies_panel() -> Panel:
    bodies = Body.objects.in_published_cases().filter(population=None).select_related("prefecture")
    rows = [
        PanelRow(body.full_name, reverse("admin:catalog_body_change", args=[body.pk]))
        for body in bodies.order_by("code")[:MAX_LISTED]
    ]
    title = "公開中の事例に出ていて、人口が未入力の団体"
    url = f"{reverse('admin:catalog_body_changelist')}?population__isempty=1&published=named"
    return Panel(title, bodies.count(), rows, url=url)


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
    rows = [searched(row) for row in counts[:MAX_TERMS]]
    title = f"結果のなかった検索（過去{ZeroResultSearch.DAYS_KEPT}日間）"
    return Panel(title, counts.count(), rows, url=reverse("admin:zero_results"))


def searched(row: dict[str, Any]) -> PanelRow:
    """Words that found nothing, with the way to search for them now."""
    query = urlencode({"q": row["typed"]})
    return PanelRow(row["typed"], f"{reverse('catalog:case_list')}?{query}", f"{row['total']}回")


def recent_changes() -> list[RecentChange]:
    """The newest changes that someone made to what has a page of its own in the admin, deletions too."""
    own_page = [model._meta.model_name for model in admin.site._registry]
    kept = {"content_type__app_label": "catalog", "content_type__model__in": own_page}
    made = Version.objects.filter(**kept, revision__user__isnull=False)
    deleted = LogEntry.objects.filter(**kept, action_flag=DELETION).select_related("user", "content_type")
    changes = [
        *map(as_change, made.select_related("revision__user", "content_type")[:MAX_LISTED]),
        *map(as_deletion, deleted[:MAX_LISTED]),
    ]
    changes.sort(key=lambda change: change.at, reverse=True)
    return changes[:MAX_LISTED]


def as_change(version: Version) -> RecentChange:
    url = reverse(f"admin:catalog_{version.content_type.model}_history", args=[quote(version.object_id)])
    made = version.revision
    name = version.content_type.name
    return RecentChange(version.object_repr, name, url, made.user, made.date_created, made.comment)


def as_deletion(entry: LogEntry) -> RecentChange:
    kind = cast(ContentType, entry.content_type)
    url = reverse(f"admin:catalog_{kind.model}_trash")
    return RecentChange(entry.object_repr, kind.name, url, entry.user, entry.action_time, "削除")
