"""Cases picked for a comparison go along through pages, filters, other pages and the way back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

FIRST, SECOND, ON_PAGE_2 = "dx2021-1-1", "dx2021-2-1", "dx2021-24-1"


def pick(page: Page, slug: str) -> None:
    page.locator(f"#compare-{slug}").check()


def picked(page: Page) -> list[str]:
    """What the address says, which the tray has to say too."""
    address = page.evaluate("[...new URLSearchParams(location.search).getAll('compare')]")
    tray = page.locator("#picked li").evaluate_all("all => all.map(one => one.dataset.slug)")
    assert tray == address
    return address


def test_picks_go_along_through_pages_filters_and_the_way_back(sized_page: Page) -> None:
    sized_page.goto("/cases/")
    expect(sized_page.locator("#picks")).to_be_hidden()
    pick(sized_page, FIRST)
    expect(sized_page.locator("#picked-number")).to_have_text("1件を選択中")
    expect(sized_page.locator("#status")).to_contain_text("1件を選択中です。")
    sized_page.get_by_role("link", name="次へ").click()
    sized_page.wait_for_url("**page=2**")
    pick(sized_page, ON_PAGE_2)
    assert picked(sized_page) == [FIRST, ON_PAGE_2]
    sized_page.go_back()
    expect(sized_page.locator("#picked li")).to_have_count(2)
    expect(sized_page.locator(f"#compare-{FIRST}")).to_be_checked()
    assert picked(sized_page) == [FIRST, ON_PAGE_2]
    sized_page.get_by_role("button", name="比べる（4件まで）").click()
    expect(sized_page).to_have_url(re.compile(rf"/compare/\?case={FIRST}&case={ON_PAGE_2}$"))
    sized_page.go_back()
    expect(sized_page.locator("#picked li")).to_have_count(2)


@pytest.mark.long
def test_picks_stay_when_the_list_is_sorted_or_narrowed_without_a_reload(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/cases/?step=0")
    pick(page, FIRST)
    page.locator("#id_sort").select_option("-population")
    page.wait_for_url("**sort=-population**")
    expect(page.locator(f"#compare-{FIRST}")).to_be_checked()
    page.locator("#id_step_0").uncheck()
    page.locator("#id_step_2").check()
    expect(page.locator("h1")).to_contain_text("ステップ2の事例")
    assert picked(page) == [FIRST]
    page.locator(".chip", has_text="ステップ2").click()
    page.wait_for_url("**compare**")
    assert picked(page) == [FIRST]
    page.go_back()
    expect(page.locator("h1")).to_contain_text("ステップ2の事例")
    assert picked(page) == [FIRST]


@pytest.mark.long
def test_back_through_queries_keeps_what_is_picked_since(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/cases/")
    page.locator("#id_step_0").check()
    page.wait_for_url("**step=0**")
    pick(page, FIRST)
    page.go_back()
    expect(page.locator("h1")).to_contain_text("すべての事例")
    assert picked(page) == [FIRST]
    expect(page.locator("#id_step_0")).not_to_be_checked()


@pytest.mark.long
def test_a_pick_is_taken_away_in_the_tray(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/cases/?step=0")
    boxes = page.locator("[name=compare][type=checkbox]")
    for box in boxes.all()[:4]:
        box.check()
    slugs = picked(page)
    page.locator("#picked a").nth(1).click()
    assert picked(page) == [slugs[0], *slugs[2:]]
    expect(boxes.nth(1)).not_to_be_checked()


def test_files_feed_and_copied_address_know_nothing_of_picks(page: Page) -> None:
    page.goto(f"/cases/?step=2&compare={FIRST}")
    pick(page, "dx2021-14-1")
    targets = page.evaluate(
        "[...document.querySelectorAll('#forms a, head link')].map(one => one.getAttribute('href'))"
    )
    assert not [target for target in targets if "compare" in target]


def test_the_comparison_on_a_phone_goes_question_by_question(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"/compare/?case={FIRST}&case={SECOND}&case={ON_PAGE_2}")
    boxes = [cell.bounding_box() for cell in page.locator("tbody tr").first.locator("td").all()]
    assert [box and (box["x"], box["width"]) for box in boxes] == [(16, 328)] * 3
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(set(tops))
    of = page.locator("tbody tr").first.locator(".compare__of").all_inner_texts()
    assert of == page.locator("thead th > a:first-child").all_inner_texts()
    assert page.locator(".table-scroll").evaluate("node => node.scrollWidth - node.clientWidth") == 0


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, Any]) -> dict[str, Any]:
        return {**browser_context_args, "java_script_enabled": False}

    @pytest.mark.long
    def test_the_buttons_of_the_tray_keep_and_compare(self, sized_page: Page) -> None:
        sized_page.goto("/cases/?sort=document&q=&step=")
        expect(sized_page).to_have_url(re.compile(r"/cases/\?sort=document$"))
        pick(sized_page, FIRST)
        sized_page.get_by_role("button", name="選択に加える").click()
        expect(sized_page).to_have_url(re.compile(rf"/cases/\?sort=document&compare={FIRST}$"))
        expect(sized_page.get_by_text("1件を選択中")).to_be_visible()
        sized_page.get_by_role("link", name="次へ").click()
        pick(sized_page, ON_PAGE_2)
        sized_page.get_by_role("button", name="比べる（4件まで）").click()
        expect(sized_page).to_have_url(re.compile(rf"case={FIRST}&case={ON_PAGE_2}$"))
        expect(sized_page.locator("h1")).to_contain_text("2件")
        sized_page.get_by_role("link", name="一覧から事例を加える").click()
        expect(sized_page).to_have_url(
            re.compile(rf"\?sort=document&page=2&compare={FIRST}&compare={ON_PAGE_2}$")
        )
        expect(sized_page.locator(f"#compare-{ON_PAGE_2}")).to_be_checked()

    @pytest.mark.long
    def test_the_filters_are_opened_and_sent(self, sized_page: Page) -> None:
        sized_page.goto(f"/cases/?compare={FIRST}")
        if not sized_page.locator("#id_step_3").is_visible():
            sized_page.get_by_text("絞り込む", exact=True).click()
        sized_page.locator("#id_step_3").check()
        sized_page.locator("#facet-kind > summary").click()
        sized_page.locator("#id_kind_village").check()
        button = sized_page.get_by_role("button", name="この条件で絞り込む")
        expect(button).to_be_in_viewport(ratio=1)
        button.click()
        expect(sized_page).to_have_url(re.compile(rf"/cases/\?step=3&kind=village&compare={FIRST}$"))
        expect(sized_page.locator("#facet-kind > summary")).to_have_text(re.compile("1件選択"))
