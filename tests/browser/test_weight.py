"""Light: what a first visit costs, on the screen and on paper."""

from __future__ import annotations

import gzip
import re
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Response

KB = 1024


def compressed(response: Response) -> int:
    return len(gzip.compress(response.body(), mtime=0))


def test_a_first_visit_to_the_list_is_light(page: Page) -> None:
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto("/cases/")
    page.wait_for_load_state("networkidle")
    sizes = {urlsplit(response.url).path: compressed(response) for response in responses}
    assert len(responses) <= 8
    assert sum(sizes.values()) <= 60 * KB
    assert sizes["/cases/"] <= 15 * KB
    assert sum(size for path, size in sizes.items() if path.endswith(".css")) <= 15 * KB
    assert sum(size for path, size in sizes.items() if path.endswith(".js")) <= 25 * KB


def test_the_home_page_is_light_with_its_picture(page: Page) -> None:
    answer = page.goto("/")
    assert answer is not None
    assert compressed(answer) <= 12 * KB


def test_the_list_does_not_move_while_it_loads(sized_page: Page) -> None:
    sized_page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => {"
        " for (const entry of list.getEntries()) window.moved += entry.value;"
        "}).observe({type: 'layout-shift', buffered: true});"
    )
    sized_page.goto("/cases/")
    sized_page.wait_for_load_state("networkidle")
    assert sized_page.evaluate("window.moved") == 0


@pytest.mark.parametrize("slug", ["dx2021-16-1", "dx2021-17-1", "dx2021-24-2", "dx2021-36-1", "dx2021-44-2"])
def test_a_case_fits_one_sheet_of_paper(page: Page, slug: str) -> None:
    page.goto(f"/cases/{slug}/")
    assert len(sheets(page)) == 1


def test_a_comparison_prints_across(page: Page) -> None:
    page.goto("/compare/?case=dx2021-17-1&case=dx2021-5-1")
    assert all(width > height for width, height in sheets(page))


def test_a_list_prints_as_a_table_with_its_query_and_nothing_to_press(page: Page) -> None:
    page.goto("/cases/?step=2&population=0-1")
    page.emulate_media(media="print")
    places = page.locator(".card__about").evaluate_all("all => all.map(n => n.getBoundingClientRect().left)")
    assert (len(places), len(set(places))) == (3, 1)
    assert page.locator("h1").inner_text().startswith("ステップ2・人口1万人未満の事例")
    origin = page.locator(".print-origin").inner_text()
    assert "/cases/?step=2&population=0-1（" in origin
    assert f"{timezone.localdate():%Y年}" in origin
    for hidden in (".site-nav", ".filters", ".chips", ".forms", "button", ".skip-link"):
        assert not any(one.is_visible() for one in page.locator(hidden).all()), hidden


# The table of cases on paper, each list with other parts in its rows: nearness, several bodies, neither.
TABLES = [
    ("/cases/?near_population=8000", 3),
    ("/cases/?near=063631", 3),
    ("/cases/?q=研修", 3),
    ("/cases/", 3),
    ("/bodies/063631/", 1),
    ("/bodies/040002/", 1),
    ("/steps/2/", 4),
]
PAPER = 703  # pixels of an A4 sheet within its margins
LETTERS = 8  # the least of a line of a cell
NARROW_CELLS = f"""() => [...document.querySelectorAll('.card > *')]
    .filter(cell => cell.checkVisibility() && cell.getBoundingClientRect().width > 1)
    .filter(cell => cell.clientWidth < {LETTERS} * parseFloat(getComputedStyle(cell).fontSize))
    .map(cell => `${{cell.className}} ${{cell.clientWidth}}px`)"""


@pytest.mark.parametrize(("path", "most"), TABLES)
def test_a_list_of_cases_prints_on_few_sheets(page: Page, path: str, most: int) -> None:
    page.goto(path)
    assert len(sheets(page)) <= most


def test_the_rows_of_a_printed_list_begin_on_the_first_sheet(page: Page) -> None:
    page.goto("/cases/?near=132012")
    assert len(sheets(page)) == 2  # and three where all rows are kept together below the ruler


@pytest.mark.parametrize("path", [path for path, _ in TABLES])
def test_every_cell_of_a_printed_list_has_room_for_words(page: Page, path: str) -> None:
    page.set_viewport_size({"width": PAPER, "height": 1032})
    page.emulate_media(media="print")
    page.goto(path)
    assert page.evaluate(NARROW_CELLS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER


def sheets(page: Page) -> list[tuple[float, float]]:
    """Width and height of each sheet that the page prints on."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", page.pdf(prefer_css_page_size=True))
    return [(float(width), float(height)) for width, height in boxes]
