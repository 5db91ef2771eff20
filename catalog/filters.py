"""The only door from a request to cases: it alone reads the filter parameters (contract, section 1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, cast

import django_filters
from django import forms
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, TextChoices
from django.http import HttpRequest, QueryDict
from pyroaring import BitMap

from catalog import bands, index
from catalog.index import Index, of_any
from catalog.models import Body, BodyQuerySet, Case, CaseQuerySet, Kind, Region, Source, Step
from catalog.nearest import Target, with_nearness
from catalog.search import Marker, Term, any_of, close_words, terms_of

MOST_ON_A_PAGE = 100
LONGEST_NAME = 40
MOST_WORDS = 10  # offered instead of words that find nothing
FEWEST_COMPARED, MOST_COMPARED = 2, 4
COMPARE_ERROR = f"事例を{FEWEST_COMPARED}〜{MOST_COMPARED}件選んでください。"
CASES_AT_A_TIME = 500
MOST_BODIES = 2_000  # more than there are
MOST_PEOPLE = 1_000_000_000  # no body has as many; keeps numbers within what the database holds
DIGITS = re.compile(r"-?\d+")
WITH_COMMAS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")


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


class BodyCodesField(ChoicesField):
    """Codes of bodies that exist."""

    def validate(self, value: Any) -> None:
        if not value:  # as nearly always: even a query that is not sent takes a while to make
            return
        known = set(Body.objects.filter(code__in=value[:MOST_BODIES]).values_list("code", flat=True))
        if unknown := [one for one in value if one not in known]:
            raise forms.ValidationError(
                f"「{unknown[0][:50]}」という団体はありません。"
                "6桁の全国地方公共団体コードを指定してください。"
            )

    def each_once(self, values: list[str]) -> list[str]:
        return sorted(set(values))


class ChoicesFilter(django_filters.Filter):
    """Rows of which `field_name` is one of the values chosen."""

    field_class: type[forms.Field] = ChoicesField

    def filter(self, rows: Any, values: list[str]) -> Any:
        return rows.filter(**{f"{self.field_name}__in": values})

    def of_cases(self, values: list[str], of: Index) -> BitMap:
        """The same cases in the index."""
        return of_any(of.of_case[self.field_name], values)

    def labels(self, values: list[str]) -> list[str]:
        """What the page calls the values, each understood by itself."""
        names = dict(self.field.options())
        return [names[value] for value in values]


class StepFilter(ChoicesFilter):
    def labels(self, values: list[str]) -> list[str]:
        return [f"ステップ{value}" for value in values]


class TopicFilter(ChoicesFilter):
    def filter(self, cases: CaseQuerySet, values: list[str]) -> CaseQuerySet:
        topics = Case.topics.through.objects.filter(topic__slug__in=values)
        return cases.filter(pk__in=topics.values("case"))


class BodyChoicesFilter(ChoicesFilter):
    """Speaks of a body of the case; all such filters together speak of one and the same body."""

    def condition(self, values: list[str]) -> Q:
        """What the values ask of a `CaseBody`."""
        return Q((f"body__{self.field_name}__in", values))

    def of_bodies(self, values: list[str], of: Index) -> BitMap:
        """The bodies in the index that satisfy it."""
        return of_any(of.of_body[self.field_name], values)


class PopulationFilter(BodyChoicesFilter):
    def condition(self, values: list[str]) -> Q:
        return any_of(bands.BY_VALUE[value].condition("body__population") for value in values)

    def labels(self, values: list[str]) -> list[str]:
        return [f"人口{label}" for label in super().labels(values)]


class BodyFilter(BodyChoicesFilter):
    field_class = BodyCodesField

    def labels(self, values: list[str]) -> list[str]:
        bodies = Body.objects.select_related("prefecture").in_bulk(values)
        return [bodies[value].full_name for value in values]


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


class PopulationBoundFilter(BodyChoicesFilter):
    """A bound in persons, inclusive; `lookup_expr` is gte or lte. The unknown is within no bounds."""

    field_class = PersonsField

    def condition(self, values: list[str]) -> Q:
        return Q((f"body__population__{self.lookup_expr}", int(values[0])))

    def of_bodies(self, values: list[str], of: Index) -> BitMap:
        bound = int(values[0])
        return of.bodies_where(bound.__le__ if self.lookup_expr == "gte" else bound.__ge__)

    def labels(self, values: list[str]) -> list[str]:
        return [f"人口{int(values[0]):,}人{'以上' if self.lookup_expr == 'gte' else '以下'}"]


class Sort(TextChoices):
    DOCUMENT = "document", "出典の順"
    RELEVANCE = "relevance", "言葉に合う順"
    NEAREST = "nearest", "自団体に近い順"
    POPULATION = "population", "人口の少ない順"
    POPULATION_DESCENDING = "-population", "人口の多い順"
    UPDATED = "-updated", "更新の新しい順"


NUMBER_ERRORS = {
    "invalid": "整数で指定してください。",
    "min_value": "%(limit_value)s以上の整数で指定してください。",
    "max_value": "%(limit_value)s以下の整数で指定してください。",
}
SEARCH_ERROR = "言葉は%(limit_value)s文字以内で入力してください（今は%(show_value)s文字です）。"
BODY_ERROR = "この団体はありません。6桁の全国地方公共団体コードを指定してください。"
NAME_ERROR = "名称は%(limit_value)s文字以内で入力してください（今は%(show_value)s文字です）。"
SORT_ERROR = f"この並べ方はありません。次のいずれかを指定してください：{'、'.join(Sort.values)}"


class BodyNameForm(forms.Form):
    """Looks for the reader's own body by name, kana or code."""

    name = forms.CharField(
        label="自団体の名称・よみ・コード",
        max_length=LONGEST_NAME,
        error_messages={
            "required": "名称、よみ、コードのどれかを入力してください。",
            "max_length": NAME_ERROR,
        },
    )


class StrictForm(forms.Form):
    """Validates parameters; one that takes a single value is refused when it is given twice."""

    def clean(self) -> dict[str, Any]:
        for name, field in self.fields.items():
            if not isinstance(field, ChoicesField) and len(cast(QueryDict, self.data).getlist(name)) > 1:
                self.add_error(name, "1回だけ指定してください。")
        return self.cleaned_data


class BomForm(StrictForm):
    """Whether a CSV file begins with a byte order mark, as spreadsheets want it."""

    bom = forms.ChoiceField(
        label="BOM",
        required=False,
        choices=[("0", "なし"), ("1", "あり")],
        error_messages={"invalid_choice": "0か1を指定してください。"},
    )


class ComparedCasesField(forms.ModelMultipleChoiceField):
    """Published cases by slug, in the order given."""

    def clean(self, value: Any) -> list[Case]:  # type: ignore[override]
        given = list(dict.fromkeys(value or []))
        found = {case.slug: case for case in super().clean(given)}
        return [found[slug] for slug in given]


class CompareForm(forms.Form):
    """Two to four cases to set side by side, and whether rows that are the same are left out."""

    case = ComparedCasesField(
        queryset=Case.objects.none(),
        to_field_name="slug",
        label="比べる事例",
        error_messages={
            "required": COMPARE_ERROR,
            "invalid_choice": "「%(value)s」という事例はありません。一覧から選び直してください。",
        },
    )
    only = forms.ChoiceField(
        required=False,
        choices=[("differences", "違いのある行だけ")],
        error_messages={"invalid_choice": "onlyにはdifferencesだけを指定できます。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(ComparedCasesField, self.fields["case"])
        field.queryset = Case.objects.published().for_records()

    def clean_case(self) -> list[Case]:
        cases = self.cleaned_data["case"]
        if not FEWEST_COMPARED <= len(cases) <= MOST_COMPARED:
            raise forms.ValidationError(f"{COMPARE_ERROR}（今は{len(cases)}件です）")
        return cases


def picked_cases(request: HttpRequest) -> list[Case]:
    """The cases picked on another page to be compared with one of this list; unknown slugs are ignored."""
    slugs = request.GET.getlist("compare")[:MOST_COMPARED]
    return list(Case.objects.published().filter(slug__in=slugs)) if slugs else []


class PageSizeForm(StrictForm):
    """How many results a page of the API holds."""

    page_size = DigitsField(
        label="1ページの件数",
        required=False,
        min_value=1,
        max_value=MOST_ON_A_PAGE,
        error_messages=NUMBER_ERRORS,
    )


class QueryForm(StrictForm):
    """Validates a whole query. Values count as given only if they are not empty."""

    page = DigitsField(
        label="ページ", required=False, min_value=1, max_value=MOST_PEOPLE, error_messages=NUMBER_ERRORS
    )


class CaseFilterForm(QueryForm):
    near = forms.ModelChoiceField(
        Body.objects.select_related("prefecture"),
        label="自団体",
        required=False,
        error_messages={"invalid_choice": BODY_ERROR},
    )
    near_population = PersonsField(
        label="自団体の人口",
        required=False,
        min_value=1,
        max_value=MOST_PEOPLE,
        error_messages=NUMBER_ERRORS,
    )
    sort = forms.ChoiceField(
        label="並べ方", required=False, choices=Sort.choices, error_messages={"invalid_choice": SORT_ERROR}
    )


@dataclass(frozen=True)
class Chip:
    """A value chosen, and the query that is left without it."""

    name: str
    value: str
    label: str
    query: str


@dataclass(frozen=True)
class Results:
    """What a paginator asks for: how many cases a filter finds, and a slice of them."""

    of: CaseFilter
    read: Callable[[CaseQuerySet], CaseQuerySet]

    def __len__(self) -> int:
        return len(self.of.found())

    def __getitem__(self, at: slice) -> list[Case]:
        return self.of.index.read(self.of.cut(at), self.read)


@dataclass(frozen=True)
class WayOut:
    """A query that finds `count` cases, and in words how it differs from the one asked."""

    label: str
    count: int
    query: str


class SearchFilter(ChoicesFilter):
    """Cases in which all words of the text are found."""

    field_class = forms.CharField

    def filter(self, cases: CaseQuerySet, values: list[str]) -> CaseQuerySet:
        return cases.search(terms_of(values[0]))

    def labels(self, values: list[str]) -> list[str]:
        return [f"「{values[0]}」"]


class StrictFilterSet(django_filters.FilterSet):
    """What a query asks for. Invalid input gives errors and nothing found, never more."""

    @classmethod
    def for_request(cls, request: HttpRequest, *, strict: bool = False, also: tuple[str, ...] = ()) -> Self:
        """The filter a request asks for.

        `strict`: a parameter that the contract does not name is an error too (files, API), save those in
        `also`; pages ignore it, since mailers and advertisers add their own.
        """
        given = QueryDict(mutable=True)
        for name, values in request.GET.lists():
            if name not in also and (kept := [value for value in values if value]):
                given.setlist(name, kept)
        filter_set = cls.of(given)
        if strict:
            filter_set.refuse_unknown_parameters()
        return filter_set

    @classmethod
    def of(cls, given: QueryDict) -> Self:
        return cls(given)

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
    def chosen(self) -> dict[str, list[str]]:
        """The valid values given, by filter, as the query string writes them."""
        chosen = {}
        for name in self.filters:
            value = self.cleaned.get(name)
            if value not in (None, "", []):
                chosen[name] = value if isinstance(value, list) else [str(value)]
        return chosen

    @property
    def page_number(self) -> int:
        """The page asked for; the first if none is, or none that is valid."""
        return self.cleaned.get("page") or 1

    @cached_property
    def cleaned(self) -> dict[str, Any]:
        self.form.is_valid()
        return self.form.cleaned_data

    def given(self) -> QueryDict:
        """The valid parameters given, without the page, in the order of the contract."""
        given = QueryDict(mutable=True)
        for name, values in self.chosen.items():
            given.setlist(name, values)
        return given


class CaseFilter(StrictFilterSet):
    """The cases a query asks for."""

    step = StepFilter(
        field_name="section__step",
        label="ステップ",
        choices=[(str(value), f"ステップ{value} {label}") for value, label in Step.choices],
    )
    section = ChoicesFilter(field_name="section", label="区分")
    population = PopulationFilter(field_name="population", label="人口", choices=bands.CHOICES)
    region = BodyChoicesFilter(field_name="prefecture__region", label="地方", choices=Region.choices)
    prefecture = BodyChoicesFilter(field_name="prefecture", label="都道府県")
    kind = BodyChoicesFilter(field_name="kind", label="団体の種別", choices=Kind.choices)
    topic = TopicFilter(field_name="topics__slug", label="テーマ")
    body = BodyFilter(field_name="code", label="団体")
    population_min = PopulationBoundFilter(
        lookup_expr="gte",
        label="人口（人以上）",
        min_value=0,
        max_value=MOST_PEOPLE,
        error_messages=NUMBER_ERRORS,
    )
    population_max = PopulationBoundFilter(
        lookup_expr="lte",
        label="人口（人以下）",
        min_value=0,
        max_value=MOST_PEOPLE,
        error_messages=NUMBER_ERRORS,
    )

    q = SearchFilter(label="言葉", max_length=200, error_messages={"max_length": SEARCH_ERROR})

    class Meta:
        model = Case
        form = CaseFilterForm
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.index = index.current()
        for name, choices in self.index.choices.items():
            self.filters[name].extra["choices"] = choices

    @classmethod
    def of(cls, given: QueryDict) -> Self:
        return cls(given, queryset=Case.objects.published())

    def get_form_class(self) -> type[forms.Form]:
        """Made once an index, as it depends on the choices alone and takes longer to make than to fill in."""
        if self.index.form_class is None:
            self.index.form_class = super().get_form_class()
        return self.index.form_class

    def results(self, read: Callable[[CaseQuerySet], CaseQuerySet] = CaseQuerySet.all) -> Results:
        """The same as `qs` for a paginator, `read` with what it shows; deep pages cost no more."""
        return Results(self, read)

    @cached_property
    def qs(self) -> CaseQuerySet:
        """All the cases in the same order, by the database alone."""
        return self.queryset.none() if self.errors else self.ordered(self.narrow())

    def found(self, leave_out: str = "") -> BitMap:
        """The cases in the index that satisfy every filter given but the one left out; see `narrow`."""
        if self.errors:
            return BitMap()
        found, bodies = self.index.cases, self.bodies(leave_out)
        for name, values in self.chosen.items():
            case_filter = self.filters[name]
            if name == leave_out:
                continue
            if name == "q":
                found = found & BitMap().union(*self.hits)
            elif not isinstance(case_filter, BodyChoicesFilter):
                found = found & case_filter.of_cases(values, self.index)
        return found if bodies is None else found & self.index.with_body_among(bodies)

    def bodies(self, leave_out: str = "") -> BitMap | None:
        """The bodies in the index that satisfy every filter given but the one left out; None if none asks."""
        asked = [
            case_filter.of_bodies(values, self.index)
            for name, values in self.chosen.items()
            if name != leave_out and isinstance(case_filter := self.filters[name], BodyChoicesFilter)
        ]
        return BitMap.intersection(*asked) if asked else None

    @cached_property
    def hits(self) -> list[BitMap]:
        """The cases in which all words are found; where the order is by relevance, a bitmap a rank."""
        ranked_by = self.terms if self.sort == Sort.RELEVANCE else []
        cases = Case.objects.search(self.terms).by_relevance(ranked_by).order_by("relevance")
        ranks = cases.values("relevance").annotate(pks=ArrayAgg("pk", default=[]))
        return [self.index.numbered(rank["pks"]) for rank in ranks]

    def groups(self) -> Iterable[BitMap]:
        """The order asked for as `index.cut` takes it."""
        match self.sort:
            case Sort.NEAREST if self.target:
                return self.index.by_score(self.target)
            case Sort.RELEVANCE:
                return self.hits
            case Sort.POPULATION | Sort.POPULATION_DESCENDING:
                return self.index.by_population(descending=self.sort == Sort.POPULATION_DESCENDING)
        return []

    def cut(self, at: slice) -> list[int]:
        """The cases in the index of a slice, in order."""
        if self.sort == Sort.UPDATED:
            found = self.found()
            return [number for number in self.index.latest_first if number in found][at]
        return index.cut(self.found(), self.groups(), at)

    def sources(self) -> list[Source]:
        """The sources that the cases come from."""
        return self.index.sources_of(self.found())

    def narrow(self, leave_out: str = "") -> CaseQuerySet:
        """The cases that satisfy every filter given but the one left out, in no order."""
        cases, of_one_body = self.queryset.order_by(), self.body_condition(leave_out)
        for name, values in self.chosen.items():
            case_filter = self.filters[name]
            if name != leave_out and not isinstance(case_filter, BodyChoicesFilter):
                cases = case_filter.filter(cases, values)
        return cases.with_body(of_one_body) if of_one_body else cases

    def body_condition(self, leave_out: str = "") -> Q:
        """What all filters given but the one left out ask of one `CaseBody`; empty if none does."""
        condition = Q()
        for name, values in self.chosen.items():
            case_filter = self.filters[name]
            if name != leave_out and isinstance(case_filter, BodyChoicesFilter):
                condition &= case_filter.condition(values)
        return condition

    def ordered(self, cases: CaseQuerySet) -> CaseQuerySet:
        match self.sort:
            case Sort.NEAREST if self.target:
                return cases.nearest_to(self.target)
            case Sort.RELEVANCE if self.terms:
                return cases.by_relevance(self.terms)
            case Sort.POPULATION:
                return cases.by_population()
            case Sort.POPULATION_DESCENDING:
                return cases.by_population(descending=True)
            case Sort.UPDATED:
                return cases.recently_updated_first()
        return cases.in_document_order()

    @property
    def sort(self) -> Sort:
        """The order asked for; by default nearest with a target, else relevance with words, else document.

        Nearest means nothing without a target, nor relevance without words: then the default holds.
        """
        meaningless = {Sort.NEAREST} if not self.target else set()
        meaningless |= {Sort.RELEVANCE} if not self.terms else set()
        asked = self.cleaned.get("sort")
        if asked and asked not in meaningless:
            return Sort(asked)
        return Sort.NEAREST if self.target else Sort.RELEVANCE if self.terms else Sort.DOCUMENT

    @cached_property
    def terms(self) -> list[Term]:
        """The words searched for, each with its variants."""
        return terms_of(self.cleaned["q"]) if self.cleaned.get("q") else []

    def words_find_nothing(self, found: int) -> bool:
        """Whether the words alone find nothing; `found`: how many cases the whole query does."""
        return (
            bool(not found and self.terms and not self.errors)
            and not self.queryset.search(self.terms).exists()
        )

    def with_marks(self, cases: Iterable[Case]) -> list[Case]:
        """The cases, with `marked_title` and `marked_points` where the query has words to mark in them."""
        listed = list(cases)
        if self.terms:
            marker = Marker(self.terms, [text for case in listed for text in (case.title, *case.points)])
            for case in listed:
                case.marked_title = marker(case.title)
                case.marked_points = [marker(point) for point in case.points]
        return listed

    @property
    def is_in_document_order(self) -> bool:
        return self.sort == Sort.DOCUMENT

    @cached_property
    def target(self) -> Target | None:
        """What the cases are to be near to, if the query says so."""
        body, population = self.cleaned.get("near"), self.cleaned.get("near_population")
        return Target(body, population) if body or population else None

    def with_nearness(self, cases: Iterable[Case]) -> Iterator[Case]:
        """The cases, each with `nearness` where the query has a target and orders by it."""
        return with_nearness(cases, self.target if self.sort == Sort.NEAREST else None, self.index.stamp)

    def all_for_records(self) -> Iterator[Case]:
        """Every case found, with what its record holds, some hundred in memory at a time."""
        return self.with_nearness(self.qs.for_records().iterator(CASES_AT_A_TIME))

    @property
    def chips(self) -> list[Chip]:
        """Every value chosen with the query that is left when it alone is taken away."""
        return [*self.narrowing_chips, *self._chips_of_target()]

    @cached_property
    def narrowing_chips(self) -> list[Chip]:
        return [
            Chip(name, value, label, self.query_without(name, value))
            for name, values in self.chosen.items()
            for value, label in zip(values, self.filters[name].labels(values), strict=True)
        ]

    def _chips_of_target(self) -> Iterator[Chip]:
        body, population = self.cleaned.get("near"), self.cleaned.get("near_population")
        if body:
            yield Chip("near", body.code, f"自団体：{body.full_name}", self.query_without("near"))
        if population:
            label = f"自団体の人口：{population:,}人"
            yield Chip("near_population", str(population), label, self.query_without("near_population"))

    @cached_property
    def sentence(self) -> str:
        """The query in words: ステップ2・人口1〜3万人の事例."""
        words = "・".join(chip.label for chip in self.narrowing_chips)
        order = f"（{self.target}に近い順）" if self.target and self.sort == Sort.NEAREST else ""
        return (f"{words}の事例" if words else "すべての事例") + order

    @cached_property
    def query(self) -> str:
        """The query string that gives this list again, from its first page, without unknown parameters."""
        return self.given().urlencode()

    def given(self) -> QueryDict:
        given = super().given()
        for name in ("near", "near_population", "sort"):
            if value := self.cleaned.get(name):
                given[name] = value.pk if isinstance(value, Body) else str(value)
        return given

    def query_near(self, body: Body) -> str:
        """The query string that orders by closeness to `body`, whatever order or population was given."""
        given = self.given()
        given["near"] = body.code
        for name in ("near_population", "sort"):
            given.pop(name, None)
        return given.urlencode()

    def query_without(self, name: str, value: str | None = None) -> str:
        """The query string without a parameter, or without one of its values."""
        given = self.given()
        given.setlist(name, [one for one in given.getlist(name) if value is not None and one != value])
        return given.urlencode()

    def ways_out(self) -> list[WayOut]:
        """For a query that finds nothing: queries near to it that find something, most cases first.

        Without each filter given, with the population bands beside those chosen, with words spelt otherwise.
        """
        ways = [
            *self._ways_without_a_filter(),
            *self._ways_to_neighbouring_bands(),
            *self._ways_by_other_words(),
        ]
        counted = [
            WayOut(label, len(CaseFilter.of(given).found()), given.urlencode()) for label, given in ways
        ]
        return sorted((way for way in counted if way.count), key=lambda way: -way.count)

    def _ways_without_a_filter(self) -> Iterator[tuple[str, QueryDict]]:
        for name in self.chosen:
            yield (
                f"「{self.filters[name].label}」の条件を外す",
                QueryDict(self.query_without(name), mutable=True),
            )

    def _ways_to_neighbouring_bands(self) -> Iterator[tuple[str, QueryDict]]:
        chosen = self.chosen.get("population", [])
        for band in bands.beside(chosen):
            given = self.given()
            given.setlist("population", [*chosen, band.value])
            yield f"人口{band.label}も含める", given

    def _ways_by_other_words(self) -> Iterator[tuple[str, QueryDict]]:
        """One word alone of several, and for each word its parts and what is spelt nearly like it."""
        words = [term.typed for term in self.terms] if len(self.terms) > 1 else []
        words += [word for term in self.terms for word in (*close_words(term), *term.parts)]
        for word in dict.fromkeys(words[:MOST_WORDS]):
            given = self.given()
            given["q"] = word
            yield f"言葉を「{word}」に変える", given


class BodyNameFilter(ChoicesFilter):
    """Bodies whose name, kana or code has the text in it."""

    field_class = forms.CharField

    def filter(self, bodies: BodyQuerySet, values: list[str]) -> BodyQuerySet:
        return bodies.named(values[0])


class BandFilter(ChoicesFilter):
    def filter(self, bodies: BodyQuerySet, values: list[str]) -> BodyQuerySet:
        return bodies.filter(any_of(bands.BY_VALUE[value].condition() for value in values))


class BodyListFilter(StrictFilterSet):
    """The bodies a query asks for, by code."""

    name = BodyNameFilter(
        label="名称・よみ・コード", max_length=40, error_messages={"max_length": NAME_ERROR}
    )
    population = BandFilter(label="人口", choices=bands.CHOICES)
    region = ChoicesFilter(field_name="prefecture__region", label="地方", choices=Region.choices)
    prefecture = ChoicesFilter(field_name="prefecture", label="都道府県")
    kind = ChoicesFilter(field_name="kind", label="団体の種別", choices=Kind.choices)

    class Meta:
        model = Body
        form = QueryForm
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.index = index.current()
        self.filters["prefecture"].extra["choices"] = self.index.choices["prefecture"]

    @property
    def query(self) -> str:
        return self.given().urlencode()

    def codes(self) -> list[str]:
        """The codes of the bodies found; of those that occur where nothing is asked."""
        if self.chosen or self.errors:
            return list(self.qs.values_list("code", flat=True))
        return self.index.codes_that_occur

    @cached_property
    def qs(self) -> BodyQuerySet:
        bodies = Body.objects.order_by("code")
        if self.errors:
            return bodies.none()
        for name, values in self.chosen.items():
            bodies = self.filters[name].filter(bodies, values)
        return bodies
