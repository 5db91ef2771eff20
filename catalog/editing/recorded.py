"""Pages that keep a version of each row they write, and show its history."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import NestedObjects, unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from reversion.models import Version

from catalog import history
from catalog.editing.forms import LinesField, ProseField, RecordedForm, RowFormSet
from catalog.importing.fields import DayField
from catalog.importing.invisible import notice, visible
from catalog.models import Case
from catalog.models.base import REPLACEMENT_CHARACTER
from dxcases import access_log
from dxcases.sent_twice import answer_as_before, once, remember_saved

VERSIONS_LISTED = 50
MAX_TRASH_ROWS = 50  # of a page
WAITED_IN_VAIN = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)
USED_MEANWHILE = "ほかの人が使い始めたため、削除していません。下の説明を確かめてください。"


def has_waited_in_vain(request: HttpRequest) -> bool:
    """Whether what was sent could not be saved, for others were writing: the form is only shown again."""
    return getattr(request, "waited_in_vain", False)


def may_save(request: HttpRequest) -> bool:
    return request.method == "POST" and not has_waited_in_vain(request)


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


def told_with_case(row: models.Model) -> SafeString:
    """A row by its kind and name, and the case that it is of, if any; what has a page is a link to it."""
    case = getattr(row, "case", None)
    page = case if isinstance(case, Case) else row
    try:
        address = reverse(f"admin:{page._meta.app_label}_{page._meta.model_name}_change", args=[page.pk])
    except NoReverseMatch:
        return format_html("{}：{}", row._meta.verbose_name, row)
    link = format_html('<a href="{}">{}</a>', address, page)
    if page is row:
        return format_html("{}：{}", row._meta.verbose_name, link)
    return format_html("{}：{}（{}）", row._meta.verbose_name, row, link)


class RowInline(admin.TabularInline):
    """Rows that are written with the row they belong to."""

    extra = 0
    formset = RowFormSet

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        if isinstance(db_field, models.DateField):
            options["form_class"] = DayField
        if not isinstance(db_field, models.TextField):
            return to_choose_alone(super().formfield_for_dbfield(db_field, request, **options))
        return as_written(ProseField, db_field, widget=forms.Textarea(attrs={"rows": 2, "cols": 40}))


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows rows that editors do not write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecordedAdmin(admin.ModelAdmin):
    """An admin that keeps a version of each row it writes, and shows them with their differences."""

    form: type[forms.ModelForm] = RecordedForm
    change_form_template = "admin/recorded_form.html"
    object_history_template = "admin/versions.html"

    def add_view(self, request: HttpRequest, *options: Any, **more: Any) -> HttpResponse:
        return self.kept_while_others_write(request, lambda: self.add_once(request, *options, **more))

    @once
    def add_once(self, request: HttpRequest, *options: Any, **more: Any) -> HttpResponse:
        """What is added need not collide with itself: a draft without a place, sent twice, would be two."""
        return super().add_view(request, *options, **more)

    def change_view(self, request: HttpRequest, *options: Any, **more: Any) -> HttpResponse:
        return self.kept_while_others_write(
            request, lambda: super(RecordedAdmin, self).change_view(request, *options, **more)
        )

    def kept_while_others_write(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        """The page; where a save has waited for others too long, the form as it was sent, which says so."""
        sent = request.POST
        try:
            return view()
        except OperationalError as error:
            if request.method != "POST" or not isinstance(error.__cause__, WAITED_IN_VAIN):
                raise
        request.POST = sent
        request.waited_in_vain = True  # type: ignore[attr-defined]
        response = view()
        response.status_code = 503
        return response

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The page; where a form that was saved is sent again, as by a double click, what came of it."""
        self.make_visible(request)
        if request.method == "POST" and object_id and super().get_object(request, unquote(object_id)) is None:
            return self.show_what_was_sent(request)
        response = self.check_twice(request, object_id, form_url, extra_context)
        is_refused = request.method == "POST" and response.status_code == 200
        return (is_refused and answer_as_before(request)) or response

    def show_what_was_sent(self, request: HttpRequest) -> HttpResponse:
        """The texts of a form whose row another has deleted meanwhile, to be copied."""
        sent = [("変更の理由", text) for text in request.POST.getlist("reason") if text]
        for name, texts in request.POST.lists():
            field = self.field_sent(name)
            if isinstance(field, (models.CharField, models.TextField, ArrayField)) and not field.choices:
                sent += [(str(field.verbose_name), text) for text in texts if text.strip()]
        context = {
            **self.admin_site.each_context(request),
            "title": f"{self.opts.verbose_name}は、今はありません",
            "opts": self.opts,
            "sent": sent,
            "may_bring_back": self.may_bring_back(request),
        }
        return TemplateResponse(request, "admin/row_is_gone.html", context, status=409)

    def check_twice(self, request: HttpRequest, *options: Any) -> Any:
        """The page; checked anew where another took a name or the place, or deleted what is pointed to,
        between check and save.
        """
        if request.method != "POST":
            return super().changeform_view(request, *options)
        try:
            with transaction.atomic():
                response = super().changeform_view(request, *options)
                connection.check_constraints()
                return response
        except IntegrityError:
            # Once is enough: this check sees what the other has saved and refuses in words, so nothing is
            # saved that could break the same rule. If another rule is broken meanwhile, that error is raised.
            return super().changeform_view(request, *options)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        return remember_saved(request, super().response_add(request, obj, post_url_continue))

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        return remember_saved(request, super().response_change(request, obj))

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        """Texts keep one kind of line end; a list of texts is written a line each; a day as people do."""
        if isinstance(db_field, ArrayField):
            return as_written(LinesField, db_field)
        if isinstance(db_field, models.TextField):
            return as_written(ProseField, db_field)
        if isinstance(db_field, models.DateField):
            options["form_class"] = DayField
        return to_choose_alone(super().formfield_for_dbfield(db_field, request, **options))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; locked while something is to be done to it, so that nobody else saves in between."""
        row = super().get_object(request, object_id, from_field)
        if row is None or not may_save(request):
            return row
        return self.model._base_manager.select_for_update(of=("self",)).filter(pk=row.pk).first()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """A form that refuses once what was written upon another state than the present one."""
        form: Any = super().get_form(request, obj, change, **options)
        form.waited_in_vain = has_waited_in_vain(request)
        sent = request.POST.get("seen_state")
        if obj is not None and sent and sent != history.state_of(obj):
            record = request.POST.get("seen_record", "")
            form.conflict = history.conflict(obj, history.key_in(record))
        return form

    def make_visible(self, request: HttpRequest) -> None:
        """Takes out of what was sent the characters that nobody sees, and tells where they were."""
        if request.method != "POST":
            return
        seen = request.POST.copy()
        # NUL, which no database holds, becomes what stands for the unreadable: that a field refuses by name.
        for name, texts in request.POST.lists():
            seen.setlist(name, [text.replace("\0", REPLACEMENT_CHARACTER) for text in texts])
        for name, texts in seen.copy().lists():
            if told := notice("".join(texts[-1:])):
                field = self.field_sent(name)
                is_line = type(field) in (models.CharField, models.URLField)
                plain = [visible(text) for text in texts]
                seen.setlist(name, [" ".join(text.split("\n")) for text in plain] if is_line else plain)
                label = field.verbose_name if field else "入力"
                self.message_user(request, f"{label}の{told}", messages.WARNING)
        request.POST = seen  # type: ignore[assignment]

    def field_sent(self, name: str) -> Any:
        """The field of the form, or of one of its rows, that is sent under a name; None for another."""
        return self.fields_sent().get(re.sub(r"-\d+-", "-", name))

    def fields_sent(self) -> dict[str, Any]:
        """The fields of the form and, as links-label, of its rows, by name."""
        of_rows = {
            f"{model._meta.get_field(history.OWNERS[model]).remote_field.name}-{field.name}": field
            for model in (inline.model for inline in self.inlines)
            for field in history.written_fields(model)
        }
        return of_rows | {field.name: field for field in history.written_fields(self.model)}

    def render_change_form(self, request: HttpRequest, context: Any, *options: Any, **more: Any) -> Any:
        if row := context.get("original"):
            newest = history.versions_of(row).first()
            seen = {"state": history.state_of(row), "record": newest.pk if newest else ""}
            context = {"seen": seen, **context}
        return super().render_change_form(request, context, *options, **more)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            history.ensure_version(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        reason = form.cleaned_data.get("reason", "") or ("" if change else history.CREATED)
        history.record(form.instance, request.user, reason)  # type: ignore[arg-type]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One at a time: what is ticked by mistake in a list would be gone at once."""
        return obj is not None and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with the rows; what keeps them from being deleted is told with the case that it is of."""
        *found, protected = super().get_deleted_objects(objs, request)
        if protected:
            collector = NestedObjects(using=objs[0]._state.db, origin=objs)
            collector.collect(objs)
            protected = sorted(map(told_with_case, collector.protected))
        return *found, protected

    def may_bring_back(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.delete_{self.opts.model_name}")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.log_row(request, "delete", obj)
        history.delete(obj)
        self.message_user(request, "削除したものは、一覧の「ゴミ箱」から元に戻せます。", messages.INFO)

    @once
    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Asks; then deletes, unless another has come to use the row meanwhile."""
        try:
            with transaction.atomic():
                response = super().delete_view(request, object_id, extra_context)
                connection.check_constraints()
                return response
        except IntegrityError:
            self.message_user(request, USED_MEANWHILE, messages.ERROR)
            return redirect(request.path)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        return remember_saved(request, super().response_delete(request, obj_display, obj_id))

    def log_row(self, request: HttpRequest, event: str, obj: Any) -> None:
        access_log.log_row(request.user, event, self.opts.model_name, str(obj))  # type: ignore[arg-type]

    def get_urls(self) -> list[URLPattern]:
        name, own = f"{self.opts.app_label}_{self.opts.model_name}", self.admin_site.admin_view
        return [
            path("trash/", own(self.trash_view), name=f"{name}_trash"),
            path("<path:object_id>/history/compare/", own(self.compare_view), name=f"{name}_compare"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_bring_back = self.may_bring_back(request)
        return super().changelist_view(request, {"may_bring_back": may_bring_back, **(extra_context or {})})

    @once
    def trash_view(self, request: HttpRequest) -> HttpResponse:
        """What was deleted, by whom and when, the last first; brings one back."""
        if not self.may_bring_back(request):
            raise PermissionDenied
        versions = history.deleted_versions(self.model)
        if request.method == "POST":
            key = request.POST.get("version", "")
            done = self.bring_back(request, get_object_or_404(versions, pk=history.key_in(key) or 0))
            answer = redirect(request.get_full_path())
            return remember_saved(request, answer) if done else answer
        page = Paginator(versions, MAX_TRASH_ROWS).get_page(request.GET.get("page"))
        keys = [version.deletion for version in page]
        deletions = LogEntry.objects.select_related("user").in_bulk([key for key in keys if key])
        rows = [(version, deletions.get(version.deletion)) for version in page]
        context = {"title": f"ゴミ箱：{self.opts.verbose_name}", "rows": rows, "page": page}
        return self.page(request, "admin/trash.html", None, context)

    @transaction.atomic
    def bring_back(self, request: HttpRequest, version: Version) -> bool:
        """Makes the row anew; where that cannot be, a message says why: return False."""
        try:
            row = history.bring_back(version, request.user)  # type: ignore[arg-type]
        except ValidationError as error:
            self.message_user(request, error.messages[0], messages.ERROR)
            return False
        self.log_change(request, row, "削除を取り消しました。")
        self.log_row(request, "bring back", row)
        self.message_user(request, f"「{row}」を元に戻しました。", messages.SUCCESS)
        self.tell_brought_back(request, row)
        return True

    def tell_brought_back(self, request: HttpRequest, row: Any) -> None:
        """What else is to be said of a row that is there again."""

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
        return get_object_or_404(history.versions_of(obj), pk=history.key_in(key) or 0)

    def page(self, request: HttpRequest, template: str, obj: Any, extra: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": obj, **extra}
        return TemplateResponse(request, template, context)
