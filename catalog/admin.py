"""The editors' pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count
from django.db.models.functions import Concat
from django.http import HttpRequest

from catalog.models import (
    Body,
    Case,
    CaseBody,
    Figure,
    Guideline,
    Link,
    SearchSynonym,
    SimilarBody,
    Source,
    Topic,
)

admin.site.site_header = "自治体DX事例カタログ 編集"
admin.site.site_title = "自治体DX事例カタログ"
admin.site.index_title = "編集メニュー"


class LinesField(forms.CharField):
    """A list of texts, written one to a line; empty lines and blanks around a line are dropped."""

    widget = AdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), (data or "").replace("\r\n", "\n"))


def lines_or_default(
    default: Any, db_field: models.Field, request: HttpRequest, **options: Any
) -> forms.Field | None:
    """The form field of a model field: lines for an array, else what `default`, a super(), gives."""
    if not isinstance(db_field, ArrayField):
        return default.formfield_for_dbfield(db_field, request, **options)
    return LinesField(label=db_field.verbose_name, help_text=db_field.help_text, required=not db_field.blank)


class CaseBodyInline(admin.TabularInline):
    model = CaseBody
    fields = ("body", "note", "position")
    autocomplete_fields = ("body",)
    min_num = 1
    extra = 0
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 40})}}

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        return super().get_formset(request, obj, validate_min=True, **options)


class SimilarBodyInline(admin.TabularInline):
    model = SimilarBody
    fields = ("body", "note", "url", "position")
    autocomplete_fields = ("body",)
    extra = 0


class LinkInline(admin.TabularInline):
    model = Link
    fields = ("label", "url", "position")
    extra = 0


class FigureInline(admin.TabularInline):
    model = Figure
    fields = ("label", "value", "position")
    extra = 0


@admin.register(Case)
class CaseAdmin(admin.ModelAdmin):
    list_display = ("title", "section_title", "body_names", "source_page", "status", "updated_at")
    list_filter = ("status", "section", "topics", "source")
    list_select_related = ("section", "source")
    search_fields = (
        *("slug", "title", "background", "approach", "outcome"),
        *("case_bodies__body__name", "case_bodies__body__kana"),
    )
    search_help_text = "題名、本文、識別名、団体の名称・よみから探します。"
    actions = ("publish", "withdraw_to_draft")
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("title", "slug", "status")}),
        ("出典", {"fields": ("section", "source", ("page", "order"), "heading")}),
        ("内容", {"fields": ("points", "background", "approach", "outcome", "references")}),
        ("分類と注記", {"fields": ("topics", "similar_open_ended", "editor_note")}),
    )
    inlines = (CaseBodyInline, FigureInline, LinkInline, SimilarBodyInline)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Case]:
        return super().get_queryset(request).prefetch_related("case_bodies__body__prefecture")

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        return lines_or_default(super(), db_field, request, **options)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **options: Any
    ) -> forms.ModelMultipleChoiceField | None:
        return super().formfield_for_manytomany(
            db_field, request, widget=forms.CheckboxSelectMultiple, **options
        )

    def view_on_site(self, case: Case) -> str | None:
        return case.get_absolute_url() if case.status == Case.Status.PUBLISHED else None

    @admin.display(description="区分", ordering="section")
    def section_title(self, case: Case) -> str:
        return str(case.section)

    @admin.display(description="実施団体")
    def body_names(self, case: Case) -> str:
        return "、".join(str(case_body) for case_body in case.case_bodies.all())

    @admin.display(description="出典のページ", ordering="page")
    def source_page(self, case: Case) -> str:
        return f"p.{case.page}"

    @admin.action(description="選んだ事例を公開する", permissions=["change"])
    def publish(self, request: HttpRequest, cases: models.QuerySet[Case]) -> None:
        self.set_status(request, cases, Case.Status.PUBLISHED)

    @admin.action(description="選んだ事例を下書きに戻す", permissions=["change"])
    def withdraw_to_draft(self, request: HttpRequest, cases: models.QuerySet[Case]) -> None:
        self.set_status(request, cases, Case.Status.DRAFT)

    def set_status(self, request: HttpRequest, cases: models.QuerySet[Case], status: Case.Status) -> None:
        changed = cases.exclude(status=status)
        for case in changed:
            case.status = status
            case.save(update_fields=["status", "updated_at"])
            self.log_change(request, case, f"状態を「{status.label}」にしました。")
        self.message_user(request, f"{len(changed)}件を「{status.label}」にしました。", messages.SUCCESS)


@admin.register(Body)
class BodyAdmin(admin.ModelAdmin):
    list_display = ("name", "kana", "prefecture", "kind", "population", "population_as_of", "code")
    list_filter = ("kind", ("population", admin.EmptyFieldListFilter), "prefecture")
    list_select_related = ("prefecture",)
    search_fields = ("name", "kana", "code", "written_in_full")
    search_help_text = "名称、よみ、コード、都道府県名から探します。"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Body]:
        in_full = Concat("prefecture__name", "name", output_field=models.CharField())
        return super().get_queryset(request).select_related("prefecture").annotate(written_in_full=in_full)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is the key that cases refer to: it is given once."""
        return ("code",) if obj else ()


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    list_display = ("title", "slug", "position", "case_count")
    search_fields = ("title", "slug")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Topic]:
        return super().get_queryset(request).annotate(case_count=Count("cases"))

    @admin.display(description="事例の数", ordering="case_count")
    def case_count(self, topic: Any) -> int:
        return topic.case_count


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    list_display = ("title", "edition", "publisher", "published_on")
    search_fields = ("title", "publisher")


@admin.register(SearchSynonym)
class SearchSynonymAdmin(admin.ModelAdmin):
    list_display = ("words_together",)
    search_fields = ("words__icontains",)

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        return lines_or_default(super(), db_field, request, **options)

    @admin.display(description="言葉")
    def words_together(self, synonym: SearchSynonym) -> str:
        return str(synonym)


@admin.register(Guideline)
class GuidelineAdmin(admin.ModelAdmin):
    list_display = ("title", "publisher", "published_note", "section", "position")
    list_filter = ("section",)
    search_fields = ("title", "publisher")
