"""The form of a case, which is saved as the case or as a proposal for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join

from catalog import history
from catalog.editing import confirmations, contents, merging, report_forms
from catalog.editing.autosave import forget, kept_for, kept_of_others, key_of, page_of, put_back
from catalog.editing.case_pages import CasePages
from catalog.editing.forms import (
    PROPOSAL_CLOSED_MEANWHILE,
    CaseBodyFormSet,
    CaseForm,
    SectionField,
    readd_deleted_rows,
    with_values,
)
from catalog.editing.hints import hints
from catalog.editing.proposals import keep, outlook
from catalog.editing.recorded import RowInline, may_save
from catalog.importing.tables import with_plain_breaks
from catalog.models import Case, CaseBody, Fact, Figure, Followed, Link, Proposal, SimilarBody, Topic
from catalog.pages.text import BREAK
from dxcases.sent_twice import answer_as_before, remember_saved

KEPT_OF_OTHERS = (
    "あなたが開いた後に、ほかの人がこの事例を変えました。"
    "あなたが変えていない項目（{}）は、その人の内容のまま残しました。"
)


NOT_PROPOSED = (
    "状態と取り下げの内容は、改訂案では変えられないため、今のままです。"
    "変えるときは、事例の画面で「保存」を選んでください。"
)


STEERING = ("status", "withdrawn_reason", "withdrawn_pointer")  # what makes a case public or not


class SendOn(HttpResponseRedirect):
    """Has the browser send the form on to another address."""

    status_code = 307


@dataclass
class Writing:
    """A case whose form is open: what of it stands in the database, and what becomes of what is sent."""

    case: Case
    proposal: Proposal | None
    proposing: bool  # rather than changing the case at once
    closed: Proposal | None = None  # which is what was being edited
    conflict: history.Conflict | None = None
    sent: contents.Content = field(default_factory=dict)  # what is proposed, once it is found right
    reason: str = ""

    def __post_init__(self) -> None:
        newest = history.versions_of(self.case).first()
        self.seen = {"seen_version": self.case.version, "seen_record": newest.pk if newest else None}
        self.stands: dict[str, Any] = {**self.seen, "seen_edition": None}
        self.outlook = outlook(self.proposal) if self.proposal else None
        self.now = contents.content_of(self.case) if self.proposing else {}
        if self.proposal:
            self.stands |= {"seen_edition": self.proposal.edition, "reason": self.proposal.reason}

    def show(self) -> None:
        """Has the form show the case as it is proposed; nothing is written for that."""
        if self.outlook:
            values = contents.typed(Case, self.outlook.then["case"])
            self.stands |= {field.name: values[field.attname] for field in contents.FIELDS}

    def proposed(self, name: str) -> dict[Any, contents.Row] | None:
        """The rows of that name as they are proposed, by key."""
        if not self.outlook:
            return None
        model = contents.ROW_MODELS[name]
        rows = (contents.typed(model, row) for row in self.outlook.then[name])
        return {row[model.key_field]: row for row in rows}


def writing_of(request: HttpRequest) -> Writing | None:
    return getattr(request, "writing", None)


def is_proposing(request: HttpRequest) -> bool:
    writing = writing_of(request)
    return writing is not None and writing.proposing


def closed_proposal(request: HttpRequest) -> Proposal | None:
    """The proposal that is to be edited, if that has ended."""
    key = history.key_in(request.GET.get("proposal", "")) or 0
    return Proposal.objects.filter(pk=key).exclude(closed_at=None).first()


def open_proposals(case: Case) -> list[Proposal]:
    return list(case.proposals.still_open().select_related("author"))


class CaseBodyInline(RowInline):
    """Stacked, as a row of so many fields would be wider than the screen."""

    model = CaseBody
    formset = CaseBodyFormSet
    template = "admin/edit_inline/stacked.html"
    contact = (("contact_section", "contact_telephone"), ("contact_email", "contact_checked_on"))
    fieldsets = (
        (None, {"fields": (("body", "position"), "note")}),
        ("照会先（その団体が示しているものだけ）", {"fields": contact, "classes": ("collapse",)}),
    )
    autocomplete_fields = ("body",)

    def get_extra(self, request: HttpRequest, obj: Any = None, **options: Any) -> int:
        return 0 if obj else 1


class SimilarBodyInline(RowInline):
    model = SimilarBody
    fields = ("body", "note", "url", "position")
    autocomplete_fields = ("body",)


class LinkInline(RowInline):
    model = Link
    fields = ("label", "url", "position")

    def get_extra(self, request: HttpRequest, obj: Any = None, **options: Any) -> int:
        return 0 if obj else len(report_forms.rows_of(request, Link))


class FigureInline(RowInline):
    model = Figure
    fields = ("label", "value", "position")


class FactInline(RowInline):
    """Stacked, a field a line, as a row of so many fields would be wider than the screen."""

    model = Fact
    template = "admin/edit_inline/stacked.html"
    answer = ("answered_by", "answered_on")
    stated = ("kind", "grade", "label", "before", "value", "unit", "text", "page", "position")
    fieldsets = (
        (None, {"fields": stated}),
        ("団体の回答から書くとき", {"fields": answer, "classes": ("collapse",)}),
    )
    autocomplete_fields = ("answered_by",)


class FollowedInline(RowInline):
    model = Followed
    template = "admin/edit_inline/stacked.html"
    fieldsets = (
        (None, {"fields": ("body", "role", "note", "page", "position")}),
        ("団体の回答から書くとき", {"fields": FactInline.answer, "classes": ("collapse",)}),
    )
    autocomplete_fields = ("body", "answered_by")


@admin.register(Case)
class CaseAdmin(CasePages):
    form = CaseForm
    change_form_template = "admin/catalog/case/change_form.html"
    save_on_top = True
    autocomplete_fields = ("source",)
    inlines = (CaseBodyInline, FactInline, FigureInline, LinkInline, SimilarBodyInline, FollowedInline)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """In the order in which a reader meets them; what steers publication comes last."""
        is_draft = obj is None or not obj.was_public
        withdrawal = ("withdrawn_reason", "withdrawn_pointer")
        never_withdraws = is_draft and not self.has_publish_permission(request)
        case = (
            (None, {"fields": ("title",)}),
            ("内容", {"fields": ("points", "background", "approach", "outcome")}),
            ("注記・資料", {"fields": ("editor_note", "references", "similar_open_ended")}),
            ("分類", {"fields": ("topics", "year")}),
            ("出典", {"fields": ("source", "section", ("page", "order"), "heading")}),
            ("公開", {"fields": ("slug", "status", *(() if never_withdraws else withdrawal))}),
        )
        if obj is None:
            return case
        if not self.has_change_permission(request, obj):
            lists = {"points": "points_by_line", "references": "references_by_line"}
            return tuple(
                (title, {"fields": tuple(lists.get(name, name) for name in part["fields"])})
                for title, part in case
            )
        seen = ("seen_version", "seen_record", "seen_edition")
        return (*case, ("この変更について", {"fields": ("reason", *seen)}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """An address once public stays; what makes a case public or not is for those who may publish."""
        address = ("slug",) if obj and obj.was_public else ()
        may_steer = self.has_publish_permission(request) and not is_proposing(request)
        return address if may_steer else (*address, *STEERING)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **options)
        if writing := writing_of(request):
            form.stands, form.conflict = writing.stands, writing.conflict
            if writing.closed:
                form.edition_refused = PROPOSAL_CLOSED_MEANWHILE.format(writing.closed.get_state_display())
        form.is_restored = getattr(request, "is_restored", False)
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *options: Any, **more: Any) -> Any:
        return super().render_change_form(request, {"seen": None, **context}, *options, **more)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """None that was ever public: its address tells readers why it is gone."""
        return super().has_delete_permission(request, obj) and not obj.was_public

    @transaction.atomic
    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The form, of a case or of a proposal for it; what is sent is saved as the one or the other."""
        kept, closed = kept_for(request), closed_proposal(request)
        if closed and request.method == "GET" and not kept:
            return redirect("admin:catalog_proposal_change", closed.pk)
        extra_context = {**(extra_context or {}), "autosaved": kept, "autosave_page": page_of(request)}
        extra_context["report"] = report_forms.report_of(request)
        extra_context["autosaved_before"] = kept_of_others(request)
        extra_context["autosave_key"] = key_of(request)
        if kept and request.method == "GET" and ("restore" in request.GET or closed):
            put_back(request, kept)
            extra_context["autosaved"] = None
            request.is_restored = True  # type: ignore[attr-defined]
        case = self.get_object(request, unquote(object_id)) if object_id else None
        if case is None or not self.has_view_or_change_permission(request, case):
            return super().changeform_view(request, object_id, form_url, extra_context)
        # Once the case is locked: by then what the same form made a moment ago is in the database.
        if request.method == "POST" and (before := answer_as_before(request)):
            return before
        writing = self.begin(request, case)
        may_see_proposals = request.user.has_perm("catalog.view_proposal")
        context = {**extra_context, "writing": writing}
        context["proposals"] = open_proposals(case) if may_see_proposals else []
        context["said"] = confirmations.said_of(case)
        context["may_write_at_once"] = self.may_write_at_once(request, case)
        context["may_publish"] = self.has_publish_permission(request)
        context["schedules"] = case.schedules.waiting()
        if not writing.proposing or not may_save(request):
            writing.show()
            return super().changeform_view(request, object_id, form_url, context)
        with contents.undone():
            if writing.outlook:
                for name in contents.ROW_MODELS:
                    contents.leave_out_rows(case, name, writing.outlook.then)
            response = super().changeform_view(request, object_id, form_url, context)
            if isinstance(response, TemplateResponse):
                response.render()
        return self.keep_proposal(request, writing) if writing.sent else response

    def begin(self, request: HttpRequest, case: Case) -> Writing:
        """Looks at what there is before anything is done to it, and lets what was sent take part in it."""
        found = Proposal.objects.filter(case=case)
        found = found.select_for_update(of=("self",)) if may_save(request) else found
        proposal, closed = None, None
        if key := request.GET.get("proposal", ""):
            may = request.user.has_perm("catalog.view_proposal") and self.has_change_permission(request, case)
            if not may:
                raise PermissionDenied
            proposal = get_object_or_404(found, pk=history.key_in(key) or 0)
            if not proposal.is_open:
                proposal, closed = None, proposal
        is_asked = bool(key) or ("_propose" in request.POST and case.was_public)
        proposing = is_asked or not self.may_write_at_once(request, case)
        writing = Writing(case, proposal, proposing=proposing, closed=closed)
        request.writing = writing  # type: ignore[attr-defined]
        if request.method == "POST":
            self.take_part(request, writing)
        return writing

    def take_part(self, request: HttpRequest, writing: Writing) -> None:
        """Where others saved since the form was opened, keeps what they changed and the form did not."""
        sent, case = request.POST, writing.case
        if sent.get("seen_version") == str(case.version):
            return
        record = sent.get("seen_record", "")
        seen, _ = history.versions_since(case, history.key_in(record))
        if seen is None:
            writing.conflict = history.Conflict([], [], known=False)
            return
        data, taken, conflicts = merging.merged(sent, merging.state_in(seen), merging.state_now(case))
        if conflicts:
            writing.conflict = history.conflict(case, history.key_in(record))
        elif taken:
            self.message_user(request, KEPT_OF_OTHERS.format("、".join(taken)), messages.WARNING)
        request.POST = data if conflicts else with_values(data, writing.seen)  # type: ignore[assignment]

    def keep_proposal(self, request: HttpRequest, writing: Writing) -> HttpResponse:
        by: Any = request.user
        proposal = keep(writing.proposal, writing.case, writing.sent, writing.now, writing.reason, by)
        forget(request)
        messages.success(request, "改訂案を保存しました。公開中のページは、まだ変わっていません。")
        if self.steers(request, writing.case):
            messages.warning(request, NOT_PROPOSED)
        if "_preview" in request.POST:
            preview = reverse("admin:catalog_proposal_preview", args=[proposal.pk])
            return remember_saved(request, SendOn(preview))
        return remember_saved(request, redirect("admin:catalog_proposal_change", proposal.pk))

    def steers(self, request: HttpRequest, case: Case) -> bool:
        """Whether what was sent would make the case more or less public, which no proposal does."""
        stands = Case.objects.get(pk=case.pk)
        return self.has_publish_permission(request) and any(
            with_plain_breaks(request.POST[name]) != getattr(stands, name)
            for name in STEERING
            if name in request.POST
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "status" in form.changed_data:
            history.log_status(request.user, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for hint in hints(Case.objects.get(pk=form.instance.pk)):
            messages.info(request, hint)
        if (writing := writing_of(request)) and writing.proposing:
            writing.sent, writing.reason = contents.content_of(form.instance), form.cleaned_data["reason"]
        else:
            forget(request)
        if not change:
            report_forms.take_over(request, form.instance)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), **report_forms.draft_of(request)}

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        options = super().get_formset_kwargs(request, obj, inline, prefix)
        if not obj.pk and "data" not in options and (rows := report_forms.rows_of(request, inline.model)):
            options["initial"] = rows
        if (writing := writing_of(request)) and "data" not in options:
            options["proposed"] = writing.proposed(prefix)
        if obj.pk and "data" in options:
            existing = {str(pk) for pk in inline.model.objects.filter(case=obj).values_list("pk", flat=True)}
            options["data"] = readd_deleted_rows(options["data"], prefix, existing)
        return options

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "section":
            options["form_class"] = SectionField
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **options: Any
    ) -> forms.ModelMultipleChoiceField | None:
        options = {"widget": forms.CheckboxSelectMultiple, "queryset": Topic.objects.in_use(), **options}
        return super().formfield_for_manytomany(db_field, request, **options)

    def view_on_site(self, case: Case) -> str | None:
        return case.get_absolute_url() if case.status == Case.Status.PUBLISHED else None

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        return self.redirect_to_preview(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        if is_proposing(request):
            return HttpResponse()  # another follows, when the case is again as it was
        return self.redirect_to_preview(request, obj) or super().response_change(request, obj)

    def redirect_to_preview(self, request: HttpRequest, case: Case) -> HttpResponse | None:
        if "_preview" not in request.POST:
            return None
        address = reverse("admin:catalog_case_preview", args=[case.pk])
        return remember_saved(request, HttpResponseRedirect(address))

    @admin.display(description="ポイント")
    def points_by_line(self, case: Case) -> str:
        return format_html_join(BREAK, "{}", ((point,) for point in case.points))

    @admin.display(description="関連資料")
    def references_by_line(self, case: Case) -> str:
        return format_html_join(BREAK, "{}", ((reference,) for reference in case.references))
