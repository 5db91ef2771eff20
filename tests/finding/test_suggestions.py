"""What is suggested while one types: names in any writing, what fits best first, each with what it finds."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from catalog.finding import suggestions
from catalog.finding.index import current_index
from catalog.finding.query import CaseFilter
from catalog.finding.suggestions import suggestions_for, titled
from catalog.finding.vocabulary import words_of
from tests.making import make_case

pytestmark = pytest.mark.django_db

DEVICES = ["区分:デジタルデバイド対策 12", "言葉:デジタルデバイド 12"]
KITAMI = ["団体:北海道北見市 1"]
STEPS = [
    "ステップ:ステップ0 DXの認識共有・機運醸成 7",
    "ステップ:ステップ1 全体方針の決定 6",
    "ステップ:ステップ2 推進体制の整備 22",
    "ステップ:ステップ3 DXの取組の実行 25",
]
# What is typed, and what is suggested.
SUGGESTED = {
    # Bodies: of equal fit those in most cases first, namesakes each with its prefecture.
    "きた": [
        "団体:東京都北区 0",
        "団体:福岡県北九州市 2",
        "団体:北海道北見市 1",
        "団体:北海道北広島市 0",
        "団体:岩手県北上市 0",
    ],
    **dict.fromkeys(["きたみ", "キタミ", "ｷﾀﾐ", "北見", "北海道北見", "北海道　きたみし"], KITAMI),
    "府中": ["団体:東京都府中市 0", "団体:広島県府中市 0", "団体:広島県府中町 0"],
    "龍が崎": ["団体:茨城県龍ケ崎市 0"],
    "横浜市中区": ["団体:神奈川県横浜市 2"],
    "北海道": [
        "団体:北海道 3",
        "団体:北海道札幌市 1",
        "団体:北海道北見市 1",
        "団体:北海道留萌市 1",
        "団体:北海道奈井江町 1",
    ],
    # The catalogue's own words.
    **dict.fromkeys(["デジタルデ", "でじたるで", "ﾃﾞｼﾞﾀﾙﾃﾞ", "　デジタルデ "], DEVICES),
    **dict.fromkeys(["ステップ", "すてっぷ", "ｽﾃｯﾌﾟ"], STEPS),
    "ステップ2": STEPS[2:3],
    "ＲＰＡ": ["テーマ:AI・RPA 5"],
    "テレワ": ["テーマ:テレワーク 3"],
    "人材の確": ["区分:DX推進のための人材の確保 7"],
    # Whole before beginning before part; a kind stands where its best fit does.
    "研修": ["言葉:研修 21", "言葉:研修動画 3", "テーマ:職員研修・人材育成 16"],
    "人材": [
        "言葉:人材 25",
        "テーマ:職員研修・人材育成 16",
        "テーマ:外部人材・アドバイザー 11",
        "区分:DX推進のための人材の確保 7",
    ],
    "市町村": ["テーマ:都道府県による市町村支援 9", "言葉:県内市町村 9"],  # itself it is read as a condition
    # Nothing to suggest.
    **{text: [] for text in ("", " ", "　", "、。", "ー", "2", "２０２０", "どこにもない", "\U0010ffff")},
}


@pytest.mark.parametrize("text", SUGGESTED)
def test_what_is_suggested(text: str) -> None:
    found = suggestions_for(text, current_index())
    assert [f"{one.kind}:{one.label} {one.count}" for one in found] == SUGGESTED[text]


def test_no_more_than_eight_are_suggested() -> None:
    assert [len(suggestions_for(text, current_index())) for text in ("DX", "し", "きょう")] == [8, 6, 5]


@pytest.mark.long
def test_each_leads_to_as_many_cases_as_it_says() -> None:
    index = current_index()
    texts = {
        *(body.full_name for body in index.bodies_in_cases),
        *(prefecture.name for prefecture in index.lists.prefectures),
        *(one.label for one in titled(index)),
        *(one.word for one in index.frequent_words),
    }
    for one in {one for text in sorted(texts) for one in suggestions_for(text, index)}:
        assert len(CaseFilter(QueryDict(one.query)).found()) == one.count, one


def test_words_follow_the_cases() -> None:
    assert suggestions_for("量子計算", current_index()) == []
    make_case(slug="one", title="量子計算機の活用")
    assert suggestions_for("量子計算", current_index()) == []
    make_case(slug="two", title="窓口", points=["量子計算機を使った窓口"])
    found = suggestions_for("量子計算", current_index())
    assert [(one.label, one.count) for one in found] == [("量子計算機", 2)]


def test_of_very_many_cases_words_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "MAX_COUNTED", 59)
    counts = [one.count for one in suggestions_for("研修", current_index())]
    assert counts == [None, None, 16]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("窓口の見直しを進め、職員が研修した。", ["窓口", "職員", "研修"]),
        ("オンラインで申し込み、お申込みはスマホから", ["オンライン", "スマホ"]),
        ("お客様を受け付ける書かない窓口", ["窓口"]),
        ("オンライン申請をLINEで", ["オンライン", "オンライン申請", "LINE"]),
        ("令和2年度、5人の事例を効率的に検討", ["検討"]),
    ],
)
def test_words_are_no_scraps(text: str, words: list[str]) -> None:
    assert list(words_of(text)) == words
