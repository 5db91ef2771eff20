"""What a reader does, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.quick import one_in


def test_the_stylesheet_arrives(page: Page) -> None:
    page.goto("/")
    assert (
        page.locator(".button").first.evaluate("node => getComputedStyle(node).backgroundColor")
        == "rgb(0, 23, 193)"
    )


def test_all_columns_of_a_comparison_of_four_cases_are_in_sight(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/compare/?case=dx2021-17-1&case=dx2021-5-1&case=dx2021-14-1&case=dx2021-18-2")
    frame = page.locator(".table-scroll")
    assert frame.evaluate("node => node.scrollWidth - node.clientWidth") == 0


# Words in sight that stand out of their cell to the left or right.
OVERFLOWING = """() => [...document.querySelectorAll('.coverage th, .coverage td')].flatMap(cell => {
    const box = cell.getBoundingClientRect(), range = document.createRange(), found = [];
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (getComputedStyle(text.parentElement).position === 'absolute') continue;
        range.selectNodeContents(text);
        const lines = [...range.getClientRects()].filter(line => line.width > 0);
        if (lines.some(line => line.left < box.left || line.right > box.right)) found.push(text.data);
    }
    return found;
})"""


@pytest.mark.parametrize("width", one_in(3, [360, 768, 800, 960, 1280]))
def test_the_words_of_the_coverage_table_stay_in_their_cells(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/")
    assert page.evaluate(OVERFLOWING) == []


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, Any]) -> dict[str, Any]:
        return {**browser_context_args, "java_script_enabled": False}

    @pytest.mark.long
    def test_two_clicks_lead_from_home_to_a_case_of_a_small_town_at_step_2(self, sized_page: Page) -> None:
        sized_page.goto("/")
        sized_page.get_by_role("link", name="1万人未満・ステップ2の事例").click()
        expect(sized_page.get_by_role("heading", level=1)).to_have_text(
            re.compile(r"ステップ2・人口1万人未満の事例\s*3件")
        )
        sized_page.get_by_role("link", name="全庁一丸でデジタル変革をおこすための体制整備").click()
        expect(sized_page.locator(".case__bodies a")).to_have_text("福島県磐梯町")

    def test_the_filter_form_narrows_the_list(self, sized_page: Page) -> None:
        sized_page.goto("/cases/")
        if not sized_page.get_by_label("1万人未満").is_visible():
            sized_page.get_by_text("絞り込む", exact=True).click()
        sized_page.get_by_label("1万人未満").check()
        sized_page.locator("#id_step_3").check()
        sized_page.get_by_role("button", name="この条件で絞り込む").click()
        expect(sized_page.locator(".card")).to_have_count(1)
        expect(sized_page.locator(".card__bodies")).to_contain_text("高知県日高村")
        expect(sized_page).to_have_url(re.compile("step=3&population=0-1"))

    @pytest.mark.long
    def test_paging_reaches_every_case(self, sized_page: Page) -> None:
        sized_page.goto("/cases/")
        seen = set(sized_page.locator(".card__title").all_inner_texts())
        for number in (2, 3):
            sized_page.get_by_role("link", name="次へ").click()
            sized_page.wait_for_url(f"**/cases/?page={number}")
            seen |= set(sized_page.locator(".card__title").all_inner_texts())
        assert len(seen) == 60
        expect(sized_page.get_by_role("link", name="次へ")).to_have_count(0)

    def test_ones_own_body_puts_the_list_in_order(self, sized_page: Page) -> None:
        sized_page.goto("/")
        sized_page.get_by_label("うちの団体から探す").fill("みさと")
        sized_page.get_by_role("button", name="団体の近い順に見る").click()
        sized_page.get_by_role("link", name="島根県美郷町").click()
        expect(sized_page.locator(".card").first).to_contain_text("島根県美郷町")
        expect(sized_page.locator(".card").first).to_contain_text("自団体")

    def test_ticked_cases_are_compared_and_what_is_listed_is_saved(self, sized_page: Page) -> None:
        sized_page.goto("/cases/?step=2&population=0-1")
        for box in sized_page.get_by_label("選ぶ").all()[:2]:
            box.check()
        sized_page.get_by_role("button", name="比べる（4件まで）").click()
        expect(sized_page.locator("thead th")).to_have_count(3)
        expect(sized_page.get_by_role("button", include_hidden=False)).to_have_count(0)
        sized_page.go_back()
        for form in ("Excel", "編集用 CSV"):
            with sized_page.expect_download() as download:
                sized_page.get_by_role("link", name=form, exact=True).click()
            assert download.value.path().stat().st_size > 1_000

    def test_the_skip_link_leads_to_the_main_part(self, sized_page: Page) -> None:
        sized_page.goto("/cases/")
        sized_page.keyboard.press("Tab")
        expect(sized_page.get_by_text("本文へ移動")).to_be_focused()
        sized_page.keyboard.press("Enter")
        expect(sized_page).to_have_url(re.compile("#main$"))
