"""Pictures by Chromium: of every page (`make pictures`), and the one that is shown where a page is passed on.

The pages are those of the casebook, on a server and a database of their own.
WebP comes from the browser itself.
"""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import django
from playwright.sync_api import Browser, sync_playwright

from bench.browser import launched

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
MAX_BYTES = 600_000  # of all together
QUALITY = 35
# By width of the screen in CSS pixels: its height, and the pixels of the picture for one of them.
SCREENS = {1280: (800, 0.55), 360: (720, 0.85)}
# By name of the picture, beside one of each pattern of URLs.
MORE_PAGES = {
    "figure": "/cases/dx2021-31-1/",
    "nearest": "/cases/?step=2&near_population=8000",
    "empty": "/cases/?step=0&section=4-3",
    "missing": "/cases/dx2021-17-9/",
}
SHARED, SHARED_SIZE = ROOT / "static" / "catalog" / "share.png", (1200, 630)
MAX_SHARED_BYTES = 40_000


def main(arguments: list[str]) -> int:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        written = [share_picture(browser)] if arguments == ["share"] else pictures(browser)
        browser.close()
    size, most = sum(file.stat().st_size for file in written), MAX_SHARED_BYTES if arguments else MAX_BYTES
    print(f"{len(written)} pictures, {size:,} bytes (at most {most:,})")
    return size > most


def pictures(browser: Browser) -> list[Path]:
    """Every page at the width of a phone and of a desk, in place of all that are in the folder."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dxcases.settings")
    django.setup()
    from tests.servers.addresses import page_addresses
    from tests.servers.clusters import filled_cluster
    from tests.servers.gunicorn import gunicorn_of_make_run

    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.webp"):
        old.unlink()
    pages = page_addresses() | MORE_PAGES
    with filled_cluster() as cluster, gunicorn_of_make_run(cluster.url) as (port, _):
        site = f"http://127.0.0.1:{port}"
        return [take(browser, site + path, name, width) for name, path in pages.items() for width in SCREENS]


def take(browser: Browser, address: str, name: str, width: int) -> Path:
    height, scale = SCREENS[width]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    page.wait_for_load_state("networkidle")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
    form = {"format": "webp", "quality": QUALITY, "clip": clip}
    data = page.context.new_cdp_session(page).send("Page.captureScreenshot", form)["data"]
    page.close()
    file = PICTURES / f"{name}-{width}.webp"
    file.write_bytes(base64.b64decode(data))
    return file


def share_picture(browser: Browser) -> Path:
    """What `og:image` names, drawn from docs/share.svg."""
    width, height = SHARED_SIZE
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto((ROOT / "docs" / "share.svg").as_uri())
    page.screenshot(path=SHARED)
    return SHARED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
