"""現在地と次の一歩: every number on the pages, against the rows read again by SQL."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog import history
from catalog.models import Body, Case, Indicator, IndicatorValue, Topic, bands
from tests.filling import a_publisher
from tests.making import FUNAGATA, MIYAGI, make_case, set_population
from tests.shown import main_of, section_of
from tests.standing_oracle import Told, cases_of, share_in_words, shares, told_of

pytestmark = pytest.mark.django_db

KANAZAWA, KUSATSU, KAMIYAMA = "172014", "104264", "363421"  # 調査なし; no value of a share; eight undone
KB = 1024


def bodies_by_size(number: int) -> list[str]:
    """So many municipalities of each population band, spread evenly over it."""
    codes: list[str] = []
    for band in bands.BANDS[:-1]:
        of_band = Body.objects.filter(population_band=band.value).exclude(kind="prefecture")
        found = list(of_band.order_by("population", "code").values_list("code", flat=True))
        codes += [found[at * len(found) // number] for at in range(number)]
    return codes


def text_of(html: str) -> str:
    return re.sub(r"\s+", "", unescape(re.sub(r'<span class="visually-hidden">.*?</span>|<[^>]+>', "", html)))


def shown_on(page: str) -> list[Told]:
    """The lines of the table of a body."""
    (table,) = re.findall(r'<table class="standing standing--body"[^>]*>(.*?)</table>', page, re.DOTALL)
    rows = re.findall(
        r'<tr[^>]*>\s*<th scope="row"[^>]*>(.*?)</th>(.*?)</tr>(?:\s*<tr[^>]*__more[^>]*>(.*?)</tr>)?',
        table,
        re.DOTALL,
    )
    lines = []
    for title, cells, more in rows:
        sentence = text_of(more.partition('<span class="no-print">')[0])
        count = re.findall(r"事例(\d+)件", more)
        texts = [text_of(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells, re.DOTALL)]
        lines.append(Told(text_of(title), texts, sentence, int(count[0]) if count else 0))
    return lines


@pytest.mark.parametrize(
    "number", [pytest.param(1, id="one a band"), pytest.param(10, id="ten a band", marks=pytest.mark.long)]
)
def test_every_number_of_a_body_is_the_oracles(client: Client, number: int) -> None:
    codes = [*bodies_by_size(number), FUNAGATA, KANAZAWA, KUSATSU, KAMIYAMA]
    for code in codes:
        assert shown_on(client.get(f"/bodies/{code}/").text) == told_of(code), code
    assert len(told_of(FUNAGATA)) == 15


def test_not_asked_and_no_value_are_states_of_their_own(client: Client) -> None:
    kanazawa = {line.title: line.cells[0] for line in shown_on(client.get(f"/bodies/{KANAZAWA}/").text)}
    assert list(kanazawa.values()).count("調査なし") == 7
    assert kanazawa["全体方針の策定"] == "調査なし"
    kusatsu = {line.title: line.cells[0] for line in shown_on(client.get(f"/bodies/{KUSATSU}/").text)}
    assert (kusatsu["よく使う32手続のオンライン化"], list(kusatsu.values()).count("値なし")) == ("値なし", 1)


def test_undone_leads_to_cases_nearest_first_and_to_a_letter(client: Client) -> None:
    page = section_of(client.get(f"/bodies/{KAMIYAMA}/").text, "standing")
    lists = [unescape(one) for one in re.findall(r'<a href="(/cases/[^"]*)">事例\d+件', page)]
    assert lists[:2] == [f"/cases/?section=3-3&near={KAMIYAMA}", f"/cases/?section=2&near={KAMIYAMA}"]
    counts = [int(one) for one in re.findall(r">事例(\d+)件", page)]
    for url, count in zip(lists, counts, strict=True):
        assert len(client.get(url.replace("/cases/", "/cases.json")).json()["results"]) == count
    letters = [unescape(one) for one in re.findall(r'<a href="(/inquiry/[^"]*)">', page)]
    first = client.get(lists[0].replace("/cases/", "/cases.json")).json()["results"][0]
    assert urlsplit(letters[0]).path == f"/inquiry/{first['slug']}/"
    assert parse_qs(urlsplit(letters[0]).query) == {
        "near": [KAMIYAMA],
        "body": [first["nearness"]["body"]],
    }
    assert client.get(letters[0]).status_code == 200


def test_a_body_of_unknown_size_is_not_held_against_its_size(client: Client) -> None:
    set_population(FUNAGATA, None)
    page = client.get(f"/bodies/{FUNAGATA}/").text
    assert shown_on(page) == told_of(FUNAGATA)
    assert {line.cells[1] for line in shown_on(page)} == {"―"}
    assert "人口が分からないため、人口の近い団体とは比べられません。" in page
    assert "ladder__own" not in page


def test_a_prefecture_shows_what_its_municipalities_do(client: Client) -> None:
    page = client.get(f"/bodies/{MIYAGI}/").text
    counted = shares(MIYAGI)
    assert [line.cells for line in shown_on(page)] == [
        [share_in_words(one, counted[group, one.pk]) for group in ("prefecture", "all")]
        for one in Indicator.objects.order_by("position")
    ]
    assert "人口の近い" not in section_of(page, "standing")


def test_the_next_steps_above_a_near_list_are_what_most_peers_have_done(client: Client) -> None:
    page = client.get(f"/cases/?near={KAMIYAMA}").text
    (block,) = re.findall(r'<p class="note no-print">(次の一歩.*?)</p>', page, re.DOTALL)
    undone = [line for line in told_of(KAMIYAMA) if line.cells[0] == "未実施"]
    expected = sorted(undone, key=lambda line: -int(line.cells[1].rstrip("％")))[:3]
    assert re.findall(r"<br>([^（<]*)（(.*?)）<a href=[^>]*>事例(\d+)件", block) == [
        (line.title, line.sentence, str(line.cases)) for line in expected
    ]
    assert f'href="/standing/?body={KAMIYAMA}"' in block
    for other in (
        f"/cases/?near={KAMIYAMA}&step=2",
        f"/cases/?near={KAMIYAMA}&page=2",
        f"/cases/?near={MIYAGI}",
    ):
        assert "次の一歩" not in client.get(other).text


def test_a_body_is_chosen_by_name_one_action_from_the_home_page(client: Client) -> None:
    assert 'href="/standing/"' in client.get("/").text
    answer = client.get("/standing/", {"name": "舟形町"})
    assert (answer.status_code, answer["Location"]) == (302, f"/standing/?body={FUNAGATA}")
    several = main_of(client.get("/standing/", {"name": "美郷町"}).text)
    assert re.findall(r'href="/standing/\?body=(\d+)"', several) == ["054348", "324485", "454311"]
    assert "見つかりません" in client.get("/standing/", {"name": "どこにもない"}).text
    for wrong in ("body=999999", "body=063631&body=063631", f"name={'あ' * 50}"):
        refused = client.get(f"/standing/?{wrong}")
        assert refused.status_code == 400, wrong
        assert 'class="field__error"' in refused.text
        assert "<table" not in refused.text
    assert shown_on(client.get(f"/standing/?body={FUNAGATA}").text) == told_of(FUNAGATA)


@pytest.mark.parametrize("path", ["/standing/", f"/bodies/{KAMIYAMA}/"])
def test_the_ladder_has_each_share_and_each_case_and_is_light(client: Client, path: str) -> None:
    page = client.get(path).text
    (picture,) = re.findall(r'<svg class="ladder__picture".*?</svg>\s*<details', page, re.DOTALL)
    assert len(picture.encode()) <= 20 * KB
    counted = shares(FUNAGATA)
    numbers = [
        re.findall(r"<tspan[^>]*>(.*?)</tspan>", row) for row in re.findall(r"<text y=.*?</text>", picture)
    ]
    (table,) = re.findall(r'<table class="standing standing--bands">(.*?)</table>', page, re.DOTALL)
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", table)
    links = [unescape(one) for one in re.findall(r'<a href="([^"]*)" tabindex="-1">', picture)]
    assert links == [unescape(one) for one in re.findall(r'<a href="([^"]*)">', table)]
    near = f"&near={KAMIYAMA}" if "bodies" in path else ""
    expected = []
    for one, drawn, row in zip(Indicator.objects.order_by("position"), numbers, rows, strict=True):
        words = [share_in_words(one, counted[band.value, one.pk]) for band in bands.BANDS[:-1]]
        assert drawn == [re.sub("[^0-9.]", "", text) for text in words], one
        cases = [cases_of(one, band.value).count() for band in bands.BANDS[:-1]]
        cells = [text_of(cell) for cell in re.findall(r"<td>(.*?)</td>", row)]
        assert cells == [
            f"{text}{f'{count}件' if count else ''}" for text, count in zip(words, cases, strict=True)
        ]
        leads_to = f"section={one.section_id}" if one.section_id else f"topic={one.topic and one.topic.slug}"
        expected += [
            f"/cases/?{leads_to}&population={band.value}{near}"
            for band, count in zip(bands.BANDS[:-1], cases, strict=True)
            if count
        ]
    assert links == expected


def test_a_body_costs_no_more_than_a_case(client: Client) -> None:
    """In questions to the database, once the table is in memory."""
    numbers = []
    for path in ("/cases/dx2021-17-1/", f"/bodies/{KAMIYAMA}/", f"/standing/?body={KAMIYAMA}"):
        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(path)
        numbers.append(len(queries))
    assert max(numbers[1:]) <= numbers[0]


def test_an_editor_corrects_an_indicator_and_the_pages_say_so(client: Client) -> None:
    publisher = a_publisher()
    page = publisher.get("/admin/catalog/indicator/plan/change/")
    sent = {
        name: value or ""
        for name, value in page.context["adminform"].form.initial.items()
        if name not in ("slug", "reason")
    }
    topic = Topic.objects.get(slug="vision-plan")
    changed = {
        **sent,
        "title": "全体の方針",
        "definition": "方針を定めた団体",
        "done_label": "決定済み",
        "surveyed": "2024年4月1日",
        "terms": "PDL1.0",
        "section": "",
        "topic": topic.pk,
    }
    assert publisher.post("/admin/catalog/indicator/plan/change/", changed).status_code == 302
    value = IndicatorValue.objects.get(indicator="plan", body=FUNAGATA)
    assert value.value == 1
    answer = publisher.post(f"/admin/catalog/indicatorvalue/{value.pk}/change/", {"value": "0"})
    assert answer.status_code == 302
    shown = section_of(client.get(f"/bodies/{FUNAGATA}/").text, "standing")
    (line,) = [line for line in shown_on(shown) if line.title == "全体の方針"]
    assert (line.cells[0], line.cases) == ("未実施", 12)
    assert line.sentence.endswith("％が決定済み")
    assert f"/cases/?topic=vision-plan&amp;near={FUNAGATA}" in shown
    assert "全体の方針：出典は" in shown
    for text in ("2024年4月1日", "PDL1.0", "方針を定めた団体"):
        assert text in shown
    history = publisher.get(f"/admin/catalog/indicatorvalue/{value.pk}/history/").text
    assert "記録を始めたときの内容" in history
    refused = publisher.post(f"/admin/catalog/indicatorvalue/{value.pk}/change/", {"value": "2"})
    assert "実施は1、未実施は0で入力してください。" in refused.text


@pytest.mark.long
def test_a_new_case_and_a_merged_topic_are_followed(client: Client) -> None:
    bpr, hanko = Topic.objects.get(slug="bpr"), Topic.objects.get(slug="hanko")
    Indicator.objects.filter(pk="plan").update(section=None, topic=bpr)
    history.merge_topic(bpr, hanko, None)
    make_case(topics=["hanko"])
    page = client.get(f"/bodies/{KAMIYAMA}/").text
    (line,) = [one for one in shown_on(page) if one.title == "全体方針の策定"]
    assert line.cases == Case.objects.filter(topics=hanko).count() > 4
    assert f"/cases/?topic=hanko&amp;near={KAMIYAMA}" in page


@pytest.mark.long
def test_an_indicator_that_is_deleted_comes_back_with_its_values(client: Client) -> None:
    publisher = a_publisher()
    asked = publisher.get("/admin/catalog/indicator/plan/delete/")
    assert "指標の値: 1741" in asked.text
    assert publisher.post("/admin/catalog/indicator/plan/delete/", {"post": "yes"}).status_code == 302
    assert len(shown_on(client.get(f"/bodies/{FUNAGATA}/").text)) == 14
    (version,) = history.deleted_versions(Indicator)
    assert publisher.post("/admin/catalog/indicator/trash/", {"version": version.pk}).status_code == 302
    assert shown_on(client.get(f"/bodies/{FUNAGATA}/").text) == told_of(FUNAGATA)
