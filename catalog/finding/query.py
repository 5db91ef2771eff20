"""The only door from a request to cases: it alone reads the filter parameters (docs/contract.md, 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import django_filters
from django.http import HttpRequest, QueryDict
from pyroaring import BitMap

from catalog.documents.reading import Document, stream_documents
from catalog.finding import filters
from catalog.finding.cards import Card, cards_of
from catalog.finding.fields import MAX_PERSONS, NUMBER_ERRORS
from catalog.finding.forms import CaseFilterForm, QueryForm, Sort
from catalog.finding.index import Index, current_index
from catalog.finding.nearest import Target
from catalog.finding.search import Term, terms_of
from catalog.models import Body, Case, Kind, Region, Source
from catalog.models.bands import CHOICES as POPULATION_BANDS

MAX_NAME_LENGTH = 40
SEARCH_ERROR = "言葉は%(limit_value)s文字以内で入力してください（今は%(show_value)s文字です）。"
NAME_ERROR = "名称は%(limit_value)s文字以内で入力してください（今は%(show_value)s文字です）。"


class Shared(dict[str, Any]):
    """Filters or fields that all queries of an index share: they hold nothing of one, and are not copied."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Shared:
        return self


class StrictFilterSet(django_filters.FilterSet):
    """What a query asks for. Invalid input gives errors and nothing found, never more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.index: Index = current_index()
        self.base_filters = self.index.kept(type(self), self._filters_with_choices)
        super().__init__(*args, **kwargs)

    def _filters_with_choices(self) -> Shared:
        filters = Shared(deepcopy(self.base_filters))
        for name, choices in self.index.choices.items():
            if name in filters:
                filters[name].extra["choices"] = choices
        return filters

    def get_form_class(self) -> type[QueryForm]:
        """Made once, as it depends on the lists alone and takes longer to make than to fill in."""

        def make() -> type[QueryForm]:
            form_class: type[QueryForm] = super(StrictFilterSet, self).get_form_class()
            form_class.base_fields = Shared(form_class.base_fields)
            form_class.bodies = {body.code: body for body in self.index.bodies}
            return form_class

        return self.index.kept((type(self), "form"), make)

    @classmethod
    def for_request(cls, request: HttpRequest, *, strict: bool = False, also: Iterable[str] = ()) -> Self:
        """The filter a request asks for.

        `strict`: a parameter that the contract does not name is an error too (files, API), save those in
        `also`; pages ignore it, since mailers and advertisers add their own.
        """
        given = QueryDict(mutable=True)
        for name, values in request.GET.lists():
            if name not in also and (kept := [value for value in values if value]):
                given.setlist(name, kept)
        filter_set = cls(given)
        if strict:
            filter_set.refuse_unknown_parameters()
        return filter_set

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
    def cleaned(self) -> dict[str, Any]:
        self.form.is_valid()
        return self.form.cleaned_data

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

    def given(self) -> QueryDict:
        """The valid parameters given, without the page, in the order of the contract."""
        given = QueryDict(mutable=True)
        for name, values in self.chosen.items():
            given.setlist(name, values)
        return given

    @cached_property
    def query(self) -> str:
        """The query string that gives this list again, from its first page, without unknown parameters."""
        return self.given().urlencode()

    def bodies(self, *, except_for: str = "") -> BitMap | None:
        """The bodies that satisfy every filter of bodies given but the one named; None if none asks."""
        asked = [
            declared.bodies(values, self.index)
            for name, values in self.chosen.items()
            if name != except_for and isinstance(declared := self.filters[name], filters.BodyChoicesFilter)
        ]
        return BitMap.intersection(*asked) if asked else None


class CaseFilter(StrictFilterSet):
    """The cases a query asks for."""

    source = filters.ChoicesFilter(label="出典")
    step = filters.StepFilter(label="ステップ")
    section = filters.ChoicesFilter(label="区分")
    population = filters.PopulationFilter(label="人口", choices=POPULATION_BANDS)
    region = filters.BodyChoicesFilter(label="地方", choices=Region.choices)
    prefecture = filters.BodyChoicesFilter(label="都道府県")
    kind = filters.BodyChoicesFilter(label="団体の種別", choices=Kind.choices)
    topic = filters.ChoicesFilter(label="テーマ")
    body = filters.BodyFilter(label="団体")
    population_min = filters.PopulationBoundFilter(
        lookup_expr="gte",
        label="人口（人以上）",
        min_value=0,
        max_value=MAX_PERSONS,
        error_messages=NUMBER_ERRORS,
    )
    population_max = filters.PopulationBoundFilter(
        lookup_expr="lte",
        label="人口（人以下）",
        min_value=0,
        max_value=MAX_PERSONS,
        error_messages=NUMBER_ERRORS,
    )
    q = filters.SearchFilter(label="言葉", max_length=200, error_messages={"max_length": SEARCH_ERROR})

    class Meta:
        model = Case
        form = CaseFilterForm
        fields: tuple[str, ...] = ()

    def found(self, *, except_for: str = "") -> BitMap:
        """The numbers of the cases that satisfy every filter given but the one named."""
        if self.errors:
            return BitMap()
        found, bodies = self.index.cases, self.bodies(except_for=except_for)
        for name, values in self.chosen.items():
            declared = self.filters[name]
            if name == except_for or isinstance(declared, filters.BodyChoicesFilter):
                continue
            found = found & (self.cases_with_words if name == "q" else declared.cases(values, self.index))
        return found if bodies is None else found & self.index.with_body_among(bodies)

    @cached_property
    def terms(self) -> list[Term]:
        """The words searched for, each with its variants."""
        return terms_of(self.cleaned["q"], self.index.synonyms) if self.cleaned.get("q") else []

    @cached_property
    def hits(self) -> list[BitMap]:
        """The cases in which all words are found, best first: a bitmap for each sum of the words' ranks."""
        ranks = [self.index.cases] if self.terms else []
        for term in self.terms:
            of_term = self.index.hits_of(term)
            sums = [BitMap() for _ in range(len(ranks) + len(of_term) - 1)]
            for at, of_others in enumerate(ranks):
                for rank, cases in enumerate(of_term):
                    sums[at + rank] |= of_others & cases
            ranks = sums
        return ranks

    @cached_property
    def cases_with_words(self) -> BitMap:
        return BitMap().union(*self.hits)

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

    def groups(self) -> Iterable[BitMap]:
        """The order asked for as `Numbering.by_groups` takes it."""
        match self.sort:
            case Sort.NEAREST if self.target:
                return self.index.by_score(self.target)
            case Sort.RELEVANCE:
                return self.hits
            case Sort.POPULATION | Sort.POPULATION_DESCENDING:
                return self.index.by_population(descending=self.sort == Sort.POPULATION_DESCENDING)
        return []

    def numbers(self, at: slice) -> list[int]:
        """The numbers of a slice of the cases found, in the order asked for."""
        if self.sort == Sort.UPDATED:
            return self.index.numbering.latest(self.found(), at)
        return self.index.numbering.by_groups(self.found(), self.groups(), at)

    @property
    def results(self) -> Results:
        """What is found, for a paginator."""
        return Results(self)

    def all_documents(self) -> Iterator[Document]:
        """The documents of all cases found in their order; see `stream_documents`."""
        numbers = self.numbers(slice(0, len(self.found())))
        return stream_documents(map(self.index.numbering.key, numbers))

    def all_cards(self) -> Iterator[Card]:
        """The same as cards, without highlights."""
        documents = self.all_documents()
        return (
            card for document in documents for card in cards_of([document], self.index, self.target_of_order)
        )

    def sources(self) -> list[Source]:
        """The sources that the cases found come from."""
        return self.index.sources_of(self.found())

    @property
    def is_in_document_order(self) -> bool:
        return self.sort == Sort.DOCUMENT

    @cached_property
    def target(self) -> Target | None:
        """What the cases are to be near to, if the query says so."""
        body, population = self.cleaned.get("near"), self.cleaned.get("near_population")
        return Target(body, population) if body or population else None

    @property
    def target_of_order(self) -> Target | None:
        """The target where the list is ordered by it: then each case says how near it is."""
        return self.target if self.sort == Sort.NEAREST else None

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


@dataclass(frozen=True)
class Results(Sequence[Card]):
    """The cases that a filter finds, by pages."""

    case_filter: CaseFilter

    def __len__(self) -> int:
        return len(self.case_filter.found())

    def __getitem__(self, at: Any) -> Any:
        """The cards of a slice, with the words searched for highlighted."""
        found = self.case_filter
        documents = found.index.read(found.numbers(at))
        return cards_of(documents, found.index, found.target_of_order, found.terms)


class BodyListFilter(StrictFilterSet):
    """The bodies a query asks for, by code."""

    name = filters.BodyNameFilter(
        label="名称・よみ・コード", max_length=MAX_NAME_LENGTH, error_messages={"max_length": NAME_ERROR}
    )
    population = filters.BodyChoicesFilter(label="人口", choices=POPULATION_BANDS)
    region = filters.BodyChoicesFilter(label="地方", choices=Region.choices)
    prefecture = filters.BodyChoicesFilter(label="都道府県")
    kind = filters.BodyChoicesFilter(label="団体の種別", choices=Kind.choices)

    class Meta:
        model = Body
        form = QueryForm
        fields: tuple[str, ...] = ()

    def found(self) -> list[Body]:
        """The bodies in the order of their codes; all where nothing is asked."""
        if self.errors:
            return []
        numbers = self.bodies()
        return self.index.bodies if numbers is None else [self.index.bodies[number] for number in numbers]
