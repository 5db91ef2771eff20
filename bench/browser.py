"""What a reader's browser feels: LCP, CLS and INP of a running site, on a CPU made four times slower.

`make bench-browser` runs it against `make run` on port 8000, or against the address in SITE. Numbers are
medians of five first visits; INP is the longest of the answers to a click and a key on each page.
"""

from __future__ import annotations

import os
import statistics
import sys

import django
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.servers.browsers import executable_of_browser

SITE = os.environ.get("SITE", "http://127.0.0.1:8000")
MORE_PAGES = ["/cases/?q=研修&near=063631"]  # beside one of each pattern
VISITS, SLOWER = 5, 4
WATCH = """
    window.felt = {lcp: 0, cls: 0, inp: 0};
    const watch = (type, take, more) => new PerformanceObserver(
        list => list.getEntries().forEach(take)).observe({type, buffered: true, ...more});
    watch('largest-contentful-paint', entry => { felt.lcp = entry.startTime; });
    watch('layout-shift', entry => { if (!entry.hadRecentInput) felt.cls += entry.value; });
    watch('event', entry => { felt.inp = Math.max(felt.inp, entry.duration); }, {durationThreshold: 16});
"""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dxcases.settings")
    django.setup()
    from tests.servers.addresses import page_addresses

    print(f"{'page':34}{'LCP ms':>8}{'CLS':>8}{'INP ms':>8}")
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for path in [*page_addresses().values(), *MORE_PAGES]:
            visits = [visit(browser, path) for _ in range(VISITS)]
            lcp, cls, inp = (statistics.median(one[name] for one in visits) for name in ("lcp", "cls", "inp"))
            print(f"{path:34}{lcp:8.0f}{cls:8.3f}{inp:8.0f}")
        browser.close()
    return 0


def launched(playwright: Playwright) -> Browser:
    executable = executable_of_browser(playwright)
    arguments = ["--disable-gpu", "--no-sandbox", "--disable-background-networking"]
    return playwright.chromium.launch(executable_path=executable, args=arguments)


def visit(browser: Browser, path: str) -> dict[str, float]:
    """A first visit with an empty cache, a click and a key."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(WATCH)
    page.goto(SITE + path)
    page.wait_for_load_state("networkidle")
    act(page)
    felt: dict[str, float] = page.evaluate("window.felt")
    context.close()
    return felt


def act(page: Page) -> None:
    """Ticks the first filter where there is one, else clicks into the page, and presses a key."""
    box = page.locator(".checkbox input:enabled").first
    if box.count() and box.is_visible():
        box.click()
    else:
        page.locator("h1").click()
    page.keyboard.press("Tab")
    page.wait_for_timeout(600)


if __name__ == "__main__":
    sys.exit(main())
