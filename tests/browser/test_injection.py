"""Script that somebody gets into the data or into an address does not run, and is not even tried."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from django.db import connection
from playwright.sync_api import ConsoleMessage, Dialog, Page, Request
from pytest_django.plugin import DjangoDbBlocker

from catalog.models import Case, CaseBody, Figure, Link, SimilarBody
from tests.making import KASHIHARA, make_case

PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script src=//example.invalid/x.js></script>",
    "</script><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" autofocus onfocus="alert(1)',
    "' onmouseover='alert(1)",
    "` onload=`alert(1)",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>a</mi></math>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1) autofocus>a</a>",
    "<form action=javascript:alert(1)><button>a</button></form>",
    "<style>@import '//example.invalid/x.css';</style>",
    "<link rel=stylesheet href=//example.invalid/x.css>",
    "<base href=//example.invalid/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "{{ constructor.constructor('alert(1)')() }}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u2028<script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞",
]


def test_there_are_thirty_payloads() -> None:
    assert len(set(PAYLOADS)) >= 30


@pytest.fixture(scope="module")
def poisoned(site: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A case with every payload in every text; other tests never see it."""
    # In a thread of its own: Django refuses the database in Playwright's, which has an event loop.
    with django_db_blocker.unblock(), ThreadPoolExecutor(1) as apart:
        apart.submit(poison).result()
        yield
        apart.submit(take_poison_away).result()


def poison() -> None:
    every = "\n".join(PAYLOADS)
    texts = dict.fromkeys(("background", "approach", "outcome", "editor_note"), every)
    title = " ".join(PAYLOADS)[:200]
    case = make_case("poisoned", title=title, heading=title, points=PAYLOADS, references=PAYLOADS, **texts)
    CaseBody.objects.filter(case=case).update(note=title)
    Figure.objects.create(case=case, label=PAYLOADS[0], value=PAYLOADS[8], position=1)
    Link.objects.create(case=case, label=PAYLOADS[1], url="https://example.invalid/?%22%3E", position=1)
    SimilarBody.objects.create(case=case, body_id=KASHIHARA, note=title, position=1)


def take_poison_away() -> None:
    Case.objects.filter(slug="poisoned").delete()
    connection.close()


@pytest.fixture
def complaints(page: Page, base_url: str) -> list[str]:
    """What must not happen: a dialog, a report of the policy, a request to elsewhere."""
    seen: list[str] = []

    def refuse(dialog: Dialog) -> None:
        seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def listen(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            seen.append(f"policy: {message.text}")

    def follow(request: Request) -> None:
        if not request.url.startswith(base_url):
            seen.append(f"request: {request.url}")

    page.on("dialog", refuse)
    page.on("console", listen)
    page.on("request", follow)
    return seen


@pytest.mark.parametrize(
    "path",
    ["/cases/poisoned/", "/cases/?q=alert", "/steps/0/", "/", "/compare/?case=poisoned&case=dx2021-1-1"],
)
def test_texts_of_a_case_run_nothing(page: Page, poisoned: None, complaints: list[str], path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert complaints == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_parameters_run_nothing(page: Page, complaints: list[str], payload: str) -> None:
    value = quote(payload)
    page.goto(f"/cases/?q={value}&step={value}&near={value}&population_min={value}&sort={value}&x={value}")
    page.goto(f"/near/?name={value}&q={value}")
    assert complaints == []


@pytest.mark.parametrize(
    "path", ["/bodies/?q=%s", "/compare/?case=%s&only=%s", "/cases/%s/", "/admin/login/?next=%s"]
)
def test_all_at_once_run_nothing_in_the_other_pages(page: Page, complaints: list[str], path: str) -> None:
    value = quote("".join(PAYLOADS[:10]), safe="")
    page.goto(path.replace("%s", value))
    assert complaints == []
