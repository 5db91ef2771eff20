"""The list follows its filters without a reload, and every failure ends in what the plain form does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.quick import one_in

HEADING = {"name": re.compile("の事例"), "level": 1}


@pytest.fixture
def live(sized_page: Page) -> Page:
    """The list of step 2, with a mark that a reload would wipe away."""
    sized_page.goto("/cases/?step=2")
    if not sized_page.locator("#id_q").is_visible():
        sized_page.get_by_text("絞り込む", exact=True).click()
    sized_page.evaluate("window.stayed = true")
    return sized_page


def stayed(page: Page) -> bool:
    return page.evaluate("window.stayed === true")


def test_a_filter_changes_list_counts_address_title_and_status(live: Page) -> None:
    status = live.get_by_role("status")
    expect(status).to_have_text("22件の事例が見つかりました。")
    live.get_by_label("1万人未満").check()
    expect(status).to_have_text("3件の事例が見つかりました。")
    expect(live.locator("h1")).to_have_text(re.compile(r"ステップ2・人口1万人未満の事例\s*3件"))
    expect(live.locator(".card")).to_have_count(3)
    expect(live.locator("label", has_text="ステップ3 ")).to_have_text(re.compile(r"1件$"))
    assert live.url.endswith(
        "/cases/?q=&near_population=&sort=&step=2&population=0-1&population_min=&population_max="
    )
    assert live.title().startswith("ステップ2・人口1万人未満の事例 3件")
    expect(live.get_by_role("status")).to_have_count(1)
    assert stayed(live)


def test_the_focus_and_what_was_opened_stay(live: Page) -> None:
    live.get_by_text("四国", exact=True).last.click()
    live.get_by_label("高知県").check()
    expect(live.locator(".card")).to_have_count(2)
    expect(live.get_by_label("高知県")).to_be_focused()
    live.get_by_label("高知県").uncheck()
    expect(live.locator(".card")).to_have_count(20)
    expect(live.get_by_label("高知県")).to_be_visible()
    assert stayed(live)


# From the top to the foot of the filters; the last leaves a page that is shorter than the place of its box.
@pytest.mark.parametrize("name", one_in(3, ["topic", "region", "kind"]))
@pytest.mark.parametrize("from_top", one_in(2, [600, 100]))
def test_a_ticked_box_stays_where_it_was_on_the_screen(live: Page, name: str, from_top: int) -> None:
    live.goto("/cases/")
    if not live.locator("#id_q").is_visible():
        live.get_by_text("絞り込む", exact=True).click()
    box = live.locator(f"#{live.locator(f'input[name={name}]:enabled').last.get_attribute('id')}")
    box.evaluate(f"node => scrollBy(0, node.getBoundingClientRect().top - {from_top})")
    place = top_of(box)
    for is_ticked in (True, False):
        before = live.locator("h1").inner_text()
        box.set_checked(is_ticked)
        expect(live.locator("h1")).not_to_have_text(before)
        live.wait_for_timeout(100)  # htmx settles what it put in a moment later
        assert top_of(box) == pytest.approx(place, abs=1)


def top_of(box: Locator) -> float:
    return box.evaluate("node => node.getBoundingClientRect().top")


def test_words_are_searched_for_on_enter(live: Page) -> None:
    live.locator("#id_q").fill("研修")
    live.locator("#id_q").press("Enter")
    expect(live.locator("h1")).to_contain_text("ステップ2・「研修」の事例")
    expect(live.locator("mark").first).to_be_visible()
    assert stayed(live)


def test_a_bad_value_is_told_beside_its_field_without_a_reload(live: Page) -> None:
    live.get_by_label("自団体の人口").fill("八千")
    live.get_by_role("button", name="この条件で絞り込む").click()
    expect(live.get_by_role("alert")).to_contain_text("整数で指定してください")
    expect(live.get_by_label("自団体の人口")).to_have_value("八千")
    assert stayed(live)


def test_back_and_forward_lead_through_the_queries(live: Page) -> None:
    live.get_by_label("1万人未満").check()
    expect(live.locator(".card")).to_have_count(3)
    live.go_back()
    expect(live.locator("h1")).to_have_text(re.compile(r"ステップ2の事例\s*22件"))
    expect(live.locator("input[name=population][value='0-1']")).not_to_be_checked()
    live.go_forward()
    expect(live.locator(".card")).to_have_count(3)
    expect(live.locator("input[name=population][value='0-1']")).to_be_checked()


@pytest.mark.parametrize("answer", ["none", "500"])
def test_where_the_layer_fails_the_form_is_sent_as_ever(live: Page, answer: str) -> None:
    def fail(route: Route) -> None:
        if "hx-request" not in route.request.headers:
            route.continue_()
        elif answer == "none":
            route.abort()
        else:
            route.fulfill(status=500, body="")

    live.route("**/cases/?*", fail)
    live.get_by_label("1万人未満").check()
    expect(live.locator("h1")).to_have_text(re.compile(r"ステップ2・人口1万人未満の事例\s*3件"))
    assert not stayed(live)
