from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

import pytest
from django.test import Client

from catalog.models import Body, CaseBody, SimilarBody
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, make_case
from tests.shown import linked_cases, section_of

pytestmark = pytest.mark.django_db


def letter_in(text: str) -> str:
    found = re.search(r'<textarea id="letter"[^>]*>(.*?)</textarea>', text, re.S)
    assert found
    return unescape(found[1])


@pytest.fixture
def made() -> CaseBody:
    case = make_case("made", title="窓口の題", bodies=[FUNAGATA, KASHIHARA], page=936)
    return case.case_bodies.get(body=FUNAGATA)


def test_the_case_leads_to_the_letter_in_one_click(client: Client, made: CaseBody) -> None:
    assert (
        '<a class="button button--quiet" href="/inquiry/made/">照会文を作る</a>'
        in client.get("/cases/made/").text
    )
    letter = letter_in(client.get("/inquiry/made/").text)
    assert "山形県舟形町\n自治体DX担当課　御中" in letter
    assert "貴町の次の取組を、『自治体DX推進手順書参考事例集』（総務省、2021年7月）の936ページで" in letter
    assert "窓口の題\n　　http://testserver/cases/made/" in letter
    assert "〔団体名〕〔部署・氏名〕" in letter
    assert [line for line in letter.splitlines() if line.startswith("　(")] == [
        "　(1) 始めたきっかけと、進めたときの体制（担当の人数、外部の支援の有無）",
        "　(2) 準備と運用にかかった経費と、その財源",
        "　(3) 苦労した点と、確かめられた効果",
    ]


def test_the_letter_is_from_whom_one_says_and_to_whom_one_says(client: Client, made: CaseBody) -> None:
    letter = letter_in(client.get(f"/inquiry/made/?body={KASHIHARA}&near={HIDAKA}").text)
    assert "奈良県橿原市\n" in letter
    assert "高知県日高村〔部署・氏名〕" in letter
    assert "当村（人口0.5万人）でも" in letter
    assert "高知県日高村〔部署・氏名〕" in letter_in(client.get("/inquiry/made/?name=ひだかむら").text)


def test_a_name_of_several_bodies_gives_a_choice(client: Client, made: CaseBody) -> None:
    text = client.get("/inquiry/made/?name=府中市").text
    assert re.findall(r'near=(\d{6})">(.*?)<', text) == [
        ("132063", "東京都府中市"),
        ("342084", "広島県府中市"),
    ]
    assert "見つかりません" in client.get("/inquiry/made/?name=どこにもない").text


def test_a_known_contact_stands_in_letter_and_box(client: Client, made: CaseBody) -> None:
    unknown = (
        "この事例の担当部署、電話番号、所在地は、まだ確認できていません。公式サイトからお問い合わせください。"
    )
    assert unknown in client.get("/cases/made/").text
    CaseBody.objects.filter(pk=made.pk).update(
        contact_section="まちづくり課",
        contact_telephone="0233-32-2111",
        contact_email="dx@example.jp",
        contact_checked_on="2026-11-20",
    )
    assert "山形県舟形町\nまちづくり課　御中" in letter_in(client.get("/inquiry/made/").text)
    text = client.get("/cases/made/").text
    assert 'まちづくり課　電話 <a href="tel:0233322111">0233-32-2111</a>' in text
    assert "2026年11月20日確認" in text
    assert unknown not in text
    assert "所在地は、まだ確認できていません。</p>" in text
    assert 'href="mailto:dx@example.jp?subject=%E3%80%8C' in client.get("/inquiry/made/").text
    assert "担当：まちづくり課" in client.get(f"/bodies/{FUNAGATA}/").text


def test_a_link_to_write_a_mail_is_short_enough_for_every_mail_program(client: Client) -> None:
    case = make_case("long", title="長" * 200)
    case.case_bodies.update(contact_email=f"{'a' * 60}@example.jp", contact_checked_on="2026-11-20")
    (link,) = re.findall(r'href="(mailto:[^"]+subject[^"]+)"', client.get("/inquiry/long/").text)
    assert (len(link) < 1_000, unquote(link.partition("subject=")[2])) == (
        True,
        f"「{'長' * 60}…」について（照会）",
    )


def test_a_bodys_page_leads_to_the_letters_about_its_cases(client: Client, made: CaseBody) -> None:
    contact = section_of(client.get(f"/bodies/{KASHIHARA}/").text, "contact")
    assert re.findall(r'href="(/inquiry/[^"]+)"', contact) == [
        f"/inquiry/{slug}/?body={KASHIHARA}" for slug in ("made", "dx2021-16-1")
    ]
    assert "/inquiry/" not in section_of(client.get("/bodies/131016/").text, "contact")


@pytest.fixture
def ended(made: CaseBody) -> None:
    """山形県舟形町 has become part of 高知県日高村."""
    Body.objects.filter(code=FUNAGATA).update(abolished_on="2026-10-01", successor=HIDAKA)


@pytest.mark.usefixtures("ended")
def test_an_ended_body_is_written_to_where_it_is_now(client: Client) -> None:
    text = client.get("/inquiry/made/").text
    assert "高知県日高村（旧舟形町）\n" in letter_in(text)
    assert "貴村の次の取組を" in letter_in(text)
    site = Body.objects.get(code=HIDAKA).website
    assert "山形県舟形町を引き継いだ" in text
    assert f'href="{site}"' in text


NOW = '（現在の<a href="/bodies/394106/">日高村</a>）'


@pytest.mark.usefixtures("ended")
def test_an_ended_body_is_named_with_what_it_is_now(client: Client) -> None:
    SimilarBody.objects.create(case=make_case("other", bodies=[KASHIHARA]), body_id=FUNAGATA)
    assert f">山形県舟形町</a>{NOW}<br>" in client.get("/cases/made/").text
    assert f">山形県舟形町</a>{NOW}" in section_of(client.get("/cases/other/").text, "similar")
    assert f"<li>山形県舟形町{NOW}" in client.get("/cases/?q=窓口の題").text
    assert f">山形県舟形町</a>{NOW}" in client.get("/bodies/?prefecture=06").text
    assert "2026年10月1日（現在の" in client.get(f"/bodies/{FUNAGATA}/").text
    Body.objects.filter(code=FUNAGATA).update(successor=None)
    assert ">山形県舟形町</a>（2026年10月1日に廃止）<br>" in client.get("/cases/made/").text


@pytest.mark.usefixtures("ended")
def test_the_body_that_followed_lists_its_predecessors_and_their_cases(client: Client) -> None:
    own = linked_cases(section_of(client.get(f"/bodies/{FUNAGATA}/").text, "cases"))
    text = client.get(f"/bodies/{HIDAKA}/").text
    assert '<a href="/bodies/063631/">山形県舟形町</a>（2026年10月1日まで）' in text
    assert linked_cases(section_of(text, "of-predecessors")) == own
    assert "made" in own
    assert set(own) & set(linked_cases(section_of(text, "near-by"))) == set()
    assert f'href="/inquiry/made/?body={FUNAGATA}"' in section_of(text, "contact")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/inquiry/made/?body=394106", 400),
        ("/inquiry/made/?body=x", 400),
        ("/inquiry/made/?near=999999", 400),
        ("/inquiry/made/?near=063631&near=063631", 400),
        (f"/inquiry/made/?name={'あ' * 41}", 400),
        ("/inquiry/nothing/", 404),
    ],
)
def test_what_is_not_so_is_refused(client: Client, made: CaseBody, address: str, status: int) -> None:
    assert client.get(address).status_code == status


def test_a_withdrawn_case_has_no_letter(client: Client) -> None:
    make_case("gone", status="withdrawn", withdrawn_reason="申し出")
    assert client.get("/inquiry/gone/").status_code == 410


def test_the_box_tells_site_telephone_and_address_with_their_days(client: Client) -> None:
    text = client.get("/bodies/270008/").text
    assert "2026年10月3日確認" in text
    assert "2021年8月11日確認" in text
    assert "2021年10月31日確認" in text
    assert 'rel="external noreferrer">www.pref.osaka.lg.jp</a>' in text


def test_without_a_contact_of_our_own_nothing_is_said_to_come(client: Client) -> None:
    assert "準備中" not in client.get("/about/").text
