"""A body is found by whatever people call it, the best first."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from catalog.finding.bodies import Fit, fold_names, meant
from catalog.finding.index import current_index
from catalog.models import Body
from tests.making import FUNAGATA
from tests.properties import on_one_database

pytestmark = pytest.mark.django_db

HACHIOJI = "132012"  # 東京都八王子市
RYUGASAKI = "082082"  # 茨城県龍ケ崎市
YOKOHAMA = "141003"  # 神奈川県横浜市
IZUMO = "322032"  # 島根県出雲市


def names(text: str) -> list[str]:
    return [named.body.full_name for named in current_index().bodies_named(text)]


def meant_by(text: str) -> str | None:
    one = meant(current_index().bodies_named(text))
    return one.current.full_name if one else None


IKEDA = ["北海道池田町", "福井県池田町", "長野県池田町", "岐阜県池田町"]
FUCHU = ["東京都府中市", "広島県府中市", "広島県府中町"]

REST_OF_1310 = [f"東京都{ward}区" for ward in ("新宿", "文京", "台東", "墨田", "江東", "品川")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("池田町", IKEDA),
        ("いけだちょう", ["北海道池田町", "福井県池田町", "岐阜県池田町"]),
        ("府中", FUCHU),
        ("ふちゅう", FUCHU),
        ("フチュウ", FUCHU),
        ("ﾌﾁｭｳ", FUCHU),
        ("府中市", ["東京都府中市", "広島県府中市"]),
        ("広島 府中", ["広島県府中市", "広島県府中町"]),
        ("伊達市", ["北海道伊達市", "福島県伊達市"]),
        ("だて", ["北海道伊達市", "福島県伊達市", "北海道函館市", "青森県田舎館村", "秋田県大館市"]),
        ("神戸", ["兵庫県神戸市", "岐阜県神戸町"]),
        ("横浜", ["神奈川県横浜市", "青森県横浜町"]),
        ("大阪市", ["大阪府大阪市", "大阪府東大阪市"]),
        ("斐川町", ["岐阜県揖斐川町"]),
        ("舟形", ["山形県舟形町"]),
        ("kitami", ["北海道北見市"]),
        ("Ryūgasaki-shi", ["茨城県龍ケ崎市"]),
        ("Fuchuu", FUCHU),
        ("Ｋｉｔａｍｉ", ["北海道北見市"]),
        ("OHSAKA SHI", ["大阪府大阪市"]),
        ("Fuchu 市", []),
        ("北安曇郡池田町", ["長野県池田町"]),
        ("長野県北安曇郡池田町", ["長野県池田町"]),
        ("無い郡池田町", IKEDA),
        ("三島郡島本町", ["大阪府島本町"]),
        ("三宅島三宅村", ["東京都三宅村"]),
        ("東京都八丈島八丈町", ["東京都八丈町"]),
        ("１３１０３", ["東京都港区"]),
        ("1310", ["東京都千代田区", "東京都中央区", "東京都港区", *REST_OF_1310]),
        ("12203", ["北海道士別市", "千葉県市川市"]),  # 012203 and 122033
        ("どこにもない", []),
        ("役場", []),
        ("、。", []),
        ("　", []),
        ("", []),
    ],
)  # fmt: skip
def test_a_text_names_exactly(text: str, found: list[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    ("text", "first", "number"),
    [
        ("津市", ["三重県津市", "千葉県木更津市"], 17),
        ("津", ["三重県津市", "北海道津別町"], 48),
        ("京都", ["京都府", "京都府京都市", "京都府福知山市"], 28),  # not 東京都, which has it in the middle
        ("長野", ["長野県", "長野県長野市", "長野県松本市"], 80),
        ("東京", ["東京都", "東京都千代田区"], 63),
        ("龍", ["茨城県龍ケ崎市", "滋賀県竜王町", "鹿児島県龍郷町", "北海道雨竜町"], 6),
        ("市", ["栃木県市貝町", "千葉県市川市"], 798),
        ("まち", ["東京都町田市"], 4),
        ("すま", [], 0),
    ],
)
def test_whole_names_come_first_then_beginnings_then_parts(text: str, first: list[str], number: int) -> None:
    found = names(text)
    assert (found[: len(first)], len(found)) == (first, number)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("八王子市", "東京都八王子市"),
        ("八王子", "東京都八王子市"),
        ("八王子市役所", "東京都八王子市"),
        ("東京府中市", "東京都府中市"),
        ("津市", "三重県津市"),
        ("三重県津", "三重県津市"),
        ("長野県 池田町", "長野県池田町"),
        ("長野県　池田町", "長野県池田町"),
        ("池田町 長野県", "長野県池田町"),
        ("池田町（長野県）", "長野県池田町"),
        ("長野 池田町", "長野県池田町"),
        ("いけだまち", "長野県池田町"),
        ("北海道", "北海道"),
        ("長野県庁", "長野県"),
        ("龍ヶ崎市", "茨城県龍ケ崎市"),
        ("龍ケ崎市", "茨城県龍ケ崎市"),
        ("龍が崎市", "茨城県龍ケ崎市"),
        ("竜ヵ崎市", "茨城県龍ケ崎市"),
        ("竜カ崎", "茨城県龍ケ崎市"),
        ("鎌ヶ谷市", "千葉県鎌ケ谷市"),
        ("青ケ島", "東京都青ヶ島村"),
        ("桧原村", "東京都檜原村"),
        ("四条畷市", "大阪府四條畷市"),
        ("塩釜市", "宮城県塩竈市"),
        ("諌早", "長崎県諫早市"),
        ("梼原町", "高知県檮原町"),
        ("飯館村", "福島県飯舘村"),
        ("鯵ヶ沢町", "青森県鰺ヶ沢町"),
        ("米澤市", "山形県米沢市"),
        ("葛\U000e0100城市", "奈良県葛城市"),
        ("鹿嶋市", "茨城県鹿嶋市"),
        ("鹿島市", "佐賀県鹿島市"),
        ("ニセコ", "北海道ニセコ町"),
        ("横浜市中区", "神奈川県横浜市"),
        ("神奈川県横浜市中区役所", "神奈川県横浜市"),
        ("よこはましなかく", "神奈川県横浜市"),
        ("横浜市の区ではない", None),
        ("池田町", None),
        ("だて", None),
        ("神戸", None),
        ("斐川町", None),  # a part of a name, which another body may have had in full
        ("どこにもない", None),
    ],
)
def test_a_body_is_meant_beyond_doubt_or_is_asked_for(text: str, body: str | None) -> None:
    assert meant_by(text) == body


def test_a_ward_is_told_from_its_city() -> None:
    (ward,) = current_index().bodies_named("横浜市中区")
    assert (ward.body.code, ward.by_ward, ward.needs_explanation) == (YOKOHAMA, True, True)
    (city, *_) = current_index().bodies_named("横浜市")
    assert (city.body.code, city.by_ward, city.needs_explanation) == (YOKOHAMA, False, False)


def end(code: str, successor: str) -> None:
    Body.objects.filter(code=code).update(abolished_on=date(2011, 10, 1), successor=successor)


def test_a_body_that_ended_leads_to_the_one_that_follows_it_now() -> None:
    end(FUNAGATA, RYUGASAKI)
    end(RYUGASAKI, IZUMO)
    (named,) = current_index().bodies_named("舟形町")
    assert (named.body.code, named.current.code, named.needs_explanation) == (FUNAGATA, IZUMO, True)
    assert meant_by("舟形町") == "島根県出雲市"
    assert current_index().lineage(Body.objects.get(code=IZUMO)) == {IZUMO, RYUGASAKI, FUNAGATA}


def test_bodies_that_ended_stand_behind_their_namesakes_and_are_not_asked_about() -> None:
    end("016446", IZUMO)  # 北海道池田町
    assert names("池田町") == [*IKEDA[1:], IKEDA[0]]
    for code in ("183822", "214043"):  # those of 福井県 and 岐阜県
        end(code, IZUMO)
    assert meant_by("池田町") == "長野県池田町"


def test_a_circle_of_successors_comes_to_an_end() -> None:
    end(FUNAGATA, RYUGASAKI)
    end(RYUGASAKI, FUNAGATA)
    assert len(current_index().bodies_named("舟形町")) == 1


def test_names_are_folded_once_and_each_text_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    index = current_index()
    index.bodies_named("池田町")
    with django_assert_num_queries(1):
        index.bodies_named("府中市")


KATAKANA = {chr(code): chr(code + 0x60) for code in range(ord("ぁ"), ord("ゖ") + 1)}
WIDE = {chr(code): chr(code + 0xFEE0) for code in range(ord("0"), ord("9") + 1)}
OLD = dict(zip("竜浜沢辺広国条桜館曽", "龍濱澤邊廣國條櫻舘曾", strict=True))


def written(text: str, *tables: dict[str, str]) -> str:
    for table in tables:
        text = "".join(table.get(character, character) for character in text)
    return text


@on_one_database
@given(number=st.integers(0, 1787), blank=st.sampled_from(["", " ", "　", "・", "\u2009"]), data=st.data())
def test_every_body_is_found_first_in_every_spelling(number: int, blank: str, data: st.DataObject) -> None:
    index = current_index()
    body = index.bodies[number]
    old = data.draw(st.sampled_from([{}, OLD]))
    ke = data.draw(st.sampled_from([{}, *(dict.fromkeys("ヶケ", other) for other in "ヶケがヵカ")]))
    name, prefecture = written(body.name, old, ke), body.prefecture
    kana = written(body.kana, data.draw(st.sampled_from([{}, KATAKANA])))
    with_prefecture = [
        f"{prefecture.name}{blank}{name}",
        f"{name} {prefecture}",
        f"{prefecture.short_name} {name}",
    ]
    for text in [name] if body.kind == "prefecture" else with_prefecture:
        one = meant(index.bodies_named(text))
        assert (one and one.body.code) == body.code, text
    for text in (name, kana, f"{prefecture.kana}{blank}{kana}", body.code[:5], body.code.lstrip("0")):
        if body.kind != "prefecture" or prefecture.kana not in text:
            assert (Fit.NAME, body.code) in fits(text), text
    assert fits(written(body.code, WIDE)) == [(Fit.NAME, body.code)]


def fits(text: str) -> list[tuple[Fit, str]]:
    return [(named.fit, named.body.code) for named in current_index().bodies_named(text)]


def test_no_two_names_fold_to_the_same() -> None:
    """Which is why 嶋 stays: there are 鹿嶋市 and 鹿島市."""
    folded = fold_names({body.name for body in current_index().bodies})
    assert len(folded) == len(set(folded.values())) == 1756
