from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from pyroaring import BitMap
from pytest_django import DjangoAssertNumQueries

from catalog import index
from catalog.filters import CaseFilter
from catalog.models import Body, Case, SearchSynonym
from tests.making import FUNAGATA, KASHIHARA, MIYAGI, make_case, slugs

pytestmark = pytest.mark.django_db


def page(query: str, start: int = 0, stop: int = 20) -> list[str]:
    return slugs(CaseFilter.of(QueryDict(query)).results()[start:stop])


@pytest.mark.parametrize(
    ("start", "stop", "picked"),
    [
        (0, 2, [5, 9]),
        (1, 4, [9, 1, 2]),
        (2, 3, [1]),
        (3, 9, [2, 0, 7]),
        (5, 6, [7]),
        (6, 9, []),
    ],
)
def test_a_slice_follows_the_groups_and_the_rest_comes_last(start: int, stop: int, picked: list[int]) -> None:
    groups = [BitMap([5, 9]), BitMap([1, 2, 5, 6])]
    assert index.cut(BitMap([0, 1, 2, 5, 7, 9]), groups, slice(start, stop)) == picked


def test_the_index_is_kept_until_something_changes(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    kept = index.current()
    with django_assert_num_queries(1):
        assert index.current() is kept
    make_case()
    with django_assert_num_queries(9):  # two for the version, seven to read the catalogue
        built = index.current()
    assert len(built.pks) == len(kept.pks) + 1


def test_threads_that_want_an_index_at_once_get_one_and_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_newest", None)

    def wanted(_: int) -> index.Index:
        try:
            return index.current()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert len({id(one) for one in threads.map(wanted, range(8))}) == 1


def test_only_published_cases_have_a_number_in_document_order() -> None:
    Case.objects.all().delete()
    last, first = make_case("last", section="4-3"), make_case("first", section="1")
    draft = make_case("draft", status="draft")
    built = index.current()
    assert built.pks == [first.pk, last.pk]
    assert built.numbered([draft.pk, last.pk]) == BitMap([1])
    assert {value: list(cases) for value, cases in built.of_case["section"].items() if cases} == {
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
    Body.objects.filter(pk=KASHIHARA).update(population=9_000_000)  # more than 大阪府
    assert "new" in page("sort=-population", 0, 5)
    Case.objects.filter(slug="new").update(status="draft")
    assert "new" not in page(f"body={KASHIHARA}")


def test_cases_without_a_known_population_come_last_and_in_document_order() -> None:
    Case.objects.all().delete()
    make_case("unknown", bodies=[MIYAGI], section="1")
    make_case("both", bodies=[FUNAGATA, KASHIHARA], section="3-1")
    make_case("larger", bodies=[KASHIHARA], section="2")
    assert page("sort=population") == ["both", "larger", "unknown"]
    assert page("sort=-population") == ["larger", "both", "unknown"]
    assert page(f"near={FUNAGATA}") == ["both", "larger", "unknown"]


def test_a_new_synonym_is_in_the_next_search() -> None:
    make_case("found", title="くろーるけい")
    assert page("q=ぶるどっぐ") == []
    SearchSynonym.objects.create(words=["ブルドッグ", "クロールケイ"])
    assert page("q=ぶるどっぐ") == ["found"]
    assert page("q=ぶるどっぐ&sort=document") == ["found"]


def test_hits_of_one_rank_stand_in_document_order() -> None:
    for slug, section in [("late", "4-3"), ("early", "1"), ("middle", "3-2")]:
        make_case(slug, section=section, title="くろーるけい")
    assert page("q=くろーるけい") == ["early", "middle", "late"]
    assert page("q=くろーるけい", 0, 1) == ["early"]
