"""What pages say of the facts of a case, with grade and place; and that they say so where there are none."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from catalog.models import Followed
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, make_case, make_fact, make_source

pytestmark = pytest.mark.django_db


def glance(client: Client, slug: str) -> list[str]:
    """The lines that the page has of facts at a glance."""
    text = client.get(f"/cases/{slug}/").text
    part = text.partition("<h3>費用・期間・体制・効果</h3>")[2].partition("</div>")[0]
    lines = re.sub(r"<[^>]+>", "", unescape(part)).split("\n")
    return [line.strip() for line in lines if line.strip()]


def test_a_case_without_facts_says_so_once(client: Client) -> None:
    make_case("none", title="何もない事例")
    assert glance(client, "none") == ["費用、期間、体制・人員、効果：記載なし"]


def test_each_fact_has_its_grade_and_place(client: Client) -> None:
    case = make_case("full", bodies=[KASHIHARA])
    make_fact(case, "effect", 3, label="作成時間の削減", text="3割程度", page=7)
    make_fact(case, "effect", label="声", text="好評")
    make_fact(case, "cost_yearly", 5, label="利用料", text="5万円", unit="万円", grade="expected")
    answer = {"page": None, "answered_by_id": KASHIHARA, "answered_on": "2026-11-01"}
    make_fact(case, "staff", label="担当", text="数名", **answer)
    make_fact(case, "scheme", label="補助金", text="交付金")
    assert glance(client, "full") == [
        *("費用", "利用料：5万円 年間費用、見込み、p.1"),
        *("体制・人員", "担当：数名 記述のみ、橿原市の回答（2026年11月1日）"),
        *("効果", "作成時間の削減：3割程度 実測値、p.7", "声：好評 記述のみ、p.1"),
        *("制度・補助金", "補助金：交付金 p.1"),
        "期間：記載なし",
    ]
    make_case("none")
    compared = client.get("/compare/?case=full&case=none").text
    row = compared.partition('<th scope="row" role="rowheader">効果</th>')[2].partition("</tr>")[0]
    assert [re.sub(r"<[^>]+>", " ", cell).split() for cell in row.split("</td>")[:2]] == [
        [case.title, "作成時間の削減：3割程度（実測値、p.7）", "声：好評（記述のみ、p.1）"],
        [case.__class__.objects.get(slug="none").title, "記載なし"],
    ]


def test_a_source_without_pages_is_named_itself(client: Client) -> None:
    source = make_source("report")
    source.kind = "report"
    source.save()
    make_fact(make_case("paper", source="report", page=None), "effect", label="声", text="好評")
    assert glance(client, "paper")[:2] == ["効果", "声：好評 記述のみ、出典"]


def test_who_took_a_case_over_is_told_on_both_sides(client: Client) -> None:
    case = make_case("original", title="元の取組", bodies=[KASHIHARA])
    Followed.objects.create(case=case, body_id=FUNAGATA, role="follower", note="町で導入", page=7)
    Followed.objects.create(case=case, body_id=HIDAKA, role="model", note="村を参考に", page=8, position=2)
    page = client.get("/cases/original/").text
    assert '山形県舟形町</a>：町で導入 <span class="note">取り入れた団体、p.7</span>' in page
    assert '高知県日高村</a>：村を参考に <span class="note">手本にした団体、p.8</span>' in page
    for code, told in ((FUNAGATA, "この団体が取り入れた取組"), (HIDAKA, "この団体を手本にした取組")):
        body = client.get(f"/bodies/{code}/").text
        mentions = body.partition('aria-labelledby="mentions"')[2].partition("</section>")[0]
        assert "元の取組" in mentions
        assert told in mentions
        named = client.get(f"/api/v1/bodies/{code}/").json()["similar_to"]
        assert "original" in [one["slug"] for one in named]
