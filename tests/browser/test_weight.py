"""Light: what a first visit costs, on the screen and on paper."""

from __future__ import annotations

import gzip
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Response

from dxcases.static_files import shortened
from tests.quick import one_in

KB = 1024


PICKED = "case=dx2021-17-1&case=dx2021-5-1&case=dx2021-14-1&case=dx2021-18-2"


def compressed(response: Response) -> int:
    """What a web server sends, which has style sheets in their short form."""
    body = response.body()
    if response.url.endswith(".css"):
        body = shortened(body.decode()).encode()
    return len(gzip.compress(body, mtime=0))


def first_visit(page: Page, path: str) -> list[tuple[str, int]]:
    """Type and compressed size of everything that the page asks for."""
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(path)
    page.wait_for_load_state("networkidle")
    return [(response.request.resource_type, compressed(response)) for response in responses]


def test_a_first_visit_to_the_list_is_light(page: Page) -> None:
    sizes = first_visit(page, "/cases/")
    assert len(sizes) <= 8
    assert sum(size for _, size in sizes) <= 30 * KB
    assert sum(size for kind, size in sizes if kind == "script") <= 12 * KB


# Less what servers add to the name of each static file: tests/deploy/test_nginx.py has it.
@pytest.mark.parametrize("path", one_in(2, ["/", "/cases/", "/cases/?q=研修", "/cases/?view=table"]))
def test_text_and_style_of_home_and_list_are_light(page: Page, path: str) -> None:
    sizes = first_visit(page, path)
    assert sum(size for kind, size in sizes if kind in ("document", "stylesheet")) <= 14 * KB - 6 * 60


@pytest.mark.parametrize(
    ("path", "width", "height"),
    one_in(
        2,
        [
            ("/cases/", 1280, 800),
            ("/cases/", 1366, 768),
            ("/cases/?q=研修", 1280, 800),
            ("/cases/?q=研修", 1366, 768),
            ("/cases/?step=3&kind=city", 1280, 800),  # under two headings
        ],
    ),
)
def test_six_cases_are_told_of_on_the_first_screen_of_a_desk(
    page: Page, path: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(path)
    for part in (".card__title", ".card__bodies", ".card__text"):
        bottoms = page.locator(f".card {part}").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect().bottom)"
        )
        assert bottoms[5] <= height, part
    sizes = page.locator(".card__title a, .card__bodies li, .card__line").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 16


@pytest.mark.long
@pytest.mark.parametrize("width", [360, 768, 992, 1024, 1280])
def test_four_cases_compared_need_no_sideways_scrolling(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/compare/?{PICKED}")
    assert page.locator(".table-scroll").evaluate("node => node.scrollWidth - node.clientWidth") == 0
    cells = page.locator("tbody tr").first.locator("td").all()
    boxes = [box for cell in cells if (box := cell.bounding_box())]
    assert all(box["width"] >= 200 and box["x"] + box["width"] <= width for box in boxes)
    # A column for each case where there is room, else a label with its title on each.
    in_a_row = len({box["y"] for box in boxes}) == 1
    assert page.locator("tbody .compare__of").first.is_visible() == (not in_a_row)
    assert in_a_row == (width >= 992)


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "in_a_row"), [(360, [1, 1]), (768, [3, 2]), (1024, [3, 4]), (1280, [3, 4])]
)
def test_the_boxes_of_the_home_page_leave_no_hole(page: Page, width: int, in_a_row: list[int]) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/")
    for boxes, number in zip((".ask__one", ".step-card"), in_a_row, strict=True):
        tops = page.locator(boxes).evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
        assert {tops.count(top) for top in tops} == {number}
    inputs = page.locator(".ask input").evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
    assert len(set(inputs)) == 3 // in_a_row[0]
    heads = page.locator(".coverage thead").first.bounding_box()
    assert heads is not None
    assert heads["height"] <= (110 if width < 1024 else 135)  # and a word broken to pieces needs more


def test_the_list_does_not_move_while_it_loads(sized_page: Page) -> None:
    sized_page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => {"
        " for (const entry of list.getEntries()) window.moved += entry.value;"
        "}).observe({type: 'layout-shift', buffered: true});"
    )
    sized_page.goto("/cases/")
    sized_page.wait_for_load_state("networkidle")
    assert sized_page.evaluate("window.moved") == 0


@pytest.mark.parametrize(
    "slug", one_in(3, ["dx2021-16-1", "dx2021-17-1", "dx2021-24-2", "dx2021-36-1", "dx2021-44-2"])
)
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


@pytest.mark.parametrize("code", ["363421", "172014"])
def test_where_a_body_stands_fits_one_sheet_of_paper(page: Page, code: str) -> None:
    page.goto(f"/standing/?body={code}")
    assert len(sheets(page)) == 1


@pytest.mark.long
@pytest.mark.parametrize(("path", "most"), TABLES)
def test_a_list_of_cases_prints_on_few_sheets(page: Page, path: str, most: int) -> None:
    page.goto(path)
    assert len(sheets(page)) <= most


@pytest.mark.long
def test_the_rows_of_a_printed_list_begin_on_the_first_sheet(page: Page) -> None:
    page.goto("/cases/?near=132012")
    assert len(sheets(page)) == 2  # and three where all rows are kept together below the ruler


@pytest.mark.long
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
