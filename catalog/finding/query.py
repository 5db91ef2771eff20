"""The only door from a request to cases: it alone reads the filter parameters (docs/contract.md, 1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import django_filters
from django.http import HttpRequest, QueryDict
from pyroaring import BitMap

from catalog.documents.reading import Document, stream_documents
from catalog.finding import filters
from catalog.finding.bodies import NamedBody
from catalog.finding.cards import Card, cards_of
from catalog.finding.fields import MAX_PERSONS
from catalog.finding.forms import CaseFilterForm, QueryForm, Sort, unknown_parameters
from catalog.finding.index import Index, current_index
from catalog.finding.nearest import Target
from catalog.finding.search import PARTS_APART, Term, as_one_term, terms_of
from catalog.finding.sentences import is_empty, words_in
from catalog.finding.understanding import Condition, Reading, read
from catalog.finding.weights import weight
from catalog.models import MAX_YEAR, MIN_YEAR, Body, Case, Kind, Region, Source
from catalog.models.bands import CHOICES as POPULATION_BANDS

YEARS = [*((str(year), f"{year}年度") for year in range(MIN_YEAR, MAX_YEAR + 1)), ("unknown", "不明")]
MAX_NAME_LENGTH, MAX_TEXT_LENGTH = 40, 200
SEARCH_ERROR = "言葉は%(limit_value)s文字以内で入力してください（今は%(show_value)s文字です）。"
ONE_VALUE = ("population_min", "population_max")  # of which each bound holds, however many there are
NAME_ERROR = "名称は%(limit_value)s文字以内で入力してください（今は%(show_value)s文字です）。"


class Shared(dict[str, Any]):
    """Filters or fields that all queries of an index share: they hold nothing of one, and are not copied."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Shared:
        return self


class StrictFilterSet(django_filters.FilterSet):
    """What a query asks for. Invalid input gives errors and nothing found, never more."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        self.index: Index = current_index()
        self.base_filters = self.index.kept(type(self), self._filters_with_choices)
        super().__init__(self._with_names_of_today(data), *args, **kwargs)

    def _with_names_of_today(self, data: Any) -> Any:
        """The query, a former name of a value in it replaced by what now stands for it."""
        for name, aliases in self.index.lists.aliases.items():
            given = data.getlist(name) if isinstance(data, QueryDict) else []
            if any(value in aliases for value in given):
                data = data.copy()
                data.setlist(name, [aliases.get(value, value) for value in given])
        return data

    def _filters_with_choices(self) -> Shared:
        filters = Shared(deepcopy(self.base_filters))
        for name, choices in self.index.lists.choices.items():
            if name in filters:
                filters[name].extra |= {"choices": choices, "offered": self.index.offered(name)}
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
        for name, messages in unknown_parameters(self.data, self.form.fields).items():
            self.form.errors[name] = self.form.error_class(messages)

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
            for name, values in self.asked(except_for)
            if isinstance(declared := self.filters[name], filters.BodyChoicesFilter)
        ]
        return BitMap.intersection(*asked) if asked else None

    def asked(self, except_for: str = "") -> Iterator[tuple[str, list[str]]]:
        """Every filter given but the one named, each with its values; all of them have to be satisfied."""
        return ((name, values) for name, values in self.chosen.items() if name != except_for)


class CaseFilter(StrictFilterSet):
    """The cases a query asks for."""

    source = filters.NamedChoicesFilter(label="出典")
    year = filters.YearFilter(label="取組の年度", choices=YEARS)
    step = filters.StepFilter(label="ステップ")
    section = filters.NamedChoicesFilter(label="区分")
    population = filters.PopulationFilter(label="人口", choices=POPULATION_BANDS)
    region = filters.BodyChoicesFilter(label="地方", choices=Region.choices)
    prefecture = filters.BodyChoicesFilter(label="都道府県")
    kind = filters.BodyChoicesFilter(label="団体の種別", choices=Kind.choices)
    topic = filters.NamedChoicesFilter(label="テーマ")
    effect = filters.StatedFilter(label="効果", choices=[("1", "効果の数字がある")])
    cost = filters.StatedFilter(label="費用", choices=[("1", "費用の記載がある")])
    body = filters.BodyFilter(label="団体")
    population_min = filters.PopulationBoundFilter(
        lookup_expr="gte",
        label="人口（人以上）",
        min_value=0,
        max_value=MAX_PERSONS,
    )
    population_max = filters.PopulationBoundFilter(
        lookup_expr="lte",
        label="人口（人以下）",
        min_value=0,
        max_value=MAX_PERSONS,
    )
    q = filters.SearchFilter(
        label="言葉", max_length=MAX_TEXT_LENGTH, error_messages={"max_length": SEARCH_ERROR}
    )

    class Meta:
        model = Case
        form = CaseFilterForm
        fields: tuple[str, ...] = ()

    def found(self, *, except_for: str = "") -> BitMap:
        """The numbers of the cases that satisfy every filter given but the one named.

        A page asks for them a dozen times; without a filter that is not given they are the same.
        """
        left_out = except_for if except_for in self.chosen else ""
        if left_out not in self._found:
            self._found[left_out] = self._find(left_out)
        return self._found[left_out]

    @cached_property
    def _found(self) -> dict[str, BitMap]:
        return {}

    def _find(self, except_for: str) -> BitMap:
        if self.errors:
            return BitMap()
        found, bodies = self.index.cases, self.bodies(except_for=except_for)
        for name, values in self.asked(except_for):
            declared = self.filters[name]
            if isinstance(declared, filters.BodyChoicesFilter):
                continue
            found = found & (self.cases_with_words if name == "q" else declared.cases(values, self.index))
        return found if bodies is None else found & self.index.with_body_among(bodies)

    def found_without_text(self) -> BitMap:
        """The cases that satisfy the filters given, but for what the text states and for its words."""
        given = self.given()
        given.pop("q", None)
        return type(self)(given).found()

    @cached_property
    def reading(self) -> Reading:
        """What `q` states, and the words that are left of it."""
        text = self.cleaned.get("q", "")
        return Reading([], text) if self.cleaned.get("literal") else read(text, self.index.names)

    @property
    def understood(self) -> list[Condition]:
        """What `q` states; each acts as a filter of its own beside those given."""
        return self.reading.conditions

    def asked(self, except_for: str = "") -> Iterator[tuple[str, list[str]]]:
        """Also what `q` states, which no facet leaves out: it is chosen nowhere else."""
        yield from super().asked(except_for)
        stated: dict[str, list[str]] = {}
        for condition in self.understood:
            if condition.parameter in ONE_VALUE:
                yield condition.parameter, [condition.value]
            elif condition.parameter in self.filters:
                stated.setdefault(condition.parameter, []).append(condition.value)
        yield from stated.items()

    @cached_property
    def terms(self) -> list[Term]:
        """The words searched for, each with its variants.

        Those without content are searched for only if the text says nothing else. A text that is a title
        but for its hiragana also means that title: 行政手続きオンライン化.
        """
        text, synonyms = self.reading.rest, self.index.lists.synonyms
        nearly = {title for _, _, title in self.index.lists_nearly_called(text)}
        if len(nearly) == 1:
            terms = as_one_term(text, nearly.pop(), synonyms)
        else:
            terms = terms_of(text, synonyms, self.index.is_found) if text else []
        telling = [term for term in terms if not is_empty(term.typed)]
        return telling if telling or self.understood else terms

    @cached_property
    def named_bodies(self) -> list[Body]:
        """The bodies that a word of the text is the name of, of namesakes those that it states more of."""
        words = {*words_in(self.reading.rest), *(term.typed for term in self.terms)}
        stated = [
            self.filters[name].bodies([value], self.index)
            for name, value in ((one.parameter, one.value) for one in self.understood)
            if name in ("prefecture", "region")
        ]
        numbers = BitMap([self.index.lists.number_of_body[code] for code in self.index.names.called(words)])
        return [self.index.bodies[number] for number in BitMap.intersection(numbers, *stated)]

    @cached_property
    def hits(self) -> list[BitMap]:
        """The cases in which all words are found, best first, a bitmap for each place that they share.

        The ranks of the words are summed, each by the weight of its word in whole numbers. Cases in which the
        parts of one stand apart come after all others.
        """
        return [self._hits[place] for place in sorted(self._hits)]

    @cached_property
    def lists_called(self) -> list[tuple[str, str, str]]:
        """Parameter, value and title of the lists whose title the text is: 組織体制 is a section's."""
        if self.understood or not self.terms:
            return []
        called = self.index.lists_called(*self.terms) if len(self.terms) == 1 else []
        return called or self.index.lists_nearly_called(self.reading.rest)

    @property
    def cases_called(self) -> BitMap:
        """The cases of these lists: where words decide the order, they come first."""
        by = self.index.cases_by
        return BitMap().union(*(by[name].get(value, BitMap()) for name, value, _ in self.lists_called))

    @cached_property
    def apart(self) -> BitMap:
        """The cases in which the parts of a word stand apart."""
        return BitMap().union(*(cases for (is_apart, _), cases in self._hits.items() if is_apart))

    @cached_property
    def _hits(self) -> dict[tuple[bool, int], BitMap]:
        """The cases by whether parts stand apart, and by the sum of the ranks."""
        hits = {(False, 0): self.index.cases} if self.terms else {}
        for term in self.terms:
            of_term, sums = self.index.hits_of(term), defaultdict[tuple[bool, int], BitMap](BitMap)
            found = sum(map(len, of_term))
            of_word = round(weight(found, len(self.index.cases))) if found else 0
            for (is_apart, total), cases in hits.items():
                for rank, with_rank in enumerate(of_term):
                    if here := cases & with_rank:
                        sums[is_apart or rank == PARTS_APART, total + rank * of_word] |= here
            hits = sums
        return hits

    @cached_property
    def cases_with_words(self) -> BitMap:
        """The cases with all words; all cases where the text states conditions alone."""
        if self.understood and not self.terms:
            return self.index.cases
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
                return [self.cases_called, *self.hits]
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
        stated = [int(one.value) for one in self.understood if one.parameter == "near_population"]
        population = population or next(iter(stated), None)
        return Target(body, population) if body or population else None

    @property
    def target_of_order(self) -> Target | None:
        """The target where the list is ordered by it: then each case says how near it is."""
        return self.target if self.sort == Sort.NEAREST else None

    def given(self) -> QueryDict:
        given = super().given()
        for name in ("literal", "near", "near_population", "sort"):
            if value := self.cleaned.get(name):
                given[name] = value.pk if isinstance(value, Body) else str(value)
        return given

    def query_near(self, named: NamedBody, text: str) -> str:
        """The query string that orders by closeness to a body, whatever order or population was given.

        It keeps the text that has named the body where the page must explain that.
        """
        given = self.given()
        given["near"] = named.current.code
        for name in ("near_population", "sort"):
            given.pop(name, None)
        if named.needs_explanation:
            given["name"] = text
        return given.urlencode()

    def query_in_order(self, order: Sort) -> str:
        """The query string with another order."""
        given = self.given()
        given["sort"] = order.value
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
        numbers = found.numbers(at)
        cards = cards_of(found.index.read(numbers), found.index, found.target_of_order, found.terms)
        if found.sort != Sort.RELEVANCE:
            return cards
        apart = {found.index.numbering.key(number) for number in numbers if number in found.apart}
        return [replace(card, is_apart=card.document.key in apart) for card in cards]


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
        """The bodies in the order of their codes, by a name the best first; all where nothing is asked."""
        if self.errors:
            return []
        numbers, bodies = self.bodies(), self.index.bodies
        if "name" in self.chosen:
            bodies = [named.body for named in self.index.bodies_named(self.chosen["name"][0])]
        return [
            body
            for body in bodies
            if numbers is None or self.index.lists.number_of_body[body.code] in numbers
        ]
