"""The pages beside the form of a case: preview, history, confirmations, copies, plans."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from reversion.models import Version

from catalog import history
from catalog.documents.reading import read_documents
from catalog.editing import confirmations
from catalog.editing.case_list import CaseList
from catalog.editing.duplicates import duplicate
from catalog.editing.forms import RevertForm, ReviewForm, ScheduleForm
from catalog.editing.sheets import template_workbook
from catalog.importing import pages
from catalog.models import Case
from catalog.pages.views import case_page
from dxcases.sent_twice import once, remember_saved


class CasePages(CaseList):
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_revert = self.may_write_at_once(request, self.get_viewable(request, object_id))
        return super().history_view(request, object_id, {"may_revert": may_revert, **(extra_context or {})})

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that readers would see, of a case whatever its state, for editors alone."""
        pk = self.get_viewable(request, object_id).pk
        return case_page(request, read_documents([pk])[0], preview=True)

    @once
    def confirmations_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What bodies were asked and said of the case; a publisher asks them here."""
        case = self.get_viewable(request, object_id)
        context = confirmations.context_for(request, case)
        if request.method == "POST":
            if not context["may_ask"]:
                raise PermissionDenied
            if done := confirmations.do(request, case, context["form"]):
                return self.done_here(request, case, done)
        return self.page(request, "admin/catalog/case/confirmations.html", case, context)

    @once
    def revert_view(self, request: HttpRequest, object_id: str, version_id: int) -> HttpResponse:
        """Asks before it takes a case back to a version: shows what would change, and wants a reason."""
        case = self.get_viewable(request, object_id)
        if not self.may_write_at_once(request, case):
            raise PermissionDenied
        version = get_object_or_404(history.versions_of(case), pk=version_id)
        form = RevertForm(request.POST or None, case=case)
        if form.is_valid() and self.try_revert(request, form, version):
            return remember_saved(request, redirect("admin:catalog_case_change", case.pk))
        kept = {
            one.verbose_name for one in history.written_fields(Case) if one.name in history.KEPT_AT_REVERT
        }
        differences = history.differences(history.texts_of(case), history.texts_in(version))
        context = {
            "title": f"前の版に戻す：{case}",
            "version": version,
            "form": form,
            "differences": [one for one in differences if one.label not in kept],
        }
        return self.page(request, "admin/revert_case.html", case, context)

    def try_revert(self, request: HttpRequest, form: RevertForm, version: Version) -> bool:
        """Take the case back to the version; where that cannot be, the form says why: return False."""
        try:
            case = history.revert(version, request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]
        except ValidationError as error:
            form.add_error(None, error)
            return False
        self.log_change(request, case, "前の版に戻しました。")
        self.message_user(request, "選んだ版の内容に戻しました。", messages.SUCCESS)
        return True

    def template_view(self, request: HttpRequest) -> HttpResponseBase:
        if not pages.may_import(self, request):
            raise PermissionDenied
        return template_workbook()

    @once
    def duplicate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, then makes a draft with the contents of the case and opens it."""
        case = self.get_viewable(request, object_id)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self.page(request, "admin/duplicate_case.html", case, {"title": f"複製：{case}"})
        made = duplicate(case, request.user)
        self.log_addition(request, made, f"「{case}」（{case.slug}）を複製しました。")
        self.message_user(request, "下書きに複製しました。題名とページを直してください。", messages.SUCCESS)
        return remember_saved(
            request, HttpResponseRedirect(reverse("admin:catalog_case_change", args=[made.pk]))
        )

    @once
    def schedule_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The schedules of the case: what waits, to be called off, and a new one."""
        case = self.get_viewable(request, object_id)
        if not self.has_publish_permission(request):
            raise PermissionDenied
        form = ScheduleForm(request.POST if "add" in request.POST else None, case=case, by=request.user)
        if key := history.key_in(request.POST.get("resume", "")):
            schedule = get_object_or_404(case.schedules.waiting().exclude(held_at=None), pk=key)
            schedule.held_at = None
            schedule.save(update_fields=["held_at"])
            return self.done_here(request, case, f"{schedule.get_status_display()}予約を再開しました。")
        if key := history.key_in(request.POST.get("call_off", "")):
            schedule = get_object_or_404(case.schedules.waiting(), pk=key)
            schedule.closed_at = timezone.now()
            schedule.save(update_fields=["closed_at"])
            return self.done_here(request, case, f"{schedule.get_status_display()}予約を取り消しました。")
        if form.is_valid():
            schedule = form.save()
            return self.done_here(request, case, f"{schedule.plan}予約をしました。")
        context = {"title": f"公開・取り下げの予約：{case}", "form": form}
        context["schedules"] = case.schedules.waiting().select_related("made_by")
        return self.page(request, "admin/schedule_case.html", case, context)

    def tell_brought_back(self, request: HttpRequest, row: Any) -> None:
        for schedule in row.schedules.waiting():
            will_be = schedule.trouble or "この時刻に行われます。"
            self.message_user(request, f"{schedule.plan}予約があります。{will_be}", messages.WARNING)

    @once
    def review_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The day by which the case is to be looked at again: not public, so without proposal or reason."""
        case = self.get_viewable(request, object_id)
        if not self.has_change_permission(request, case):
            raise PermissionDenied
        form = ReviewForm(request.POST or None, case=case)
        if form.is_valid():
            return self.done_here(request, case, form.save(request.user))
        context = {"title": f"見直しの期限：{case}", "form": form}
        return self.page(request, "admin/review_case.html", case, context)

    def done_here(self, request: HttpRequest, case: Case, message: str) -> HttpResponse:
        """Tells what a button of this page has done, and shows the page anew."""
        self.log_change(request, case, message)
        self.message_user(request, message, messages.SUCCESS)
        return remember_saved(request, HttpResponseRedirect(request.path))

    def get_urls(self) -> list[URLPattern]:
        own = self.admin_site.admin_view
        return [
            path("import/template/", own(self.template_view), name="catalog_case_template"),
            path("<path:object_id>/duplicate/", own(self.duplicate_view), name="catalog_case_duplicate"),
            path("<path:object_id>/schedule/", own(self.schedule_view), name="catalog_case_schedule"),
            path("<path:object_id>/review/", own(self.review_view), name="catalog_case_review"),
            path("<path:object_id>/preview/", own(self.preview_view), name="catalog_case_preview"),
            path(
                "<path:object_id>/confirmations/",
                own(self.confirmations_view),
                name="catalog_case_confirmations",
            ),
            path(
                "<path:object_id>/history/<int:version_id>/revert/",
                own(self.revert_view),
                name="catalog_case_revert",
            ),
            *super().get_urls(),
        ]
