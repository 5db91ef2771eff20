"""The only door from a request to cases: it alone reads the filter parameters (contract, section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import Q
from django.http import HttpRequest, QueryDict

from catalog import bands
from catalog.models import Case, CaseQuerySet, Kind, Prefecture, Region, Section, Step, Topic


def section_choices() -> list[tuple[str, str]]:
    return list(Section.objects.values_list("pk", "title"))


def prefecture_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The prefectures grouped by 地方."""
    return group_by_region(Prefecture.objects.order_by("code"))


def group_by_region(prefectures: Iterable[Prefecture]) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {label: [] for label in Region.labels}
    for prefecture in prefectures:
        groups[prefecture.get_region_display()].append((prefecture.code, prefecture.name))
    return list(groups.items())


def topic_choices() -> list[tuple[str, str]]:
    return list(Topic.objects.values_list("slug", "title"))


class ChoicesField(forms.MultipleChoiceField):
    """Several values of a list; its error names the values allowed."""

    widget = forms.CheckboxSelectMultiple

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
        """Value and label of every option, groups opened."""
        for value, label in cast("list[tuple[Any, Any]]", self.choices):
            if isinstance(label, list | tuple):
                yield from ((str(one), str(name)) for one, name in label)
            else:
                yield str(value), str(label)


class ChoicesFilter(django_filters.Filter):
    """Cases of which `field_name` is one of the values chosen."""

    field_class = ChoicesField

    def filter(self, cases: CaseQuerySet, values: list[str]) -> CaseQuerySet:
        return cases.filter(**{f"{self.field_name}__in": values})

    def words(self, labels: list[str]) -> str:
        """How the query sentence tells the options chosen."""
        return "・".join(labels)


class StepFilter(ChoicesFilter):
    def words(self, labels: list[str]) -> str:
        return super().words([label.split()[0] for label in labels])


class TopicFilter(ChoicesFilter):
    def filter(self, cases: CaseQuerySet, values: list[str]) -> CaseQuerySet:
        topics = Case.topics.through.objects.filter(topic__slug__in=values)
        return cases.filter(pk__in=topics.values("case"))


class BodyChoicesFilter(ChoicesFilter):
    """Speaks of a body of the case; all such filters together speak of one and the same body."""

    def condition(self, values: list[str]) -> Q:
        """What the values ask of a `CaseBody`."""
        return Q((f"body__{self.field_name}__in", values))


class PopulationFilter(BodyChoicesFilter):
    def condition(self, values: list[str]) -> Q:
        condition = Q()
        for value in values:
            condition |= bands.BY_VALUE[value].condition("body__population")
        return condition

    def words(self, labels: list[str]) -> str:
        return f"人口{super().words(labels)}"


class CaseFilterForm(forms.Form):
    """Validates the whole query. Values count as given only if they are not empty."""

    page = forms.IntegerField(
        label="ページ",
        required=False,
        min_value=1,
        error_messages={
            "invalid": "ページは1以上の整数で指定してください。",
            "min_value": "ページは1以上の整数で指定してください。",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.choices_fields().values():
            field.choices = list(
                cast("list[tuple[Any, Any]]", field.choices)
            )  # asks the database once, not at every use

    def choices_fields(self) -> dict[str, ChoicesField]:
        return {name: field for name, field in self.fields.items() if isinstance(field, ChoicesField)}

    def clean(self) -> dict[str, Any]:
        for name, field in self.fields.items():
            if not isinstance(field, ChoicesField) and len(cast(QueryDict, self.data).getlist(name)) > 1:
                self.add_error(name, "1回だけ指定してください。")
        return self.cleaned_data


class CaseFilter(django_filters.FilterSet):
    """The cases a query asks for. Invalid input gives errors and no case, never more cases."""

    step = StepFilter(
        field_name="section__step",
        label="ステップ",
        choices=[(str(value), f"ステップ{value} {label}") for value, label in Step.choices],
    )
    section = ChoicesFilter(field_name="section", label="区分", choices=section_choices)
    population = PopulationFilter(field_name="population", label="人口", choices=bands.CHOICES)
    region = BodyChoicesFilter(field_name="prefecture__region", label="地方", choices=Region.choices)
    prefecture = BodyChoicesFilter(field_name="prefecture", label="都道府県", choices=prefecture_choices)
    kind = BodyChoicesFilter(field_name="kind", label="団体の種別", choices=Kind.choices)
    topic = TopicFilter(field_name="topics__slug", label="テーマ", choices=topic_choices)

    class Meta:
        model = Case
        form = CaseFilterForm
        fields: tuple[str, ...] = ()

    @classmethod
    def for_request(cls, request: HttpRequest, *, strict: bool = False) -> CaseFilter:
        """The filter a request asks for.

        `strict`: a parameter that the contract does not name is an error too (files, API); pages ignore it,
        since mailers and advertisers add their own.
        """
        given = QueryDict(mutable=True)
        for name, values in request.GET.lists():
            if kept := [value for value in values if value.strip()]:
                given.setlist(name, kept)
        case_filter = cls(given, queryset=Case.objects.published().in_document_order(), request=request)
        if strict:
            case_filter.refuse_unknown_parameters()
        return case_filter

    def refuse_unknown_parameters(self) -> None:
        for name in self.data:
            if name not in self.form.fields:
                known = "、".join(self.form.fields)
                self.form.errors[name] = self.form.error_class(
                    [f"この名前の指定はありません。使える名前：{known}"]
                )

    @property
    def errors(self) -> dict[str, list[str]]:
        """Messages by parameter; empty where the query is valid."""
        return {name: [str(message) for message in messages] for name, messages in self.form.errors.items()}

    @cached_property
    def qs(self) -> CaseQuerySet:
        return self.queryset.none() if self.errors else self.narrow()

    def narrow(self) -> CaseQuerySet:
        """The cases that satisfy every filter given."""
        cases, of_one_body = self.queryset, Q()
        for name, values in self.chosen.items():
            match self.filters[name]:
                case BodyChoicesFilter() as body_filter:
                    of_one_body &= body_filter.condition(values)
                case other:
                    cases = other.filter(cases, values)
        return cases.with_body(of_one_body) if of_one_body else cases

    @cached_property
    def chosen(self) -> dict[str, list[str]]:
        """The valid values given, by filter."""
        return {name: self.cleaned[name] for name in self.filters if self.cleaned.get(name)}

    @property
    def page_number(self) -> int:
        """The page asked for; the first if none is, or none that is valid."""
        return self.cleaned.get("page") or 1

    @cached_property
    def cleaned(self) -> dict[str, Any]:
        self.form.is_valid()
        return self.form.cleaned_data

    @cached_property
    def sentence(self) -> str:
        """The query in words: ステップ2・人口1〜3万人の事例."""
        if not self.chosen:
            return "すべての事例"
        fields = self.form.choices_fields()
        words = [
            self.filters[name].words([label for value, label in fields[name].options() if value in values])
            for name, values in self.chosen.items()
        ]
        return "・".join(words) + "の事例"

    @property
    def query(self) -> str:
        """The query string that gives this list again, from its first page, without unknown parameters."""
        kept = QueryDict(mutable=True)
        for name, values in self.chosen.items():
            kept.setlist(name, values)
        return kept.urlencode()
