"""Pages that keep a version of each row they write, and show its history."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from reversion.models import Version

from catalog import history
from catalog.editing.forms import LinesField, ProseField

VERSIONS_LISTED = 50


def as_written(field: type[forms.CharField], model_field: models.Field, **options: Any) -> forms.Field:
    """The form field of the kind `field` for a model field."""
    required = not model_field.blank
    return field(
        label=model_field.verbose_name, help_text=model_field.help_text, required=required, **options
    )


def to_choose_alone(field: forms.Field | None) -> forms.Field | None:
    """The field without links that add, change or delete the rows it offers, which other cases share."""
    if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
        field.widget.can_add_related = False
        field.widget.can_change_related = field.widget.can_delete_related = False
    return field


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
        return to_choose_alone(super().formfield_for_dbfield(db_field, request, **options))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            history.ensure_version(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        reason = form.cleaned_data.get("reason", "") or ("" if change else history.CREATED)
        history.record(form.instance, request.user, reason)  # type: ignore[arg-type]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        history.ensure_version(obj)
        super().delete_model(request, obj)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_compare"
        view = self.admin_site.admin_view(self.compare_view)
        return [path("<path:object_id>/history/compare/", view, name=name), *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_viewable(request, object_id)
        versions = list(history.versions_of(obj)[: VERSIONS_LISTED + 1])
        steps = history.history_entries(versions)[:VERSIONS_LISTED]
        context = {"title": f"変更履歴：{obj}", "steps": steps, "most": VERSIONS_LISTED}
        return self.page(request, self.object_history_template, obj, {**context, **(extra_context or {})})

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What has changed between two versions; without `after`, from `before` to now."""
        obj = self.get_viewable(request, object_id)
        before, after = (self.version(obj, request.GET.get(name, "")) for name in ("before", "after"))
        if before is None:
            raise Http404("no version to compare")
        texts = history.texts_in(after) if after else history.texts_of(obj)
        differences = history.differences(history.texts_in(before), texts)
        context = {
            "title": f"版を比べる：{obj}",
            "before": before,
            "after": after,
            "differences": differences,
        }
        return self.page(request, "admin/compare_versions.html", obj, context)

    def get_viewable(self, request: HttpRequest, object_id: str) -> Any:
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

    def page(self, request: HttpRequest, template: str, obj: Any, extra: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": obj, **extra}
        return TemplateResponse(request, template, context)
