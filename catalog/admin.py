"""The editors' pages."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Count
from django.db.models.functions import Concat
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django_otp.plugins.otp_totp.models import TOTPDevice
from reversion.models import Version

from catalog import history, links
from catalog.documents.reading import read_documents
from catalog.editing import (
    AccountPasswordForm,
    CaseBodyFormSet,
    CaseForm,
    LinesField,
    ProseField,
    ReasonForm,
    RevertForm,
    with_vanished_rows_as_new,
)
from catalog.importing import pages
from catalog.models import (
    Body,
    Case,
    CaseBody,
    Figure,
    Guideline,
    Link,
    LinkCheck,
    SearchSynonym,
    SimilarBody,
    Source,
    Topic,
)
from catalog.pages.views import case_page
from dxcases import access_log

VERSIONS_LISTED = 50
EVENTS = {
    Case.Status.PUBLISHED: "publish",
    Case.Status.WITHDRAWN: "withdraw",
    Case.Status.DRAFT: "return to draft",
}
LABELS = {
    field.name: field.verbose_name
    for model in (Case, CaseBody, Figure, Link, SimilarBody)
    for field in history.told_fields(model)
}


def as_written(field: type[forms.CharField], of: models.Field, **options: Any) -> forms.Field:
    """The form field of the kind `field` for a model field."""
    return field(label=of.verbose_name, help_text=of.help_text, required=not of.blank, **options)


class RecordedAdmin(admin.ModelAdmin):
    """An admin that keeps a version of each row it writes, and shows them with their differences."""

    object_history_template = "admin/versions.html"

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        """Texts keep one kind of line end; a list of texts is written one to a line."""
        if isinstance(db_field, ArrayField):
            return as_written(LinesField, db_field)
        if isinstance(db_field, models.TextField):
            return as_written(ProseField, db_field)
        return super().formfield_for_dbfield(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            history.keep(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        reason = form.cleaned_data.get("reason", "") or ("" if change else history.CREATED)
        history.record(form.instance, request.user, reason)  # type: ignore[arg-type]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        history.keep(obj)
        super().delete_model(request, obj)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_compare"
        view = self.admin_site.admin_view(self.compare_view)
        return [path("<path:object_id>/history/compare/", view, name=name), *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.viewed(request, object_id)
        versions = list(history.versions_of(obj)[: VERSIONS_LISTED + 1])
        steps = history.steps(versions)[:VERSIONS_LISTED]
        told = {"title": f"変更履歴：{obj}", "steps": steps, "most": VERSIONS_LISTED}
        return self.page(request, self.object_history_template, obj, {**told, **(extra_context or {})})

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What has changed between two versions; without `after`, from `before` to now."""
        obj = self.viewed(request, object_id)
        before, after = (self.version(obj, request.GET.get(name, "")) for name in ("before", "after"))
        if before is None:
            raise Http404("no version to compare")
        texts = history.texts_in(after) if after else history.texts_of(obj)
        differences = history.differences(history.texts_in(before), texts)
        told = {"title": f"版を比べる：{obj}", "before": before, "after": after, "differences": differences}
        return self.page(request, "admin/compare_versions.html", obj, told)

    def viewed(self, request: HttpRequest, object_id: str) -> Any:
        """The row of a page that only shows it. Raises Http404 or PermissionDenied."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404(f"no {self.opts.model_name} {object_id}")
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return obj

    def version(self, obj: Any, key: str) -> Version | None:
        """A version of the row by its key; None without key. Raises Http404 for any other key."""
        if not key:
            return None
        return get_object_or_404(
            history.versions_of(obj), pk=int(key) if key.isdecimal() and len(key) < 19 else 0
        )

    def page(self, request: HttpRequest, template: str, obj: Any, told: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": obj, **told}
        return TemplateResponse(request, template, context)


class RowInline(admin.TabularInline):
    extra = 0

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        if not isinstance(db_field, models.TextField):
            return super().formfield_for_dbfield(db_field, request, **options)
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
    link_checker = partial(links.Checker, hop_seconds=5, total_seconds=5)
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
            return self.checked_again(request, object_id, form_url, extra_context)
        except PermissionDenied:
            if request.method != "POST" or not self.has_view_permission(request):
                raise
            return self.not_saved(request)

    def checked_again(self, request: HttpRequest, *options: Any) -> Any:
        """The page; checked anew where another took the slug or the place between check and save."""
        try:
            return super().changeform_view(request, *options)
        except IntegrityError:
            return super().changeform_view(request, *options)

    def not_saved(self, request: HttpRequest) -> HttpResponse:
        """403 that gives back what was sent: the case may have been published while an editor wrote."""
        fields = [(name.rpartition("-")[2], text) for name, text in request.POST.items() if text]
        sent = [(LABELS[name], text) for name, text in fields if name in LABELS]
        told = {"title": "保存できませんでした", "sent": sent}
        response = self.page(request, "admin/case_not_saved.html", None, told)
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
            options["data"] = with_vanished_rows_as_new(options["data"], prefix, existing)
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
        return self.previewed(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        return self.previewed(request, obj) or super().response_change(request, obj)

    def previewed(self, request: HttpRequest, case: Case) -> HttpResponse | None:
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
        may_revert = self.has_change_permission(request, self.viewed(request, object_id))
        return super().history_view(request, object_id, {"may_revert": may_revert, **(extra_context or {})})

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that readers would see, of a case whatever its state, for editors alone."""
        pk = self.viewed(request, object_id).pk
        response = case_page(request, read_documents([pk])[0], preview=True)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    @transaction.atomic
    def revert_view(self, request: HttpRequest, object_id: str, version_id: int) -> HttpResponse:
        """Asks before it takes a case back to a version: shows what would change, and wants a reason."""
        case = self.viewed(request, object_id)
        if not self.has_change_permission(request, case):
            raise PermissionDenied
        version = get_object_or_404(history.versions_of(case), pk=version_id)
        form = RevertForm(request.POST or None, case=case)
        if form.is_valid() and self.reverted(request, form, version):
            return HttpResponseRedirect(reverse("admin:catalog_case_change", args=[case.pk]))
        differences = history.differences(history.texts_of(case), history.texts_in(version))
        told = {
            "title": f"前の版に戻す：{case}",
            "version": version,
            "form": form,
            "differences": differences,
        }
        return self.page(request, "admin/revert_case.html", case, told)

    def reverted(self, request: HttpRequest, form: RevertForm, version: Version) -> bool:
        """Whether the case was taken back; if not, the form says why."""
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
            told = {"title": f"状態を「{status.label}」にする", "cases": concerned, "form": form}
            told["action"] = request.POST["action"]
            return self.page(request, "admin/set_status.html", None, told)
        done = [self.changed_status(request, case.pk, status, form) for case in concerned]
        self.message_user(request, f"{sum(done)}件を「{status.label}」にしました。", messages.SUCCESS)
        return None

    @transaction.atomic
    def changed_status(self, request: HttpRequest, pk: int, status: Case.Status, form: ReasonForm) -> bool:
        """Whether the case was changed; if not, a message says why."""
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
        history.keep(case)
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
            run = links.Run(self.link_checker())
            for _ in run.check(urls):
                pass
            self.message_user(request, *told_of(run))

    def too_many_links(self, number: int) -> str:
        return (
            f"リンクが{number}件あります。ここで一度に確認できるのは{self.most_links}件までです。"
            "事例を減らすか、運用担当者に「python manage.py check_links」の実行を依頼してください。"
        )


def told_of(run: links.Run) -> tuple[str, int]:
    """What to tell of a run, and the level of the message."""
    if run.recorded:
        return f"リンクを確認しました。{run.summary}", messages.SUCCESS
    reasons = "、".join(f"{one.url}（{one.reason}）" for one in run.held_back)
    return f"つながるリンクが1件もなかったため、何も記録しませんでした。{reasons}", messages.WARNING


@admin.register(LinkCheck)
class LinkCheckAdmin(admin.ModelAdmin):
    """To read only: `check_links` writes it, and a link is corrected in its case."""

    list_display = ("url", "outcome", "reason", "failed_days", "checked_at", "linked_from")
    list_filter = ("outcome",)
    search_fields = ("url", "reason")
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[LinkCheck]:
        return LinkCheck.objects.with_cases()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="リンクのある事例")
    def linked_from(self, check: LinkCheck) -> str:
        pages = (
            (reverse("admin:catalog_case_change", args=[one["pk"]]), one["title"]) for one in check.cases
        )
        return format_html_join("、", '<a href="{}">{}</a>', pages)


@admin.register(Body)
class BodyAdmin(RecordedAdmin):
    list_display = ("name", "kana", "prefecture", "kind", "population", "population_as_of", "code")
    list_filter = ("kind", ("population", admin.EmptyFieldListFilter), "prefecture")
    list_select_related = ("prefecture",)
    search_fields = ("name", "kana", "code", "written_in_full")
    search_help_text = "名称、よみ、コード、都道府県名から探します。"

    def get_urls(self) -> list[URLPattern]:
        return [*pages.population_page(self).urls, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {**(extra_context or {}), "may_import": pages.may_import(self, request)}
        )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Body]:
        in_full = Concat("prefecture__name", "name", output_field=models.CharField())
        return super().get_queryset(request).select_related("prefecture").annotate(written_in_full=in_full)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is the key that cases refer to: it is given once."""
        return ("code",) if obj else ()


@admin.register(Topic)
class TopicAdmin(RecordedAdmin):
    list_display = ("title", "slug", "position", "case_count")
    search_fields = ("title", "slug")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Topic]:
        return super().get_queryset(request).annotate(case_count=Count("cases"))

    @admin.display(description="事例の数", ordering="case_count")
    def case_count(self, topic: Any) -> int:
        return topic.case_count


@admin.register(Source)
class SourceAdmin(RecordedAdmin):
    list_display = ("title", "edition", "publisher", "published_on")
    search_fields = ("title", "publisher")


@admin.register(SearchSynonym)
class SearchSynonymAdmin(RecordedAdmin):
    list_display = ("words_together",)
    search_fields = ("words__icontains",)

    @admin.display(description="言葉")
    def words_together(self, synonym: SearchSynonym) -> str:
        return str(synonym)


@admin.register(Guideline)
class GuidelineAdmin(RecordedAdmin):
    list_display = ("title", "publisher", "published_note", "section", "position")
    list_filter = ("section",)
    search_fields = ("title", "publisher")


admin.site.unregister([User, Group, TOTPDevice])  # devices: `manage.py end_sessions`


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Accounts. What they may do, the two groups say alone (roles.py)."""

    change_password_form = AccountPasswordForm
    list_display = ("username", "last_name", "first_name", "roles")
    list_filter = ("is_active", "is_superuser", "groups")
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("個人情報", {"fields": ("last_name", "first_name", "email")}),
        ("権限", {"fields": ("is_active", "is_staff", "groups", "is_superuser")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="役割")
    def roles(self, account: User) -> str:
        return "、".join(group.name for group in account.groups.all())
