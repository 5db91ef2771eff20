"""The letter that asks a body about a case: copied, printed, with and without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_weight import sheets

CASE = "/cases/dx2021-36-1/"


def letter(page: Page) -> str:
    return page.get_by_role("textbox", name="照会文").input_value()


def pasted(page: Page) -> str:
    """What the clipboard holds, as the keyboard brings it into the emptied field."""
    page.get_by_role("textbox", name="照会文").fill("")
    page.get_by_role("textbox", name="照会文").press("Control+V")
    return letter(page)


def test_one_click_leads_from_a_case_to_a_letter_that_is_copied(
    sized_page: Page, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    sized_page.goto(CASE)
    sized_page.get_by_role("link", name="照会文を作る").click()
    sized_page.get_by_role("textbox", name="照会文").fill("直した文\n二行目")
    sized_page.get_by_role("button", name="文を写す").click()
    expect(sized_page.get_by_role("status").filter(has_text="写しました。")).to_be_visible()
    assert sized_page.evaluate("navigator.clipboard.readText()") == "直した文\n二行目"


def test_the_letter_is_copied_too_where_the_browser_has_no_clipboard(page: Page) -> None:
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.goto("/inquiry/dx2021-36-1/")
    text = letter(page)
    page.get_by_role("button", name="文を写す").click()
    expect(page.get_by_role("status").filter(has_text="写しました。")).to_be_visible()
    assert pasted(page) == text


def test_where_nothing_can_be_copied_the_text_is_selected_and_the_reader_told(page: Page) -> None:
    page.add_init_script("delete Navigator.prototype.clipboard; Document.prototype.execCommand = () => false")
    page.goto("/inquiry/dx2021-36-1/")
    page.get_by_role("button", name="文を写す").click()
    expect(page.get_by_text("文を選びました。Ctrl+C（Macでは⌘+C）で写してください。")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == letter(page)


def test_the_longest_letter_prints_on_one_sheet(page: Page) -> None:
    records = page.request.get("/cases.json").json()["results"]
    longest = max(records, key=lambda record: len(record["title"]))
    page.goto(f"/inquiry/{longest['slug']}/?near=063631")
    (sheet,) = sheets(page)
    assert sheet[0] < sheet[1]


def test_what_is_printed_is_the_letter_as_it_was_changed_and_nothing_else(page: Page) -> None:
    page.goto("/inquiry/dx2021-26-1/?near=063631")
    page.get_by_role("textbox", name="照会文").fill("直した文")
    sheets(page)
    page.emulate_media(media="print")
    assert page.locator("body").inner_text().split() == ["直した文"]


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, Any]) -> dict[str, Any]:
        return {**browser_context_args, "java_script_enabled": False}

    @pytest.mark.long
    def test_the_own_body_is_put_in_and_the_letter_can_be_changed_and_printed(self, page: Page) -> None:
        page.goto(CASE)
        page.get_by_role("link", name="照会文を作る").click()
        page.get_by_label("自団体の名称").fill("美郷町")
        page.get_by_role("button", name="文に入れる").click()
        page.get_by_role("link", name="島根県美郷町").click()
        assert "島根県美郷町〔部署・氏名〕" in letter(page)
        assert "北海道北見市\n" in letter(page)
        expect(page.get_by_role("button")).to_have_count(1)
        expect(page.get_by_role("textbox", name="照会文")).to_be_editable()
        assert len(sheets(page)) == 1

    def test_each_body_of_a_case_has_its_letter(self, page: Page) -> None:
        page.goto("/inquiry/dx2021-26-1/?near=063631")
        assert "宮城県\n自治体DX担当課" in letter(page)
        page.get_by_role("link", name="静岡県への文にする").click()
        assert "静岡県\n自治体DX担当課" in letter(page)
        assert "山形県舟形町〔部署・氏名〕" in letter(page)
