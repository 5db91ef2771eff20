"""The ruler of sizes as it is drawn: places in percent become pixels only here."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.quick import one_in

# The middle of each dot, and how wide and high what is drawn of it is.
DOTS = """() => [...document.querySelectorAll('.ruler__picture a')].map(dot => {
    const drawn = [...dot.querySelectorAll('use')].filter(use => use.getBoundingClientRect().width);
    const box = drawn[0].getBoundingClientRect();
    return {
        drawn: drawn.length, width: box.width, height: box.height,
        x: box.left + box.width / 2, y: box.top + box.height / 2,
    };
})"""
# The least distance between the middles of two dots.
CLOSEST = """dots => Math.min(...dots.flatMap((one, at) =>
    dots.slice(0, at).map(other => Math.hypot(one.x - other.x, one.y - other.y))))"""


@pytest.mark.parametrize("width", one_in(3, [320, 360, 768, 1280]))
@pytest.mark.parametrize(("path", "pitch"), [("/", 24), ("/cases/?near_population=8000", 11)])
def test_each_dot_is_drawn_once_within_the_page_and_none_on_another(
    page: Page, path: str, pitch: int, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    dots = page.evaluate(DOTS)
    assert [dot["drawn"] for dot in dots] == [1] * 66
    assert all(dot["x"] - dot["width"] / 2 >= 0 and dot["x"] + dot["width"] / 2 <= width for dot in dots)
    # Whole targets of that width (WCAG 2.2 asks for 24 px), which no other target reaches into.
    assert all(dot["width"] >= pitch - 0.1 and dot["height"] >= pitch - 0.1 for dot in dots)
    assert page.evaluate(CLOSEST, dots) >= pitch - 0.1
    plot = page.locator(".ruler__picture").bounding_box()
    assert plot is not None
    assert all(plot["y"] <= dot["y"] <= plot["y"] + plot["height"] for dot in dots)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_picture_is_in_sight_when_the_home_page_opens(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/")
    expect(page.locator(".ruler__picture")).to_be_in_viewport(ratio=0.5)


def test_a_dot_leads_to_its_body(sized_page: Page) -> None:
    sized_page.goto("/")
    sized_page.get_by_role("link", name="北海道北見市（11.7万人）1件").click()
    expect(sized_page.locator("h1")).to_contain_text("北見市")


@pytest.mark.long
def test_the_keyboard_passes_the_picture_and_opens_its_table(sized_page: Page) -> None:
    sized_page.goto("/")
    summary = sized_page.get_by_text("図を表で見る")
    sized_page.locator(".ask button").last.focus()
    sized_page.keyboard.press("Tab")
    expect(sized_page.get_by_role("link", name="お困りごと")).to_be_focused()
    sized_page.keyboard.press("Tab")
    expect(summary).to_be_focused()
    sized_page.keyboard.press("Enter")
    sized_page.keyboard.press("Tab")
    expect(sized_page.get_by_role("link", name="1万人未満", exact=True)).to_be_focused()
    sized_page.keyboard.press("Tab")
    sized_page.keyboard.press("Enter")
    expect(sized_page.locator("h1")).to_contain_text("磐梯町")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_have_the_readers_own_colours_where_these_are_forced(page: Page, scheme: str) -> None:
    page.emulate_media(forced_colors="active", color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/cases/?near_population=8000")
    marks, links = (colours(page, name) for name in (".ruler__mark", ".card__title a"))
    own, text = (colours(page, name) for name in (".ruler__own", "h1"))
    assert (marks["fill"], own["stroke"]) == (links["color"], text["color"])


def colours(page: Page, selector: str) -> dict[str, set[str]]:
    """The colours that what the selector finds has, by property."""
    styles = page.locator(selector).evaluate_all(
        "all => all.map(n => getComputedStyle(n)).map(({fill, stroke, color}) => ({fill, stroke, color}))"
    )
    return {name: {style[name] for style in styles} for name in ("fill", "stroke", "color")}


@pytest.mark.long
def test_the_ruler_follows_the_filters_of_the_list(sized_page: Page) -> None:
    sized_page.goto("/cases/?near_population=8000")
    if not sized_page.locator("#id_q").is_visible():
        sized_page.get_by_text("絞り込む", exact=True).click()
    sized_page.get_by_label("1万人未満").check()
    expect(sized_page.locator(".ruler__picture a")).to_have_count(5)
    expect(sized_page.locator(".ruler")).to_contain_text("人口が近いのは福島県西会津町（0.6万人）です。")


def test_the_ruler_comes_with_its_style_once_the_reader_tells_a_size(sized_page: Page) -> None:
    sized_page.goto("/cases/?step=2")
    expect(sized_page.locator(".ruler")).to_have_count(0)
    if not sized_page.locator("#id_q").is_visible():
        sized_page.get_by_text("絞り込む", exact=True).click()
    sized_page.evaluate("window.stayed = true")
    sized_page.locator("#id_near_population").fill("8000")
    sized_page.locator("#id_near_population").press("Enter")
    expect(sized_page.locator(".ruler__own")).to_have_count(1)
    assert (
        sized_page.locator(".ruler__plot").evaluate("node => getComputedStyle(node).position") == "relative"
    )
    assert sized_page.evaluate("window.stayed === true")
