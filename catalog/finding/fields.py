"""Form fields of parameters: each refuses aloud what the contract does not name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator
from decimal import Decimal
from typing import Any, cast

from django import forms

from catalog.models import Body

MAX_BODIES = 2_000  # more than there are
MAX_PERSONS = 1_000_000_000  # no body has as many; keeps numbers within what the database holds
MAX_NUMBER_LENGTH = 40  # characters
DIGITS = re.compile(r"-?\d+")

# What people write for a number of persons. Each group is a number of what FACTORS says; an empty one is 1.
WHOLE = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
DECIMAL = rf"{WHOLE}(?:\.[0-9]+)?"
THOUSANDS = rf"(?:((?:{DECIMAL})?)千)?(?:((?:{DECIMAL})?)百)?(?:((?:{DECIMAL})?)十)?"
PERSONS = re.compile(
    rf"(?:(?:人口|住民)(?:は|が|数は?)?:?)?(?:約|およそ|おおよそ|ほぼ|ざっと)?(?:(?!万){THOUSANDS}({DECIMAL})?万)?{THOUSANDS}({WHOLE})?"
    r"[人名]?(?:くらい|ぐらい|程度|前後|ほど|弱|強|余り?|台|規模)?(?:です)?"
)
FACTORS = (10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1)
KANJI_DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")
BLANKS = re.compile(r"\s+(?![0-9])|(?<![0-9])\s+")  # but between two digits, where something may be missing


class ChoicesField(forms.MultipleChoiceField):
    """Several values of a list; its error names the values to choose from, with what each means.

    These are the `offered`, of which None means all; the others are taken, too, but not told of.
    """

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, offered: Container[str] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.offered = offered

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
                    "allowed": "、".join(f"{value}（{label}）" for value, label in self.offered_options()),
                },
            )

    def options(self) -> Iterator[tuple[str, str]]:
        """Value and label of every option."""
        return ((value, label) for _, value, label in self.grouped_options())

    def offered_options(self) -> Iterator[tuple[str, str]]:
        """The same of those that are told of."""
        return (one for one in self.options() if self.offered is None or one[0] in self.offered)

    def grouped_options(self) -> Iterator[tuple[str, str, str]]:
        """Group, value and label of every option; the group is empty where there is none."""
        for value, label in cast("list[tuple[Any, Any]]", self.choices):
            if isinstance(label, list | tuple):
                yield from ((str(value), str(one), str(name)) for one, name in label)
            else:
                yield "", str(value), str(label)


class YearsField(ChoicesField):
    """Fiscal years of our time, and `unknown`; those that no case has are allowed, too."""

    def validate(self, value: Any) -> None:
        unknown = [one for one in value if not self.valid_value(one)]
        if unknown:
            raise forms.ValidationError(
                f"「{unknown[0][:50]}」という年度はありません。4桁の西暦（例：2020）か、unknown（不明）を指定してください。"
            )


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

    default_error_messages = {
        "invalid": "整数で指定してください。",
        "min_value": "%(limit_value)s以上の整数で指定してください。",
        "max_value": "%(limit_value)s以下の整数で指定してください。",
    }

    def to_python(self, value: Any) -> int | None:
        if value not in self.empty_values and not DIGITS.fullmatch(str(value).strip()):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class PersonsField(DigitsField):
    """A number of persons as people write it: 8,000, 8千人, 0.8万, 約12万3千人, 一万, of any width."""

    default_error_messages = {
        "invalid": "人数が読み取れません。「8000」「8,000人」「8千人」「0.8万人」のように入力してください。"
    }

    def to_python(self, value: Any) -> int | None:
        return super().to_python(read_persons(value) if isinstance(value, str) else value)


def read_persons(text: str) -> str:
    """The number of persons that a text states, in digits; any other text as it is."""
    plain = BLANKS.sub("", unicodedata.normalize("NFKC", text)).translate(KANJI_DIGITS)
    stated = PERSONS.fullmatch(plain) if len(plain) <= MAX_NUMBER_LENGTH else None
    if not stated or not any(group is not None for group in stated.groups()):
        return text
    counted = zip(FACTORS, stated.groups(), strict=True)
    persons = sum(
        factor * Decimal(number.replace(",", "") or 1) for factor, number in counted if number is not None
    )
    return str(int(persons)) if persons == int(persons) else text
