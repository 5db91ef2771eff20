"""The editors' pages of what readers report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog import history
from catalog.editing.forms import ProseField
from catalog.editing.recorded import ReadOnlyAdmin
from catalog.importing.invisible import visible
from catalog.models import Report, forget


class ReportForm(forms.ModelForm):
    """How far the report has been dealt with."""

    note = ProseField(label="内部メモ", required=False, widget=forms.Textarea(attrs={"rows": 4}))

    class Meta:
        model = Report
        fields = ("state", "note")

    def clean_note(self) -> str:
        return visible(self.cleaned_data["note"])


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """What was sent is not rewritten; state and note say what came of it. None is deleted by hand."""

    list_display = ("title", "kind", "body", "state", "received_at")
    list_filter = ("state", "kind")
    search_fields = ("title", "body", "text", "note")

    @transaction.atomic
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        report = self.find(request, object_id)
        form = ReportForm(request.POST or None, instance=report)
        if request.method == "POST" and (done := self.do(request, report, form)):
            return done
        may_see_sender = request.user.has_perm("catalog.view_sender")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": report,
            "title": "寄せられた情報",
            "subtitle": report.title,
            "report": report,
            "form": form,
            "may_write": self.may_write(request),
            "may_see_sender": may_see_sender,
            "sender": report.sender if may_see_sender else [],
        }
        return TemplateResponse(request, "admin/catalog/report/change_form.html", context)

    def find(self, request: HttpRequest, key: str) -> Report:
        """Raises Http404 or PermissionDenied. What is to be written is locked."""
        if not self.has_view_permission(request) or (
            request.method == "POST" and not self.may_write(request)
        ):
            raise PermissionDenied
        found = Report.objects.select_for_update() if request.method == "POST" else Report.objects.all()
        return get_object_or_404(found, pk=history.key_in(key) or 0)

    def may_write(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_report")

    def do(self, request: HttpRequest, report: Report, form: ReportForm) -> HttpResponse | None:
        """Does what a button asks for; None where the form says why not."""
        if "_forget" in request.POST:
            if not request.user.has_perm("catalog.view_sender"):
                raise PermissionDenied
            forget(Report.objects.filter(pk=report.pk))
            return self.done(request, report, "部署と連絡先を消しました。")
        if not form.is_valid():
            return None
        report = form.save(commit=False)
        if "_write" in request.POST and report.state == Report.State.NEW:
            report.state = Report.State.WORKING
        report.save(update_fields=["state", "note"])
        if "_write" in request.POST:
            return redirect(address_to_write(report))
        return self.done(request, report, "状態とメモを保存しました。")

    def done(self, request: HttpRequest, report: Report, message: str) -> HttpResponse:
        self.log_change(request, report, message)
        messages.success(request, message)
        return redirect(request.path)


def address_to_write(report: Report) -> str:
    """The form that the report goes into: of its case, else of a new one."""
    name, arguments = ("change", [report.case_id]) if report.case_id else ("add", [])
    return f"{reverse(f'admin:catalog_case_{name}', args=arguments)}?report={report.pk}"
