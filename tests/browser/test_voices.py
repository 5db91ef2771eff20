"""A body confirms its case from a link, and a reader tells of an error, in real browsers without a login."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from catalog.models import Confirmation, Report
from tests.browser.test_editing import accounts, click, log_in
from tests.browser.test_weight import sheets
from tests.making import make_case
from tests.quick import one_in

__all__ = ("accounts", "log_in")  # fixtures

SLUG = "asked"


@pytest.fixture
def stranger(browser: Browser, site: str) -> Page:
    """Somebody with a link and no account, whose browser runs no script."""
    context = browser.new_context(base_url=site, locale="ja-JP", java_script_enabled=False)
    return context.new_page()


def link_in(page: Page) -> str:
    (link,) = re.findall(r"http\S+/confirm/\S+", page.get_by_label("メールの文").first.input_value())
    return link


@pytest.mark.long
def test_a_publisher_asks_a_body_answers_and_readers_are_told(
    log_in: Callable[[str], Page], stranger: Page, page: Page
) -> None:
    case = make_case(SLUG, title="予約の要らない窓口", page=300)
    publisher = log_in("公開")
    publisher.goto(f"/admin/catalog/case/{case.pk}/change/")
    publisher.get_by_role("link", name="団体の確認").click()
    publisher.get_by_label("確認を依頼する団体").select_option(label="山形県舟形町")
    publisher.get_by_role("button", name="確認のリンクを作る").click()
    link = link_in(publisher)

    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="山形県舟形町のご担当の方へ")).to_be_visible()
    stranger.get_by_label("直してほしい", exact=True).check()
    stranger.get_by_role("button", name="送る").click()
    expect(stranger.get_by_role("alert")).to_contain_text("どこを、どのように直すかを書いてください。")
    stranger.get_by_label("直してほしいところ").fill("窓口は3つです。")
    stranger.get_by_label("所属・部署").fill("総務課")
    stranger.get_by_role("button", name="送る").click()
    expect(stranger.get_by_role("status").first).to_contain_text("「直してほしい」との回答を受け付けました。")
    assert stranger.context.cookies() == []

    publisher.goto("/admin/")
    publisher.get_by_role("link", name="予約の要らない窓口").first.click()
    expect(publisher.locator("#content")).to_contain_text("窓口は3つです。")
    expect(publisher.locator("#content")).to_contain_text("総務課")

    stranger.get_by_label("この内容でよい").check()
    stranger.get_by_role("button", name="訂正を送る").click()
    page.goto(f"/cases/{SLUG}/")
    expect(page.locator(".confirmed")).to_have_text(re.compile("^山形県舟形町が内容を確認（2026年11月）$"))
    publisher.reload()
    publisher.get_by_role("button", name="対応済みにする").click()
    publisher.get_by_role("button", name="回答を取り消す").click()
    page.reload()
    expect(page.locator(".confirmed")).to_have_count(0)
    stranger.reload()
    expect(stranger.locator("h1")).to_have_text("この確認のリンクは終わりました")


@pytest.mark.parametrize("width", one_in(2, [360, 1280]))
def test_the_page_of_a_link_is_fit_for_everybody(accounts: None, page: Page, width: int) -> None:
    case = make_case(SLUG, title="予約の要らない窓口", page=300)
    link = Confirmation.objects.create(case=case, body_id="063631", expires_at="2100-01-01T00:00+09:00")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(link.path)
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sheets(page)
    page.emulate_media(media="print")
    assert link.token not in page.locator("body").inner_text()


@pytest.mark.long
def test_a_reader_tells_of_an_error_and_an_editor_takes_it_up(
    log_in: Callable[[str], Page], stranger: Page
) -> None:
    make_case(SLUG, title="予約の要らない窓口", page=300)
    try:
        tell(stranger)
        editor = log_in("編集")
        editor.get_by_role("link", name="誤り：予約の要らない窓口").click()
        expect(editor.locator("#content")).to_contain_text("窓口は3つです。")
        expect(editor.locator("#content")).not_to_contain_text("himitsu@example.jp")
        click(editor, "この情報を見ながら事例を直す")
        expect(editor.get_by_role("heading", name="もとになる寄せられた情報")).to_be_visible()
    finally:
        Report.objects.all().delete()


def tell(page: Page) -> None:
    page.goto(f"/cases/{SLUG}/")
    page.get_by_role("link", name="この事例の誤りを知らせる").click()
    assert page.get_by_label("事例の題名").input_value() == "予約の要らない窓口"
    page.get_by_role("button", name="送る").click()
    expect(page.get_by_role("alert")).to_contain_text("内容を入力してください。")
    page.get_by_label("内容", exact=False).first.fill("窓口は3つです。")
    page.get_by_label("メール").fill("himitsu@example.jp")
    page.wait_for_timeout(3_000)  # less is taken for a program
    page.get_by_role("button", name="送る").click()
    expect(page.locator("h1")).to_have_text("お知らせを受け付けました")
    assert page.context.cookies() == []


@pytest.mark.long
def test_what_cannot_be_taken_now_is_copied(page: Page, context: BrowserContext, accounts: None) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    Report.objects.bulk_create(
        Report(kind="new", title="題名", text="内容", digest=str(number), origin="x")
        for number in range(Report.MAX_A_DAY)
    )
    try:
        page.goto("/report/")
        filled: dict[str, Any] = {"事例の題名": "題名", "団体名": "舟形町"}
        page.get_by_label("新しい事例を知らせる").check()
        for label, text in filled.items():
            page.get_by_label(label).fill(text)
        page.get_by_role("textbox", name="内容").fill("一行目\n二行目")
        page.wait_for_timeout(3_000)
        page.get_by_role("button", name="送る").click()
        expect(page.locator("h1")).to_have_text("まだ受け付けていません")
        page.get_by_role("button", name="内容を写す").click()
        expect(page.get_by_role("status")).to_have_text(re.compile("写しました"))
        assert "内容：一行目\n二行目" in page.evaluate("navigator.clipboard.readText()").replace("\r", "")
        Report.objects.all().delete()
        page.get_by_role("button", name="もう一度送る").click()
        expect(page.locator("h1")).to_have_text("お知らせを受け付けました")
        assert Report.objects.get().text == "一行目\n二行目"
    finally:
        Report.objects.all().delete()
