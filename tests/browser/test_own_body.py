"""From the home page one's own body leads to its nearest cases in one action, with and without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.quick import one_in

NO_CASE = "の事例はありません。類似の取組としての掲載もありません。人口の近い団体の事例から並べます。"
# What ten officers type: the body that the list is ordered by, and how its answer begins.
TYPED = {
    "八王子市": ("東京都八王子市", f"東京都八王子市{NO_CASE}"),
    "龍ヶ崎市": ("茨城県龍ケ崎市", f"茨城県龍ケ崎市{NO_CASE}"),
    "長野県 池田町": ("長野県池田町", f"長野県池田町{NO_CASE}"),
    "横浜市中区": ("神奈川県横浜市", "「横浜市中区」は神奈川県横浜市の区です。"),
    "きたみし": ("北海道北見市", "北海道北見市の事例が1件あります（「自団体」の印）。"),
    "埼玉県深谷市": (
        "埼玉県深谷市",
        "埼玉県深谷市の事例はありません。類似の取組を行っている団体として、「業務の効率化による書かない窓口",
    ),
    "津市": ("三重県津市", "三重県津市"),
    "ﾐﾅﾄｸ": ("東京都港区", "東京都港区の事例が1件あります"),
    "１３３８２": (
        "東京都御蔵島村",
        "東京都御蔵島村の事例はありません。類似の取組としての掲載もありません。"
        "いちばん近いのは福島県磐梯町（0.3万人、御団体の約9.4倍）です。",
    ),
    "山梨県庁": ("山梨県", f"山梨県{NO_CASE}"),
}


def see_nearest_cases(page: Page, typed: str) -> None:
    body, told = TYPED[typed]
    page.goto("/")
    page.get_by_label("うちの団体から探す").fill(typed)
    page.get_by_role("button", name="団体の近い順に見る").click()
    expect(page.locator("h1")).to_contain_text(f"すべての事例（{body}に近い順）")
    expect(page.locator(".answer")).to_have_text(re.compile(f"^{re.escape(told)}"))
    expect(page.locator(".card")).to_have_count(20)


@pytest.mark.parametrize("typed", one_in(4, TYPED))
def test_one_action_leads_to_the_nearest_cases_with_the_answer(tab: Page, typed: str) -> None:
    see_nearest_cases(tab, typed)


class TestWithoutScripts:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, Any]) -> dict[str, Any]:
        return {**browser_context_args, "java_script_enabled": False}

    @pytest.mark.long
    def test_one_action_leads_to_the_nearest_cases_with_the_answer(self, page: Page) -> None:
        for typed in TYPED:
            see_nearest_cases(page, typed)

    def test_namesakes_are_choices(self, page: Page) -> None:
        page.goto("/cases/?step=2")
        page.get_by_label("自団体", exact=True).fill("府中市")
        page.get_by_role("button", name="自団体に近い順に並べる").click()
        page.get_by_role("link", name="広島県府中市").click()
        expect(page.locator("h1")).to_contain_text("ステップ2の事例（広島県府中市に近い順）")


def suggestions(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


# From where the own body is asked for, and where the answer to it is seen.
PLACES = {
    "/": "すべての事例（茨城県龍ケ崎市に近い順）",
    "/cases/?step=2": "ステップ2の事例（茨城県龍ケ崎市に近い順）",
    "/cases/dx2021-46-1/": "の事例（茨城県龍ケ崎市に近い順）",
    "/near/": "すべての事例（茨城県龍ケ崎市に近い順）",
}


@pytest.mark.parametrize("path", one_in(2, PLACES))
def test_names_are_suggested_while_one_types_wherever_the_own_body_is_asked_for(tab: Page, path: str) -> None:
    tab.goto(path)
    field = tab.locator("#id_name")
    field.press_sequentially("りゅうがさ")
    expect(suggestions(tab)).to_have_text(["茨城県龍ケ崎市 団体・0件"])
    field.fill("龍が崎")
    expect(suggestions(tab)).to_have_text(["茨城県龍ケ崎市 団体・0件"])
    field.press("ArrowDown")
    field.press("Enter")
    expect(tab.locator("h1")).to_contain_text(PLACES[path])


@pytest.mark.long
def test_suggestions_go_on_after_the_list_has_changed_and_keep_its_filters(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/cases/")
    page.get_by_role("checkbox", name="ステップ2").check()
    expect(page.locator("h1")).to_contain_text("ステップ2の事例")
    page.locator("#id_name").press_sequentially("しまねけんみさと")
    expect(suggestions(page)).to_have_text(["島根県美郷町 団体・1件"])
    suggestions(page).click()
    expect(page.locator("h1")).to_contain_text("ステップ2の事例（島根県美郷町に近い順）")


@pytest.mark.parametrize("answer", one_in(2, ["none", "500"]))
def test_where_no_suggestions_come_the_form_is_sent_as_ever(page: Page, answer: str) -> None:
    def fail(route: Route) -> None:
        if answer == "none":
            route.abort()
        else:
            route.fulfill(status=500, body="")

    page.route("**/suggestions.json*", fail)
    see_nearest_cases(page, "八王子市")
