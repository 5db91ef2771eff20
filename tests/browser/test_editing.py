"""What editors do, in a real browser: a case from draft to withdrawal, and two people on one case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.plugin import DjangoDbBlocker
from reversion.models import Revision

from catalog.editing.roles import EDITORS, PUBLISHERS
from catalog.models import Case, Confirmation, Link, ZeroResultSearch
from tests.making import make_case

PASSWORD = "a long enough password"
TITLE = "書類の写しを求めない窓口"
SLUG = "dx2021-201-1"
OPENED = "/admin/catalog/case/"


@pytest.fixture
def accounts(
    site: str, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """An editor, a publisher and a second publisher; with what they made, they go afterwards."""
    # The browser's driver runs a loop in this thread, in which Django would refuse to ask the database.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with django_db_blocker.unblock():
        for name, group in (("編集", EDITORS), ("公開", PUBLISHERS), ("公開二", PUBLISHERS)):
            user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
            user.groups.add(Group.objects.get(name=group))
        yield
        Case.objects.filter(page__gte=200).delete()
        for model in (Revision, LogEntry, User, ZeroResultSearch):
            model.objects.all().delete()
        connection.close()


@pytest.fixture
def log_in(accounts: None, browser: Browser, site: str) -> Iterator[Callable[[str], Page]]:
    """Opens the admin for an account; no page of a test may break the policy or have an error."""
    errors: list[str] = []

    def logged_in(name: str) -> Page:
        page = browser.new_context(base_url=site, locale="ja-JP").new_page()
        page.set_viewport_size({"width": 1280, "height": 900})
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        page.goto("/admin/")
        page.get_by_label("ユーザー名").fill(name)
        page.get_by_label("パスワード").fill(PASSWORD)
        page.get_by_role("button", name="ログイン").click()
        return page

    yield logged_in
    assert errors == []


def choose(page: Page, opener: str, typed: str, wanted: str) -> None:
    """Chooses from a field that completes what is typed."""
    page.locator(f"{opener} + .select2").click()
    page.locator(".select2-search__field").fill(typed)
    page.locator(".select2-results__option", has_text=wanted).click()


def save(page: Page, button: str = "保存") -> None:
    with page.expect_navigation():
        click(page, button)


def click(page: Page, button: str) -> None:
    page.locator(".submit-row").last.get_by_role("button", name=button, exact=True).click()


def body_row(page: Page, number: int, typed: str, wanted: str) -> None:
    choose(page, f"#id_case_bodies-{number}-body", typed, wanted)
    page.locator(f"#id_case_bodies-{number}-position").fill(str(number + 1))


def draft(page: Page) -> None:
    page.goto("/admin/catalog/case/add/")
    page.get_by_label("題名", exact=False).fill(TITLE)
    page.get_by_label("ポイント").fill("住民票の写しを求めない\n職員が照会する")
    page.get_by_label("取組内容").fill("窓口で写しを受け取らず、職員が照会する。")
    page.get_by_label("区分").select_option("4-1")
    choose(page, "#id_source", "参考事例集", "自治体DX推進手順書参考事例集")
    page.locator("#id_page").fill("201")
    body_row(page, 0, "ひだか", "高知県日高村")
    page.locator("#case_bodies-group .add-row a").click()
    body_row(page, 1, "292052", "奈良県橿原市")
    page.locator("#links-group .add-row a").click()
    page.locator("#id_links-0-label").fill("村の案内")
    page.locator("#id_links-0-url").fill("https://example.jp/madoguchi")
    save(page, "保存してプレビュー")


@pytest.mark.long
def test_a_case_withdrawn_and_published_again_is_seen_again_and_with_its_last_reason(
    accounts: None, page: Page
) -> None:
    case = make_case("comes-back", title="また公開する事例")
    page.goto("/cases/comes-back/")
    for reason in ("誤った理由", "正しい理由"):
        Case.objects.filter(pk=case.pk).update(status="withdrawn", withdrawn_reason=reason)
        follow(page, "/cases/comes-back/")
        expect(page.locator("#reason + p")).to_have_text(reason)
    Case.objects.filter(pk=case.pk).update(status="published", withdrawn_reason="")
    follow(page, "/cases/comes-back/")
    expect(page.locator("h1")).to_have_text("また公開する事例")


def follow(page: Page, address: str) -> None:
    """Goes there by a link of another page, as a reader does."""
    page.goto("/about/")
    page.locator("main a").first.evaluate("(link, address) => link.setAttribute('href', address)", address)
    page.locator("main a").first.click()
    page.wait_for_url(f"**{address}")


@pytest.mark.long
def test_a_case_goes_from_draft_to_publication_correction_and_withdrawal(
    log_in: Callable[[str], Page], page: Page
) -> None:
    editor, publisher = log_in("編集"), log_in("公開")

    draft(editor)
    expect(editor.locator(".preview")).to_contain_text("プレビュー（状態：下書き）")
    expect(editor.locator("h1")).to_have_text(TITLE)
    for shown in ("高知県日高村", "奈良県橿原市", "村の案内"):
        expect(editor.locator("article.case")).to_contain_text(shown)
    response = page.goto(f"/cases/{SLUG}/")
    assert response
    assert response.status == 404

    publisher.goto("/admin/")
    publisher.get_by_role("link", name=TITLE).first.click()
    expect(publisher.locator("#id_slug")).to_have_value(SLUG)
    publisher.get_by_label("状態").select_option(label="公開")
    save(publisher)
    expect(publisher.locator(".messagelist")).to_contain_text("変更しました")

    page.goto("/cases/?q=書類の写し&prefecture=39")
    expect(page.get_by_role("link", name=TITLE)).to_be_visible()
    page.goto("/cases/?body=292052&section=4-1")
    expect(page.get_by_role("link", name=TITLE)).to_be_visible()

    editor.goto(OPENED)
    editor.get_by_role("link", name=TITLE).click()
    expect(editor.get_by_role("button", name="保存", exact=True)).to_have_count(0)

    publisher.get_by_role("link", name=TITLE).first.click()
    publisher.get_by_label("題名", exact=False).fill("誤った題名")
    save(publisher)
    expect(publisher.locator(".errorlist").first).to_contain_text("変更の理由を入力してください")
    publisher.get_by_label("変更の理由").fill("題名の見直し")
    save(publisher)
    page.goto(f"/cases/{SLUG}/")
    expect(page.locator("h1")).to_have_text("誤った題名")

    publisher.get_by_role("link", name="誤った題名").first.click()
    publisher.get_by_role("link", name="履歴", exact=True).click()
    expect(publisher.locator(".versions > li").first).to_contain_text("理由：題名の見直し")
    publisher.get_by_text("変わった項目：題名").click()
    expect(publisher.locator(".versions ins").first).to_have_text("誤った題名")
    publisher.locator(".versions > li").nth(1).get_by_role("link", name="この版に戻す").click()
    expect(publisher.locator(".differences ins")).to_have_text(TITLE)
    publisher.get_by_label("変更の理由").fill("元の題名が正しい")
    publisher.get_by_role("button", name="この版に戻す").click()
    page.goto(f"/cases/{SLUG}/")
    expect(page.locator("h1")).to_have_text(TITLE)
    expect(page.locator("article.case")).to_contain_text("奈良県橿原市")

    publisher.get_by_label("状態").select_option(label="取り下げ")
    publisher.get_by_label("取り下げの理由").fill("団体の申し出により、掲載を終えました。")
    save(publisher)
    response = page.goto(f"/cases/{SLUG}/")
    assert response
    assert response.status == 410
    expect(page.locator("main")).to_contain_text("団体の申し出により、掲載を終えました。")
    page.goto("/cases/?q=書類の写し&prefecture=39")
    expect(page.get_by_role("link", name=TITLE)).to_have_count(0)


@pytest.mark.long
def test_two_browsers_on_one_case_lose_nothing(log_in: Callable[[str], Page]) -> None:
    case = make_case("two-browsers", title="二人の事例", page=301)
    first, second = log_in("公開"), log_in("公開二")
    for page in (first, second):
        page.goto(f"/admin/catalog/case/{case.pk}/change/")
    first.get_by_label("背景").fill("一人目の背景")
    first.get_by_label("ポイント").fill("一人目の要点")
    first.get_by_label("変更の理由").fill("一人目")
    save(first)
    second.get_by_label("成果").fill("二人目の成果")
    second.get_by_label("ポイント").fill("二人目の要点")
    second.get_by_label("変更の理由").fill("二人目")
    save(second)
    conflict = second.get_by_role("region", name="ほかの人の変更")
    expect(conflict).to_contain_text(re.compile(r"公開　.*理由：一人目"))
    expect(conflict.locator("td:last-child")).to_contain_text(["一人目の要点", "一人目の背景"])
    expect(second.get_by_label("成果")).to_have_value("二人目の成果")
    expect(second.get_by_label("背景")).to_have_value("一人目の背景")
    expect(second.get_by_label("ポイント")).to_have_value("二人目の要点")
    save(second)
    expect(second.locator(".messagelist")).to_contain_text("変更しました")
    case.refresh_from_db()
    assert (case.points, case.background, case.outcome) == (["二人目の要点"], "一人目の背景", "二人目の成果")


READERS = (
    *("/cases/?q=二人で直す", "/cases/proposed/", "/cases.json?q=二人で直す", "/cases.atom"),
    *("/cases.csv?q=二人で直す", "/api/v1/cases/proposed/", "/api/v1/cases/?q=二人で直す"),
)


@pytest.mark.long
def test_two_people_change_a_public_case_and_readers_see_the_old_text_until_it_is_published(
    log_in: Callable[[str], Page], page: Page
) -> None:
    case = make_case("proposed", title="二人で直す事例", page=302, background="今の背景")
    editor, publisher = log_in("編集"), log_in("公開")
    readers = page.request

    def read() -> list[tuple[str, str]]:
        answers = [readers.get(address) for address in READERS]
        return [(answer.text(), answer.headers["etag"]) for answer in answers]

    before = read()
    editor.goto(f"/admin/catalog/case/{case.pk}/change/")
    editor.get_by_label("ポイント").fill("改めた要点")
    editor.get_by_label("背景").fill("改めた背景")
    editor.get_by_label("成果").fill("出典にない成果")
    editor.locator("#links-group .add-row a").click()
    editor.locator("#id_links-0-label").fill("新しい案内")
    editor.locator("#id_links-0-url").fill("https://example.jp/new")
    editor.get_by_label("変更の理由").fill("出典の改訂")
    save(editor, "改訂案を保存してプレビュー")
    expect(editor.locator(".preview")).to_contain_text("改訂案のプレビュー")
    for shown in ("改めた背景", "出典にない成果", "新しい案内"):
        expect(editor.locator("article.case")).to_contain_text(shown)
    editor.get_by_role("link", name="改訂案に戻る").click()
    expect(editor.locator(".differences th[scope=row]")).to_have_text(
        ["ポイント", "背景", "成果", "関連リンク"]
    )
    editor.get_by_role("button", name="確認を依頼する").click()
    expect(editor.locator(".messagelist")).to_contain_text("公開担当者に確認を依頼しました。")

    publisher.goto("/admin/")
    expect(publisher.get_by_role("heading", name="確認依頼のある改訂案：1件")).to_be_visible()
    publisher.get_by_role("link", name="二人で直す事例").first.click()
    expect(publisher.locator(".differences ins")).to_contain_text(
        ["改めた", "改めた", "出典にない成果", "新しい案内"]
    )
    publisher.get_by_label("編集者どうしの連絡").fill("成果は出典にありません")
    publisher.get_by_role("button", name="差し戻す").click()

    editor.goto("/admin/")
    editor.get_by_role("link", name="二人で直す事例").first.click()
    expect(editor.locator("#content")).to_contain_text("成果は出典にありません")
    editor.get_by_role("link", name="改訂案を編集する").click()
    expect(editor.locator("#id_links-0-label")).to_have_value("新しい案内")
    editor.get_by_label("成果").fill("")
    save(editor, "改訂案を保存")
    editor.get_by_role("button", name="確認を依頼する").click()
    assert read() == before

    publisher.goto("/admin/")
    publisher.get_by_role("link", name="二人で直す事例").first.click()
    publisher.get_by_role("button", name="公開する").click()
    expect(publisher.locator(".messagelist")).to_contain_text("公開しました。")
    page.goto("/cases/proposed/")
    for shown in ("改めた背景", "新しい案内"):
        expect(page.locator("article.case")).to_contain_text(shown)
    expect(page.locator("article.case")).not_to_contain_text("出典にない成果")
    assert all(new != old for new, old in zip(read(), before, strict=True))
    assert not case.proposals.still_open().exists()


@pytest.mark.long
def test_a_draft_deleted_by_mistake_is_brought_back_with_all_that_belonged_to_it(
    log_in: Callable[[str], Page], page: Page
) -> None:
    case = make_case("by-mistake", title="まちがえて消す事例", page=304, status="draft")
    Link.objects.create(case=case, url="https://example.jp/", label="村の案内")
    asked = Confirmation.objects.create(
        case=case, body_id="063631", expires_at=timezone.now() + timedelta(days=30)
    )
    publisher = log_in("公開")
    publisher.goto(f"/admin/catalog/case/{case.pk}/change/")
    publisher.locator(".deletelink").first.click()
    publisher.locator("#content form [type=submit]").click()
    expect(publisher.locator(".messagelist")).to_contain_text("「ゴミ箱」から元に戻せます。")
    assert page.goto(asked.path).status == 404  # type: ignore[union-attr]
    publisher.get_by_role("link", name="ゴミ箱").click()
    publisher.get_by_role("button", name="「まちがえて消す事例」を元に戻す").click()
    expect(publisher.locator(".messagelist")).to_contain_text("「まちがえて消す事例」を元に戻しました。")
    publisher.goto(f"/admin/catalog/case/{case.pk}/change/")
    expect(publisher.locator("#id_links-0-label")).to_have_value("村の案内")
    expect(publisher.get_by_role("region", name="団体の確認")).to_contain_text("山形県舟形町：回答待ち")
    page.goto(asked.path)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("body")).to_contain_text("まちがえて消す事例")


@pytest.mark.long
def test_nothing_typed_is_lost_when_the_session_has_ended(log_in: Callable[[str], Page]) -> None:
    page, text = log_in("編集"), "長い文章です。" * 100
    page.goto("/admin/catalog/case/add/")
    page.get_by_label("題名", exact=False).fill(TITLE)
    page.get_by_label("ポイント").fill("要点")
    page.get_by_label("取組内容").fill(text)
    page.get_by_label("区分").select_option("4-1")
    choose(page, "#id_source", "参考事例集", "自治体DX推進手順書参考事例集")
    page.locator("#id_page").fill("203")
    body_row(page, 0, "ひだか", "高知県日高村")
    page.locator("#links-group .add-row a").click()
    page.locator("#id_links-0-label").fill("村の案内")
    page.locator("#id_links-0-url").fill("https://example.jp/madoguchi")
    expect(page.get_by_role("alert")).to_have_count(0)
    Session.objects.all().delete()
    click(page, "保存")
    alert = page.get_by_role("alert").filter(has_text="ログインの有効期限が切れた")
    expect(alert).to_be_visible()
    expect(page.get_by_label("取組内容")).to_have_value(text)
    with page.context.expect_page() as opened:
        alert.get_by_role("link", name="別の画面でログイン").click()
    opened.value.get_by_label("ユーザー名").fill("編集")
    opened.value.get_by_label("パスワード").fill(PASSWORD)
    opened.value.get_by_role("button", name="ログイン").click()
    expect(opened.value.get_by_role("heading", name="編集メニュー")).to_be_visible()
    save(page)
    expect(page.locator(".messagelist")).to_contain_text("追加しました")
    case = Case.objects.get(page=203)
    assert (case.approach, case.links.get().label) == (text, "村の案内")
    assert list(case.case_bodies.values_list("body", flat=True)) == ["394106"]


@pytest.mark.long
def test_what_is_typed_is_kept_and_offered_again_and_leaving_is_asked_about(
    log_in: Callable[[str], Page],
) -> None:
    page, case = log_in("編集"), make_case("kept", title="書きかけの事例", page=303, status="draft")
    page.clock.install()
    page.goto(f"/admin/catalog/case/{case.pk}/change/")
    page.get_by_label("成果").fill("打ちかけの成果")
    page.locator("#figures-group .add-row a").click()
    page.locator("#id_figures-0-label").fill("回数")
    with page.expect_response("**/admin/autosave/"):
        page.clock.run_for(16_000)
    expect(page.get_by_text("書きかけの入力を預かりました。")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as asked:
        page.get_by_role("link", name="プレビュー", exact=True).click(no_wait_after=True)
    assert asked.value.type == "beforeunload"
    expect(page.get_by_label("成果")).to_have_value("打ちかけの成果")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="プレビュー", exact=True).click()
    page.get_by_role("link", name="編集に戻る").click()
    expect(page.get_by_label("成果")).to_have_value("")
    page.get_by_role("link", name="入力を復元する").click()
    expect(page.get_by_label("成果")).to_have_value("打ちかけの成果")
    expect(page.locator("#id_figures-0-label")).to_have_value("回数")
    page.locator("#id_figures-0-value").fill("8回")
    save(page)
    expect(page.locator(".messagelist")).to_contain_text("変更しました")
    case.refresh_from_db()
    assert (case.outcome, str(case.figures.get())) == ("打ちかけの成果", "回数：8回")


PASTE = """([field, text]) => {
    field.focus();
    const data = new DataTransfer();
    data.setData('text/plain', text);
    const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
    if (field.dispatchEvent(event)) document.execCommand('insertText', false, text);
}"""


@pytest.mark.long
def test_line_ends_of_a_pasted_pdf_are_joined_only_where_that_is_chosen_and_come_back(
    log_in: Callable[[str], Page],
) -> None:
    page = log_in("編集")
    page.goto("/admin/catalog/case/add/")
    pasted = "申請書の記入を\nなくした。\n・窓口の\n改善\n\nDX\npromotion"
    field, offer = page.locator("#id_approach"), page.get_by_role("button", name="改行をつなぐ")
    field.evaluate("(field, text) => (" + PASTE + ")([field, text])", pasted)
    expect(field).to_have_value(pasted)
    offer.click()
    expect(field).to_have_value("申請書の記入をなくした。\n・窓口の改善\n\nDX promotion")
    page.get_by_role("button", name="つなぐ前に戻す").click()
    expect(field).to_have_value(pasted)
    page.locator("#id_points").evaluate("(field, text) => (" + PASTE + ")([field, text])", "一つ目\n二つ目")
    page.locator("#id_outcome").evaluate("(field, text) => (" + PASTE + ")([field, text])", "一文。\n二文。")
    expect(offer).to_have_count(1)
    page.locator("#id_title").fill("書きかけの事例")
    page.locator("#id_page").fill("210")
    save(page)
    expect(page.locator(".messagelist")).to_contain_text("追加しました")
    assert Case.objects.get(page=210).approach == pasted


OFF_SCREEN = """() => [...document.querySelectorAll('.inline-group :is(input, select, textarea, th)')]
    .filter(node => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth)
    .map(node => node.id || node.className)"""


@pytest.mark.long
def test_all_fields_of_a_case_and_its_bodies_are_on_the_screen(log_in: Callable[[str], Page]) -> None:
    page = log_in("公開")
    page.goto("/admin/catalog/case/?q=dx2021-36-1")
    page.locator("#result_list tbody th a").click()
    page.locator("#case_bodies-0 summary").click()
    expect(page.get_by_role("textbox", name="照会先の部署")).to_be_visible()
    assert page.evaluate(OFF_SCREEN) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.long
def test_on_a_phone_each_case_of_the_list_is_a_block_as_wide_as_the_screen(
    log_in: Callable[[str], Page],
) -> None:
    page = log_in("公開")
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto("/admin/catalog/case/")
    title = page.locator("#result_list tbody th").first.bounding_box()
    assert title is not None
    assert title["width"] > 250
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
