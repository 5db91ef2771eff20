from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from catalog.finding.index import current_index
from catalog.finding.query import CaseFilter
from catalog.finding.understanding import read
from catalog.models import Kind, Region, SearchSynonym
from tests.making import FUNAGATA, KASHIHARA, make_case, make_varied_cases, without_cases
from tests.properties import on_one_database

pytestmark = pytest.mark.django_db

Stated = list[tuple[str, str, str]]
MUNICIPALITIES = ("designated_city", "city", "special_ward", "town", "village")


def understood(text: str) -> tuple[Stated, str]:
    reading = read(text, current_index().names)
    return [(one.text, one.parameter, one.value) for one in reading.conditions], reading.rest


@pytest.mark.parametrize(
    ("text", "conditions", "rest"),
    [
        (
            "人口1万人以下の町でオンライン申請をしている事例",
            [("1万人以下", "population_max", "10000"), ("町", "kind", "town")],
            "オンライン申請をしている事例",
        ),
        ("３万人未満の市", [("３万人未満", "population_max", "29999"), ("市", "kind", "city")], ""),
        ("8,000人以上", [("8,000人以上", "population_min", "8000")], ""),
        ("8千人以上", [("8千人以上", "population_min", "8000")], ""),
        ("人口が1.5万人を超える", [("1.5万人を超える", "population_min", "15001")], ""),
        ("10万人超", [("10万人超", "population_min", "100001")], ""),
        ("一万人以下", [("一万人以下", "population_max", "10000")], ""),
        ("二万五千人以上", [("二万五千人以上", "population_min", "25000")], ""),
        (
            "1〜3万人の村",
            [
                ("1〜3万人", "population_min", "10000"),
                ("1〜3万人", "population_max", "30000"),
                ("村", "kind", "village"),
            ],
            "",
        ),
        (
            "人口1万人から3万人まで 研修",
            [
                ("1万人から3万人まで", "population_min", "10000"),
                ("1万人から3万人まで", "population_max", "30000"),
            ],
            "研修",
        ),
        ("5000人規模の自治体", [("5000人規模", "near_population", "5000")], "自治体"),
        ("12万3千人くらい", [("12万3千人くらい", "near_population", "123000")], ""),
        ("人口8000人の町", [("8000人", "near_population", "8000"), ("町", "kind", "town")], ""),
        ("小さな町", [("町", "kind", "town")], "小さな"),
        ("町村", [("町村", "kind", "town"), ("町村", "kind", "village")], ""),
        ("市町村", [("市町村", "kind", kind) for kind in MUNICIPALITIES], ""),
        ("政令市", [("政令市", "kind", "designated_city")], ""),
        ("東京都の特別区", [("東京都", "prefecture", "13"), ("特別区", "kind", "special_ward")], ""),
        ("京都 研修", [("京都", "prefecture", "26")], "研修"),
        ("福島県内の市", [("福島県", "prefecture", "07"), ("市", "kind", "city")], ""),
        ("大阪でRPA", [("大阪", "prefecture", "27")], "RPA"),
        ("東北の町で", [("東北", "region", "tohoku"), ("町", "kind", "town")], ""),
        ("九州・沖縄 デジタル人材", [("九州・沖縄", "region", "kyushu")], "デジタル人材"),
        ("関西地方", [("関西地方", "region", "kinki")], ""),
        ("中国地方", [("中国地方", "region", "chugoku")], ""),
        ("北海道 窓口", [("北海道", "prefecture", "01")], "窓口"),
        ("ステップ２の事例", [("ステップ２", "step", "2")], "事例"),
        ("長野県 池田町", [("長野県", "prefecture", "20")], "池田町"),
        ("廣島県の竜ヶ崎市", [("廣島県", "prefecture", "34")], "竜ヶ崎市"),
        (
            "Poke\u0301mon 東京の町",
            [("東京", "prefecture", "13"), ("町", "kind", "town")],
            "Poke\u0301mon",
        ),
        ("ステップ0や1以外", [(text, "step", step) for text in ["ステップ0や1以外"] for step in "23"], ""),
    ],
)
def test_a_phrase_acts_as_a_parameter(text: str, conditions: Stated, rest: str) -> None:
    assert understood(text) == (conditions, rest)


@pytest.mark.parametrize(
    "text",
    [
        *("まちづくり", "県職員", "市民協働", "町内会", "村おこし", "市内", "市長", "東北町"),
        *("つくば市", "山形県舟形町", "北海道大学", "四国遍路", "中国", "県庁", "京都府立大学", "関東信越"),
        *("東京都庁", "ステップ4", "ステップ20", "スマート市", "30%以上", "5件以上", "第3版", "1〜2名"),
        *("3回以上", "人口", "人口減少", "特別区民税", "全国市町村", "市町村アカデミー", "市区町村"),
    ],
)  # fmt: skip
def test_what_is_part_of_a_longer_word_states_nothing(text: str) -> None:
    assert understood(text) == ([], text)


def prefectures_but(*codes: int) -> str:
    return "&".join(f"prefecture={code:02}" for code in range(1, 48) if code not in codes)


SENTENCES_WITHOUT_CONDITION = (
    "町内会の回覧板を電子化したい",
    "市民協働のまちづくりにデジタルを活かす",
    "県職員のOBを採用した例",
    "北海道大学と研修をつくる",
    "四国遍路のデジタルスタンプラリー",
    "村おこしにドローンを使う",
    "村まるごとスマホを配る",
    "市長や町長に向けたセミナー",
    "市役所の窓口で申請書を書かない",
    "市町村合併のあとの文書管理",
    "市町村長の研修",
    "都市計画図をオープンデータにする",
    "市場調査の進め方",
    "町工場とデータを共有する",
    "町立病院の遠隔医療",
    "村民全員にスマートフォンを",
    "中国語と英語の案内を窓口に置く",
    "東北大学との共同研究",
    "九州大学の学生とアプリを作る",
    "関西電力との連携協定",
    "佐賀大学や高知工科大学との協定",
    "大分類と中分類で文書を分ける",
    "東那須野地区の自治会長役員会",
    "京都議定書と温室効果ガスの見える化",
    "人口減少に備える業務改革",
    "職員24人を育てる研修",
    "１人１台端末の使い方",
    "一人一人に合わせたスマホ相談会",
    "手続を100件以上オンライン化した",
    "10万円以上の補助金とステップアップ研修",
    "10人以下の会議をオンラインにする",
    "5人程度のチームで始める",
    "20万以上の補助金",
    "3万以下の手数料",
    "2000以上の自治体が使うシステム",
    "町かどの回覧板",
    "東海大学と北陸新幹線",
    "山陰本線の駅",
    "首都圏外郭放水路",
    "上越市と信越化学",
    "第1ステップとして窓口から",
    "step20まで",
    "ワンステップ窓口",
    "指定都市市長会",
    "町外れの店",
    "200人台帳の電子化",
    "300人強制参加の研修",
    "30万以上の市民が使うアプリ",
    "人口10%減への備え",
    "人口1.5倍の職員数",
    "人口10,000人当たりの職員数",
    "人口1〜3万人以外の自治体",
    "3万人台を除く",
    "ステップ2.5まで進める",
    "500人の市職員に配る",
    *("人口〜3万人を除く自治体", "1万人 〜 3万人を除く", "4月〜3000人に配布", "10時〜1000人が参加"),
    *("地域住民50人が参加", "住民一人の負担", "住民300人に端末を貸与", "参加規模500人以上", "規模50人の研修"),
    *("500人の自治体DX人材", "500人の町おこし", "1万人の都市OS利用者", "100人の団体で視察"),
    *(
        "東京だけでなく地方でも",
        "北海道のみならず全国",
        "東京だけではない",
        "町抜き打ち検査",
        "北陸4県",
        "九州3県",
    ),
    "what step I want",
)
SPELLINGS = (
    ("人口３万人未満の市", "population_max=29999&kind=city"),
    ("人口1万人以下の町村", "population_max=10000&kind=town&kind=village"),
    ("8,000人以下", "population_max=8000"),
    ("８千人以上", "population_min=8000"),
    ("人口1.5万人未満", "population_max=14999"),
    ("20万人を超える市", "population_min=200001&kind=city"),
    ("５０万人超", "population_min=500001"),
    ("人口3万人〜5万人", "population_min=30000&population_max=50000"),
    ("５千人から１万人の村", "population_min=5000&population_max=10000&kind=village"),
    ("10,000人～20,000人", "population_min=10000&population_max=20000"),
    ("1万人以上3万人未満の町", "population_min=10000&population_max=29999&kind=town"),
    ("人口10万人規模", "near_population=100000"),
    ("人口8000人の", "near_population=8000"),
    ("2万人程度の町", "near_population=20000&kind=town"),
    ("5,000人くらいの村", "near_population=5000&kind=village"),
    ("人口30万人前後の市", "near_population=300000&kind=city"),
    ("人口12.5万人以上", "population_min=125000"),
    ("（人口１０万人以上）", "population_min=100000"),
    ("人口 5万人以下　AI", "population_max=50000"),
    ("東北の町", "region=tohoku&kind=town"),
    ("東北地方の小さな町で スマホ教室", "region=tohoku&kind=town"),
    ("北海道の町村", "prefecture=01&kind=town&kind=village"),
    ("四国 デジタルデバイド", "region=shikoku"),
    ("中国地方の市", "region=chugoku&kind=city"),
    ("関西の町", "region=kinki&kind=town"),
    ("近畿地方 電子申請", "region=kinki"),
    ("中部 研修", "region=chubu"),
    ("関東で人口20万人以上の市", "region=kanto&population_min=200000&kind=city"),
    ("九州地方、人口２万人以下、町", "region=kyushu&population_max=20000&kind=town"),
    ("京都", "prefecture=26"),
    ("京都府 テレワーク", "prefecture=26"),
    ("長野県の村で書かない窓口", "prefecture=20&kind=village"),
    ("青森 岩手 秋田", "prefecture=02&prefecture=03&prefecture=05"),
    ("「高知の村」", "prefecture=39&kind=village"),
    ("政令市のＡＩ活用", "kind=designated_city"),
    ("100万人以上の政令指定都市", "population_min=1000000&kind=designated_city"),
    ("特別区 押印", "kind=special_ward"),
    ("都道府県 研修動画", "kind=prefecture"),
    ("市町村 共同調達", "kind=designated_city&kind=city&kind=special_ward&kind=town&kind=village"),
    ("ステップ２ 研修", "step=2"),
    ("人口2万人に満たない町", "population_max=19999&kind=town"),
    ("人口3千人を切る村", "population_max=2999&kind=village"),
    ("住民が４万人を下回る市", "population_max=39999&kind=city"),
    ("15万人を上回る市", "population_min=150001&kind=city"),
    ("7万人より少ない市", "population_max=69999&kind=city"),
    ("30万人より多い", "population_min=300001"),
    ("4万人台の市", "population_min=40000&population_max=49999&kind=city"),
    ("１０万人台", "population_min=100000&population_max=199999"),
    ("人口2万5千人台の町", "population_min=25000&population_max=25999&kind=town"),
    ("人口：２万人以下", "population_max=20000"),
    ("人口（5千人未満）の村", "population_max=4999&kind=village"),
    ("30万以上の自治体", "population_min=300000"),
    ("人口2万〜4万", "population_min=20000&population_max=40000"),
    ("２ 万 人 以上 の 市", "population_min=20000&kind=city"),
    ("2\u200b万人以上の\ufeff町", "population_min=20000&kind=town"),
    ("人口5万人弱の市です", "near_population=50000&kind=city"),
    ("人口8人以下", "population_max=8"),
    ("指定都市のＡＩ", "kind=designated_city"),
    ("東京２３区 押印", "kind=special_ward"),
    ("町村向けの補助", "kind=town&kind=village"),
    ("村だけ", "kind=village"),
    ("市のみ 電子決裁", "kind=city"),
    ("町または村", "kind=town&kind=village"),
    ("市及び町", "kind=city&kind=town"),
    ("奈良か三重", "prefecture=29&prefecture=24"),
    ("宮崎県または鹿児島県の市", "prefecture=45&prefecture=46&kind=city"),
    ("近畿エリアの町", "region=kinki&kind=town"),
    ("関東圏 RPA", "region=kanto"),
    ("中四国の町", "region=chugoku&region=shikoku&kind=town"),
    ("中国や四国の市", "region=chugoku&region=shikoku&kind=city"),
    ("北陸", "prefecture=16&prefecture=17&prefecture=18"),
    ("山陰地方の市", "prefecture=31&prefecture=32&kind=city"),
    ("北海道・東北", "&".join(f"prefecture={code:02}" for code in range(1, 8))),
    ("四国と広島の市", "prefecture=36&prefecture=37&prefecture=38&prefecture=39&prefecture=34&kind=city"),
    ("2万以上4万未満の町", "population_min=20000&population_max=39999&kind=town"),
    ("人口10万以上20万以下", "population_min=100000&population_max=200000"),
    ("うちは2万人弱の町だけど", "near_population=20000&kind=town"),
    ("村 以外", "kind=prefecture&kind=designated_city&kind=city&kind=special_ward&kind=town"),
    ("STEP3 町", "step=3&kind=town"),
    ("ステップ１〜２", "step=1&step=2"),
    ("ステップ0と2の市", "step=0&step=2&kind=city"),
    ("村以外の事例", "kind=prefecture&kind=designated_city&kind=city&kind=special_ward&kind=town"),
    ("町や村を除く", "kind=prefecture&kind=designated_city&kind=city&kind=special_ward"),
    ("政令市ではない市の研修", "kind=city"),
    ("政令市と市以外", "kind=prefecture&kind=special_ward&kind=town&kind=village"),
    (
        "東北を除いた町",
        "region=hokkaido&region=kanto&region=chubu&region=kinki&region=chugoku&region=shikoku"
        "&region=kyushu&kind=town",
    ),
    (
        "大阪・兵庫以外の市",
        f"{prefectures_but(27, 28)}&kind=city",
    ),
    ("北海道と東北以外の町", f"{prefectures_but(*range(1, 8))}&kind=town"),
    ("九州や東京を除く", prefectures_but(13, *range(40, 48))),
    ("東京、大阪、京都以外", prefectures_but(13, 26, 27)),
    ("町、村以外", "kind=prefecture&kind=designated_city&kind=city&kind=special_ward"),
    ("町じゃなくて市", "kind=city"),
    ("5万人を超えない市", "population_max=50000&kind=city"),
    ("人口3万人を下回らない", "population_min=30000"),
    ("5万人以上でない町", "population_max=49999&kind=town"),
    ("2万人以下を除く", "population_min=20001"),
    ("人口3万人以上以外", "population_max=29999"),
    ("10万人以上は含まない", "population_max=99999"),
    ("4万人未満1万人以上の市", "population_max=39999&population_min=10000&kind=city"),
    ("1万人以上かつ3万人以下", "population_min=10000&population_max=30000"),
    ("住民数7万人以上", "population_min=70000"),
    ("人口規模6万人以下", "population_max=60000"),
    ("人口規模が5万人", "near_population=50000"),
    ("住民5万人以上の町", "population_min=50000&kind=town"),
    ("人口が、5万人以上", "population_min=50000"),
    ("人口「3万人以下」", "population_max=30000"),
    ("人口5万人までの市", "population_max=50000&kind=city"),
    ("人口2万人〜", "population_min=20000"),
    ("人口〜1万人", "population_max=10000"),
    ("一〇万人以上", "population_min=100000"),
    ("約９万人の市", "near_population=90000&kind=city"),
    ("8,000人の町", "near_population=8000&kind=town"),
    ("ステップ2以外", "step=0&step=1&step=3"),
    ("ステップ２以降 研修", "step=2&step=3"),
    ("ステップ1以下", "step=0&step=1"),
    ("ステップⅡ〜", "step=2&step=3"),
    ("廣島縣の市", "prefecture=34&kind=city"),
    ("九州だけの研修", "region=kyushu"),
    ("愛知県のみ", "prefecture=23"),
    ("東北6県の町", "region=tohoku&kind=town"),
    ("九州各県", "region=kyushu"),
    ("東海三県", "prefecture=21&prefecture=23&prefecture=24"),
    ("長﨑県の町", "prefecture=42&kind=town"),
    ("和歌山のかつらぎ町", "prefecture=30"),
    ("町抜きの市町村", "kind=designated_city&kind=city&kind=special_ward&kind=village"),
    ("政令指定市", "kind=designated_city"),
)


@pytest.mark.parametrize("text", SENTENCES_WITHOUT_CONDITION)
def test_a_sentence_with_such_words_in_longer_ones_states_nothing(text: str) -> None:
    assert understood(text)[0] == []


@pytest.mark.parametrize(("text", "query"), SPELLINGS)
def test_conditions_are_understood_however_they_are_spelt(text: str, query: str) -> None:
    stated = [f"{parameter}={value}" for _, parameter, value in understood(text)[0]]
    assert sorted(stated) == sorted(query.split("&"))


def test_no_known_word_of_search_states_anything_but_these() -> None:
    words = {word for group in SearchSynonym.objects.filter(is_near=False) for word in group.words}
    stated = {word for word in words if understood(word)[0]}
    assert stated == {"市町村", "都道府県"} & words
    assert len(words) > 300


def found(query: dict[str, Any]) -> list[str]:
    given = QueryDict(urlencode(query, doseq=True))
    return [document.record["slug"] for document in CaseFilter(given).all_documents()]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("人口5万人の市です", ""),
        ("住民が1万人以下の町", ""),
        ("町がやっていますか", "やっていますか"),
        ("市でできる手続", "できる手続"),
        ("福井県または石川県の研修", "研修"),
        ("東京都以外の電子申請", "電子申請"),
        ("東北ではない町の研修", "研修"),
        ("九州エリアの商品券", "商品券"),
    ],
)
def test_what_ties_a_phrase_is_taken_with_it_and_no_part_of_a_word(text: str, rest: str) -> None:
    assert understood(text)[1] == rest


KINDS = {"町": Kind.TOWN, "村": Kind.VILLAGE, "市": Kind.CITY, "特別区": Kind.SPECIAL_WARD}
REGIONS = {"東北": Region.TOHOKU, "関東": Region.KANTO, "近畿": Region.KINKI, "九州": Region.KYUSHU}
BOUNDS: dict[str, tuple[str, int]] = {
    "以下": ("population_max", 0),
    "未満": ("population_max", -1),
    "以上": ("population_min", 0),
    "超": ("population_min", 1),
}


@on_one_database
@given(
    st.sampled_from([None, *BOUNDS]),
    st.integers(1, 40),
    st.sampled_from([None, *REGIONS]),
    st.sampled_from([None, *KINDS]),
    st.sampled_from(["", "要点", "内容"]),
)
def test_a_sentence_finds_what_the_filters_find_that_it_states(
    varied: None, bound: str | None, number: int, region: str | None, kind: str | None, word: str
) -> None:
    sentence, filters = "", dict[str, Any]()
    if bound:
        name, more = BOUNDS[bound]
        sentence, filters = f"人口{number}万人{bound}の", {name: number * 10_000 + more}
    if region:
        sentence, filters = f"{sentence}{region}の", {**filters, "region": REGIONS[region].value}
    if kind:
        sentence, filters = f"{sentence}{kind}での", {**filters, "kind": KINDS[kind].value}
    sentence, filters = sentence + word, {**filters, "q": word} if word else filters
    assert found({"q": sentence, "sort": "document"} if sentence else {}) == found(
        {**filters, "sort": "document"}
    )


# Words in which something stands that would be a condition as a word of its own.
STATE_NOTHING = (
    *(
        "まちづくり",
        "町内会",
        "県職員",
        "市民",
        "村おこし",
        "都市部",
        "市役所",
        "区分",
        "町民",
        "中国語",
        "要点",
    ),
    *(
        "東京都民",
        "京都議定書",
        "3件",
        "5名",
        "第2回",
        "8,000円",
        "1万回",
        "令和3年度",
        "ステップアップ",
        "内容",
    ),
    *("関東平野", "北九州市", "四国中央市", "東北町", "人口減少", "100人力", "2段階", "道の駅", "府中市"),
)


@on_one_database
@given(
    st.lists(st.sampled_from(STATE_NOTHING), min_size=1, max_size=4),
    st.sampled_from([" ", "の", "と", "で", "、", "を"]),
)
def test_a_text_that_states_nothing_is_the_same_taken_literally(
    varied: None, words: list[str], between: str
) -> None:
    text = between.join(words)
    assert understood(text)[0] == []
    assert found({"q": text}) == found({"q": text, "literal": "1"})


@pytest.fixture
def varied() -> None:
    without_cases()
    make_varied_cases()


def test_a_phrase_is_asked_beside_the_filters_given() -> None:
    without_cases()
    make_case("town-and-city", bodies=[FUNAGATA, KASHIHARA])
    assert found({"q": "町"}) == ["town-and-city"]
    assert found({"q": "町", "prefecture": "06"}) == ["town-and-city"]
    assert found({"q": "町", "prefecture": "29"}) == []  # 橿原市 is no 町: all speak of one body
    assert found({"q": "山形県 町 市"}) == ["town-and-city"]
    assert found({"q": "町", "kind": "city"}) == []
    assert found({"q": "町", "literal": "1"}) == ["town-and-city"]
    assert found({"q": "奈良", "literal": "1"}) == ["town-and-city"]
    assert found({"q": "人口5千人の"})[0] == "town-and-city"


def test_data_tell_what_is_understood_and_who_is_named(client: Client) -> None:
    answer = client.get("/api/v1/cases/", {"q": "北見市 東北の町"}).json()
    assert answer["understood"] == [
        {"text": "東北", "parameter": "region", "value": "tohoku"},
        {"text": "町", "parameter": "kind", "value": "town"},
    ]
    assert answer["named_bodies"] == []  # of 東北 there is none
    answer = client.get("/cases.json", {"q": "池田町"}).json()
    assert answer["understood"] == []
    assert [(body["code"], body["name"], body["cases"]) for body in answer["named_bodies"]] == [
        ("016446", "池田町", 0), ("183822", "池田町", 0), ("204811", "池田町", 0), ("214043", "池田町", 0),
    ]  # fmt: skip
    (only,) = client.get("/cases.json", {"q": "長野県 池田町"}).json()["named_bodies"]
    assert only["code"] == "204811"
    for old, code in (
        ("飛驒市", "212172"),
        ("會津若松市", "072028"),
        ("竜ヶ崎市", "082082"),
        ("北見市の", "012084"),
    ):
        (named,) = client.get("/cases.json", {"q": old}).json()["named_bodies"]
        assert named["code"] == code
    (kitami,) = client.get("/cases.json", {"q": "北見市の事例"}).json()["named_bodies"]
    assert kitami == {"code": "012084", "name": "北見市", "cases": 1, "mentions": 0}


def test_literal_takes_the_text_as_words_and_has_no_other_value(client: Client) -> None:
    answer = client.get("/cases.json", {"q": "町", "literal": "1"}).json()
    assert (answer["understood"], answer["count"] > 20) == ([], True)
    assert list(client.get("/cases.json?q=a&literal=yes").json()["errors"]) == ["literal"]
