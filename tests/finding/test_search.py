from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict
from django.test import Client

from catalog.finding.query import CaseFilter
from catalog.models import Body, Case, Figure, Prefecture, SearchSynonym, SimilarBody, Topic
from tests.making import (
    FUNAGATA,
    KASHIHARA,
    fixtures_of_cases,
    make_case,
    without_cases,
)

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    """The slugs of the cases with the words, best first."""
    given = QueryDict(mutable=True)
    given["q"] = text
    return [document.record["slug"] for document in CaseFilter(given).all_documents()]


def fold(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT fold(%s)", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＤＸ推進員", "dx推進員"),
        ("ﾌﾟﾚﾐｱﾑ商品券", "ぷれみあむ商品券"),
        ("サーバーの更新", "さばの更新"),
        ("サーバ", "さば"),
        ("髙﨑", "高崎"),
        ("龍ヶ崎・竜ケ崎", "竜け崎・竜け崎"),
        ("３ヶ月、五ヵ年", "3け月、五か年"),
        ("檜條澤濱邊廣國", "桧条沢浜辺広国"),
        ("自治體學校圖書館醫療擔當經濟辯護士", "自治体学校図書館医療担当経済弁護士"),
        ("葛\U000e0100城", "葛城"),
        ("10〜20", "10~20"),
        ("10～20", "10~20"),
        ("A‐B−C", "a-b-c"),
        ("①", "1"),
        ("ヴァイオリン", "ばいおりん"),
        ("ウェブ", "うえぶ"),
        ("ユーザーインターフェース", "ゆざいんたふえす"),
        ("5,513件、1,23", "5513件、1,23"),
        ("1‐2名、1〜2名", "1~2名、1~2名"),
        ("令和元年、令和二年度、平成30年", "2019年、2020年度、2018年"),
        ("令和十二年三月", "2030年三月"),
        ("㈱ＮＴＴ、(株)NTT", "株式会社ntt、株式会社ntt"),
        ("飛驒の會", "飛騨の会"),
        ("東京都と京都", "東京ǀ都と京都"),
        ("協議会と議会", "協議ǀ会と議会"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("取り組み", "取組"),
        ("ＤＸ推進員", "dx推進員"),
        ("ﾌﾟﾚﾐｱﾑ商品券", "プレミアム商品券"),
        ("スマホ", "スマートフォン"),
        ("ハンコ", "押印"),
        ("シニア", "高齢者"),
        ("研修　大学", "大学 研修"),
    ],
)
def test_these_find_the_same(one: str, other: str) -> None:
    assert set(found(one)) == set(found(other)) != set()


def test_a_body_is_found_by_the_reading_of_its_name() -> None:
    assert set(found("さかた")) == set(found("サカタ")) >= {"dx2021-3-1", "dx2021-16-1"}
    assert found("ひだかむら") == ["dx2021-46-1"]


def test_the_title_comes_first() -> None:
    assert found("窓口")[0] == "dx2021-36-1"


def test_a_compound_is_found_in_parts_below_the_exact_hits() -> None:
    without_cases()
    make_case("apart", title="人材の育成", page=1)
    make_case("exact", approach="人材育成", page=2)
    make_case("neither", title="人材の確保", page=3)
    assert found("人材育成") == ["exact", "apart"]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("AIの活用", "活用するのはAI"),
        ("デジタル格差対策", "情報格差への対策"),
        ("高齢者スマホ教室", "シニアのスマートフォン教室"),
        ("はんこ廃止", "押印を廃止"),
        ("行政手続きオンライン化", "行政手続のオンライン化"),
        ("しごと改革", "改革されたしごと"),
    ],
)
def test_the_parts_of_what_is_typed_mean_what_each_of_them_means(typed: str, written: str) -> None:
    without_cases()
    make_case("apart", approach=written)
    make_case("a-part", approach=written[:3])
    assert found(typed) == ["apart"]


def test_what_is_nearly_a_title_is_found_as_the_title_then_as_typed() -> None:
    without_cases()
    make_case("apart", title="押印を減らして見直し", page=1)
    make_case("typed", title="押印見直し", page=2)
    make_case("title", title="押印の見直し", page=3, topics=["hanko"])
    assert found("押印見直し") == ["title", "typed", "apart"]


def test_a_phrase_that_is_found_comes_before_its_words() -> None:
    without_cases()
    make_case("apart", title="AIを育て活用する", page=1)
    make_case("exact", approach="AIの活用", page=2)
    assert found("AIの活用") == found("AIの活用を") == ["exact", "apart"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *(
            (text, "研修")
            for text in ("研修の", "研修を", "『研修』の事例", "「研修」を導入したい", "研修の取組を")
        ),
        ("九州の自治体の事例", "九州"),
        ("「町」の事例", "町"),
    ],
)
def test_what_says_nothing_leaves_nothing_out(text: str, words: str) -> None:
    assert found(text) == found(words) != []


def test_all_words_have_to_be_there() -> None:
    without_cases()
    make_case("both", title="研修と窓口")
    make_case("one", title="研修")
    assert found("研修 窓口") == ["both"]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("窓", "made"),
        ("化", "made"),
        ("IT", "made"),
        ("5,513件", "made"),
        ("Society5.0", "made"),
        ("100%", "made"),
    ],
)
def test_short_and_mixed_terms(text: str, slug: str) -> None:
    without_cases()
    make_case("made", title="窓口のIT化", approach="様式5,513件のうち100%。Society5.0")
    make_case("other", title="別", approach="別のこと 55133", bodies=[KASHIHARA])
    assert found(text) == [slug]


@pytest.mark.parametrize("text", ["'\"&(|!:*", "！？", "・", "%", "_", "\\", "---", "'", "''':*"])
def test_punctuation_is_no_term_and_finds_nothing(client: Client, text: str) -> None:
    assert found(text) == []
    response = client.get("/cases/", {"q": text})
    assert response.status_code == 200
    assert "この条件に合う事例はありません" in response.text


@pytest.mark.parametrize(
    "text", ["研修'", "'研修", "研修\\", "研修:*", "(研修)", "研修%", "研_修", "a'b\"c研修" * 20]
)
def test_quotes_and_operators_within_a_term_do_no_harm(client: Client, text: str) -> None:
    assert client.get("/cases.json", {"q": text}).status_code == 200


def test_a_percent_sign_is_taken_literally() -> None:
    without_cases()
    make_case("made", title="研修百分率")
    assert found("研修%率") == []


def test_200_characters_are_searched_for_and_201_refused(client: Client) -> None:
    assert client.get("/cases/", {"q": "研修" * 100}).status_code == 200
    assert client.get("/cases/", {"q": "研修" * 100 + "研"}).status_code == 400


def test_the_text_follows_every_way_of_writing() -> None:
    without_cases()
    case = make_case("made", title="初めの題", topics=["data"])
    assert found("初めの題") == ["made"]
    Case.objects.filter(pk=case.pk).update(title="次の題名")
    assert (found("初めの題"), found("次の題名")) == ([], ["made"])
    Figure.objects.bulk_create([Figure(case=case, label="導入台数", value="八十八台")])
    assert found("八十八台") == ["made"]
    Figure.objects.filter(case=case).delete()
    assert found("八十八台") == []
    SimilarBody.objects.create(case=case, body_id=KASHIHARA, note="蹴鞠の会")
    assert found("蹴鞠の会") == found("かしはら") == ["made"]
    Body.objects.filter(code=FUNAGATA).update(name="新舟町")
    assert found("新舟町") == ["made"]
    Prefecture.objects.filter(code="06").update(name="新山県")
    assert found("新山県新舟町") == ["made"]
    Topic.objects.filter(slug="data").update(title="情報資源")
    assert found("情報資源") == ["made"]
    case.topics.clear()
    assert found("情報資源") == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_case SET approach = '直に書いた文'")
    assert found("直に書いた文") == ["made"]
    case.delete()
    assert found("直に書いた文") == []


@pytest.mark.long
def test_loaded_cases_are_found() -> None:
    without_cases()
    call_command("loaddata", *fixtures_of_cases(), verbosity=0)
    assert found("日高村") == ["dx2021-46-1"]


def test_a_changed_synonym_takes_effect_at_once() -> None:
    assert found("ちょい待ち") == []
    SearchSynonym.objects.create(words=["ちょい待ち", "書かない窓口"])
    assert found("ちょい待ち") == found("書かない窓口") != []


def test_there_are_two_hundred_groups_of_synonyms() -> None:
    assert SearchSynonym.objects.count() >= 200


def test_the_page_marks_hits_tells_variants_and_keeps_the_order(client: Client) -> None:
    response = client.get("/cases/", {"q": "取り組み"})
    assert "取組・取組み・取り組み・取り組む で検索しました。" in response.text
    assert "「取り組み」の事例" in response.text
    assert "<mark>取組み</mark>" in response.text
    assert ">言葉に合う順（標準）</option>" in response.text
    assert client.get("/cases.json", {"q": "ひだかむら"}).json()["query"] == "「ひだかむら」の事例"


def test_counts_follow_the_words(client: Client) -> None:
    page = client.get("/cases/", {"q": "ひだかむら"}).text
    counts = re.findall(r'name="step" value="(\d)".*?"checkbox__count">(\d+)<', page)
    assert dict(counts) == {"0": "0", "1": "0", "2": "0", "3": "1"}


@pytest.mark.parametrize(
    ("name", "its_own", "others"),
    [
        ("津市", ["三重県津市と"], ["滋賀県大津市", "千葉県木更津市、", "泉大津市"]),
        ("大阪市", ["大阪市。", "大阪府大阪市"], ["東大阪市"]),
        ("東村", ["沖縄県東村"], ["東村山市", "榛東村"]),
        ("旭市", ["旭市、尾張旭市"], ["尾張旭市"]),
        ("東大阪市", ["東大阪市"], ["大阪市"]),
    ],
)
def test_a_body_is_not_found_in_a_longer_name(name: str, its_own: list[str], others: list[str]) -> None:
    without_cases()
    for at, text in enumerate([*its_own, *others]):
        make_case(f"case-{at}", approach=f"参加団体は{text}")
    assert sorted(found(name)) == [f"case-{at}" for at in range(len(its_own))]
    assert sorted(found(f"{name} 参加団体")) == sorted(found(name))


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("行政手続き", "行政上の手続を"),
        ("窓口申込み", "窓口での申込を"),
        ("首長向けトップセミナー", "首長に対するトップセミナー"),
    ],
)
def test_the_parts_of_a_compound_may_have_okurigana(typed: str, written: str) -> None:
    without_cases()
    make_case("case", approach=written)
    assert found(typed) == ["case"]


@pytest.mark.parametrize(
    ("typed", "called"),
    [
        ("行政手続きのオンライン化", [("section", "4-2")]),
        ("行政手続オンライン化", [("section", "4-2")]),
        ("押印見直し", [("topic", "hanko")]),
        ("大学連携", [("topic", "university")]),
        ("オンライン化", []),
        ("データ", []),
    ],
)
def test_a_title_is_known_whatever_its_hiragana(typed: str, called: list[tuple[str, str]]) -> None:
    given = QueryDict(mutable=True)
    given["q"] = typed
    assert [(name, value) for name, value, _ in CaseFilter(given).lists_called] == called
