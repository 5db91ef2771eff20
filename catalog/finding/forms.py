"""Forms that check the parameters of a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.db.models import TextChoices
from django.http import QueryDict

from catalog.finding.fields import (
    MAX_PERSONS,
    BodyCodeField,
    ChoicesField,
    DigitsField,
    PersonsField,
)
from catalog.models import Body

BODY_ERROR = "この団体はありません。6桁の全国地方公共団体コードを指定してください。"


class Sort(TextChoices):
    """The orders of a list; `CaseFilter.groups` says how each is made."""

    DOCUMENT = "document", "出典の順"
    RELEVANCE = "relevance", "言葉に合う順"
    NEAREST = "nearest", "自団体に近い順"
    POPULATION = "population", "人口の少ない順"
    POPULATION_DESCENDING = "-population", "人口の多い順"
    UPDATED = "-updated", "更新の新しい順"


SORT_ERROR = f"この並べ方はありません。次のいずれかを指定してください：{'、'.join(Sort.values)}"


class StrictForm(forms.Form):
    """Validates parameters; one that takes a single value is refused when it is given twice."""

    def clean(self) -> dict[str, Any]:
        for name, field in self.fields.items():
            if not isinstance(field, ChoicesField) and len(cast(QueryDict, self.data).getlist(name)) > 1:
                self.add_error(name, "1回だけ指定してください。")
        return self.cleaned_data


def unknown_parameters(given: Iterable[str], known: Iterable[str]) -> dict[str, list[str]]:
    """A message for each given name that is not among the known ones."""
    names = list(known)
    message = f"この名前の指定はありません。使える名前：{'、'.join(names) or 'なし'}"
    return {name: [message] for name in given if name not in names}


class QueryForm(StrictForm):
    """Validates a whole query. Values count as given only if they are not empty."""

    bodies: Mapping[str, Body]  # by code: those that there are

    page = DigitsField(label="ページ", required=False, min_value=1, max_value=MAX_PERSONS)


class CaseFilterForm(QueryForm):
    near = BodyCodeField(label="自団体", required=False)
    near_population = PersonsField(
        label="自団体の人口",
        required=False,
        min_value=1,
        max_value=MAX_PERSONS,
    )
    literal = forms.ChoiceField(
        label="言葉のまま探す",
        required=False,
        choices=[("1", "はい")],
        error_messages={"invalid_choice": "1を指定するか、指定しないでください。"},
    )
    sort = forms.ChoiceField(
        label="並べ方", required=False, choices=Sort.choices, error_messages={"invalid_choice": SORT_ERROR}
    )

    def clean_near(self) -> Body | None:
        """The body itself."""
        code = self.cleaned_data["near"]
        body = self.bodies.get(code)
        if code and body is None:
            raise forms.ValidationError(BODY_ERROR, code="invalid_choice")
        return body
