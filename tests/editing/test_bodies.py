"""The editors' pages of bodies, and of the imports of their populations."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from catalog.importing.populations import import_populations
from catalog.importing.tables import read_sheets
from catalog.models import Body, Population, PopulationImport
from tests.filling import a_publisher, an_editor, errors
from tests.importing.layouts import as_csv
from tests.making import FUNAGATA, HIDAKA, KASHIHARA, make_case
from tests.shown import one_line
from tests.state import database_state

pytestmark = pytest.mark.django_db

BODIES, IMPORTS = "/admin/catalog/body/", "/admin/catalog/populationimport/"
NO_POPULATION = {"populations-TOTAL_FORMS": "0", "populations-INITIAL_FORMS": "0"}
NEW = {
    "code": "063991",
    "name": "最上市",
    "kana": "もがみし",
    "prefecture": "06",
    "kind": "city",
    **NO_POPULATION,
}


def take_in(*rows: tuple[str, int]) -> PopulationImport:
    content = as_csv([["団体コード", "人口"], *map(list, rows)])
    report = import_populations(
        next(read_sheets(content)), as_of=date(2025, 1, 1), file_name="人口.csv", dry_run=False
    )
    return PopulationImport.objects.get(pk=report.key)


def message(response: Any) -> str:
    return "".join(str(one) for one in response.context["messages"])


def digest(response: Any) -> str:
    return re.findall(r'name="digest" value="([^"]*)"', response.text)[0]


def test_a_body_is_added_without_coordinates_or_with_both() -> None:
    client = a_publisher()
    assert client.post(f"{BODIES}add/", NEW).status_code == 302
    body = Body.objects.get(pk="063991")
    assert (body.latitude, body.longitude, body.population) == (None, None, None)
    change = {name: value for name, value in NEW.items() if name != "code"}
    response = client.post(f"{BODIES}063991/change/", {**change, "latitude": "38.7"})
    assert errors(response) == ["緯度と経度は、両方入力するか両方空にしてください。"]
    data = {**change, "latitude": "38.7", "longitude": "140.3"}
    assert client.post(f"{BODIES}063991/change/", data).status_code == 302
    body.refresh_from_db()
    assert (body.latitude, body.longitude) == (38.7, 140.3)


def test_a_wrong_code_of_a_new_body_is_refused() -> None:
    response = a_publisher().post(f"{BODIES}add/", {**NEW, "code": "063992"})
    assert errors(response) == ["検査数字の合う6桁の全国地方公共団体コードを入力してください。"]


def test_the_form_tells_where_coordinates_come_from_and_that_a_code_stays() -> None:
    client = a_publisher()
    page = client.get(f"{BODIES}add/").text
    assert "検査数字を含む6桁。事例が指すため、後から変えられません。" in page
    assert "国土地理院の「地理院地図」" in page
    assert 'name="code"' not in client.get(f"{BODIES}{FUNAGATA}/change/").text


def test_a_body_that_ended_names_the_one_that_follows() -> None:
    client = a_publisher()
    data = {"name": "舟形町", "kana": "ふながたまち", "prefecture": "06", "kind": "town", **NO_POPULATION}
    url = f"{BODIES}{FUNAGATA}/change/"
    assert errors(client.post(url, {**data, "successor": KASHIHARA})) == [
        "後継の団体を入力するときは、廃止日も入力してください。"
    ]
    ended = {**data, "successor": KASHIHARA, "abolished_on": "2026-04-01"}
    assert client.post(url, ended).status_code == 302
    assert Body.objects.get(pk=FUNAGATA).successor_id == KASHIHARA


def test_a_body_that_a_case_names_cannot_be_deleted() -> None:
    cases = [make_case(slug, title=f"題{slug}", bodies=[HIDAKA]) for slug in ("one", "two")]
    client = a_publisher()
    page = client.get(f"{BODIES}{HIDAKA}/delete/")
    body = Body.objects.get(pk=HIDAKA).full_name
    assert [told for told in page.context["protected"] if "題" in told] == [
        f'実施団体：{body}（<a href="/admin/catalog/case/{case.pk}/change/">{case}</a>）' for case in cases
    ]
    client.post(f"{BODIES}{HIDAKA}/delete/", {"post": "yes"})
    assert Body.objects.filter(pk=HIDAKA).exists()


def test_a_body_that_has_followed_another_is_kept_by_it() -> None:
    Body.objects.filter(pk=FUNAGATA).update(successor=HIDAKA, abolished_on=date(2026, 4, 1))
    page = a_publisher().get(f"{BODIES}{HIDAKA}/delete/")
    former = Body.objects.get(pk=FUNAGATA)
    assert f'団体：<a href="{BODIES}{FUNAGATA}/change/">{former}</a>' in page.context["protected"]


def test_imports_are_listed_and_lead_to_their_taking_back() -> None:
    made = take_in((FUNAGATA, 4_900), (HIDAKA, 4_800))
    client = a_publisher()
    assert re.search(rf'<a href="{IMPORTS}"[^>]*>人口の取り込み</a>', client.get(BODIES).text)
    listed = client.get(IMPORTS).text
    assert "人口.csv" in listed
    assert '<td class="field-number_of_bodies">2</td>' in listed
    page = client.get(f"{IMPORTS}{made.pk}/change/").text
    assert f'href="{IMPORTS}{made.pk}/take-back/">この取り込みを取り消す</a>' in page
    for address in (f"{IMPORTS}add/", f"{IMPORTS}{made.pk}/delete/"):
        assert client.get(address).status_code == 403


def test_an_import_is_taken_back_once_it_was_shown() -> None:
    made = take_in((FUNAGATA, 4_900), (HIDAKA, 4_800))
    Population.objects.filter(body=HIDAKA, persons=4_800).update(persons=4_850)
    client, url = a_publisher(), f"{IMPORTS}{made.pk}/take-back/"
    client.get(IMPORTS)
    state = database_state()
    page = client.get(url)
    assert database_state() == state
    assert "新規 0行、変更 1行、変更なし 0行、取り込めない 0行、対象外 1行" in page.text
    assert "<del>4900</del> → <ins>5000</ins>" in one_line(page.text)
    assert f"{HIDAKA} 高知県日高村" in page.text
    assert "取り込みの後に変わったため、そのまま残します。" in page.text
    done = client.post(url, {"digest": digest(page)}, follow=True)
    assert done.redirect_chain == [(IMPORTS, 302)]
    assert message(done).startswith("「人口.csv（2025-01-01現在）」の取り込みを取り消しました")
    assert Body.objects.get(pk=FUNAGATA).population == 5_000
    assert {(entry.object_id, entry.get_change_message()) for entry in LogEntry.objects.all()} == {
        (key, "「人口.csv（2025-01-01現在）」の取り込みを取り消しました。")
        for key in (FUNAGATA, str(made.pk))
    }
    again = client.post(url, {"digest": digest(page)}, follow=True)
    assert re.fullmatch(r"この取り込みは、\d+年\d+月\d+日 \d\d:\d\dに取り消されています。", message(again))
    assert "この取り込みを取り消す" not in again.text


def test_what_would_be_otherwise_by_now_is_shown_again() -> None:
    made = take_in((FUNAGATA, 4_900), (HIDAKA, 4_800))
    client, url = a_publisher(), f"{IMPORTS}{made.pk}/take-back/"
    shown = digest(client.get(url))
    Population.objects.filter(body=HIDAKA, persons=4_800).update(persons=4_850)
    again = client.post(url, {"digest": shown})
    assert message(again) == (
        "確認のあとにデータが変わったため、まだ取り消していません。新しい結果を確かめてください。"
    )
    assert Body.objects.get(pk=FUNAGATA).population == 4_900
    client.post(url, {"digest": digest(again)})
    assert Body.objects.get(pk=FUNAGATA).population == 5_000


def test_editors_see_imports_but_do_not_take_them_back(client: Client) -> None:
    made = take_in((FUNAGATA, 4_900))
    editor, url = an_editor(), f"{IMPORTS}{made.pk}/take-back/"
    page = editor.get(f"{IMPORTS}{made.pk}/change/")
    assert page.status_code == 200
    assert "この取り込みを取り消す" not in page.text
    assert (editor.get(url).status_code, editor.post(url, {"digest": "x"}).status_code) == (403, 403)
    assert client.get(url).status_code == 302
    assert a_publisher().get(f"{IMPORTS}99999/take-back/").status_code == 404
