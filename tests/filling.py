"""What an editor's browser sends: the data of the admin's forms, and the errors it gets back."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from catalog.editing.roles import EDITORS, PUBLISHERS
from catalog.models import Case, Source
from tests.making import FUNAGATA, KASHIHARA

ADD = "/admin/catalog/case/add/"
INLINES = ("case_bodies", "facts", "figures", "followed", "links", "similar_bodies")


def logged_in(name: str, *groups: str) -> Client:
    """A browser of a new account; without groups it may do anything."""
    user = User.objects.create_user(name, is_staff=True, is_superuser=not groups)
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(user)
    return client


def an_editor(name: str = "編集") -> Client:
    return logged_in(name, EDITORS)


def a_publisher(name: str = "公開") -> Client:
    return logged_in(name, PUBLISHERS)


def new_case(**changes: Any) -> dict[str, Any]:
    """What the form of a new case sends, with one body and one of each other row."""
    data: dict[str, Any] = {
        "title": "新しい事例",
        "slug": "new-case",
        "status": "published",
        "withdrawn_reason": "",
        "withdrawn_pointer": "",
        "section": "3-1",
        "source": str(Source.objects.get(slug="dx2021").pk),
        "page": "100",
        "order": "1",
        "heading": "",
        "points": "一つ目\r\n\r\n 二つ目 ",
        "background": "背景",
        "approach": "内容",
        "outcome": "",
        "references": "",
        "topics": [],
        "editor_note": "",
        "case_bodies-0-body": FUNAGATA,
        "case_bodies-0-note": "",
        **{f"case_bodies-0-contact_{name}": "" for name in ("section", "telephone", "email", "checked_on")},
        "case_bodies-0-position": "1",
        "facts-0-kind": "effect",
        "facts-0-grade": "measured",
        "facts-0-label": "作成時間の削減",
        "facts-0-before": "",
        "facts-0-value": "3.5",
        "facts-0-unit": "割",
        "facts-0-text": "3.5割程度",
        "facts-0-page": "100",
        "facts-0-answered_by": "",
        "facts-0-answered_on": "",
        "facts-0-position": "1",
        "followed-0-body": KASHIHARA,
        "followed-0-role": "follower",
        "followed-0-note": "導入",
        "followed-0-page": "",
        "followed-0-answered_by": KASHIHARA,
        "followed-0-answered_on": "2026/11/1",
        "followed-0-position": "1",
        "figures-0-label": "回数",
        "figures-0-value": "8回",
        "figures-0-position": "1",
        "links-0-label": "例",
        "links-0-url": "https://example.jp/",
        "links-0-position": "1",
        "similar_bodies-0-body": KASHIHARA,
        "similar_bodies-0-note": "研修",
        "similar_bodies-0-url": "",
        "similar_bodies-0-position": "1",
    }
    for inline in INLINES:
        data |= {f"{inline}-TOTAL_FORMS": "1", f"{inline}-INITIAL_FORMS": "0"}
    return {**data, **changes}


def change_url(case: Case) -> str:
    return f"/admin/catalog/case/{case.pk}/change/"


def opened(client: Client, case: Case) -> dict[str, Any]:
    """What the page of a case would send if nothing were changed on it."""
    return sent_by(client.get(change_url(case)))


def sent_by(page: Any) -> dict[str, Any]:
    """What a page with a form, new or shown again with errors, would send."""
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    for inline in page.context["inline_admin_formsets"]:
        formset = inline.formset
        for field in formset.management_form:
            data[field.html_name] = field.value()
        for one in formset.forms:
            data |= {one.add_prefix(name): one[name].value() for name in one.fields}
    data = {name: with_line_ends(value) for name, value in data.items() if value is not False}
    return {name: "" if value is None else value for name, value in data.items()}


def with_line_ends(value: Any) -> Any:
    """Text as browsers send it; lists of texts as their field shows them."""
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        value = "\n".join(value)
    return value.replace("\r\n", "\n").replace("\n", "\r\n") if isinstance(value, str) else value


def errors(response: Any) -> list[str]:
    return re.findall(r'<ul class="errorlist[^>]*>\s*<li>(.*?)</li>', response.text)
