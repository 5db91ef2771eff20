from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.documents.reading import read_documents, read_public
from catalog.models import Body, Case, CaseBody, Fact, Figure, Followed, Link, SimilarBody, Source
from catalog.pages.text import citation_of
from tests.making import FUNAGATA, MIYAGI, make_case, make_source

pytestmark = pytest.mark.django_db


def test_a_record_has_the_shape_of_the_contract() -> None:
    made = make_case(
        "made",
        title="題",
        section="3-1",
        bodies=[FUNAGATA, MIYAGI],
        topics=["data", "bpr"],
        page=99,
        order=2,
        heading="見出し",
        points=["一", "二"],
        background="背景",
        approach="内容",
        outcome="成果",
        references=["資料"],
        similar_open_ended=True,
        year=2020,
    )
    Body.objects.filter(code=MIYAGI).update(abolished_on="2026-10-01", successor=FUNAGATA)
    CaseBody.objects.filter(case=made, body=MIYAGI).update(
        contact_section="デジタルみやぎ推進課",
        contact_telephone="022-211-0000",
        contact_checked_on="2026-11-01",
    )
    Figure.objects.create(case=made, label="回数", value="8回")
    effect = {"kind": "effect", "before": "1480.50", "value": 540, "unit": "万円", "grade": "measured"}
    Fact.objects.create(case=made, label="経費", text="1,480.5万円から540万円", page=99, **effect)
    answer = {"answered_by_id": MIYAGI, "answered_on": "2026-11-01"}
    Fact.objects.create(
        case=made, kind="staff", label="担当", text="数名", grade="stated", position=2, **answer
    )
    Followed.objects.create(case=made, body_id="042072", role="follower", note="名取市で導入", page=99)
    Link.objects.create(case=made, url="https://example.jp/", label="例")
    SimilarBody.objects.create(case=made, body_id="042072", note="情報化推進リーダー")
    SimilarBody.objects.create(case=made, body_id="270008", url="https://example.jp/osaka", position=2)
    Case.objects.filter(pk=made.pk).update(updated_at=datetime(2026, 11, 22, 15, 0, tzinfo=UTC))
    (document,) = read_documents([made.pk])

    assert document.with_url(lambda path: f"https://dx.example{path}") == {
        "slug": "made",
        "url": "https://dx.example/cases/made/",
        "title": "題",
        "step": {"number": 2, "title": "推進体制の整備"},
        "section": {"id": "3-1", "title": "組織体制"},
        "topics": [
            {"id": "bpr", "title": "業務改革（BPR）"},
            {"id": "data", "title": "データ利活用・オープンデータ"},
        ],
        "points": ["一", "二"],
        "background": "背景",
        "approach": "内容",
        "outcome": "成果",
        "figures": [{"label": "回数", "value": "8回"}],
        "facts": [
            {
                "kind": "effect",
                "label": "経費",
                "before": 1480.5,
                "value": 540,
                "unit": "万円",
                "text": "1,480.5万円から540万円",
                "grade": "measured",
                "page": 99,
                "answered_by": None,
                "answered_on": None,
            },
            {
                "kind": "staff",
                "label": "担当",
                "before": None,
                "value": None,
                "unit": "",
                "text": "数名",
                "grade": "stated",
                "page": None,
                "answered_by": "040002",
                "answered_on": "2026-11-01",
            },
        ],
        "bodies": [
            {
                "code": "063631",
                "name": "舟形町",
                "kana": "ふながたまち",
                "kind": "town",
                "prefecture": {"code": "06", "name": "山形県"},
                "population": 5000,
                "population_as_of": "2020-01-01",
                "population_source": "自治体DX推進手順書参考事例集",
                "population_band": "0-1",
                "website": "https://www.town.funagata.yamagata.jp/",
                "telephone": "",
                "address": "",
                "abolished_on": None,
                "successor": None,
                "note": "",
                "contact": None,
            },
            {
                "code": "040002",
                "name": "宮城県",
                "kana": "みやぎけん",
                "kind": "prefecture",
                "prefecture": {"code": "04", "name": "宮城県"},
                "population": 2292385,
                "population_as_of": "2020-01-01",
                "population_source": "住民基本台帳に基づく人口、人口動態及び世帯数",
                "population_band": "100-",
                "website": "https://www.pref.miyagi.jp/",
                "telephone": "022-211-2111",
                "address": "〒980-8570 宮城県仙台市青葉区本町3丁目8-1",
                "abolished_on": "2026-10-01",
                "successor": {"code": "063631", "name": "舟形町", "prefecture": "山形県"},
                "note": "",
                "contact": {
                    "section": "デジタルみやぎ推進課",
                    "telephone": "022-211-0000",
                    "email": "",
                    "checked_on": "2026-11-01",
                },
            },
        ],
        "links": [{"url": "https://example.jp/", "label": "例"}],
        "references": ["資料"],
        "similar": {
            "open_ended": True,
            "bodies": [
                {
                    "code": "042072",
                    "name": "名取市",
                    "prefecture": {"code": "04", "name": "宮城県"},
                    "note": "情報化推進リーダー",
                    "url": None,
                },
                {
                    "code": "270008",
                    "name": "大阪府",
                    "prefecture": {"code": "27", "name": "大阪府"},
                    "note": "",
                    "url": "https://example.jp/osaka",
                },
            ],
        },
        "followed": [
            {
                "role": "follower",
                "code": "042072",
                "name": "名取市",
                "prefecture": {"code": "04", "name": "宮城県"},
                "note": "名取市で導入",
                "page": 99,
                "answered_by": None,
                "answered_on": None,
            }
        ],
        "year": 2020,
        "source": {
            "title": "自治体DX推進手順書参考事例集",
            "kind": "casebook",
            "url": "",
            "page": 99,
            "order": 2,
            "heading": "見出し",
        },
        "confirmed": [],
        "updated_at": "2026-11-23T00:00:00+09:00",
    }


def test_the_names_stand_in_the_order_of_the_contract() -> None:
    (document,) = read_public(["dx2021-17-1"])
    record = document.with_url(str)
    assert list(record) == [
        *("slug", "url", "title", "step", "section", "topics", "points", "background", "approach", "outcome"),
        *("figures", "facts", "bodies", "links", "references", "similar", "followed", "year", "source"),
        *("confirmed", "updated_at"),
    ]
    assert list(record["bodies"][0]) == [
        *("code", "name", "kana", "kind", "prefecture", "population", "population_as_of"),
        *("population_source", "population_band", "website", "telephone", "address"),
        *("abolished_on", "successor", "note", "contact"),
    ]


def test_the_citation_names_source_page_and_reworking() -> None:
    (document,) = read_documents([make_case(title="事例", page=99).pk])
    assert document.citation == "出典：『自治体DX推進手順書参考事例集』、p.99（総務省）を加工して作成"


def test_what_has_no_page_is_cited_without_and_a_web_page_by_address_and_day() -> None:
    source = make_source("report")
    case = make_case(source="report", title="事例", page=None)

    def cited(**fields: str) -> list[str]:
        Source.objects.filter(pk=source.pk).update(**fields)
        (document,) = read_documents([case.pk])
        whole = citation_of(document, "https://dx.example/", date(2026, 11, 27))
        return [document.citation, whole.split("、", 1)[1].split("。")[0]]

    assert cited(kind="report") == [
        "出典：『reportの本』（県）を加工して作成",
        "県『reportの本』を加工して作成",
    ]
    assert cited(kind="web_page", url="https://example.jp/dx", read_on="2026-11-01") == [
        "出典：「reportの本」（県、https://example.jp/dx、2026年11月1日閲覧）を加工して作成",
        "県「reportの本」（https://example.jp/dx、2026年11月1日閲覧）を加工して作成",
    ]


def test_documents_come_in_the_order_asked_for_and_public_ones_alone_by_slug() -> None:
    draft, shown = make_case("draft", status="draft"), make_case("shown")
    assert [document.key for document in read_documents([shown.pk, 0, draft.pk])] == [shown.pk, draft.pk]
    found = read_public(["nope", "shown", "draft", "dx2021-1-1"])
    assert [document.record["slug"] for document in found] == ["shown", "dx2021-1-1"]


def test_sixty_records_take_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    keys = list(Case.objects.values_list("pk", flat=True))
    with django_assert_num_queries(1):
        assert len(read_documents(keys)) == 60
