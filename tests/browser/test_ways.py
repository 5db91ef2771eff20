"""The ways through the site: every address is linked, and what readers come for is two actions away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.addresses import HEALTH, LINKED_NOWHERE, PATHS, PUBLIC, REFUSED_WITHOUT_A_QUERY
from tests.servers.addresses import page_addresses


def links(page: Page) -> Iterator[str]:
    for target in page.eval_on_selector_all(
        "[href], form[action]",
        "all => all.map(n => new URL(n.getAttribute('href') ?? n.action, document.baseURI).href)",
    ):
        if urlsplit(target).netloc == urlsplit(page.url).netloc:
            yield urlsplit(target).path


@pytest.mark.long
def test_every_address_is_linked_within_three_clicks_and_answers(page: Page, site: str) -> None:
    """By another page, one of each kind: that a page names itself leads nobody there."""
    found: dict[str, str] = {}
    for own_name, address in page_addresses().items():
        page.goto(address)
        for path in links(page):
            with suppress(Resolver404):
                name = str(resolve(path).url_name)
                if name != own_name:
                    found.setdefault(name, path)
    assert set(PUBLIC) - set(found) == set(LINKED_NOWHERE)
    for name, path in found.items():
        if name in PUBLIC:
            expected = 400 if name in REFUSED_WITHOUT_A_QUERY else 200
            assert page.request.get(urljoin(site, path)).status == expected, path


@pytest.mark.parametrize("path", [*(PATHS[name] for name in [*LINKED_NOWHERE, *HEALTH]), "/admin/login/"])
def test_what_machines_ask_for_is_there(page: Page, path: str) -> None:
    assert page.request.get(path).status == 200


def test_one_action_leads_to_the_cases_nearest_to_a_town_of_8000(sized_page: Page) -> None:
    sized_page.goto("/")
    sized_page.get_by_label("うちの人口から探す").fill("8,000")
    sized_page.get_by_role("button", name="人口の近い順に見る").click()
    expect(sized_page.locator("h1")).to_contain_text("人口8,000人に近い順")
    expect(sized_page.locator(".card").first).to_contain_text("福島県西会津町（0.6万人）")


def test_one_action_leads_to_the_cases_near_ones_own_body(sized_page: Page) -> None:
    sized_page.goto("/")
    sized_page.get_by_label("うちの団体から探す").fill("ふながた")
    sized_page.get_by_role("button", name="団体の近い順に見る").click()
    expect(sized_page.locator("h1")).to_contain_text("山形県舟形町に近い順")


@pytest.mark.long
def test_two_actions_lead_to_the_cases_of_step_2_in_tohoku(sized_page: Page) -> None:
    sized_page.goto("/")
    sized_page.get_by_role("link", name="ステップ2 推進体制の整備").click()
    sized_page.get_by_role("link", name="東北").click()
    expect(sized_page.locator("h1")).to_have_text(re.compile(r"ステップ2・東北の事例\s*4件"))


def test_two_actions_lead_from_the_list_to_a_comparison_ready_to_print(sized_page: Page) -> None:
    sized_page.goto("/cases/")
    sized_page.locator(".card__title a").first.click()
    sized_page.get_by_role("link", name="並べて比べる").first.click()
    expect(sized_page.locator("h1")).to_have_text(re.compile(r"事例の比較\s*2件"))
    expect(sized_page.get_by_role("button", name="印刷する")).to_be_visible()


@pytest.mark.long
def test_two_actions_lead_to_the_table_of_what_one_sees(sized_page: Page) -> None:
    sized_page.goto("/")
    sized_page.get_by_role("link", name="1万人未満・ステップ2の事例").click()
    with sized_page.expect_download() as download:
        sized_page.get_by_role("link", name="編集用 CSV", exact=True).click()
    assert download.value.suggested_filename == "ステップ2・人口1万人未満の事例.csv"
    content = download.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").count("\ndx2021-") == 3


@pytest.mark.long
def test_cases_ticked_in_the_list_are_compared(sized_page: Page) -> None:
    sized_page.goto("/cases/?step=2&population=0-1")
    for box in sized_page.get_by_label("選ぶ").all()[:2]:
        box.check()
    sized_page.get_by_role("button", name="比べる（4件まで）").click()
    expect(sized_page.locator("thead th")).to_have_count(3)
    sized_page.get_by_role("link", name="違いのある行だけを表示する").click()
    expect(sized_page.locator("tbody th").first).to_have_text("実施団体")
    expect(sized_page.get_by_role("cell").first).to_contain_text("福島県磐梯町（町・0.3万人）")
    sized_page.get_by_role("link", name="一覧から事例を加える").click()
    expect(sized_page.get_by_text("2件を選択中")).to_be_visible()
    expect(sized_page.locator("h1")).to_contain_text("ステップ2・人口1万人未満の事例")


def test_a_workbook_from_the_list_opens_with_codes_as_texts(page: Page) -> None:
    answer = page.request.get("/cases.xlsx?prefecture=06")
    sheet = load_workbook(BytesIO(answer.body()))["事例"]
    header = [cell.value for cell in sheet[1]]
    assert sheet.cell(2, header.index("団体コード") + 1).value == "062049"
