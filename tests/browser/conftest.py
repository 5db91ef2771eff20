"""The site as a browser meets it: the real application on a loopback port, over the fixtures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from tests.quick import one_in
from tests.servers.browsers import executable_of_browser

QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session", autouse=True)
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of the running site. Its tests only read, so the data stay for all of them."""
    with django_db_blocker.unblock():
        server = LiveServer("localhost")
        yield server.url
        server.stop()


@pytest.fixture(scope="session")
def base_url(site: str) -> str:
    return site


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], playwright: Playwright
) -> dict[str, Any]:
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    executable = executable_of_browser(playwright)
    return {**browser_type_launch_args, "executable_path": executable, "args": [*QUIET, *as_root]}


@pytest.fixture(scope="module")
def shared_context(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[BrowserContext]:
    """One context for a module that looks at very many pages: a new one takes as long as three pages."""
    context = browser.new_context(**browser_context_args)
    yield context
    context.close()


@pytest.fixture
def tab(shared_context: BrowserContext) -> Iterator[Page]:
    """A page of the shared context, without cookies."""
    page = shared_context.new_page()
    yield page
    page.close()
    shared_context.clear_cookies()


@pytest.fixture(params=one_in(2, [360, 1280]))
def sized_page(page: Page, request: pytest.FixtureRequest) -> Page:
    page.set_viewport_size({"width": request.param, "height": 800})
    return page
