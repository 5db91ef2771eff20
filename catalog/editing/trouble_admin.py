"""The editors' page of troubles, which checks their queries as readers' lists do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import format_html

from catalog.editing.forms import RecordedForm
from catalog.editing.recorded import RecordedAdmin
from catalog.finding.query import CaseFilter
from catalog.finding.words import sentence
from catalog.models import Trouble

FINDS_NOTHING = "この条件に合う事例が、今はありません。1件以上ある条件にしてください。"
ASKS_NOTHING = "条件がありません。一覧を絞り込んだときのアドレスを貼ってください。"
ANOTHER_PAGE = (
    "事例の一覧のアドレスではありません。「事例を探す」で絞り込んだときのアドレスを貼ってください。"
)
NOT_A_CONDITION = ("page", "compare", "view")  # what the address of a list has beside its query


class TroubleForm(RecordedForm):
    """Takes the query as it is, or in the address of a list."""

    def clean_query(self) -> str:
        path, mark, query = self.cleaned_data["query"].partition("?")
        if not mark and "/" not in path:
            path, query = "", path
        if path and not path.endswith(reverse("catalog:case_list")):
            raise forms.ValidationError(ANOTHER_PAGE)
        given = QueryDict(query, mutable=True)
        for name in NOT_A_CONDITION:
            given.pop(name, None)
        return checked(given)


def checked(given: QueryDict) -> str:
    """The query as readers' lists write it. Raises ValidationError where it is none, or finds nothing."""
    for name, values in [*given.lists()]:
        given.setlist(name, [value for value in values if value])
    asked = CaseFilter(QueryDict(given.urlencode()))
    asked.refuse_unknown_parameters()
    if asked.errors:
        told = [f"{label_of(asked, name)}：{text}" for name, texts in asked.errors.items() for text in texts]
        raise forms.ValidationError(told)
    if not asked.query:
        raise forms.ValidationError(ASKS_NOTHING)
    if not asked.found():
        raise forms.ValidationError(FINDS_NOTHING)
    return asked.query


def label_of(asked: CaseFilter, name: str) -> str:
    field = asked.form.fields.get(name)
    return str(field.label) if field else name[:50]


@admin.register(Trouble)
class TroubleAdmin(RecordedAdmin):
    form = TroubleForm
    list_display = ("title", "list_of_cases", "number", "position")
    search_fields = ("title__folded", "sentence__folded", "query")

    @admin.display(description="一覧")
    def list_of_cases(self, trouble: Trouble) -> str:
        asked = CaseFilter(QueryDict(trouble.query))
        address = f"{reverse('catalog:case_list')}?{trouble.query}"
        return format_html('<a href="{}">{}</a>', address, sentence(asked))

    @admin.display(description="事例の数（0件なら読者に出ません）")
    def number(self, trouble: Trouble) -> int:
        return len(CaseFilter(QueryDict(trouble.query)).found())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug is what fixtures know it by: it is given once."""
        return ("slug",) if obj else ()
