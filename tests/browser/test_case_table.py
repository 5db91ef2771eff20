"""The list as a table: it follows the filters, is read on a telephone, and prints across."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_picks import pick, picked
from tests.browser.test_weight import sheets
from tests.quick import one_in

FIRST, SECOND = "dx2021-1-1", "dx2021-2-1"


@pytest.mark.long
def test_it_follows_the_filters_and_keeps_view_and_picks(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/cases/?step=0")
    page.locator(".views").get_by_role("link", name="表").click()
    expect(page.locator(".views [aria-current]")).to_have_text("表")
    page.evaluate("window.stayed = true")
    pick(page, FIRST)
    expect(page.locator("#picked")).to_contain_text("DX推進基本方針の策定に向けた取組み")
    page.locator("#id_step_1").check()
    expect(page.locator("h1")).to_contain_text("13件")
    expect(page.locator(".case-row")).to_have_count(13)
    expect(page).to_have_url(re.compile(rf"\?step=0&step=1&view=table&compare={FIRST}$"))
    expect(page.locator(f"#compare-{FIRST}")).to_be_checked()
    page.locator("#id_sort").select_option("-population")
    expect(page.locator(".cases__bodies")).to_have_attribute("aria-sort", "descending")
    page.go_back()
    expect(page.locator(".cases__bodies[aria-sort]")).to_have_count(0)
    assert page.evaluate("window.stayed") is True
    page.locator(".cases__bodies a").click()
    expect(page.locator(".cases__bodies")).to_have_attribute("aria-sort", "ascending")
    assert picked(page) == [FIRST]
    pick(page, SECOND)
    page.get_by_role("button", name="比べる（4件まで）").click()
    page.get_by_role("link", name="一覧から事例を加える").click()
    expect(page.locator(".cases__bodies")).to_have_attribute("aria-sort", "ascending")
    assert picked(page) == [FIRST, SECOND]


@pytest.mark.parametrize("width", one_in(3, [360, 768, 1280]))
def test_it_is_read_without_scrolling_sideways_as_the_table_it_is(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/cases/?view=table&near=063631")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tree = page.locator(".cases").aria_snapshot()
    assert (tree.count("- row "), tree.count("- rowheader ")) == (21, 20)
    lefts = page.locator(".case-row").first.evaluate(
        "row => [...row.children].map(cell => cell.getBoundingClientRect().left)"
    )
    assert len(set(lefts)) == (1 if width == 360 else 5)


def test_it_prints_across_with_its_headings_on_each_sheet(page: Page) -> None:
    page.goto("/cases/?view=table")
    paper = sheets(page)
    assert len(paper) <= 3
    assert all(width > height for width, height in paper)
    page.emulate_media(media="print")
    assert page.locator(".cases thead").evaluate("node => getComputedStyle(node).display") == (
        "table-header-group"
    )
    for hidden in (".views", ".cases .checkbox", ".with-side__side"):
        assert not page.locator(hidden).first.is_visible(), hidden
