from __future__ import annotations

from collections import defaultdict
from math import log2

import pytest
from django.db.models import Q

from catalog.finding.index import current_index
from catalog.finding.nearest import Target
from catalog.finding.related import related_cards
from catalog.models import Case, SimilarBody
from tests.finding.test_index import document_of
from tests.making import FUNAGATA, HIDAKA, OSAKA, make_case, make_varied_cases, without_cases
from tests.oracle import nearest_by_sql

pytestmark = pytest.mark.django_db


def related(slug: str, limit: int = 4) -> list[tuple[str, str]]:
    document = document_of(Case.objects.get(slug=slug))
    return [(card.case["slug"], card.relation) for card in related_cards(document, current_index(), limit)]


def test_a_rare_topic_weighs_more_than_a_common_one() -> None:
    """The case that the casebook names as similar, and the only other one of 書かない窓口, come first."""
    assert related("dx2021-36-1", 2) == [
        ("dx2021-37-1", "テーマ「利用者目線・サービスデザイン」が共通・同じ区分・類似の取組として掲載"),
        ("dx2021-38-1", "テーマ「書かない窓口・ワンストップ窓口」が共通・同じ区分"),
    ]


@pytest.mark.long
def test_what_weighs_most_comes_first_and_then_what_is_nearest() -> None:
    make_varied_cases()
    rows = ("topics", "case_bodies__body__prefecture", "similar_bodies")
    cases = list(Case.objects.published().prefetch_related(*rows))
    for number, case in enumerate(cases):
        SimilarBody.objects.get_or_create(case=case, body_id=[FUNAGATA, HIDAKA, OSAKA][number % 3])
    for case in cases:
        target = Target(case.case_bodies.all()[0].body)
        others = nearest_by_sql(Case.objects.published().exclude(pk=case.pk), target)
        weights = weights_of_others(case, len(cases))
        expected = sorted(
            (other for other in others if weights[other.pk]), key=lambda one: -round(weights[one.pk], 3)
        )
        assert [slug for slug, _ in related(case.slug, 7)] == [other.slug for other in expected[:7]]


def weights_of_others(case: Case, of_all: int) -> defaultdict[int, float]:
    others, weights = Case.objects.published().exclude(pk=case.pk), defaultdict[int, float](float)
    named = Q(case_bodies__body__in=case.similar_bodies.values("body")) | Q(
        similar_bodies__body__in=case.case_bodies.values("body")
    )
    for thing in (*(Q(topics=topic) for topic in case.topics.all()), Q(section=case.section_id), named):
        having = set(others.filter(thing).values_list("pk", flat=True))
        for one in having:
            weights[one] += log2(1 + of_all / len(having))
    return weights


def test_without_bodies_related_cases_stand_in_document_order() -> None:
    without_cases()
    for slug, section, topics in [
        ("last", "4-3", ["bpr"]),
        ("both", "4-2", ["bpr", "data"]),
        ("first", "1", ["data"]),
        ("none", "1", ["training"]),
    ]:
        make_case(slug, section=section, topics=topics)
    make_case("draft", section="2", status="draft", bodies=[], topics=["bpr", "data"])
    shared = [
        ("both", "テーマ「業務改革（BPR）」「データ利活用・オープンデータ」が共通"),
        ("first", "テーマ「データ利活用・オープンデータ」が共通"),
        ("last", "テーマ「業務改革（BPR）」が共通"),
    ]
    assert related("draft") == shared
    assert related("draft", 2) == shared[:2]
