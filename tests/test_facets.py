"""The query against a plain-Python reading of the contract: the casebook and made cases of 1–5 bodies."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import bands
from catalog.facets import NAMES, facets_of
from catalog.filters import CaseFilter
from catalog.models import Body, Case, Topic
from catalog.search import terms_of
from tests.making import make_case

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
    chance = random.Random(2021)
    codes = list(Body.objects.exclude(population=None).values_list("code", flat=True))
    codes += list(Body.objects.filter(population=None).values_list("code", flat=True)[:40])
    topics = list(Topic.objects.values_list("slug", flat=True))
    for number in range(40):
        make_case(
            section=chance.choice(VALUES["section"]),
            bodies=chance.sample(codes, chance.randint(1, 5)),
            topics=chance.sample(topics, chance.randint(0, 4)),
            status="draft" if number % 8 == 0 else "published",
        )
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


same_database = settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@same_database
@given(queries)
def test_a_query_gives_exactly_the_cases_that_match(oracle: list[Plain], query: Query) -> None:
    found = [case.slug for case in asked(query).qs]
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


@settings(parent=same_database, max_examples=100)
@given(queries, st.sampled_from(["document", "population", "-population", "-updated", "nearest"]))
def test_paging_gives_each_case_once_in_any_order(oracle: list[Plain], query: Query, sort: str) -> None:
    qs = asked(query, sort=sort, near="063631").qs
    paged = [case.slug for start in range(0, 120, 7) for case in qs[start : start + 7]]
    assert sorted(paged) == expected(oracle, query)


@settings(parent=same_database, max_examples=100)
@given(queries, st.sampled_from(NAMES))
def test_an_invalid_value_never_widens(oracle: list[Plain], query: Query, name: str) -> None:
    case_filter = asked({**query, name: [*query.get(name, []), "nope"]})
    assert list(case_filter.errors) == [name]
    assert list(case_filter.qs) == []
    assert {option.count for facet in facets_of(case_filter) for option in facet.options} == {0}
