"""Script that somebody gets into the data or into an address does not run, and is not even tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import ConsoleMessage, Dialog, FilePayload, Page, Request, expect
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker
from reversion.models import Revision

from catalog import history
from catalog.models import (
    Case,
    CaseBody,
    Confirmation,
    Figure,
    Guideline,
    Link,
    LinkCheck,
    Proposal,
    Report,
    SearchSynonym,
    SimilarBody,
    Source,
    Topic,
    ZeroResultSearch,
)
from tests.addresses import PATHS, WITH_A_NAME
from tests.browser.test_editing import choose, save
from tests.making import FUNAGATA, KASHIHARA, make_case
from tests.servers.addresses import page_addresses

pytestmark = pytest.mark.long

T = TypeVar("T")

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


EVERY = "".join(PAYLOADS)
URL = "https://example.invalid/?%22%3E"
MARKS = "\"><script>alert(1)</script>'<img src=x onerror=alert(1)>"  # what fits into short texts


@dataclass(frozen=True)
class Poison:
    """The keys of what was poisoned, a link to confirm it, and the session of a user whose name is."""

    case: int
    draft: int
    topic: int
    source: int
    versions: list[int]
    user: int
    report: int
    link: str
    session: str


@pytest.fixture(scope="module")
def poisoned(site: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Poison]:
    """A case with every payload in every text, and a row of every other kind; other tests never see them."""
    yield apart(django_db_blocker, poison)
    apart(django_db_blocker, take_poison_away)


def apart(django_db_blocker: DjangoDbBlocker, do: Callable[[], T]) -> T:
    """Does it in a thread of its own: in Playwright's, which has an event loop, Django refuses to."""

    def do_and_close() -> T:
        try:
            return do()
        finally:
            connection.close()

    with django_db_blocker.unblock(), ThreadPoolExecutor(1) as pool:
        return pool.submit(do_and_close).result()


def poison() -> Poison:
    case = poison_case()
    draft = make_case("poisoned-draft", status="draft", title=MARKS)
    topic = Topic.objects.create(slug="poisoned", title=MARKS[:50], position=99)
    case.topics.add(topic)
    source = Source.objects.create(
        slug="poisoned", title=EVERY[:200], publisher=MARKS, published_on=date(2026, 11, 1), terms=EVERY
    )
    SearchSynonym.objects.create(words=[MARKS[:50], MARKS[2:52]])
    Guideline.objects.create(
        title=MARKS,
        publisher=MARKS,
        group=MARKS,
        heading=MARKS,
        published_on=date(2026, 11, 1),
        published_note=MARKS[:50],
        position=99,
    )
    ZeroResultSearch.objects.record(MARKS)
    LinkCheck.objects.create(
        url=URL,
        outcome="dead",
        reason=MARKS,
        checked_at=timezone.now(),
        failed_days=3,
        first_failed_on=date(2026, 11, 1),
    )
    user = User.objects.create_superuser(MARKS, first_name=MARKS, last_name=MARKS)
    for title in (MARKS, EVERY[:200]):
        Case.objects.filter(pk=case.pk).update(title=title)
        history.record(case, user, EVERY)
    versions = list(history.versions_of(case).values_list("pk", flat=True))
    LogEntry.objects.log_actions(str(user.pk), [case, topic], CHANGE, MARKS)
    client = Client()
    client.force_login(user)
    return Poison(
        *(case.pk, draft.pk, topic.pk, source.pk, versions, user.pk),
        report=poison_report(case).pk,
        link=poison_answer(case).path,
        session=client.cookies["sessionid"].value,
    )


def poison_case() -> Case:
    every = "\n".join(PAYLOADS)
    texts = dict.fromkeys(("background", "approach", "outcome", "editor_note"), every)
    title = " ".join(PAYLOADS)[:200]
    case = make_case("poisoned", title=title, heading=title, points=PAYLOADS, references=PAYLOADS, **texts)
    CaseBody.objects.filter(case=case).update(note=title)
    Figure.objects.create(case=case, label=PAYLOADS[0], value=PAYLOADS[8], position=1)
    Link.objects.create(case=case, label=PAYLOADS[1], url=URL, position=1)
    SimilarBody.objects.create(case=case, body_id=KASHIHARA, note=title, position=1)
    return case


SENDER = {"section": MARKS, "email": MARKS, "telephone": MARKS[:30]}


def poison_report(case: Case) -> Report:
    texts = {"title": EVERY[:200], "body": MARKS, "text": EVERY, "note": EVERY}
    return Report.objects.create(kind="new", case=case, url=URL, digest="poisoned", **texts, **SENDER)


def poison_answer(case: Case) -> Confirmation:
    now = timezone.now()
    answered = {"answered_at": now, "verdict": "wrong", "text": EVERY, "content": "x"}
    until = now + timedelta(days=1)
    return Confirmation.objects.create(case=case, body_id=FUNAGATA, expires_at=until, **answered, **SENDER)


def take_poison_away() -> None:
    Report.objects.all().delete()
    Case.objects.filter(slug__startswith="poisoned").delete()
    for model in (Topic, Source):
        model.objects.filter(slug="poisoned").delete()
    SearchSynonym.objects.filter(words__contains=[MARKS[:50]]).delete()
    Guideline.objects.filter(title=MARKS).delete()
    wholly: list[Any] = [ZeroResultSearch, LinkCheck, LogEntry, Revision, User]
    for model in wholly:
        model.objects.all().delete()


@pytest.fixture
def page(tab: Page) -> Page:
    return tab


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
    [
        *("/cases/poisoned/", "/cases/?q=alert", "/steps/0/", "/compare/?case=poisoned&case=dx2021-1-1"),
        *("{link}", "/report/?case=poisoned"),
        *page_addresses().values(),
    ],
)
def test_texts_of_a_case_run_nothing(page: Page, poisoned: Poison, complaints: list[str], path: str) -> None:
    page.goto(path.replace("{link}", poisoned.link))
    page.wait_for_load_state("networkidle")
    assert complaints == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_parameters_run_nothing(page: Page, complaints: list[str], payload: str) -> None:
    value = quote(payload)
    page.goto(f"/cases/?q={value}&step={value}&near={value}&population_min={value}&sort={value}&x={value}")
    page.goto(f"/near/?name={value}&q={value}")
    assert complaints == []


@pytest.mark.parametrize(
    "path",
    [
        *("/compare/?case=%s&only=%s", "/admin/login/?next=%s", "/report/?case=%s", "/confirm/%s/"),
        *(f"{PATHS[name]}?q=%s" for name in page_addresses()),
        *WITH_A_NAME,
    ],
)
def test_all_at_once_run_nothing_in_the_other_pages(page: Page, complaints: list[str], path: str) -> None:
    value = quote("".join(PAYLOADS[:10]), safe="")
    page.goto(path.replace("%s", value))
    assert complaints == []


@pytest.fixture
def editor(page: Page, poisoned: Poison, base_url: str) -> Page:
    """The page of an editor who is logged in."""
    page.context.add_cookies(
        [{"name": "sessionid", "value": poisoned.session, "url": f"{base_url}/admin/", "httpOnly": True}]
    )
    return page


CASE, DRAFT = "/admin/catalog/case/{case}/", "/admin/catalog/case/{draft}/"
EDITORS_PAGES = [
    *("/admin/", "/admin/catalog/", f"/admin/?next={quote(MARKS)}", "/admin/password_change/"),
    *("/admin/catalog/case/", "/admin/catalog/case/?topics__id__exact={topic}"),
    *(f"/admin/catalog/case/?q={quote(MARKS)}", f"/admin/catalog/case/?_changelist_filters={quote(MARKS)}"),
    *(f"{CASE}{what}/" for what in ("change", "history", "preview", "history/{old}/revert")),
    *(
        f"{CASE}confirmations/",
        f"{CASE}review/",
        f"{CASE}change/?report={{report}}",
        "/admin/catalog/case/add/?report={report}",
    ),
    *("/admin/catalog/report/", "/admin/catalog/report/{report}/change/"),
    *(f"{CASE}history/compare/?before={{old}}{more}" for more in ("", "&after={new}")),
    *(f"{DRAFT}{what}/" for what in ("change", "delete", "preview")),
    *(f"/admin/catalog/topic/{{topic}}/{what}/" for what in ("change", "merge", "history")),
    *(f"/admin/catalog/source/{{source}}/{what}/" for what in ("change", "delete")),
    *(f"/admin/catalog/{name}/" for name in ("topic", "source", "searchsynonym", "guideline", "linkcheck")),
    *("/admin/auth/user/", "/admin/auth/user/{user}/change/", "/admin/auth/user/{user}/password/"),
    f"/admin/catalog/body/?q={quote(MARKS)}",
]


@pytest.mark.parametrize("path", EDITORS_PAGES)
def test_texts_run_nothing_in_the_editors_pages(
    editor: Page, poisoned: Poison, complaints: list[str], path: str
) -> None:
    new, old = poisoned.versions
    for name, key in {**vars(poisoned), "new": new, "old": old}.items():
        path = path.replace(f"{{{name}}}", str(key))
    answer = editor.goto(path)
    editor.wait_for_load_state("networkidle")
    assert answer is not None
    assert answer.status == 200
    assert "alert(1)" in editor.content() or "password" in path
    assert complaints == []


def test_a_completed_name_runs_nothing(editor: Page, complaints: list[str]) -> None:
    editor.goto("/admin/catalog/case/add/")
    choose(editor, "#id_source", "alert", "<script>alert(1)</script>")
    expect(editor.locator("#id_source + .select2")).to_contain_text("alert(1)")
    assert complaints == []


def test_an_action_that_asks_why_runs_nothing(editor: Page, complaints: list[str]) -> None:
    editor.goto("/admin/catalog/case/?q=poisoned")
    editor.locator("#action-toggle").check()
    editor.locator("select[name=action]").select_option("return_to_draft")
    editor.get_by_role("button", name="実行").click()
    expect(editor.locator("#content-main")).to_contain_text("alert(1)")
    expect(editor.locator("#id_reason")).to_be_visible()
    assert complaints == []


def test_what_another_saved_meanwhile_runs_nothing(
    editor: Page, poisoned: Poison, complaints: list[str], django_db_blocker: DjangoDbBlocker
) -> None:
    def save_meanwhile() -> None:
        case = Case.objects.get(pk=poisoned.draft)
        history.ensure_version(case)
        Case.objects.filter(pk=case.pk).update(background=f"{EVERY}他")
        history.record(case, User.objects.get(pk=poisoned.user), EVERY)

    editor.goto(f"/admin/catalog/case/{poisoned.draft}/change/")
    editor.locator("#id_background").fill(EVERY)
    apart(django_db_blocker, save_meanwhile)
    save(editor)
    expect(editor.locator(".conflict")).to_contain_text("alert(1)")
    assert complaints == []


def test_what_is_proposed_runs_nothing(
    editor: Page, poisoned: Poison, complaints: list[str], django_db_blocker: DjangoDbBlocker
) -> None:
    editor.goto(f"/admin/catalog/case/{poisoned.case}/change/")
    editor.locator("#id_background").fill(EVERY)
    editor.locator("#id_reason").fill(EVERY)
    try:
        save(editor, "改訂案として保存")
        expect(editor.locator("#content-main")).to_contain_text("alert(1)")
    finally:
        apart(django_db_blocker, Proposal.objects.filter(case=poisoned.case).delete)
    assert complaints == []


def test_an_import_runs_nothing_of_a_file_nor_of_its_name(
    editor: Page, complaints: list[str], settings: Settings, tmp_path: Path
) -> None:
    settings.IMPORT_DIR = tmp_path
    name = "'><img src=x onerror=alert(1)><svg onload=alert(1)>.csv"
    text = EVERY.replace('"', '""')
    for rows in (
        f'識別名,題名,区分\npoisoned-draft,"{text}","{text}"\n"{text}",a,b\n',  # refused
        f'識別名,題名,"{text}"\npoisoned-draft,a,b\n',  # unreadable
        f'識別名,題名,背景\npoisoned-draft,{PAYLOADS[0]},"{text}"\n',
    ):
        editor.goto("/admin/catalog/case/import/")
        file: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": rows.encode()}
        editor.locator("#id_file").set_input_files(file)
        editor.get_by_role("button", name="確認する").click()
        expect(editor.locator("#content")).to_contain_text("alert(1)")
    editor.get_by_role("button", name="この内容で取り込む").click()
    expect(editor.locator(".messagelist")).to_contain_text(name)
    assert complaints == []
