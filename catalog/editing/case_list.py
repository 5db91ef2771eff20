"""The list of cases: what it shows, finds and filters, and what is done with several at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse

from catalog import history
from catalog.documents.reading import read_documents
from catalog.editing.forms import (
    ReasonForm,
    SortingForm,
    WithdrawalForm,
)
from catalog.editing.imported import proposing, waiting
from catalog.editing.recorded import RecordedAdmin
from catalog.editing.sheets import workbook_of
from catalog.finding.index import current_index
from catalog.finding.search import keys_with_all
from catalog.importing import pages
from catalog.links.checks import Run
from catalog.links.network import Checker
from catalog.models import Case, Schedule
from catalog.models.cases import CaseQuerySet
from dxcases.sent_twice import once, remember_saved

LONGEST_SEARCH = 200  # characters


class ReviewFilter(admin.SimpleListFilter):
    """Cases by the day on which somebody is to look at them again."""

    title = "見直しの期限"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("due", "期限が来た"), ("set", "期限がある"), ("none", "期限がない")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Case]) -> models.QuerySet[Case]:
        if self.value() == "due":
            return queryset.due_for_review()  # type: ignore[attr-defined]
        conditions = {"set": models.Q(review__isnull=False), "none": models.Q(review=None)}
        return queryset.filter(conditions.get(self.value() or "", models.Q()))


class WithoutPopulation(admin.SimpleListFilter):
    """Cases that no population band leads to."""

    title = "団体の人口"
    parameter_name = "population"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unknown", "分かる団体がない")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.without_known_population() if self.value() == "unknown" else queryset


class CaseList(RecordedAdmin):
    list_display = (
        *("title", "section_title", "body_names", "source_page"),
        *("status", "plans", "updated_at"),
    )
    list_filter = ("status", ReviewFilter, "section", "topics", "source", WithoutPopulation)
    list_select_related = ("section", "source", "review")
    search_fields = ("slug", "title__folded")  # the rest is said below
    search_help_text = "題名、本文、識別名、テーマ、団体の名称・よみから探します。"
    actions = ("publish", "return_to_draft", "withdraw", "sort", "export", "check_links")
    # A page has to answer before the browser gives up: few addresses, and less time for each than at night.
    link_checker = partial(Checker, hop_seconds=5, total_seconds=5)
    most_links = 10

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.publish_case")

    def may_write_at_once(self, request: HttpRequest, case: Case) -> bool:
        """What is or was public, only those change at once who may publish; others propose."""
        return self.has_change_permission(request, case) and (
            not case.was_public or self.has_publish_permission(request)
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {**(extra_context or {}), "may_import": pages.may_import(self, request)}
        )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Case]:
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                "case_bodies__body__prefecture", models.Prefetch("schedules", Schedule.objects.waiting())
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Case], search_term: str
    ) -> tuple[models.QuerySet[Case], bool]:
        """As readers find cases, those that are not published too, and by parts of the slug."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if not search_term:
            return found, may_repeat
        keys = keys_with_all(search_term[:LONGEST_SEARCH], current_index().lists.synonyms)
        either = models.Q(pk__in=keys) | models.Q(pk__in=found.values("pk"))
        return queryset.filter(either), False

    @admin.display(description="区分", ordering="section")
    def section_title(self, case: Case) -> str:
        return str(case.section or "")

    @admin.display(description="実施団体")
    def body_names(self, case: Case) -> str:
        return "、".join(str(case_body) for case_body in case.case_bodies.all())

    @admin.display(description="出典のページ", ordering="page")
    def source_page(self, case: Case) -> str:
        return f"p.{case.page}" if case.page else ""

    @admin.display(description="予定")
    def plans(self, case: Case) -> str:
        """What is to be done with the case, and when."""
        plans = [schedule.plan for schedule in case.schedules.all()]
        review = [str(case.review)] if hasattr(case, "review") else []
        return "、".join([*plans, *review])

    @admin.action(description="選んだ事例を公開する", permissions=["publish"])
    def publish(self, request: HttpRequest, cases: models.QuerySet[Case]) -> HttpResponse | None:
        return self.set_status(request, cases, Case.Status.PUBLISHED)

    @admin.action(description="選んだ事例を下書きに戻す", permissions=["publish"])
    def return_to_draft(self, request: HttpRequest, cases: models.QuerySet[Case]) -> HttpResponse | None:
        return self.set_status(request, cases, Case.Status.DRAFT)

    @admin.action(description="選んだ公開中の事例を取り下げる", permissions=["publish"])
    def withdraw(self, request: HttpRequest, cases: models.QuerySet[Case]) -> HttpResponse | None:
        published = cases.filter(status=Case.Status.PUBLISHED)
        return self.set_status(request, published, Case.Status.WITHDRAWN)

    @once
    def set_status(
        self, request: HttpRequest, cases: models.QuerySet[Case], status: Case.Status
    ) -> HttpResponse | None:
        """Shows the cases and asks why; then changes those that are still as they were shown."""
        concerned = list(chosen_in(request, cases).exclude(status=status))
        kind = WithdrawalForm if status == Case.Status.WITHDRAWN else ReasonForm
        form = kind(request.POST if "apply" in request.POST else None)

        def change(case: Case) -> None:
            case.settle_slug()
            case.status = status
            case.withdrawn_reason = form.cleaned_data.get("withdrawn_reason") or case.withdrawn_reason
            history.log_status(request.user, case)

        title, done = f"状態を「{status.label}」にする", f"状態を「{status.label}」にしました。"
        if concerned and (asked := self.ask(request, title, concerned, form)):
            return asked
        told = f"{{}}件を「{status.label}」にしました。"
        return self.change_each(request, concerned, form, change, (done, told))

    @admin.action(description="選んだ事例のテーマ・区分を変える", permissions=["change"])
    @once
    def sort(self, request: HttpRequest, cases: models.QuerySet[Case]) -> HttpResponse | None:
        """Asks for topics and section; then changes those that do not stand under them yet."""
        form = SortingForm(request.POST if "apply" in request.POST else None)
        chosen = list(chosen_in(request, cases).prefetch_related("topics"))
        if asked := self.ask(request, "テーマ・区分を変える", chosen, form):
            return asked
        done = "テーマ・区分を変えました。"
        concerned = [case for case in chosen if form.concerns(case)]
        told = "{}件のテーマ・区分を変えました。"
        return self.change_each(request, concerned, form, form.apply, (done, told))

    def ask(
        self, request: HttpRequest, title: str, cases: list[Case], form: ReasonForm
    ) -> HttpResponse | None:
        """The page that shows the cases and asks what the form asks; None once it is answered."""
        form.fields["reason"].required = any(case.was_public for case in cases)
        if form.is_valid():
            return None
        listed = [(case, self.body_names(case)) for case in cases]
        context = {"title": title, "cases": listed, "form": form, "action": request.POST["action"]}
        context["shown"] = versions_of(cases)
        return self.page(request, "admin/set_status.html", None, context)

    def change_each(
        self,
        request: HttpRequest,
        cases: list[Case],
        form: ReasonForm,
        change: Callable[[Case], None],
        told: tuple[str, str],
    ) -> HttpResponse | None:
        """Changes those that can be, as `try_change` does, and tells how many.

        `told` is for the admin's log, of each, and for the user, with a place for their number.
        """
        shown, (done, message) = versions_in(request.POST.get("shown", "")), told
        # All of them first: who saves one of them waits for nothing that is written here before.
        list(Case.objects.select_for_update().filter(pk__in=[case.pk for case in cases]).order_by("pk"))
        changed = [self.try_change(request, case.pk, form, change, done, shown) for case in cases]
        self.message_user(request, message.format(sum(changed)), messages.SUCCESS)
        if not any(changed):
            return None
        return remember_saved(request, HttpResponseRedirect(request.get_full_path()))

    @transaction.atomic
    def try_change(
        self,
        request: HttpRequest,
        pk: int,
        form: ReasonForm,
        change: Callable[[Case], None],
        done: str,
        shown: dict[int, int],
    ) -> bool:
        """Change the case, or make a proposal of it, and return True; or say in a message why not.

        `change` may write rows; the case itself is saved here. `done` is for the admin's log, `shown` the
        version in which each case was shown.
        """
        case = Case.objects.select_for_update().get(pk=pk)
        if shown.get(pk) != case.version:
            reason = "ほかの人が変えたため、そのままにしました。内容を確かめてから、もう一度選んでください。"
            self.message_user(request, f"「{case}」：{reason}", messages.WARNING)
            return False
        reason, at_once = form.cleaned_data["reason"], self.may_write_at_once(request, case)
        try:
            with transaction.atomic():
                if at_once:
                    history.ensure_version(case)
                with nullcontext() if at_once else proposing(case, reason, request.user):
                    change(case)
                    case.check_publishable()
                    case.full_clean()
                    case.save()
        except ValidationError as error:
            self.message_user(request, f"「{case}」：{''.join(error.messages)}", messages.WARNING)
            return False
        if at_once:
            history.record(case, request.user, reason)  # type: ignore[arg-type]
            self.log_change(request, case, done)
        else:
            self.message_user(request, f"「{case}」：公開した事例のため、改訂案にしました。", messages.INFO)
        return True

    @admin.action(description="選んだ事例をExcelで書き出す", permissions=["view"])
    def export(self, request: HttpRequest, cases: models.QuerySet[Case]) -> HttpResponseBase:
        return self.workbook(request, Case.objects.filter(pk__in=cases.values("pk")))

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows under its filters, on all its pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:catalog_case_changelist"))
        return self.workbook(request, Case.objects.filter(pk__in=found.order_by().values("pk")))

    def workbook(self, request: HttpRequest, cases: CaseQuerySet) -> HttpResponseBase:
        keys = list(cases.in_document_order().values_list("pk", flat=True))
        return workbook_of(request, read_documents(keys))

    @admin.action(description="選んだ事例のリンクを確認する", permissions=["change"])
    def check_links(self, request: HttpRequest, cases: models.QuerySet[Case]) -> None:
        """Checks the links of those that are published. Drafts are left out, as by the command."""
        urls = list(Case.objects.published().filter(pk__in=cases.values("pk")).linked_urls())
        if len(urls) > self.most_links:
            self.message_user(request, self.too_many_links(len(urls)), messages.ERROR)
        elif not urls:
            self.message_user(request, "選んだ事例に、公開中の事例のリンクはありません。", messages.WARNING)
        else:
            run = Run(self.link_checker())
            for _ in run.check(urls):
                pass
            self.message_user(request, *message_about(run))

    def too_many_links(self, number: int) -> str:
        return (
            f"リンクが{number}件あります。ここで一度に確認できるのは{self.most_links}件までです。"
            "事例を減らすか、運用担当者に「python manage.py check_links」の実行を依頼してください。"
        )

    def import_pages(self) -> list[pages.ImportPage]:
        return [pages.case_page(self, proposing, waiting)]

    def get_urls(self) -> list[URLPattern]:
        own = self.admin_site.admin_view
        return [
            *(url for page in self.import_pages() for url in page.urls),
            path("export/", own(self.export_view), name="catalog_case_export"),
            *super().get_urls(),
        ]


def chosen_in(request: HttpRequest, cases: models.QuerySet[Case]) -> CaseQuerySet:
    """The cases that an action is about: those of the page that asked, where it is answered."""
    shown = versions_in(request.POST.get("shown", ""))
    chosen = Case.objects.filter(pk__in=shown if "apply" in request.POST else cases.values("pk"))
    return chosen.prefetch_related("case_bodies__body__prefecture")


def versions_of(cases: Iterable[Case]) -> str:
    """Which cases are shown, and in which version: one field, however many they are."""
    return " ".join(f"{case.pk}:{case.version}" for case in cases)


def versions_in(sent: str) -> dict[int, int]:
    """What `versions_of` wrote; whatever is no such pair is left out."""
    pairs = (re.fullmatch(r"(\d{1,18}):(\d{1,18})", pair) for pair in sent.split())
    return {int(pair[1]): int(pair[2]) for pair in pairs if pair}


def message_about(run: Run) -> tuple[str, int]:
    """What to tell of a run, and the level of the message."""
    if run.recorded:
        return f"リンクを確認しました。{run.summary}", messages.SUCCESS
    reasons = "、".join(f"{one.url}（{one.reason}）" for one in run.held_back)
    return f"つながるリンクが1件もなかったため、何も記録しませんでした。{reasons}", messages.WARNING
