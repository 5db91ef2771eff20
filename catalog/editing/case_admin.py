"""The editors' pages of cases."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from reversion.models import Version

from catalog import history
from catalog.documents.reading import read_documents
from catalog.editing.forms import (
    CaseBodyFormSet,
    CaseForm,
    ProseField,
    ReasonForm,
    RevertForm,
    readd_deleted_rows,
)
from catalog.editing.recorded import RecordedAdmin, as_written, to_choose_alone
from catalog.importing import pages
from catalog.links.checks import Run
from catalog.links.network import Checker
from catalog.models import Case, CaseBody, Figure, Link, SimilarBody
from catalog.pages.views import case_page
from dxcases import access_log

EVENTS = {
    Case.Status.PUBLISHED: "publish",
    Case.Status.WITHDRAWN: "withdraw",
    Case.Status.DRAFT: "return to draft",
}
LABELS = {
    field.name: field.verbose_name
    for model in (Case, CaseBody, Figure, Link, SimilarBody)
    for field in history.written_fields(model)
}


class RowInline(admin.TabularInline):
    extra = 0

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        if not isinstance(db_field, models.TextField):
            return to_choose_alone(super().formfield_for_dbfield(db_field, request, **options))
        return as_written(ProseField, db_field, widget=forms.Textarea(attrs={"rows": 2, "cols": 40}))


class CaseBodyInline(RowInline):
    model = CaseBody
    formset = CaseBodyFormSet
    fields = ("body", "note", "position")
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


class FigureInline(RowInline):
    model = Figure
    fields = ("label", "value", "position")


@admin.register(Case)
class CaseAdmin(RecordedAdmin):
    form = CaseForm
    list_display = ("title", "section_title", "body_names", "source_page", "status", "updated_at")
    list_filter = ("status", "section", "topics", "source")
    list_select_related = ("section", "source")
    search_fields = (
        *("slug", "title", "background", "approach", "outcome"),
        *("case_bodies__body__name", "case_bodies__body__kana"),
    )
    search_help_text = "題名、本文、識別名、団体の名称・よみから探します。"
    actions = ("publish", "return_to_draft", "check_links")
    # A page has to answer before the browser gives up: few addresses, and less time for each than at night.
    link_checker = partial(Checker, hop_seconds=5, total_seconds=5)
    most_links = 10
    save_on_top = True
    autocomplete_fields = ("source",)
    inlines = (CaseBodyInline, FigureInline, LinkInline, SimilarBodyInline)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """In the order in which a reader meets them; what steers publication comes last."""
        is_draft = obj is None or obj.status == Case.Status.DRAFT
        withdrawal = ("withdrawn_reason", "withdrawn_pointer")
        never_withdraws = is_draft and not self.has_publish_permission(request)
        case = (
            (None, {"fields": ("title",)}),
            ("内容", {"fields": ("points", "background", "approach", "outcome")}),
            ("注記・資料", {"fields": ("editor_note", "references", "similar_open_ended")}),
            ("分類", {"fields": ("section", "topics")}),
            ("出典", {"fields": ("source", ("page", "order"), "heading")}),
            ("公開", {"fields": ("slug", "status", *(() if never_withdraws else withdrawal))}),
        )
        if obj is None or not self.has_change_permission(request, obj):
            return case
        return (*case, ("この変更について", {"fields": ("reason", "seen_version", "seen_record")}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """An address once public stays; what makes a case public or not is for those who may publish."""
        address = ("slug",) if obj and obj.status != Case.Status.DRAFT else ()
        may_publish = self.has_publish_permission(request)
        return address if may_publish else (*address, "status", "withdrawn_reason", "withdrawn_pointer")

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.publish_case")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is or was public, only those change who may publish."""
        is_draft = obj is None or obj.status == Case.Status.DRAFT
        return super().has_change_permission(request, obj) and (
            is_draft or self.has_publish_permission(request)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts alone, one at a time: the address of a case once public answers why it is gone."""
        is_draft = obj is not None and obj.status == Case.Status.DRAFT
        return is_draft and super().has_delete_permission(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {**(extra_context or {}), "may_import": pages.may_import(self, request)}
        )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Case]:
        return super().get_queryset(request).prefetch_related("case_bodies__body__prefecture")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Case | None:
        """The case; locked while something is to be done to it, so that nobody else saves in between."""
        case = super().get_object(request, object_id, from_field)
        if case is None or request.method != "POST":
            return case
        return Case.objects.select_for_update().filter(pk=case.pk).first()

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        try:
            return self.check_twice(request, object_id, form_url, extra_context)
        except PermissionDenied:
            if request.method != "POST" or not self.has_view_permission(request):
                raise
            return self.not_saved(request)

    def check_twice(self, request: HttpRequest, *options: Any) -> Any:
        """The page; checked anew where another took the slug or the place between check and save."""
        try:
            return super().changeform_view(request, *options)
        except IntegrityError:
            # Once is enough: this check sees what the other has saved and refuses in words, so nothing is
            # saved that could break the same rule. If another rule is broken meanwhile, that error is raised.
            return super().changeform_view(request, *options)

    def not_saved(self, request: HttpRequest) -> HttpResponse:
        """403 that gives back what was sent: the case may have been published while an editor wrote."""
        fields = [(name.rpartition("-")[2], text) for name, text in request.POST.items() if text]
        sent = [(LABELS[name], text) for name, text in fields if name in LABELS]
        context = {"title": "保存できませんでした", "sent": sent}
        response = self.page(request, "admin/case_not_saved.html", None, context)
        response.status_code = 403
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "status" in form.changed_data:
            self.log_status(request, obj)

    def log_status(self, request: HttpRequest, case: Case) -> None:
        access_log.log_status(request.user, case.slug, EVENTS[Case.Status(case.status)])  # type: ignore[arg-type]

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        options = super().get_formset_kwargs(request, obj, inline, prefix)
        if obj.pk and "data" in options:
            existing = {str(pk) for pk in inline.model.objects.filter(case=obj).values_list("pk", flat=True)}
            options["data"] = readd_deleted_rows(options["data"], prefix, existing)
        return options

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **options: Any
    ) -> forms.ModelMultipleChoiceField | None:
        return super().formfield_for_manytomany(
            db_field, request, widget=forms.CheckboxSelectMultiple, **options
        )

    def view_on_site(self, case: Case) -> str | None:
        return case.get_absolute_url() if case.status == Case.Status.PUBLISHED else None

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        return self.redirect_to_preview(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        return self.redirect_to_preview(request, obj) or super().response_change(request, obj)

    def redirect_to_preview(self, request: HttpRequest, case: Case) -> HttpResponse | None:
        if "_preview" not in request.POST:
            return None
        return HttpResponseRedirect(reverse("admin:catalog_case_preview", args=[case.pk]))

    @admin.display(description="区分", ordering="section")
    def section_title(self, case: Case) -> str:
        return str(case.section)

    @admin.display(description="実施団体")
    def body_names(self, case: Case) -> str:
        return "、".join(str(case_body) for case_body in case.case_bodies.all())

    @admin.display(description="出典のページ", ordering="page")
    def source_page(self, case: Case) -> str:
        return f"p.{case.page}"

    def get_urls(self) -> list[URLPattern]:
        own = self.admin_site.admin_view
        return [
            *pages.case_page(self).urls,
            path("<path:object_id>/preview/", own(self.preview_view), name="catalog_case_preview"),
            path(
                "<path:object_id>/history/<int:version_id>/revert/",
                own(self.revert_view),
                name="catalog_case_revert",
            ),
            *super().get_urls(),
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_revert = self.has_change_permission(request, self.get_viewable(request, object_id))
        return super().history_view(request, object_id, {"may_revert": may_revert, **(extra_context or {})})

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that readers would see, of a case whatever its state, for editors alone."""
        pk = self.get_viewable(request, object_id).pk
        response = case_page(request, read_documents([pk])[0], preview=True)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    @transaction.atomic
    def revert_view(self, request: HttpRequest, object_id: str, version_id: int) -> HttpResponse:
        """Asks before it takes a case back to a version: shows what would change, and wants a reason."""
        case = self.get_viewable(request, object_id)
        if not self.has_change_permission(request, case):
            raise PermissionDenied
        version = get_object_or_404(history.versions_of(case), pk=version_id)
        form = RevertForm(request.POST or None, case=case)
        if form.is_valid() and self.try_revert(request, form, version):
            return HttpResponseRedirect(reverse("admin:catalog_case_change", args=[case.pk]))
        differences = history.differences(history.texts_of(case), history.texts_in(version))
        context = {
            "title": f"前の版に戻す：{case}",
            "version": version,
            "form": form,
            "differences": differences,
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

    @admin.action(description="選んだ事例を公開する", permissions=["publish"])
    def publish(self, request: HttpRequest, cases: models.QuerySet[Case]) -> HttpResponse | None:
        return self.set_status(request, cases, Case.Status.PUBLISHED)

    @admin.action(description="選んだ事例を下書きに戻す", permissions=["publish"])
    def return_to_draft(self, request: HttpRequest, cases: models.QuerySet[Case]) -> HttpResponse | None:
        return self.set_status(request, cases, Case.Status.DRAFT)

    def set_status(
        self, request: HttpRequest, cases: models.QuerySet[Case], status: Case.Status
    ) -> HttpResponse | None:
        """Shows the cases and asks why; then changes those that are still as they were shown."""
        concerned = list(Case.objects.filter(pk__in=cases.values("pk")).exclude(status=status))
        form = ReasonForm(request.POST if "apply" in request.POST else None)
        form.fields["reason"].required = any(case.status != Case.Status.DRAFT for case in concerned)
        if concerned and not form.is_valid():
            context = {"title": f"状態を「{status.label}」にする", "cases": concerned, "form": form}
            context["action"] = request.POST["action"]
            return self.page(request, "admin/set_status.html", None, context)
        done = [self.try_set_status(request, case.pk, status, form) for case in concerned]
        self.message_user(request, f"{sum(done)}件を「{status.label}」にしました。", messages.SUCCESS)
        return None

    @transaction.atomic
    def try_set_status(self, request: HttpRequest, pk: int, status: Case.Status, form: ReasonForm) -> bool:
        """Set the status and return True; or say in a message why not, and return False."""
        case = Case.objects.select_for_update().get(pk=pk)
        if request.POST.get(f"version-{pk}") != str(case.version):
            reason = "ほかの人が変えたため、そのままにしました。内容を確かめてから、もう一度選んでください。"
            self.message_user(request, f"「{case}」：{reason}", messages.WARNING)
            return False
        case.status = status
        try:
            case.full_clean()
            case.check_publishable()
        except ValidationError as error:
            self.message_user(request, f"「{case}」：{''.join(error.messages)}", messages.WARNING)
            return False
        history.ensure_version(case)
        case.save()
        history.record(case, request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]
        self.log_change(request, case, f"状態を「{status.label}」にしました。")
        self.log_status(request, case)
        return True

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


def message_about(run: Run) -> tuple[str, int]:
    """What to tell of a run, and the level of the message."""
    if run.recorded:
        return f"リンクを確認しました。{run.summary}", messages.SUCCESS
    reasons = "、".join(f"{one.url}（{one.reason}）" for one in run.held_back)
    return f"つながるリンクが1件もなかったため、何も記録しませんでした。{reasons}", messages.WARNING
