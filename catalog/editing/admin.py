"""The editors' pages of all but cases."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db import models
from django.db.models import Count
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html_join
from django_otp.plugins.otp_totp.models import TOTPDevice

from catalog.editing.forms import AccountPasswordForm
from catalog.editing.recorded import RecordedAdmin
from catalog.importing import pages
from catalog.models import Body, Guideline, LinkCheck, SearchSynonym, Source, Topic


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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One at a time: a list of municipalities ticked by mistake would be gone at once."""
        return obj is not None and super().has_delete_permission(request, obj)


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
