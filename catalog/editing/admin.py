"""The editors' pages of all but cases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import ORDER_VAR
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Count, F, Func, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from catalog import history
from catalog.documents.releases import changes_between, is_any, make_release, public_cases
from catalog.editing.forms import AccountPasswordForm, MergeForm, PopulationFormSet
from catalog.editing.recorded import ReadOnlyAdmin, RecordedAdmin, RowInline
from catalog.finding.index import current_index
from catalog.importing import pages
from catalog.importing.report import Report
from catalog.importing.take_back import take_back
from catalog.models import (
    Body,
    Guideline,
    Indicator,
    IndicatorValue,
    LinkCheck,
    Population,
    PopulationImport,
    PopulationSource,
    Release,
    SearchSynonym,
    Section,
    SiteText,
    Source,
    Step,
    Topic,
)
from dxcases.sent_twice import once, remember_saved

OVERTAKEN = "確認のあとにデータが変わったため、まだ取り消していません。新しい結果を確かめてください。"


@admin.register(LinkCheck)
class LinkCheckAdmin(ReadOnlyAdmin):
    """To read only: `check_links` writes it, and a link is corrected in its case."""

    list_display = ("url", "outcome", "reason", "failed_days", "checked_at", "linked_from")
    list_filter = ("outcome",)
    search_fields = ("url", "reason__folded")
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[LinkCheck]:
        return LinkCheck.objects.with_cases()

    @admin.display(description="リンクのある事例")
    def linked_from(self, check: LinkCheck) -> str:
        pages = (
            (reverse("admin:catalog_case_change", args=[one["pk"]]), one["title"]) for one in check.cases
        )
        return format_html_join("、", '<a href="{}">{}</a>', pages)


class PopulationInline(RowInline):
    model = Population
    formset = PopulationFormSet
    fields = ("persons", "as_of", "source")
    verbose_name_plural = "人口（一番上の行を読者に表示します）"


@admin.register(PopulationSource)
class PopulationSourceAdmin(RecordedAdmin):
    list_display = ("title", "publisher", "position")
    search_fields = ("title__folded", "publisher__folded")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug is the key that populations refer to: it is given once."""
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """None of which there is a population."""
        return super().has_delete_permission(request, obj) and not obj.populations.exists()


@admin.register(PopulationImport)
class PopulationImportAdmin(ReadOnlyAdmin):
    """To read and to take back: the page of bodies imports."""

    list_display = ("made_at", "file_name", "as_of", "number_of_bodies", "taken_back_at", "made_by", "source")
    list_display_links = ("made_at", "file_name")
    list_select_related = ("source", "made_by")
    fields = list_display
    change_form_template = "admin/catalog/populationimport/change_form.html"

    @admin.display(description="変えた団体の数")
    def number_of_bodies(self, made: PopulationImport) -> int:
        return len(made.changes)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.take_back_view)
        name = "catalog_populationimport_take_back"
        return [path("<int:key>/take-back/", view, name=name), *super().get_urls()]

    def take_back_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Shows what becomes of each body; then takes the import back as it was shown."""
        made = get_object_or_404(PopulationImport, pk=key)
        if not request.user.has_perm("catalog.change_population"):
            raise PermissionDenied
        try:
            report = self.try_take_back(request, made)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("admin:catalog_populationimport_change", key)
        if report.is_applied:
            messages.success(request, f"「{made}」の取り込みを取り消しました（{report.summary}）。")
            return redirect("admin:catalog_populationimport_changelist")
        context = {"title": f"取り込みを取り消す：{made}", "report": report}
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "original": made}
        return TemplateResponse(request, "admin/catalog/populationimport/take_back.html", context)

    @transaction.atomic
    def try_take_back(self, request: HttpRequest, made: PopulationImport) -> Report:
        """Takes the import back where the user agreed to just that; else only tells what it would do."""
        expected = request.POST.get("digest")
        who: Any = request.user
        report = take_back(made.pk, dry_run=expected is None, expected=expected, by=who)
        if report.is_applied:
            bodies = Body.objects.select_related("prefecture")
            changed = bodies.filter(pk__in=[row.key for row in report.effective])
            message = f"「{made}」の取り込みを取り消しました。"
            LogEntry.objects.log_actions(str(request.user.pk), changed, CHANGE, message)
            LogEntry.objects.log_actions(str(request.user.pk), [made], CHANGE, message)
        elif expected is not None:
            messages.warning(request, OVERTAKEN)
        return report


class InPublishedCases(admin.SimpleListFilter):
    """Bodies that readers meet in a case."""

    title = "公開中の事例"
    parameter_name = "published"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("named", "出ている")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.in_published_cases() if self.value() == "named" else queryset


@admin.register(Body)
class BodyAdmin(RecordedAdmin):
    list_display = ("name", "kana", "prefecture", "kind", "population", "population_as_of", "code")
    list_filter = (
        *("kind", ("population", admin.EmptyFieldListFilter), InPublishedCases),
        *(("abolished_on", admin.EmptyFieldListFilter), "prefecture"),
    )
    fieldsets = (
        (None, {"fields": ("code", "name", "kana", "prefecture", "kind")}),
        ("庁舎の位置", {"fields": ("latitude", "longitude")}),
        (
            "公式サイトと連絡先",
            {
                "fields": (
                    ("website", "website_checked_on"),
                    ("telephone", "telephone_checked_on"),
                    ("address", "address_checked_on"),
                )
            },
        ),
        ("廃止", {"fields": ("abolished_on", "successor")}),
    )
    autocomplete_fields = ("successor",)
    inlines = (PopulationInline,)
    list_select_related = ("prefecture",)
    search_fields = ("name",)  # shows the box; what it finds is said below
    search_help_text = "名称、よみ、コードから探します。都道府県や郡の名前を付けてもかまいません。"

    def import_pages(self) -> list[pages.ImportPage]:
        return [pages.population_page(self), pages.body_page(self)]

    def get_urls(self) -> list[URLPattern]:
        return [*(url for page in self.import_pages() for url in page.urls), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {**(extra_context or {}), "may_import": pages.may_import(self, request)}
        )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Body]:
        return super().get_queryset(request).select_related("prefecture")

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Body], search_term: str
    ) -> tuple[models.QuerySet[Body], bool]:
        """As readers find bodies, the best first, here and where a body is chosen for a case."""
        if not search_term:
            return queryset, False
        codes = [named.body.code for named in current_index().bodies_named(search_term)]
        found = queryset.filter(code__in=codes)
        place = Func(Value(codes, ArrayField(models.CharField())), F("code"), function="array_position")
        return found if ORDER_VAR in request.GET else found.order_by(place), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is the key that cases refer to: it is given once, and with it the prefecture."""
        return ("code", "prefecture") if obj else ()


class AdminCountingCases(RecordedAdmin):
    """The list tells how many cases each row has."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).annotate(case_count=Count("cases"))

    @admin.display(description="事例の数", ordering="case_count")
    def case_count(self, row: Any) -> int:
        return row.case_count


@admin.register(Topic)
class TopicAdmin(AdminCountingCases):
    """A topic that cases have is not deleted but merged into another, to which its slug then leads."""

    list_display = ("title", "slug", "position", "case_count", "merged_into")
    list_select_related = ("merged_into",)
    search_fields = ("title__folded", "slug")
    change_form_template = "admin/catalog/topic/change_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug stands in addresses that readers keep: it is given once."""
        return ("slug", "merged_into") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        merged = ("merged_into",) if obj and obj.merged_into else ()
        return ("slug", "title", "position", *merged)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """None that a case has or had, or that stands for another: slugs would lead nowhere."""
        may_delete = super().has_delete_permission(request, obj) and obj.merged_into is None
        return may_delete and not any(rows.exists() for rows in (obj.cases, obj.merged, obj.indicators))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.merge_view)
        return [path("<int:key>/merge/", view, name="catalog_topic_merge"), *super().get_urls()]

    @once
    def merge_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Asks into which topic, and tells the cases; then merges."""
        topics = Topic.objects.in_use()
        topics = topics.select_for_update() if request.method == "POST" else topics
        topic = get_object_or_404(topics, pk=key)
        if not self.has_change_permission(request, topic):
            raise PermissionDenied
        form = MergeForm(request.POST or None, topic=topic)
        if form.is_valid():
            into = get_object_or_404(topics, pk=form.cleaned_data["into"].pk)
            number = history.merge_topic(topic, into, request.user)  # type: ignore[arg-type]
            self.log_change(request, topic, f"「{into}」に統合しました。")
            self.log_row(request, "merge", topic)
            messages.success(request, f"「{topic}」を「{into}」に統合し、{number}件の事例を変えました。")
            return remember_saved(request, redirect("admin:catalog_topic_changelist"))
        context = {"title": f"テーマを統合する：{topic}", "form": form, "cases": topic.cases.all()}
        return self.page(request, "admin/catalog/topic/merge.html", topic, context)


@admin.register(Source)
class SourceAdmin(AdminCountingCases):
    list_display = ("title", "edition", "kind", "publisher", "published_on", "case_count")
    list_filter = ("kind",)
    search_fields = ("title__folded", "publisher__folded")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug stands in addresses that readers keep: it is given once."""
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_delete = super().has_delete_permission(request, obj)
        return may_delete and not obj.cases.exists() and not obj.sections.exists()


@admin.register(Section)
class SectionAdmin(AdminCountingCases):
    """The chapters of sources. The id stands in addresses, the source is that of the cases: given once."""

    list_display = ("title", "source", "step", "id", "position", "case_count")
    list_display_links = ("title",)
    list_filter = ("source", "step")
    list_select_related = ("source", "step")
    search_fields = ("title__folded", "id")
    fields = ("source", "id", "title", "step", "position")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("source", "id") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_delete = super().has_delete_permission(request, obj)
        return may_delete and not any(rows.exists() for rows in (obj.cases, obj.guidelines, obj.indicators))


class FixedAdmin(RecordedAdmin):
    """Rows of which none is added or deleted: the pages have a place for each."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_bring_back(self, request: HttpRequest) -> bool:
        return False


@admin.register(Step)
class StepAdmin(FixedAdmin):
    list_display = ("__str__", "about")
    readonly_fields = ("number",)


@admin.register(SiteText)
class SiteTextAdmin(FixedAdmin):
    list_display = ("__str__", "text")
    readonly_fields = ("slug",)


class ReleaseForm(forms.ModelForm):
    """Refuses a release that would be like the last."""

    def clean(self) -> dict[str, Any]:
        last = Release.objects.first()
        if last and not is_any(changes_between(last.cases, public_cases())):
            raise ValidationError("前の版から変わったところがないため、新しい版は作れません。")
        return self.cleaned_data


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    """To read, and to make one of the data as they are now; none is changed or deleted."""

    form = ReleaseForm
    list_display = ("name", "made_at", "count", "note")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.add_release")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.list_display if obj else ("note",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Release]:
        return super().get_queryset(request).defer("cases", "changes")

    @once
    def add_view(self, request: HttpRequest, *options: Any, **more: Any) -> HttpResponse:
        return super().add_view(request, *options, **more)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        return remember_saved(request, super().response_add(request, obj, post_url_continue))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = make_release(obj.note) or Release.objects.first()
        obj.__dict__.update(made.__dict__)


@admin.register(SearchSynonym)
class SearchSynonymAdmin(RecordedAdmin):
    list_display = ("words_together", "is_near")
    list_filter = ("is_near",)
    search_fields = ("words__folded",)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A box to tick; its choices are what it is called where it is only read."""
        return forms.BooleanField(required=False, label=db_field.verbose_name, help_text=db_field.help_text)

    @admin.display(description="言葉")
    def words_together(self, synonym: SearchSynonym) -> str:
        return str(synonym)


@admin.register(Guideline)
class GuidelineAdmin(RecordedAdmin):
    list_display = ("title", "publisher", "published_note", "section", "position")
    list_filter = ("section",)
    search_fields = ("title__folded", "publisher__folded")


@admin.register(Indicator)
class IndicatorAdmin(RecordedAdmin):
    """What bodies are asked. The slug is the key that values refer to: it is given once."""

    list_display = ("title", "group", "kind", "surveyed", "section", "topic", "position")
    list_display_links = ("title",)
    list_filter = ("group", "kind")
    list_select_related = ("section", "topic")
    search_fields = ("title__folded", "label__folded")
    fieldsets = (
        (None, {"fields": ("slug", "title", "group", "position", "definition")}),
        ("値", {"fields": ("kind", "done_label", "unit", "label")}),
        ("出典（読者に見せます）", {"fields": ("source", "url", "surveyed", "terms")}),
        ("次の一歩の事例", {"fields": ("section", "topic")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The values go with it: they are counted, for nobody reads a list of 1,741."""
        found = list(objs)
        number = IndicatorValue.objects.filter(indicator__in=found).count()
        counts = {Indicator._meta.verbose_name: len(found), IndicatorValue._meta.verbose_name: number}
        may_not = set() if request.user.has_perm("catalog.delete_indicatorvalue") else {"指標の値"}
        return [str(one) for one in found], counts, may_not, []

    def import_pages(self) -> list[pages.ImportPage]:
        return [pages.indicator_page(self)]

    def get_urls(self) -> list[URLPattern]:
        return [*(url for page in self.import_pages() for url in page.urls), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {**(extra_context or {}), "may_import": pages.may_import(self, request)}
        )


@admin.register(IndicatorValue)
class IndicatorValueAdmin(RecordedAdmin):
    """The values of bodies, one by one; a table of all is imported on the page of indicators."""

    list_display = ("body", "indicator", "about")
    list_filter = ("indicator",)
    list_select_related = ("body__prefecture", "indicator")
    autocomplete_fields = ("body",)
    search_fields = ("body__name__folded", "body__kana__folded", "body__code")

    @admin.display(description="値", ordering="value")
    def about(self, row: IndicatorValue) -> str:
        return row.indicator.about(row.value)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Whose value it is by what: another one is another row."""
        return ("indicator", "body") if obj else ()


admin.site.unregister([User, Group, StaticDevice, TOTPDevice])  # devices: `manage.py end_sessions`


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Accounts. What they may do, the two groups say alone (roles.py): who has one may log in."""

    change_password_form = AccountPasswordForm
    list_display = ("username", "last_name", "first_name", "roles", "may_log_in", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    filter_horizontal = ("groups",)
    search_fields = ("username__folded", "last_name__folded", "first_name__folded", "email")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("個人情報", {"fields": ("last_name", "first_name", "email")}),
        ("権限", {"fields": ("is_active", "groups", "is_superuser")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        ("権限", {"fields": ("groups",)}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Lets into the admin whoever has a role, and nobody else."""
        super().save_related(request, form, formsets, change)
        account = form.instance
        account.is_staff = account.is_superuser or account.groups.exists()
        account.save(update_fields=["is_staff"])

    @admin.display(description="ログイン")
    def may_log_in(self, account: User) -> str:
        if not account.is_active:
            return "できない（無効）"
        return "できる" if account.is_staff else "できない（役割なし）"

    @admin.display(description="役割")
    def roles(self, account: User) -> str:
        return "、".join(group.name for group in account.groups.all())
