"""The query against two other readings of the contract: the casebook and made cases of one to five bodies."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from catalog.finding.facets import NAMES, facets_of
from catalog.finding.query import CaseFilter
from catalog.finding.search import terms_with_variants
from catalog.models import Case, Topic, bands
from tests.making import (
    FUNAGATA,
    HIDAKA,
    MIYAGI,
    OSAKA,
    make_case,
    make_source,
    make_varied_cases,
    slugs_of_cards,
)
from tests.oracle import (
    PlainCase,
    Query,
    cases_by_sql,
    counts_by_sql,
    keep_texts,
    ordered_by_sql,
    plain_cases,
)
from tests.properties import on_one_database

pytestmark = pytest.mark.django_db

VALUES = {
    "source": ["dx2021", "second"],
    "year": ["2019", "2020", "2024", "unknown"],
    "step": ["0", "1", "2", "3"],
    "section": ["1", "2", "3-1", "3-2", "3-3", "4-1", "4-2", "4-3", "second-1", "second-3-1"],
    "population": [value for value, _ in bands.CHOICES],
    "region": ["hokkaido", "tohoku", "kanto", "chubu", "kinki", "chugoku", "shikoku", "kyushu"],
    "prefecture": ["01", "04", "06", "07", "10", "13", "22", "29", "39", "47"],
    "kind": ["prefecture", "designated_city", "city", "special_ward", "town", "village"],
    "effect": ["1"],
    "cost": ["1"],
    "topic": ["bpr", "data", "training", "wide-area", "smartphone-class"],
}
# Words without synonyms and not compounds: a case has them where its text, read plainly, does.
WORDS = ["課長", "本部", "民間", "録", "LoGo", "副市長", "ひだかむら", "舟形町", "5,513件"]
# A title of a section, words with synonyms, compounds, and one that nothing has.
HARD_WORDS = [
    "組織体制",
    "取り組み",
    "スマホ",
    "人材育成",
    "デジタル人材",
    "業務改革",
    "サカタ",
    "どこにもない",
]


def queries_with(words: list[str]) -> st.SearchStrategy[Query]:
    searches = st.lists(st.sampled_from(words), max_size=2).map(lambda words: [" ".join(words)])
    filters = {name: st.lists(st.sampled_from(values), max_size=3) for name, values in VALUES.items()}
    return st.fixed_dictionaries({}, optional={**filters, "q": searches})


queries = queries_with(WORDS)
hard_queries = queries_with([*WORDS, *HARD_WORDS])
none_given: st.SearchStrategy[list[str]] = st.just([])
bounds = none_given | st.integers(0, 400_000).map(lambda persons: [str(persons)])
queries_of_bodies = st.fixed_dictionaries(
    {
        "body": st.lists(st.sampled_from([FUNAGATA, HIDAKA, "131016", OSAKA]), max_size=2),
        "population_min": bounds,
        "population_max": bounds,
    }
)
SORTS = ["document", "relevance", "population", "-population", "-updated", "nearest"]
orders = st.fixed_dictionaries(
    {},
    optional={
        "sort": st.sampled_from(SORTS).map(lambda sort: [sort]),
        "near": st.sampled_from([FUNAGATA, MIYAGI, OSAKA]).map(lambda code: [code]),
        "near_population": st.sampled_from([["30000"], ["700"]]),
    },
)


@pytest.fixture(scope="class")
def oracle(rows_of_class: None) -> list[PlainCase]:
    """The published cases in document order; forty made ones among them."""
    make_varied_cases()
    keep_texts()
    return plain_cases()


def test_the_plain_words_have_no_variants() -> None:
    terms = terms_with_variants(WORDS, CaseFilter().index.lists.synonyms)
    assert [(term.typed, term.words, term.pieces) for term in terms] == [(word, (), ()) for word in WORDS]


def asked(query: Query) -> CaseFilter:
    data = QueryDict(mutable=True)
    for name, values in query.items():
        data.setlist(name, values)
    return CaseFilter(data)


def expected(oracle: list[PlainCase], query: Query) -> list[str]:
    return [case.slug for case in oracle if case.matches(query)]


def paged(case_filter: CaseFilter, size: int = 7) -> list[str]:
    """The slugs of all results, read as a paginator reads them."""
    results = case_filter.results
    starts = range(0, len(results), size)
    return [slug for start in starts for slug in slugs_of_cards(results[start : start + size])]


def whole(case_filter: CaseFilter) -> list[str]:
    """The slugs of all results, read as files read them."""
    return [document.record["slug"] for document in case_filter.all_documents()]


class TestOfVariedCases:
    """The query and its counts over the casebook and forty cases more."""

    @on_one_database
    @given(queries)
    def test_a_query_gives_exactly_the_cases_that_match(self, oracle: list[PlainCase], query: Query) -> None:
        found = whole(asked(query))
        assert sorted(found) == sorted(expected(oracle, query))
        assert paged(asked(query), 40) == found
        if not query.get("q", [""])[0]:
            assert found == expected(oracle, query)

    @on_one_database
    @given(queries)
    def test_a_facet_count_is_what_choosing_the_option_alone_gives(
        self, oracle: list[PlainCase], query: Query
    ) -> None:
        for facet in facets_of(asked(query)):
            for option in facet.options:
                assert option.count == len(expected(oracle, {**query, facet.name: [option.value]})), (
                    facet.name
                )
                assert option.selected == (option.value in query.get(facet.name, []))

    @on_one_database
    @given(queries, st.sampled_from([*VALUES]), st.data())
    def test_and_never_widens_and_or_never_narrows(
        self, oracle: list[PlainCase], query: Query, name: str, data: st.DataObject
    ) -> None:
        value = data.draw(st.sampled_from(VALUES[name]))
        before = asked(query).found()
        after = asked({**query, name: [*query.get(name, []), value]}).found()
        assert after >= before if query.get(name) else after <= before

    @on_one_database
    @given(hard_queries, queries_of_bodies, orders, st.integers(1, 25))
    def test_paging_gives_each_case_once_in_the_order_of_the_database(
        self, oracle: list[PlainCase], query: Query, of_bodies: Query, order: Query, size: int
    ) -> None:
        query = {**query, **of_bodies, **order}
        in_order = list(ordered_by_sql(query).values_list("slug", flat=True))
        assert len(set(in_order)) == len(in_order)
        assert paged(asked(query), size) == whole(asked(query)) == in_order

    @on_one_database
    @given(hard_queries, queries_of_bodies, st.sampled_from(NAMES))
    def test_index_and_database_count_the_same(
        self, oracle: list[PlainCase], query: Query, of_bodies: Query, name: str
    ) -> None:
        query = {**query, **of_bodies}
        assert len(asked(query).found()) == cases_by_sql(query).count()
        (facet,) = facets_of(asked(query), [name])
        counts = {option.value: option.count for option in facet.options if option.count}
        assert counts == counts_by_sql(query, name)

    @on_one_database
    @given(queries, st.sampled_from([*VALUES]))
    def test_an_invalid_value_never_widens(self, oracle: list[PlainCase], query: Query, name: str) -> None:
        case_filter = asked({**query, name: [*query.get(name, []), "nope"]})
        assert list(case_filter.errors) == [name]
        assert whole(case_filter) == list(case_filter.results[0:20]) == []
        assert {option.count for facet in facets_of(case_filter) for option in facet.options} == {None}


def test_options_stand_in_their_order() -> None:
    (topic,) = facets_of(asked({}), ["topic"])
    topics = [option.value for option in topic.options]
    assert topics == list(Topic.objects.order_by("position", "slug").values_list("slug", flat=True))


def test_sources_sections_and_years_are_offered_where_a_case_is_public() -> None:
    Case.objects.exclude(year=None).update(year=None)
    make_source("second")
    options = {
        facet.name: [(option.group, option.value, option.count) for option in facet.options]
        for facet in facets_of(asked({"year": ["2031"]}), ["source", "section", "year"])
    }
    assert options["source"] == [("", "dx2021", 0)]
    assert [value for _, value, _ in options["section"]] == [
        section for section in VALUES["section"] if not section.startswith("second")
    ]
    assert {group for group, *_ in options["section"]} == {""}
    assert options["year"] == [("", "2031", 0), ("", "unknown", 60)]

    make_case(source="second", section="3-1", year=2024)
    options = {
        facet.name: [(option.group, option.value, option.count) for option in facet.options]
        for facet in facets_of(asked({"step": ["2"]}), ["source", "section", "year"])
    }
    assert options["source"] == [("", "dx2021", 22), ("", "second", 1)]
    assert [one for one in options["section"] if one[0] == "secondの本" and one[2]] == [
        ("secondの本", "second-3-1", 1)
    ]
    assert options["year"] == [("", "2024", 1), ("", "unknown", 22)]
