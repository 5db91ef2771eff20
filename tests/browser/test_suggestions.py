"""The search box suggests while one types: by keyboard, pointer and screen reader, and never in the way."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.test_access import violations, width

KITA = ["東京都北区", "福岡県北九州市", "北海道北見市", "北海道北広島市", "岩手県北上市"]
SUGGESTIONS = "**/suggestions.json*"


def box_of(page: Page, path: str = "/") -> Locator:
    page.goto(path)
    box = page.locator("#id_q")
    if not box.is_visible():
        page.get_by_text("絞り込む", exact=True).click()
    return box


def typed(page: Page, text: str, path: str = "/") -> Locator:
    """The box with a text typed into it and its suggestions shown."""
    box = box_of(page, path)
    box.press_sequentially(text)
    expect(page.get_by_role("listbox")).to_be_visible()
    return box


def options_of(page: Page) -> Locator:
    return page.get_by_role("listbox", name="候補").get_by_role("option")


def status_of(page: Page) -> Locator:
    return page.locator(".suggest:has(#id_q) [aria-live=polite]")


def chosen(page: Page) -> str | None:
    """The name of the suggestion that a screen reader is told to be the active one."""
    return page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"
        "?.firstChild.textContent ?? null"
    )


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.long
def test_the_box_tells_what_it_suggests(sized_page: Page) -> None:
    box = typed(sized_page, "きた")
    expect(box).to_have_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).to_have_attribute("aria-autocomplete", "list")
    options = options_of(sized_page)
    counts = [0, 2, 1, 0, 0]
    named = [f"{name} 団体・{count}件" for name, count in zip(KITA, counts, strict=True)]
    expect(options).to_have_text(named)
    told = status_of(sized_page)
    expect(told).to_have_text("候補が5件あります。上下の矢印キーで選べます。")
    assert chosen(sized_page) is None
    sized_page.keyboard.press("ArrowDown")
    assert violations(sized_page) == []
    assert width(sized_page) <= sized_page.viewport_size["width"]  # type: ignore[index]
    assert min(option.bounding_box()["height"] for option in options.all()) >= 44  # type: ignore[index]


def test_the_keyboard_goes_through_the_suggestions_and_the_text_stays(page: Page) -> None:
    box = typed(page, "きた")
    seen = []
    for key in ["ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowDown", "Home", "ArrowUp", "End"]:
        page.keyboard.press(key)
        seen.append(chosen(page))
    assert seen == [KITA[0], KITA[1], KITA[0], KITA[4], KITA[0], None, KITA[4], None]
    expect(box).to_have_value("きた")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    assert (box.input_value(), chosen(page)) == ("きた", None)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("listbox")).to_be_visible()
    assert chosen(page) == KITA[4]
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_role("listbox")).to_be_hidden()


@pytest.mark.long
def test_a_body_chosen_is_searched_for_and_told_of(page: Page) -> None:
    typed(page, "きたみ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".named-bodies")).to_contain_text("北海道北見市：事例1件")
    assert query(page) == {"q": ["北海道北見市"]}


@pytest.mark.long
def test_the_button_stays_in_reach(sized_page: Page) -> None:
    typed(sized_page, "きた")
    sized_page.get_by_role("button", name="探す", exact=True).click()
    expect(sized_page.locator("h1")).to_contain_text("「きた」の事例")


@pytest.mark.long
def test_what_is_typed_in_full_may_be_chosen(page: Page) -> None:
    typed(page, "研修")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("「研修」の事例")


@pytest.mark.long
def test_enter_without_a_choice_searches_for_what_is_typed(page: Page) -> None:
    typed(page, "研修")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("「研修」の事例")
    assert query(page) == {"q": ["研修"]}


@pytest.mark.long
def test_a_section_leads_to_its_list_and_narrows_the_one_that_is_there(sized_page: Page) -> None:
    typed(sized_page, "デジタルデ")
    sized_page.get_by_role("option", name="デジタルデバイド対策").click()
    expect(sized_page.locator("h1")).to_have_text(re.compile(r"「?デジタルデバイド対策」?の事例\s*12件"))
    assert query(sized_page) == {"section": ["4-3"]}
    box = typed(sized_page, "デジタルデ", "/cases/?region=kanto")
    sized_page.evaluate("window.stayed = true")
    sized_page.get_by_role("option", name="デジタルデバイド対策").click()
    expect(sized_page.locator("h1")).to_have_text(re.compile("デジタルデバイド対策.*関東"))
    expect(sized_page.locator("#id_section_4-3")).to_be_checked()
    expect(box).to_have_value("")
    assert query(sized_page) == {"section": ["4-3"], "region": ["kanto"]}
    assert sized_page.evaluate("window.stayed")


@pytest.mark.long
def test_picks_and_view_go_along_to_another_list(page: Page) -> None:
    typed(page, "組織体制", "/cases/?population=0-1&step=0&compare=dx2021-16-1&view=table")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**section=*")
    asked = query(page)
    assert (asked.get("compare"), asked.get("view")) == (["dx2021-16-1"], ["table"])


@pytest.mark.long
def test_suggestions_go_on_after_the_list_has_changed(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    box = typed(page, "研修", "/cases/")
    page.get_by_role("option", name="研修動画").click()
    expect(page.locator("h1")).to_contain_text("「研修動画」の事例")
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.fill("")
    box.press_sequentially("きたみ")
    expect(options_of(page)).to_have_text(["北海道北見市 団体・1件"])


@pytest.mark.long
def test_the_list_goes_when_the_box_is_left_or_emptied(page: Page) -> None:
    listbox = page.get_by_role("listbox")
    box = typed(page, "きた")
    page.keyboard.press("Tab")
    expect(listbox).to_be_hidden()
    box = typed(page, "きた")
    page.locator(".lead").click()
    expect(listbox).to_be_hidden()
    box = typed(page, "きた")
    box.fill("")
    expect(listbox).to_be_hidden()
    expect(status_of(page)).to_be_empty()


@pytest.mark.long
def test_nothing_is_done_while_japanese_is_composed(page: Page, context: BrowserContext) -> None:
    asked: list[str] = []
    box = typed(page, "北")
    page.on("request", lambda request: asked.append(request.url))
    session = context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "みし", "selectionStart": 2, "selectionEnd": 2})
    expect(page.get_by_role("listbox")).to_be_hidden()
    key = {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, "key": "Process"}
    for code in ("ArrowDown", "ArrowDown", "Enter"):
        session.send("Input.dispatchKeyEvent", {**key, "code": code})
    page.wait_for_timeout(400)
    assert (asked, chosen(page), urlsplit(page.url).path) == ([], None, "/")
    session.send("Input.insertText", {"text": "見市"})
    expect(options_of(page)).to_have_text(["北海道北見市 団体・1件"])
    assert (box.input_value(), len(asked)) == ("北見市", 1)
    page.keyboard.press("ArrowDown")
    session.send("Input.dispatchKeyEvent", {**key, "code": "Enter"})
    page.wait_for_timeout(200)
    assert (box.input_value(), urlsplit(page.url).path) == ("北見市", "/")


@pytest.mark.long
def test_a_late_answer_is_not_shown(page: Page) -> None:
    late: list[Route] = []

    def hold_first(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append(route)

    page.route(SUGGESTIONS, hold_first)
    box = box_of(page)
    with page.expect_request(SUGGESTIONS):
        box.press_sequentially("研修")
    box.fill("きたみ")
    options = options_of(page)
    expect(options).to_have_text(["北海道北見市 団体・1件"])
    late[0].continue_()
    page.wait_for_timeout(300)
    expect(options).to_have_text(["北海道北見市 団体・1件"])


@pytest.mark.long
@pytest.mark.parametrize("answer", ["500", "none", "text"])
def test_where_no_suggestions_come_the_box_searches_as_ever(page: Page, answer: str) -> None:
    def fail(route: Route) -> None:
        if answer == "none":
            route.abort()
        else:
            route.fulfill(status=int(answer) if answer == "500" else 200, body="<html>")

    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route(SUGGESTIONS, fail)
    box = box_of(page)
    with page.expect_request(SUGGESTIONS):
        box.press_sequentially("研修")
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.press("Enter")
    expect(page.locator("h1")).to_contain_text("「研修」の事例")
    assert errors == []


@pytest.mark.long
def test_forced_colours_show_which_is_chosen(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    typed(page, "きた")
    page.keyboard.press("ArrowDown")
    outlines = options_of(page).evaluate_all("all => all.map(n => getComputedStyle(n).outlineStyle)")
    assert outlines == ["solid", *["none"] * 4]


class TestWithoutScripts:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, Any]) -> dict[str, Any]:
        return {**browser_context_args, "java_script_enabled": False}

    def test_the_box_is_a_search_field(self, page: Page) -> None:
        box = box_of(page)
        expect(box).to_have_role("searchbox")
        box.press_sequentially("きた")
        box.press("Enter")
        expect(page.locator("h1")).to_contain_text("「きた」の事例")
