"""The editors' pages of proposals: what each would change, and its way to publication."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from catalog import history
from catalog.editing.case_admin import open_proposals
from catalog.editing.forms import StepForm
from catalog.editing.proposals import document_of, outlook, steps_for, take
from catalog.editing.recorded import ReadOnlyAdmin
from catalog.editing.sheets import workbook_of
from catalog.models import Case, Proposal
from catalog.pages.views import case_page
from dxcases import access_log
from dxcases.sent_twice import once, remember_saved

BUTTONS = {
    Proposal.State.ASKED: "確認を依頼する",
    Proposal.State.RETURNED: "差し戻す",
    Proposal.State.PUBLISHED: "公開する",
    Proposal.State.DROPPED: "取りやめる",
}
DONE = {
    Proposal.State.ASKED: "公開担当者に確認を依頼しました。",
    Proposal.State.RETURNED: "差し戻しました。",
    Proposal.State.PUBLISHED: "公開しました。",
    Proposal.State.DROPPED: "改訂案を取りやめました。公開中のページは変わっていません。",
}


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    """Proposals are written in the form of their case; here they are compared and go from hand to hand."""

    list_display = ("case", "state", "author", "reviewer", "updated_at")
    list_filter = ("state",)
    list_select_related = ("case", "author", "reviewer")
    search_fields = ("case__title__folded", "case__slug")
    actions = ("export",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview_view)
        return [path("<int:key>/preview/", view, name="catalog_proposal_preview"), *super().get_urls()]

    @admin.action(description="選んだ改訂案の内容をExcelで書き出す", permissions=["view"])
    def export(self, request: HttpRequest, proposals: models.QuerySet[Proposal]) -> HttpResponseBase:
        """The rows of their cases as they are proposed."""
        documents = []
        for proposal in proposals.select_related("case"):
            try:
                documents.append(document_of(proposal))
            except ValidationError as error:
                messages.warning(request, f"{proposal}：{error.messages[0]}")
        return workbook_of(request, documents)

    def find(self, request: HttpRequest, key: str) -> Proposal:
        """Raises Http404 or PermissionDenied. Where something is to be done, nobody else may meanwhile."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = history.key_in(key) or 0
        found: models.QuerySet[Proposal] = Proposal.objects.select_related("case", "author", "reviewer")
        if request.method == "POST":
            # The case first, as where its form is saved.
            list(Case.objects.select_for_update(of=("self",)).filter(proposals=number))
            found = found.select_for_update(of=("self",))
        return get_object_or_404(found, pk=number)

    @once
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What the proposal changes, what was said of it, and the steps that the user may take."""
        proposal = self.find(request, object_id)
        may_publish = request.user.has_perm("catalog.publish_case")
        may_write = request.user.has_perm("catalog.change_case")
        steps = steps_for(proposal, may_publish=may_publish) if may_write else []
        form = StepForm(request.POST or None, proposal=proposal, steps=steps)
        if form.is_valid() and self.try_step(request, proposal, form):
            return remember_saved(request, redirect(request.path))
        if form.is_bound:
            proposal.refresh_from_db()
        others = [other for other in open_proposals(proposal.case) if other != proposal]
        context = {
            "title": "改訂案",
            "subtitle": proposal.case.title,
            "proposal": proposal,
            "case": proposal.case,
            "outlook": outlook(proposal),
            "others": others,
            "notes": proposal.notes.select_related("author"),
            "editions": proposal.editions.select_related("author"),
            "form": form,
            "buttons": [(step, BUTTONS[Proposal.State(step)]) for step in steps],
        }
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "original": proposal}
        return TemplateResponse(request, "admin/catalog/proposal/change_form.html", context)

    def try_step(self, request: HttpRequest, proposal: Proposal, form: StepForm) -> bool:
        """Take the step; where that cannot be, the form says why: return False."""
        step, note = form.cleaned_data["step"], form.cleaned_data["note"]
        try:
            take(proposal, step, note, request.user)  # type: ignore[arg-type]
        except ValidationError as error:
            form.add_error(None, error.messages)
            return False
        message, case = DONE[Proposal.State(step)], proposal.case
        if step == Proposal.State.PUBLISHED and case.status != case.Status.PUBLISHED:
            message = f"事例に反映しました。事例は今も「{case.get_status_display()}」のままです。"
        if step == Proposal.State.PUBLISHED:
            admin.site.get_model_admin(type(proposal.case)).log_change(
                request, proposal.case, "改訂案を公開しました。"
            )
            access_log.log_status(request.user, proposal.case.slug, "publish proposal")  # type: ignore[arg-type]
        self.log_change(request, proposal, message)
        messages.success(request, message)
        return True

    @transaction.atomic
    def preview_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """The page that readers would see, for editors alone. By POST: it is tried on the case and undone."""
        proposal = self.find(request, str(key))
        if request.method != "POST":
            return redirect("admin:catalog_proposal_change", key)
        try:
            return case_page(request, document_of(proposal), preview=True, proposal=proposal.pk)
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
            return redirect("admin:catalog_proposal_change", key)
