"""The query against a plain-Python reading of the contract: the casebook and made cases of 1–5 bodies."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from catalog.facets import NAMES, facets_of, left_out
from catalog.filters import BodyChoicesFilter, CaseFilter
from catalog.search import terms_of
from django.db.models import Count, F
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import bands, facets
from catalog.models import Case, CaseBody, Topic
from tests.making import make_varied_cases

pytestmark = pytest.mark.django_db

OF_A_BODY = ("population", "region", "prefecture", "kind")
VALUES = {
    "step": ["0", "1", "2", "3"],
    "section": ["1", "2", "3-1", "3-2", "3-3", "4-1", "4-2", "4-3"],
    "population": [value for value, _ in bands.CHOICES],
    "region": ["hokkaido", "tohoku", "kanto", "chubu", "kinki", "chugoku", "shikoku", "kyushu"],
    "prefecture": ["01", "04", "06", "07", "10", "13", "22", "29", "39", "47"],
    "kind": ["prefecture", "designated_city", "city", "special_ward", "town", "village"],
    "topic": ["bpr", "data", "training", "wide-area", "smartphone-class"],
}
# Words without synonyms and not compounds: a case has them where its text, read plainly, does.
WORDS = ["課長", "本部", "民間", "録", "LoGo", "副市長", "ひだかむら", "舟形町", "5,513件"]
Query = dict[str, list[str]]
queries = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.lists(st.sampled_from(values), max_size=3) for name, values in VALUES.items()},
        "q": st.lists(st.sampled_from(WORDS), max_size=2).map(lambda words: [" ".join(words)]),
    },
)


@dataclass(frozen=True)
class Plain:
    """A case as the oracle knows it: its own values, and those of each of its bodies."""

    slug: str
    text: str
    own: dict[str, set[str]]
    bodies: list[dict[str, str]]

    def matches(self, query: Query) -> bool:
        if any(word.casefold() not in self.text for word in query.get("q", [""])[0].split()):
            return False
        of_case = {name: values for name, values in query.items() if values and name in self.own}
        of_body = {name: values for name, values in query.items() if values and name in OF_A_BODY}
        return all(self.own[name] & set(values) for name, values in of_case.items()) and (
            not of_body
            or any(all(body[name] in values for name, values in of_body.items()) for body in self.bodies)
        )


def plain(case: Case) -> Plain:
    return Plain(
        case.slug,
        plain_text(case),
        {
            "step": {str(case.section.step)},
            "section": {case.section_id},
            "topic": {topic.slug for topic in case.topics.all()},
        },
        [
            {
                "population": bands.band_of(row.body.population).value,
                "region": row.body.prefecture.region,
                "prefecture": row.body.prefecture_id,
                "kind": row.body.kind,
            }
            for row in case.case_bodies.all()
        ],
    )


def plain_text(case: Case) -> str:
    """All that search reads of a case, with the width and case of Latin letters made one."""
    rows: list[Any] = [*case.case_bodies.all(), *case.similar_bodies.all()]
    bodies = [row.body for row in rows]
    texts = [case.title, case.heading, case.background, case.approach, case.outcome, case.editor_note]
    texts += [*case.points, *case.references, *(topic.title for topic in case.topics.all())]
    texts += [text for figure in case.figures.all() for text in (figure.label, figure.value)]
    texts += [text for body in bodies for text in (body.prefecture.name + body.name, body.kana)]
    texts += [row.note for row in rows]
    return unicodedata.normalize("NFKC", "\n".join(texts)).casefold()


@pytest.fixture
def oracle() -> list[Plain]:
    """The published cases in document order, plainly; forty made ones among them."""
    make_varied_cases()
    return [plain(case) for case in Case.objects.published().in_document_order().for_records()]


def test_the_oracles_words_have_no_variants() -> None:
    assert [(term.typed, term.words, term.pieces) for term in terms_of(" ".join(WORDS))] == [
        (word, (), []) for word in WORDS
    ]


def asked(query: Query, **more: str) -> CaseFilter:
    data = QueryDict(mutable=True)
    for name, values in query.items():
        data.setlist(name, values)
    data.update(more)
    return CaseFilter.of(data)


def expected(oracle: list[Plain], query: Query) -> list[str]:
    return sorted(case.slug for case in oracle if case.matches(query))


A_THIRD = settings.default.max_examples // 3  # type: ignore[union-attr]
same_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def paged(case_filter: CaseFilter, size: int = 7) -> list[str]:
    """The slugs of all results, read as a paginator reads them."""
    results = case_filter.results()
    return [case.slug for start in range(0, len(results), size) for case in results[start : start + size]]


@same_database
@given(queries)
def test_a_query_gives_exactly_the_cases_that_match(oracle: list[Plain], query: Query) -> None:
    found = [case.slug for case in asked(query).qs]
    assert paged(asked(query), 40) == found
    assert sorted(found) == expected(oracle, query)
    if not query.get("q", [""])[0]:
        assert found == [case.slug for case in oracle if case.slug in found]


@same_database
@given(queries)
def test_a_facet_count_is_what_choosing_the_option_alone_gives(oracle: list[Plain], query: Query) -> None:
    for facet in facets_of(asked(query)):
        for option in facet.options:
            assert option.count == len(expected(oracle, {**query, facet.name: [option.value]})), facet.name
            assert option.selected == (option.value in query.get(facet.name, []))


@same_database
@given(queries, st.sampled_from(NAMES), st.data())
def test_and_never_widens_and_or_never_narrows(
    oracle: list[Plain], query: Query, name: str, data: st.DataObject
) -> None:
    value = data.draw(st.sampled_from(VALUES[name]))
    before = {case.slug for case in asked(query).qs}
    after = {case.slug for case in asked({**query, name: [*query.get(name, []), value]}).qs}
    assert after >= before if query.get(name) else after <= before


SORTS = ["document", "relevance", "population", "-population", "-updated", "nearest"]
NEAR = [{}, {"near": "063631"}, {"near": "040002"}, {"near_population": "30000"}]


@settings(parent=same_database, max_examples=A_THIRD)
@given(queries, st.sampled_from(SORTS), st.sampled_from(NEAR), st.integers(1, 25))
def test_paging_gives_each_case_once_in_the_order_of_the_database(
    oracle: list[Plain], query: Query, sort: str, near: dict[str, str], size: int
) -> None:
    whole = [case.slug for case in asked(query, sort=sort, **near).qs]
    assert paged(asked(query, sort=sort, **near), size) == whole
    assert sorted(whole) == expected(oracle, query)


CODES = ["063631", "394106", "131016", "270008"]
BOUNDS = st.one_of(st.just(""), st.integers(0, 400_000).map(str))


@settings(parent=same_database, max_examples=A_THIRD)
@given(
    queries, st.lists(st.sampled_from(["063631", "394106", "131016", "270008"]), max_size=2), BOUNDS, BOUNDS
)
def test_index_and_database_count_the_same(
    oracle: list[Plain], query: Query, bodies: list[str], at_least: str, at_most: str
) -> None:
    query = {**query, "body": bodies, "population_min": [at_least], "population_max": [at_most]}
    assert sorted(paged(asked(query))) == sorted(case.slug for case in asked(query).narrow())
    for facet in facets_of(asked(query)):
        counts = {option.value: option.count for option in facet.options if option.count}
        assert counts == counted_by_database(asked(query), facet.name), facet.name


def counted_by_database(case_filter: CaseFilter, name: str) -> dict[str, int]:
    """The counts of a facet above 0, by value, as one query gives them."""
    cases, declared = case_filter.narrow(leave_out=name), case_filter.filters[name]
    if name == "topic":
        pairs = Case.topics.through.objects.filter(case__in=cases).values_list("topic__slug")
        return dict(pairs.annotate(Count("case", distinct=True)))
    if not isinstance(declared, BodyChoicesFilter):
        counted = cases.values_list(declared.field_name).annotate(Count("pk"))
        return {str(value): count for value, count in counted}
    bodies = CaseBody.objects.filter(case_filter.body_condition(leave_out=name), case__in=cases).order_by()
    field = F(f"body__{declared.field_name}")
    values = bands.value_expression("body__population") if name == "population" else field
    return dict(bodies.annotate(value=values).values_list("value").annotate(Count("case", distinct=True)))


@settings(parent=same_database, max_examples=A_THIRD)
@given(queries, st.sampled_from(NAMES))
def test_an_invalid_value_never_widens(oracle: list[Plain], query: Query, name: str) -> None:
    case_filter = asked({**query, name: [*query.get(name, []), "nope"]})
    assert list(case_filter.errors) == [name]
    assert list(case_filter.qs) == list(case_filter.results()[0:20]) == []
    assert {option.count for facet in facets_of(case_filter) for option in facet.options} == {None}


def test_options_stand_in_their_order() -> None:
    topics = [option.value for option in facets_of(asked({}))[-1].options]
    assert topics == list(Topic.objects.order_by("position", "slug").values_list("slug", flat=True))


def test_once_the_time_is_spent_facets_keep_what_is_chosen_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = facets_of(asked({"step": ["2"], "kind": ["village", "town"]}))
    ticks = count()
    monkeypatch.setattr(facets, "monotonic", lambda: next(ticks))
    monkeypatch.setattr(facets, "SECONDS_TO_COUNT", 20)  # of the clock above: looks at it
    cut = facets_of(asked({"step": ["2"], "kind": ["village", "town"]}))
    assert left_out(cut) == ["人口", "地方", "都道府県", "団体の種別", "テーマ"]
    assert cut[:2] == whole[:2]
    assert {facet.name: [(one.value, one.count) for one in facet.options] for facet in cut[2:]} == {
        "population": [],
        "region": [],
        "prefecture": [],
        "kind": [("town", None), ("village", None)],
        "topic": [],
    }
    assert [one.selected for one in cut[5].options] == [True, True]
