"""The list follows its filters without a reload, and every failure ends in what the plain form does."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from playwright.sync_api import Locator, Page, Route, expect

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
    status = live.locator("#status")
    expect(status).to_have_text("22件の事例が見つかりました。")
    live.get_by_label("1万人未満").check()
    expect(status).to_have_text("3件の事例が見つかりました。")
    expect(live.locator("h1")).to_have_text(re.compile(r"ステップ2・人口1万人未満の事例\s*3件"))
    expect(live.locator(".card")).to_have_count(3)
    expect(live.locator("label", has_text="ステップ3 ")).to_have_text(re.compile(r"1件$"))
    assert live.url.endswith("/cases/?step=2&population=0-1")
    assert live.title().startswith("ステップ2・人口1万人未満の事例 3件")
    expect(live.locator("#status")).to_have_count(1)
    assert stayed(live)


@pytest.mark.long
def test_the_focus_and_what_was_opened_stay(live: Page) -> None:
    unfold(live, "prefecture")
    live.get_by_text("四国", exact=True).last.click()
    live.get_by_label("高知県").check()
    expect(live.locator(".card")).to_have_count(2)
    expect(live.get_by_label("高知県")).to_be_focused()
    live.get_by_label("高知県").uncheck()
    expect(live.locator(".card")).to_have_count(20)
    expect(live.get_by_label("高知県")).to_be_visible()
    assert stayed(live)


# From the top to the foot of the filters; the last leaves a page that is shorter than the place of its box.
@pytest.mark.long
@pytest.mark.parametrize("name", ["topic", "region", "kind"])
@pytest.mark.parametrize("from_top", [600, 100])
def test_a_ticked_box_stays_where_it_was_on_the_screen(live: Page, name: str, from_top: int) -> None:
    live.goto("/cases/")
    if not live.locator("#id_q").is_visible():
        live.get_by_text("絞り込む", exact=True).click()
    if name != "region":
        unfold(live, name)
    value = live.locator(f"input[name={name}]:enabled").last.get_attribute("value")
    box = live.locator(f"#filter-form input[name={name}][value='{value}']")
    box.evaluate(f"""node => node.closest(innerWidth < 960 ? '.filters' : '.with-side__side')
        .scrollBy(0, node.getBoundingClientRect().top - {from_top})""")
    place = top_of(box)
    for is_ticked in (True, False):
        before = live.locator("h1").inner_text()
        box.set_checked(is_ticked)
        expect(live.locator("h1")).not_to_have_text(before)
        answered(live)
        assert top_of(box) == pytest.approx(place, abs=1)


def unfold(page: Page, name: str) -> None:
    page.locator(f"#facet-{name} > summary").click()


def top_of(box: Locator) -> float:
    return box.evaluate("node => node.getBoundingClientRect().top")


def test_words_are_searched_for_on_enter(live: Page) -> None:
    live.locator("#id_q").fill("研修")
    live.locator("#id_q").press("Enter")
    expect(live.locator("h1")).to_contain_text("ステップ2・「研修」の事例")
    expect(live.locator("mark").first).to_be_visible()
    assert stayed(live)


def test_a_bad_value_is_told_beside_its_field_without_a_reload(live: Page) -> None:
    live.get_by_label("自団体の人口").fill("多い")
    live.locator(".filters__submit button").click()
    expect(live.get_by_role("alert")).to_contain_text("人数が読み取れません")
    expect(live.get_by_label("自団体の人口")).to_have_value("多い")
    assert stayed(live)


@pytest.mark.long
def test_back_and_forward_lead_through_the_queries(live: Page) -> None:
    live.get_by_label("1万人未満").check()
    expect(live.locator(".card")).to_have_count(3)
    live.go_back()
    expect(live.locator("h1")).to_have_text(re.compile(r"ステップ2の事例\s*22件"))
    expect(live.locator("#id_population_0-1")).not_to_be_checked()
    live.go_forward()
    expect(live.locator(".card")).to_have_count(3)
    expect(live.locator("#id_population_0-1")).to_be_checked()


@pytest.mark.long
@pytest.mark.parametrize("answer", ["none", "500"])
def test_where_the_layer_fails_the_form_is_sent_as_ever(live: Page, answer: str) -> None:
    def fail(route: Route) -> None:
        if route.request.resource_type != "fetch":
            route.continue_()
        elif answer == "none":
            route.abort()
        else:
            route.fulfill(status=500, body="")

    live.route("**/cases/?*", fail)
    live.get_by_label("1万人未満").check()
    expect(live.locator("h1")).to_have_text(re.compile(r"ステップ2・人口1万人未満の事例\s*3件"))
    assert not stayed(live)


class Slow:
    """A browser whose network takes its time."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("Network.enable")

    def wait(self, milliseconds: int) -> None:
        """From now on each answer comes so much later."""
        speed = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
        self.session.send("Network.emulateNetworkConditions", {"latency": milliseconds, **speed})


def answered(page: Page) -> None:
    """Waits until no change waits to be asked for, nor an answer."""
    page.wait_for_timeout(200)
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true", timeout=10_000)


def test_what_is_typed_while_an_answer_comes_stays(live: Page) -> None:
    Slow(live).wait(800)
    live.get_by_label("1万人未満").check()
    live.wait_for_timeout(200)
    live.locator("#id_q").press_sequentially("研修")
    expect(live.locator(".card")).to_have_count(3)
    expect(live.locator("#id_q")).to_have_value("研修")
    expect(live.locator("#id_q")).to_be_focused()
    live.keyboard.press("Enter")
    expect(live.locator("h1")).to_contain_text("ステップ2・人口1万人未満・「研修」の事例")


@pytest.mark.long
def test_what_is_composed_while_an_answer_comes_goes_on(live: Page) -> None:
    slow = Slow(live)
    slow.wait(800)
    live.get_by_label("1万人未満").check()
    live.wait_for_timeout(200)
    live.locator("#id_q").focus()
    live.evaluate("addEventListener('compositionend', () => { window.ended = true })")
    composed = {"text": "けんしゅう", "selectionStart": 5, "selectionEnd": 5}
    slow.session.send("Input.imeSetComposition", composed)
    expect(live.locator(".card")).to_have_count(3)
    assert live.evaluate("window.ended") is None
    slow.session.send("Input.insertText", {"text": "研修"})
    expect(live.locator("#id_q")).to_have_value("研修")


def test_whatever_tells_of_the_query_follows_it(live: Page) -> None:
    live.get_by_label("1万人未満").check()
    expect(live.locator(".card")).to_have_count(3)
    told = live.evaluate(
        """() => [
            ...document.head.querySelectorAll("link[rel=canonical], link[rel=alternate]"),
            ...document.querySelectorAll("#forms a"),
        ].map(link => link.href).filter(href => href.includes("/cases"))"""
    )
    assert len(told) == 7
    assert {address.partition("?")[2] for address in told} == {
        "step=2&population=0-1",
        "step=2&population=0-1&bom=1",
    }
    expect(live.locator("#origin")).to_contain_text("/cases/?step=2&population=0-1（")
    kept = live.locator("#own-kept input").evaluate_all("all => all.map(one => one.name + one.value)")
    assert kept == ["step2", "population0-1"]
    expect(live.locator("#results .chip")).to_have_count(2)


@pytest.mark.long
def test_a_slow_answer_shows_and_says_that_it_is_coming(live: Page) -> None:
    Slow(live).wait(1_500)
    live.get_by_label("1万人未満").check()
    expect(live.locator("#results")).to_have_attribute("aria-busy", "true")
    expect(live.get_by_text("結果を更新しています…").last).to_be_visible()
    expect(live.locator("#status")).to_have_text("結果を更新しています…")
    expect(live.locator("#status")).to_have_text("3件の事例が見つかりました。")
    expect(live.locator("#busy")).to_be_hidden()
    expect(live.locator("#results")).to_have_attribute("aria-busy", "false")


@pytest.mark.long
def test_a_quick_answer_shows_no_sign(live: Page) -> None:
    live.evaluate(
        """new MutationObserver(() => { window.shown = true })
            .observe(document.getElementById("busy"), {attributeFilter: ["hidden"]})"""
    )
    live.get_by_label("1万人未満").check()
    expect(live.locator(".card")).to_have_count(3)
    assert live.evaluate("window.shown && !document.getElementById('busy').hidden") is not True


@pytest.fixture
def wide(page: Page) -> Page:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/cases/")
    return page


@pytest.mark.long
@pytest.mark.parametrize("box", ["#id_region_kyushu", "#id_population_100-", "#id_population_0-1"])
def test_a_tick_in_the_column_leaves_page_and_box_in_sight(wide: Page, box: str) -> None:
    wide.locator(box).check()
    answered(wide)
    assert wide.evaluate("scrollY") == 0
    for part in (box, "h1", ".filters__submit button"):
        expect(wide.locator(part)).to_be_in_viewport(ratio=1)


@pytest.mark.long
def test_far_down_a_tick_leads_to_the_list_if_that_ends_before(wide: Page) -> None:
    wide.evaluate("scrollTo(0, 1000)")
    box = wide.locator("#id_step_3")
    box.check()
    expect(wide.locator("h1")).to_contain_text("ステップ3の事例")
    assert wide.evaluate("scrollY") == 1000
    box = wide.locator("#id_population_0-1")
    box.evaluate("node => node.scrollIntoView({block: 'center', behavior: 'instant'})")
    wide.evaluate("scrollTo(0, 1000)")
    place = top_of(box)
    box.check()
    expect(wide.locator(".card")).to_have_count(1)
    expect(wide.locator("h1")).to_be_in_viewport(ratio=1)
    assert top_of(box) == pytest.approx(place, abs=1)


def test_on_a_phone_the_filters_lie_over_the_page_and_count(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("/cases/")
    page.get_by_text("絞り込む", exact=True).click()
    box = page.locator("#filters").bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 800)
    see = page.locator(".filters__submit button")
    expect(see).to_be_in_viewport(ratio=1)
    expect(see).to_have_text(re.compile("60件を見る"))
    expect(page.locator(".site-name")).to_be_hidden()
    page.locator("#facet-kind > summary").click()
    page.locator("#id_kind_town").check()
    expect(see).to_have_text(re.compile("8件を見る"))
    expect(page.locator("#facet-kind > summary")).to_contain_text("1件選択")
    see.click()
    expect(page.locator("h1")).to_be_in_viewport()
    expect(page.locator("#filter-form")).to_be_hidden()
    page.get_by_text("絞り込む", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.locator("#filter-form")).to_be_hidden()
    expect(page.locator("#filters > summary")).to_be_focused()


@pytest.mark.long
def test_a_list_without_cases_is_no_longer_than_a_screen_or_two(wide: Page) -> None:
    wide.goto("/cases/?step=0&section=4-3")
    assert wide.evaluate("document.documentElement.scrollHeight") < 1_200


@pytest.mark.long
def test_the_address_is_copied(wide: Page) -> None:
    wide.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wide.goto("/cases/?step=2&utm_source=mail&compare=dx2021-1-1")
    wide.get_by_role("button", name="リンクをコピー").click()
    expect(wide.get_by_text("写しました。メールや文書に貼り付けてください。")).to_be_visible()
    copied = wide.evaluate("navigator.clipboard.readText()")
    assert copied.partition("/cases/")[2] == "?step=2"
    wide.locator(".views").get_by_role("link", name="表").click()
    expect(wide.locator("table.cases")).to_be_visible()
    wide.get_by_role("button", name="リンクをコピー").click()
    expect(wide.get_by_text("写しました。メールや文書に貼り付けてください。")).to_be_visible()
    copied = wide.evaluate("navigator.clipboard.readText()")
    assert copied.partition("/cases/")[2] == "?step=2&view=table"


# At random, with answers that come after 0 to 1,500 ms.
DELAYS = (0, 50, 150, 400, 800, 1_500)
FORM = """() => {
    const given = [...new FormData(document.getElementById('filter-form'))].filter(([, value]) => value);
    return (given.length ? '?' : '') + new URLSearchParams(given);
}"""
PRESS = """id => {
    const box = document.getElementById(id);
    if (!box || box.disabled) return null;
    box.focus();
    box.click();
    return [box.id, box.value];
}"""
NUMBERS = "[...document.querySelectorAll('#filter-form .checkbox')].map(label => label.textContent.trim())"


# Each takes two seconds: 5 in make test, 40 in make test-all.
TRIES = max(5, settings.default.max_examples // 12)  # type: ignore[union-attr]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_nothing_that_a_reader_does_while_answers_come_is_lost(wide: Page, seed: int) -> None:
    slow, random = Slow(wide), Random(seed)
    for _ in range(TRIES):
        slow.wait(0)
        wide.goto("/cases/")
        Reader(wide, random).act(slow)


class Reader:
    """Ticks, types, picks and sorts at random, and knows what has to come of it."""

    def __init__(self, page: Page, random: Random) -> None:
        self.page, self.random = page, random
        self.ticked: set[str] = set()
        self.picked: list[str] = []
        self.typed = self.sort = self.at = ""

    def act(self, slow: Slow) -> None:
        for action in self.random.choices([self.tick, self.type, self.pick, self.order], [4, 2, 2, 1], k=4):
            slow.wait(self.random.choice(DELAYS))
            action()
            self.page.wait_for_timeout(self.random.choice((0, 60, 160, 300)))
        slow.wait(0)
        answered(self.page)
        self.check_what_was_done()
        if self.at and self.page.locator(f"#{self.at}").count():  # the box of a case may be listed no more
            expect(self.page.locator(f"#{self.at}")).to_be_focused()
        self.page.evaluate("document.activeElement.blur()")  # by which what is typed counts
        expect(self.page).to_have_url(re.compile(f"/cases/{re.escape(self.page.evaluate(FORM))}$"))
        answered(self.page)
        self.check_what_was_done()
        self.check_what_is_shown()

    def press_one_of(self, boxes: str) -> Any:
        """The id and the value of a box that has been there to be pressed; None where there was none."""
        names = self.page.locator(boxes).evaluate_all("all => all.map(one => one.id)")
        name = self.random.choice(names) if names else ""
        pressed = self.page.evaluate(PRESS, name)
        self.at = name if pressed else self.at
        return pressed

    def tick(self) -> None:
        if pressed := self.press_one_of("#filter-form .choices:not(.facet *) input:enabled"):
            self.ticked ^= {pressed[0]}

    def type(self) -> None:
        self.page.locator("#id_q").focus()
        self.page.keyboard.type("研")
        self.typed += "研"
        self.at = "id_q"

    def pick(self) -> None:
        if pressed := self.press_one_of("[name=compare][type=checkbox]"):
            slug = pressed[1]
            (self.picked.remove if slug in self.picked else self.picked.append)(slug)

    def order(self) -> None:
        self.sort = self.random.choice(("population", "-population", "-updated"))
        self.page.locator("#id_sort").focus()
        self.page.locator("#id_sort").select_option(self.sort)
        self.at = "id_sort"

    def check_what_was_done(self) -> None:
        ticked = self.page.locator("#filter-form :checked[type=checkbox]").evaluate_all(
            "all => all.map(one => one.id)"
        )
        assert set(ticked) == self.ticked
        assert self.page.locator("#id_q").input_value() == self.typed
        assert self.page.locator("#id_sort").input_value() == self.sort
        assert (
            self.page.locator("#picked li").evaluate_all("all => all.map(one => one.dataset.slug)")
            == self.picked
        )

    def check_what_is_shown(self) -> None:
        query = self.page.url.partition("?")[2]
        told = self.page.evaluate(NUMBERS)
        title = self.page.title()
        self.page.reload()
        assert (self.page.evaluate(NUMBERS), self.page.title()) == (told, title)
        assert self.page.url.partition("?")[2] == query
        self.check_what_was_done()


@pytest.mark.long
def test_the_way_past_the_filters_stays_within_the_page_after_a_change(page: Page) -> None:
    page.goto("/cases/?step=2")
    page.get_by_label("1万人未満").check()
    expect(page.locator(".card")).to_have_count(3)
    shown, link = page.url, page.locator('a[href="#results"]')
    link.focus()
    link.press("Enter")
    expect(page.locator("#results")).to_be_focused()
    assert page.url == f"{shown}#results"
