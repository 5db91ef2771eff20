from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from hypothesis import given
from hypothesis.strategies import DataObject, data, integers, lists, sampled_from
from pyroaring import BitMap
from pytest_django import DjangoAssertNumQueries

from catalog.documents.reading import Document, read_documents
from catalog.documents.version import current_version
from catalog.finding import index
from catalog.finding.cards import neighbours
from catalog.finding.index import Index, current_index
from catalog.finding.lists import Lists
from catalog.finding.nearest import Target
from catalog.finding.query import CaseFilter
from catalog.finding.search import Term, terms_with_variants
from catalog.models import DOCUMENT_ORDER, Body, Case, CaseBody, SearchSynonym, SimilarBody, Step, Topic
from tests.making import (
    FUNAGATA,
    HIDAKA,
    KASHIHARA,
    MIYAGI,
    OSAKA,
    make_case,
    make_source,
    make_varied_cases,
    set_population,
    slugs,
    slugs_of_cards,
    without_cases,
)
from tests.properties import of_writing

pytestmark = pytest.mark.django_db

BODIES = [FUNAGATA, HIDAKA, KASHIHARA, OSAKA]
TOPICS = ["bpr", "data", "training"]


def page(query: str, start: int = 0, stop: int = 20) -> list[str]:
    return slugs_of_cards(CaseFilter(QueryDict(query)).results[start:stop])


def document_of(case: Case) -> Document:
    return read_documents([case.pk])[0]


def slugs_of(documents: Iterable[Document | None]) -> list[str | None]:
    return [document.record["slug"] if document else None for document in documents]


def test_the_index_is_kept_until_something_changes(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    Lists()  # folds the words, which a change of another list leaves as they are
    kept = current_index()
    with django_assert_num_queries(1):
        assert current_index() is kept
    end_transaction()
    make_case()
    with django_assert_num_queries(4):  # the version twice, those before it, and what has changed since
        followed = current_index()
    assert len(followed.numbering) == len(kept.numbering) + 1
    Topic.objects.update(position=1)
    with django_assert_num_queries(16):  # the version twice, those before it, thirteen to read the catalogue
        built = current_index()
    Case.objects.filter(slug="dx2021-5-1").delete()
    with django_assert_num_queries(5):  # the version twice, those before it, and two for the documents
        assert current_index().lists is built.lists


def test_lists_of_a_change_that_is_taken_back_are_not_those_of_another() -> None:
    for title in ("一つ目", "二つ目"):
        with transaction.atomic():
            Topic.objects.filter(slug="bpr").update(title=title)
            changed = current_index()
            assert [topic.title for topic in changed.lists.topics if topic.slug == "bpr"] == [title]
            transaction.set_rollback(True)


def end_transaction() -> None:
    """Makes the version that of a transaction that has ended; a test is all in one."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_catalogueversion SET changed_by = '1'")


@pytest.fixture
def varied_cases() -> None:
    make_varied_cases(20)


@of_writing
@given(data())
def test_an_index_that_follows_changes_is_the_one_made_anew(varied_cases: None, data: DataObject) -> None:
    keys = sorted(Case.objects.values_list("pk", flat=True))
    with transaction.atomic():
        for _ in range(data.draw(integers(1, 2))):
            before = current_index()
            before.hits_of(term_of(before))
            end_transaction()
            for key in data.draw(lists(sampled_from(keys), min_size=1, max_size=3)):
                cases = Case.objects.filter(pk=key)
                cases.update(
                    page=data.draw(integers(1, 5)),
                    order=100 + keys.index(key),
                    title=data.draw(sampled_from(["電子申請", "電子と申請", "申請"])),
                    section=data.draw(sampled_from(["1", "2", "3-1", "4-3"])),
                    status=data.draw(sampled_from(["published", "draft"])),
                    updated_at=datetime(2026, 1, data.draw(integers(1, 3)), tzinfo=UTC),
                )
                cases.get().topics.set(Topic.objects.filter(slug__in=data.draw(lists(sampled_from(TOPICS)))))
                CaseBody.objects.filter(case=key).delete()
                CaseBody.objects.create(case_id=key, body_id=data.draw(sampled_from(BODIES)))
            followed = current_index()
            assert followed.lists.bodies_by is before.lists.bodies_by
            assert state_of(followed) == state_of(Index(current_version()))
        transaction.set_rollback(True)


def state_of(one: Index) -> Any:
    """All that an index tells, by the keys of cases."""
    everything, cases = slice(0, 1_000), one.cases

    def keys(some: BitMap) -> list[int]:
        return [one.numbering.key(number) for number in one.numbering.in_order(some, everything)]

    return (
        keys(cases),
        [one.numbering.key(number) for number in one.numbering.latest(cases, everything)],
        {
            (name, value): keys(some)
            for name, by in {**one.cases_by, "mentions": one.mentions_by}.items()
            for value, some in by.items()
            if some
        },
        [keys(some) for some in one.cases_of],
        [(body.code, body.case_count, body.mention_count) for body in one.bodies],
        [keys(some) for some in one.by_population()],
        [keys(some) for some in one.hits_of(term_of(one))],
    )


def term_of(one: Index) -> Term:
    """A word that is found in one piece or in parts."""
    (term,) = terms_with_variants(["電子申請"], one.lists.synonyms)
    return term


def test_an_index_that_follows_lets_the_one_before_go() -> None:
    built = Index(current_version())
    followed = built.followed(current_version(), [])
    before = weakref.ref(built)
    del built
    gc.collect()
    assert followed.lists.measure(Target(given_population=8_000))[FUNAGATA]
    assert before() is None


def test_an_index_is_made_anew_after_a_restore_of_another_past() -> None:
    kept = current_index()
    make_case("other")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_catalogueversion SET earlier = '{}', stamp = gen_random_uuid()")
        cursor.execute("UPDATE catalog_casedocument SET made_in = 0")
    assert len(current_index().numbering) == len(kept.numbering) + 1


def test_a_deleted_case_leaves_the_next_index() -> None:
    case = make_case("gone")
    assert page("sort=-updated", 0, 1) == ["gone"]
    case.delete()
    assert "gone" not in page("sort=-updated", 0, 100)


def test_hits_are_kept_for_a_version_and_only_of_it(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_case("early", title="くろーるけい")
    built = current_index()
    (term,) = terms_with_variants(["くろーるけい"], built.lists.synonyms)
    first = built.hits_of(term)
    with django_assert_num_queries(0):
        assert built.hits_of(term) is first
    make_case("late", title="くろーるけい")
    followed = built.followed(current_version(), [])
    with django_assert_num_queries(0):
        assert followed.hits_of(term) == first
    (other,) = terms_with_variants(["くろーるけ"], built.lists.synonyms)
    with django_assert_num_queries(2):  # this index is no longer of the version that the database has
        built.hits_of(other), built.hits_of(other)


def test_threads_that_want_an_index_at_once_get_one_and_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_kept", {})

    def wanted(_: int) -> Index:
        try:
            return current_index()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert len({id(one) for one in threads.map(wanted, range(8))}) == 1


def test_only_published_cases_have_a_number_in_document_order() -> None:
    without_cases()
    last, first = make_case("last", section="4-3"), make_case("first", section="1")
    draft = make_case("draft", status="draft")
    built = Index(current_version())
    assert [built.numbering.key(number) for number in built.cases] == [first.pk, last.pk]
    assert built.numbering.numbered([draft.pk, last.pk]) == BitMap([1])
    assert {value: list(cases) for value, cases in built.cases_by["section"].items()} == {
        "1": [0],
        "4-3": [1],
    }


def test_a_change_of_any_kind_is_in_the_next_list(client: Client) -> None:
    case = make_case("new", topics=["bpr"], bodies=[FUNAGATA])
    assert page(f"body={FUNAGATA}&topic=bpr")[-1] == "new"
    case.topics.clear()
    assert "new" not in page(f"body={FUNAGATA}&topic=bpr")
    case.case_bodies.update(body=KASHIHARA)
    assert "new" not in page(f"body={FUNAGATA}")
    assert "new" not in page("sort=-population", 0, 5)
    set_population(KASHIHARA, 9_000_000)  # more than 大阪府
    assert "new" in page("sort=-population", 0, 5)
    Case.objects.filter(slug="new").update(status="draft")
    assert "new" not in page(f"body={KASHIHARA}")


def test_cases_without_a_known_population_come_last_and_in_document_order() -> None:
    without_cases()
    set_population(MIYAGI, None)
    make_case("unknown", bodies=[MIYAGI], section="1")
    make_case("both", bodies=[FUNAGATA, KASHIHARA], section="3-1")
    make_case("larger", bodies=[KASHIHARA], section="2")
    assert page("sort=population") == ["both", "larger", "unknown"]
    assert page("sort=-population") == ["larger", "both", "unknown"]
    assert page(f"near={FUNAGATA}") == ["both", "larger", "unknown"]


def test_bodies_of_cases_are_those_that_carry_one_of_them_out() -> None:
    without_cases()
    make_case("both", bodies=[FUNAGATA, KASHIHARA])
    make_case("one", bodies=[OSAKA])
    index = current_index()

    def codes(cases: BitMap, among: BitMap) -> list[str]:
        return [index.bodies[number].code for number in index.bodies_of(cases, among)]

    both = index.cases_of[index.lists.number_of_body[FUNAGATA]]
    anybody = BitMap(range(len(index.bodies)))
    assert codes(index.cases, anybody) == [FUNAGATA, OSAKA, KASHIHARA]
    assert codes(index.cases, index.with_cases) == [FUNAGATA, OSAKA, KASHIHARA]
    assert codes(both, anybody) == [FUNAGATA, KASHIHARA]
    assert codes(index.cases, index.lists.bodies_by["kind"]["city"]) == [KASHIHARA]
    assert codes(BitMap(), anybody) == []


@pytest.mark.parametrize(
    ("population", "beside"),
    [
        (1, [FUNAGATA]),
        (5_000, [FUNAGATA, KASHIHARA]),  # 舟形町 itself has 5,000
        (121_999, [FUNAGATA, KASHIHARA]),
        (122_000, [KASHIHARA, OSAKA]),
        (9_000_000, [OSAKA]),
    ],
)
def test_beside_a_population_are_the_next_smaller_and_the_next_larger_body(
    population: int, beside: list[str]
) -> None:
    without_cases()
    make_case(bodies=[FUNAGATA, KASHIHARA, OSAKA])
    index = current_index()
    anybody = BitMap(range(len(index.bodies)))
    found = index.beside(population, index.cases, anybody)
    assert [index.bodies[number].code for number in found] == beside
    assert index.beside(population, BitMap(), anybody) == []
    assert index.beside(population, index.cases, anybody - BitMap(found)) != found


def test_a_new_synonym_is_in_the_next_search() -> None:
    make_case("found", title="クロールケイ")
    assert page("q=ぶるどっぐ") == []
    SearchSynonym.objects.create(words=["ブルドッグ", "クロールケイ"])
    assert page("q=ぶるどっぐ") == ["found"]
    assert page("q=ぶるどっぐ&sort=document") == ["found"]


def test_hits_of_one_rank_stand_in_document_order() -> None:
    for slug, section in [("late", "4-3"), ("early", "1"), ("middle", "3-2")]:
        make_case(slug, section=section, title="くろーるけい")
    assert page("q=くろーるけい") == ["early", "middle", "late"]
    assert page("q=くろーるけい", 0, 1) == ["early"]


def test_neighbours_are_the_published_cases_before_and_after_within_the_step() -> None:
    without_cases()
    make_case("other-step", section="2", page=1)
    cases = [
        make_case("first", section="3-1", page=2),
        make_case("draft", section="3-1", page=3, status="draft"),
        make_case("middle", section="3-2", page=4),
        make_case("last", section="3-3", page=5),
    ]
    make_case("next-step", section="4-1", page=6)
    found = {case.slug: slugs_of(neighbours(document_of(case), current_index())) for case in cases}
    assert found == {
        "first": [None, "middle"],
        "draft": ["first", "middle"],
        "middle": ["first", "last"],
        "last": ["middle", None],
    }


@pytest.mark.long
def test_neighbours_lead_through_every_case_of_a_step() -> None:
    make_varied_cases()
    built = current_index()
    for step in Step.objects.all():
        cases = list(Case.objects.published().filter(section__step=step).order_by(*DOCUMENT_ORDER))
        beside = zip([None, *slugs(cases[:-1])], [*slugs(cases[1:]), None], strict=True)
        found = [slugs_of(neighbours(document_of(case), built)) for case in cases]
        assert found == [list(pair) for pair in beside]


@pytest.mark.long
def test_a_body_has_its_cases_and_those_that_mention_it() -> None:
    make_varied_cases()
    for number, case in enumerate(Case.objects.filter(slug__startswith="made-")):
        SimilarBody.objects.create(case=case, body_id=[FUNAGATA, HIDAKA, OSAKA][number % 3])
    built = current_index()
    published = Case.objects.published()
    counts = {
        body.code: (
            published.filter(case_bodies__body=body).count(),
            published.filter(similar_bodies__body=body).count(),
        )
        for body in built.bodies
    }
    assert {body.code: (body.case_count, body.mention_count) for body in built.bodies} == counts
    in_cases = [body.code for body in built.bodies_in_cases]
    assert in_cases == [code for code, numbers in counts.items() if any(numbers)]
    assert in_cases == [body.code for body in Body.objects.in_published_cases().order_by("code")]
    cases, mentions = built.cases_and_mentions(FUNAGATA)
    in_order = published.in_document_order()
    assert slugs_of(built.read_in_order(cases, 100)) == slugs(in_order.filter(case_bodies__body=FUNAGATA))
    assert slugs_of(built.read_in_order(mentions, 100)) == slugs(
        in_order.filter(similar_bodies__body=FUNAGATA)
    )


def test_sources_are_those_of_the_cases_alone() -> None:
    for source, status in [("early", "published"), ("unused", "draft")]:
        make_source(source)
        make_case(title="くろーるけい", status=status, source=source)

    def sources(query: str) -> list[str]:
        return [source.slug for source in CaseFilter(QueryDict(query)).sources()]

    assert sources("q=くろーるけい") == ["early"]
    assert sources("") == ["dx2021", "early"]
    assert sources("q=どこにもない") == []


def test_a_case_deleted_since_the_index_was_made_is_left_out() -> None:
    built = current_index()
    gone, second, third = (built.numbering.key(number) for number in range(3))
    Case.objects.get(pk=gone).delete()
    assert [document.key for document in built.read([2, 0, 1])] == [third, second]
