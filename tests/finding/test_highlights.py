from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import text as texts

from catalog.finding.highlights import Highlighter
from catalog.finding.index import current_index
from catalog.finding.query import CaseFilter
from catalog.finding.search import terms_with_variants
from tests.finding.test_filters import asked
from tests.making import make_case, without_cases
from tests.properties import on_one_database

pytestmark = pytest.mark.django_db


def highlighter(words: list[str], *texts: str) -> Highlighter:
    highlight = Highlighter(terms_with_variants(words, current_index().lists.synonyms))
    highlight.learn(texts)
    return highlight


def test_hits_are_marked_and_the_rest_escaped() -> None:
    text = "<b>ＤＸ推進員とﾀﾌﾞﾚｯﾄ</b>"
    assert highlighter(["dx推進員", "タブレット"], text)(text) == (
        "&lt;b&gt;<mark>ＤＸ推進員</mark>と<mark>ﾀﾌﾞﾚｯﾄ</mark>&lt;/b&gt;"
    )
    assert highlighter([], text)(text) == "&lt;b&gt;ＤＸ推進員とﾀﾌﾞﾚｯﾄ&lt;/b&gt;"


@on_one_database
@given(texts("研修ＤＸdxタブレﾀﾌﾞット・ー龍竜1１<、 \n"))
def test_hits_stand_where_they_do_whatever_folds_unevenly_beside_them(text: str) -> None:
    beside = f"{text}。㌔"  # which folds to two characters
    highlight = highlighter(["dx", "研修", "タブレット", "竜"], beside)
    assert highlight.spans(text) == highlight.spans(beside)


def test_an_excerpt_shows_what_stands_around_the_hit() -> None:
    text = "あ" * 50 + "<研修>" + "い" * 80
    assert highlighter(["研修"], text).excerpt(text) == (
        "…" + "あ" * 29 + "&lt;<mark>研修</mark>&gt;" + "い" * 59 + "…"
    )


def reasons(case_filter: CaseFilter) -> list[tuple[str, str] | None]:
    return [one.reason and (one.reason.label, one.reason.text) for one in case_filter.results[0:20]]


@pytest.mark.parametrize(
    ("fields", "query", "reason"),
    [
        ({"title": "ドローンの活用"}, "ドローン", None),
        ({"points": ["ドローン"]}, "ドローン", None),
        ({"points": ["一", "二", "ドローンの三"]}, "ドローン", ("ポイント", "<mark>ドローン</mark>の三")),
        ({"outcome": "ドローンが飛ぶ"}, "ドローン", None),
        ({"outcome": "一。ドローンが飛ぶ"}, "ドローン", ("成果", "一。<mark>ドローン</mark>が飛ぶ")),
        ({"topics": ["hanko"]}, "押印の見直し", None),
        (
            {"topics": ["awareness", "bpr", "hanko"]},
            "押印の見直し",
            ("テーマ", "<mark>押印の見直し</mark>"),
        ),
        ({}, "ふながた", ("実施団体", "山形県舟形町（<mark>ふながた</mark>まち）")),
        ({"section": "4-3"}, "デジタルデバイド対策", ("区分", "<mark>デジタルデバイド対策</mark>")),
        ({"background": "令和３年度から"}, "2021年度", ("背景", "<mark>令和３年度</mark>から")),
        ({"background": "平成31年に"}, "2019年", ("背景", "<mark>平成31年</mark>に")),
        ({"background": "令和元年に"}, "平成31年", ("背景", "<mark>令和元年</mark>に")),
        ({"background": "2020年に"}, "令和二年", ("背景", "<mark>2020年</mark>に")),
    ],
)
def test_a_card_without_a_mark_says_why_it_is_found(
    fields: dict[str, object], query: str, reason: tuple[str, str] | None
) -> None:
    without_cases()
    make_case("made", **fields)  # type: ignore[arg-type]
    assert reasons(asked(f"q={query}")) == [reason]


def test_every_hit_of_the_casebook_has_a_mark_or_a_reason() -> None:
    for word in ("RPA", "費用", "マイナンバーカード", "押印", "深谷市", "テレワーク", "研修", "住民"):
        for card in asked(f"q={word}").results[0:60]:
            shown = "".join([card.title, card.line, *card.topics, card.reason.text if card.reason else ""])
            assert "<mark>" in shown, (word, card.case["slug"])
