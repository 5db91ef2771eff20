from __future__ import annotations

import pytest

from catalog.finding.sentences import cut, with_content, without_verb, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("「研修」", ["研修"]),
        ("#研修 （窓口）", ["研修", "窓口"]),
        ("研修、窓口。", ["研修", "窓口"]),
        ("研\u200b修\ufeff", ["研修"]),
        ("Society5.0", ["Society5.0"]),
        ("1〜2名", ["1〜2名"]),
        ("'研修':*", ["研修"]),
        ("！？・-", []),
        ("★研修★ ※窓口", ["研修", "窓口"]),
        ("😊研修👨‍👩‍👧", ["研修"]),
        ("――研修――", ["研修"]),
        ("①研修", ["研修"]),
        ("①", ["①"]),
        ("1. 研修\n2) 窓口", ["研修", "窓口"]),
        ("→研修…", ["研修"]),
        ("70%", ["70%"]),
        ("－５％", ["５％"]),
        ("第2. 研修", ["第2", "研修"]),
        ("か\u3099", ["か\u3099"]),
    ],
)
def test_marks_around_a_word_and_invisible_ones_are_none_of_it(text: str, words: list[str]) -> None:
    assert words_in(text) == words


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("オンライン申請をしている事例", ["オンライン申請"]),
        ("書かない窓口を導入したい", ["書かない窓口"]),
        ("勤怠管理を検討しています", ["勤怠管理"]),
        ("導入を検討", ["導入", "検討"]),
        ("電子決裁の導入事例", ["電子決裁", "導入"]),
        ("DX成功事例集", ["DX"]),
        ("RPAって何", ["RPA"]),
        ("押印廃止ってできますか", ["押印廃止"]),
        ("持って行ってください", ["持って行ってください"]),
        ("課長だけの研修", ["課長", "研修"]),
        ("県または市の研修", ["県", "市", "研修"]),
        ("電子申請を始めたい", ["電子申請"]),
        ("RPAの導入効果を知りたい", ["RPA", "導入効果"]),
        ("DX推進計画の作り方", ["DX推進計画"]),
        ("職員の意識改革をどう進めたか", ["職員", "意識改革"]),
        ("若手職員が中心のチーム", ["若手職員", "中心", "チーム"]),
        ("高齢者向けのスマホ教室をしている自治体", ["高齢者", "スマホ教室"]),
        ("データに基づく政策立案", ["データ", "基づく政策立案"]),
        ("取り組み", ["取り組み"]),
        ("まちづくり", ["まちづくり"]),
    ],
)
def test_a_sentence_is_cut_at_particles_and_loses_what_says_nothing(sentence: str, words: list[str]) -> None:
    assert with_content(cut(sentence)) == words


@pytest.mark.parametrize(
    ("word", "shorter"),
    [
        ("使えない高齢者", "高齢者"),
        ("聞いて改善", "改善"),
        ("向けたオンライン手続", "オンライン手続"),
        ("高齢者", "高齢者"),
        ("見える化", "見える化"),  # 化 alone would be found everywhere
        *((noun, noun) for noun in ("ひきこもり支援", "ごみ収集", "いじめ相談", "くらし支援", "はんこ廃止")),
    ],
)
def test_a_verb_before_a_noun_is_left_out(word: str, shorter: str) -> None:
    assert without_verb(word) == shorter


@pytest.mark.parametrize(
    "word",
    [
        *("について", "の", "AND", "or", "おすすめ", "うちのような", "どこの"),
        *("やっているのはどこですか", "っていますか", "ありますでしょうか"),
        *("自治体の事例", "取組を", "の事例", "を導入したい", "事例の一覧"),
    ],
)
def test_what_ties_words_or_asks_says_nothing(word: str) -> None:
    assert with_content([word, "窓口"]) == ["窓口"]


@pytest.mark.parametrize("word", ["のと", "かが", "いるま", "まち", "もり", "すまほ", "はんこ", "やまがたし"])
def test_a_reading_is_a_word(word: str) -> None:
    assert with_content([word, "窓口"]) == [word, "窓口"]


@pytest.mark.parametrize(
    "text", ["研修" + "での" * 98 + "ぬ", "での" * 98 + "ぬ研修", "導入している" + "とか" * 90 + "ぬ"]
)
def test_many_ties_in_a_row_are_read_in_one_way(text: str) -> None:
    assert words_in(text) == [text]
    assert "".join(cut(text)) in text


def test_words_without_content_count_where_there_are_no_others() -> None:
    assert with_content(["事例", "窓口"]) == ["窓口"]
    assert with_content(["事例"]) == ["事例"]
