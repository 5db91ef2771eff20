"""Form fields of parameters: each refuses aloud what the contract does not name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, cast

from django import forms

from catalog.models import Body

MAX_BODIES = 2_000  # more than there are
MAX_PERSONS = 1_000_000_000  # no body has as many; keeps numbers within what the database holds
DIGITS = re.compile(r"-?\d+")
WITH_COMMAS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")

NUMBER_ERRORS = {
    "invalid": "整数で指定してください。",
    "min_value": "%(limit_value)s以上の整数で指定してください。",
    "max_value": "%(limit_value)s以下の整数で指定してください。",
}


class ChoicesField(forms.MultipleChoiceField):
    """Several values of a list; its error names the values allowed."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> list[str]:
        return self.each_once(super().clean(value))

    def each_once(self, values: list[str]) -> list[str]:
        """The values in the order of the options, whatever the order they were given in."""
        return [value for value, _ in self.options() if value in values]

    def validate(self, value: Any) -> None:
        unknown = [one for one in value if not self.valid_value(one)]
        if unknown:
            raise forms.ValidationError(
                "「%(unknown)s」は選べません。次のいずれかを指定してください：%(allowed)s",
                code="invalid_choice",
                params={
                    "unknown": "」「".join(one[:50] for one in unknown[:5]),
                    "allowed": "、".join(value for value, _ in self.options()),
                },
            )

    def options(self) -> Iterator[tuple[str, str]]:
        """Value and label of every option."""
        return ((value, label) for _, value, label in self.grouped_options())

    def grouped_options(self) -> Iterator[tuple[str, str, str]]:
        """Group, value and label of every option; the group is empty where there is none."""
        for value, label in cast("list[tuple[Any, Any]]", self.choices):
            if isinstance(label, list | tuple):
                yield from ((str(value), str(one), str(name)) for one, name in label)
            else:
                yield "", str(value), str(label)


class BodyCodeField(forms.CharField):
    """The code of a body; the form knows which there are."""


class BodyCodesField(ChoicesField):
    """Codes of bodies that exist."""

    def validate(self, value: Any) -> None:
        if not value:  # as nearly always: even a query that is not sent takes a while to make
            return
        known = set(Body.objects.filter(code__in=value[:MAX_BODIES]).values_list("code", flat=True))
        if unknown := [one for one in value if one not in known]:
            raise forms.ValidationError(
                f"「{unknown[0][:50]}」という団体はありません。"
                "6桁の全国地方公共団体コードを指定してください。"
            )

    def each_once(self, values: list[str]) -> list[str]:
        return sorted(set(values))


class DigitsField(forms.IntegerField):
    """A whole number written in digits alone; Django would take 10.0 and 1_000 as well."""

    def to_python(self, value: Any) -> int | None:
        if value not in self.empty_values and not DIGITS.fullmatch(str(value).strip()):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class PersonsField(DigitsField):
    """A number of persons, of any width of digits, and with commas where people write them: 8,000."""

    def to_python(self, value: Any) -> int | None:
        text = unicodedata.normalize("NFKC", value) if isinstance(value, str) else value
        return super().to_python(text.replace(",", "") if WITH_COMMAS.fullmatch(text or "") else text)
