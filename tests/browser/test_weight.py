"""Light and closed: what a first visit costs, and that nothing is inline or from elsewhere."""

from __future__ import annotations

import gzip
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response

from tests.browser.test_access import PAGES

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


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_is_strict_and_nothing_breaks_it(page: Page, path: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    response = page.goto(path)
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page.wait_for_load_state("networkidle")
    assert [text for text in said if "Content Security" in text] == []


def test_the_list_does_not_move_while_it_loads(sized_page: Page) -> None:
    sized_page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => {"
        " for (const entry of list.getEntries()) window.moved += entry.value;"
        "}).observe({type: 'layout-shift', buffered: true});"
    )
    sized_page.goto("/cases/")
    sized_page.wait_for_load_state("networkidle")
    assert sized_page.evaluate("window.moved") == 0


def test_a_case_fits_one_sheet_of_paper_and_a_list_prints_as_a_table(page: Page, tmp_path: Any) -> None:
    page.goto("/cases/dx2021-17-1/")
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    page.goto("/cases/?step=2&population=0-1")
    page.emulate_media(media="print")
    assert page.locator(".card").first.evaluate("node => getComputedStyle(node).display") == "table-row"
    assert not page.locator(".site-nav").is_visible()
    assert "step=2&population=0-1" in page.locator(".print-origin").inner_text()
