"""Imports behind nginx that take longer than a request may: their progress and end, and others meanwhile."""

from __future__ import annotations

import csv
import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from io import StringIO
from pathlib import Path
from threading import Event
from urllib.parse import urlencode

import pytest

from tests.filling import INLINES
from tests.servers.clusters import HOST, OwnCluster, run_manage
from tests.servers.nginx import Answer, Front, site

pytestmark = pytest.mark.long

ROWS, FEWER = 1_000, 400
SECONDS = 300  # for what takes a few on a machine that does nothing else
IMPORT = "/admin/catalog/case/import/"
# An editor with a session, whose key is printed.
SIGN_IN = """
from django.contrib.auth.models import User
from django.test import Client
editor = Client(headers={"host": "%s"})
editor.force_login(User.objects.create_superuser("%s"))
print("SESSION", editor.cookies.output(header="").strip())
"""


@dataclass
class Editor:
    """An editor's browser, as far as it is needed."""

    front: Front
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, kind: str = "") -> Answer:
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        headers = {"Cookie": cookie, "Referer": f"https://{HOST}{path}"}
        answer = self.front.ask(path, method, body, headers | ({"Content-Type": kind} if kind else {}))
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.cookies.load(line)
        return answer

    def send(self, path: str, form: Answer, **fields: str) -> Answer:
        body = urlencode({**fields, **self.token(form)}).encode()
        return self.ask(path, "POST", body, "application/x-www-form-urlencoded")

    def send_file(self, path: str, form: Answer, content: str) -> Answer:
        edge = "edge-of-the-file"
        start = f"--{edge}\r\nContent-Disposition: form-data; name="
        parts = [f'{start}"{name}"\r\n\r\n{value}\r\n' for name, value in self.token(form).items()]
        parts.append(f'{start}"file"; filename="cases.csv"\r\n\r\n{content}\r\n--{edge}--\r\n')
        return self.ask(path, "POST", "".join(parts).encode(), f"multipart/form-data; boundary={edge}")

    @staticmethod
    def token(form: Answer) -> dict[str, str]:
        found = re.search('name="csrfmiddlewaretoken" value="(.*?)"', form.text)
        assert found, form.text
        return {"csrfmiddlewaretoken": found[1]}

    def upload(self, content: str) -> str:
        """The address of the import that runs apart."""
        sent = self.send_file(IMPORT, self.ask(IMPORT), content)
        assert sent.status == 302, sent.text
        return str(sent.headers["Location"])

    def agree(self, address: str) -> None:
        page = self.ask(address)
        digest = re.search('name="agreed" value="(.*?)"', page.text)
        assert digest, page.text
        assert self.send(address, page, agreed=digest[1]).status == 302

    def wait_for(self, address: str, text: str) -> list[Answer]:
        """Looks at the page as it asks for until it says so; all that was seen."""
        seen, deadline = [self.ask(address)], time.monotonic() + SECONDS
        while text not in seen[-1].text:
            assert '<meta http-equiv="refresh"' in seen[-1].text, seen[-1].text
            assert time.monotonic() < deadline, seen[-1].text
            time.sleep(0.3)
            seen.append(self.ask(address))
        return seen


@pytest.fixture
def behind_nginx(
    front: Front, cluster: OwnCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv("IMPORT_DIR", str(tmp_path / "imports"))
    with site(front, cluster):
        yield


@pytest.fixture
def editor(behind_nginx: None, front: Front, cluster: OwnCluster) -> Editor:
    return signed_in(front, cluster, "editor")


def signed_in(front: Front, cluster: OwnCluster, name: str) -> Editor:
    """Somebody who may do all."""
    name = f"{name}-{time.monotonic_ns()}"
    told = run_manage(cluster, "shell", "--no-imports", "-c", SIGN_IN % (HOST, name), HTTPS="on")
    return Editor(front, SimpleCookie(told.partition("SESSION ")[2]))


def table(name: str, rows: int = ROWS) -> str:
    """New cases of some length, without a place in a source."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["識別名", "題名", "ポイント", "背景", "取組内容", "団体コード", "団体の注記"])
    for number in range(rows):
        body = "窓口で書類を書かずに済むようにした。職員の研修を続け、手順を見直した。" * 8
        writer.writerow([f"{name}-{number}", f"{name}の{number}", "要点\n研修", body, body, "063631", ""])
    return text.getvalue()


def cases(cluster: OwnCluster, name: str) -> int:
    return int(cluster.value("SELECT count(*) FROM catalog_case WHERE starts_with(slug, %s)", f"{name}-"))


def wait(cluster: OwnCluster, state: str, address: str) -> None:
    """Until the run has the state, without a request to the site."""
    key, deadline = int(address.rstrip("/").rpartition("/")[2]), time.monotonic() + SECONDS
    while (now := cluster.value("SELECT state FROM catalog_importrun WHERE id = %s", key)) != state:
        assert now in ("waiting", "running"), now
        assert time.monotonic() < deadline, now
        time.sleep(0.1)


def workers(address: str) -> list[int]:
    """The processes that work on the run."""
    end = f"run_import\0{address.rstrip('/').rpartition('/')[2]}\0".encode()
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [int(file.parent.name)] if file.read_bytes().endswith(end) else []
        except OSError:
            continue
    return found


def test_a_thousand_cases_are_imported_and_their_progress_is_seen(
    editor: Editor, cluster: OwnCluster
) -> None:
    began = time.monotonic()
    address = editor.upload(table("seen"))
    assert time.monotonic() - began < 30  # nginx cuts nobody off
    seen = editor.wait_for(address, "この内容で取り込む")
    checked = time.monotonic()
    assert any(re.search("1,000行のうち[0-9,]+行", one.text) for one in seen)
    assert f"新規 {ROWS:,}行" in seen[-1].text
    assert cases(cluster, "seen") == 0
    editor.agree(address)
    editor.wait_for(address, "取り込みました")
    print(f"{ROWS} cases: found in {checked - began:.1f} s, imported in {time.monotonic() - checked:.1f} s")
    assert cases(cluster, "seen") == ROWS
    documents = "SELECT count(*) FROM catalog_casedocument WHERE starts_with(slug, 'seen-')"
    assert cluster.value(documents) == ROWS
    versions = "SELECT count(*) FROM reversion_version WHERE object_repr LIKE 'seenの%%'"
    assert cluster.value(versions) == ROWS


def test_it_goes_on_and_is_found_again_when_the_browser_was_closed(
    editor: Editor, cluster: OwnCluster
) -> None:
    address = editor.upload(table("closed", FEWER))
    wait(cluster, "checked", address)
    found = editor.ask(IMPORT)
    assert f'<a href="{address}">' in found.text
    assert "確認を待っています" in found.text
    editor.agree(address)
    wait(cluster, "done", address)
    assert cases(cluster, "closed") == FEWER
    assert "取り込みました" in editor.ask(address).text


def test_a_process_that_is_killed_leaves_all_as_it_was_and_can_be_started_again(
    editor: Editor, cluster: OwnCluster
) -> None:
    address = editor.upload(table("killed"))
    kill(address)
    stopped = wait_until_it_is_told(editor, address)
    assert editor.send(address, stopped, again="").status == 302
    editor.wait_for(address, "この内容で取り込む")
    editor.agree(address)
    kill(address)
    assert cases(cluster, "killed") == 0
    stopped = wait_until_it_is_told(editor, address)
    assert editor.send(address, stopped, again="").status == 302
    editor.wait_for(address, "取り込みました")
    assert cases(cluster, "killed") == ROWS


def kill(address: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not (found := workers(address)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(2)
    for process in found:
        os.kill(process, signal.SIGKILL)


def wait_until_it_is_told(editor: Editor, address: str) -> Answer:
    deadline = time.monotonic() + SECONDS
    while "途中で止まりました" not in (page := editor.ask(address)).text:
        assert time.monotonic() < deadline, page.text
        time.sleep(0.3)
    return page


def test_two_imports_are_done_one_after_the_other(editor: Editor, front: Front, cluster: OwnCluster) -> None:
    other = signed_in(front, cluster, "other")
    first, second = editor.upload(table("first", FEWER)), other.upload(table("second", 200))
    assert other.ask(first).status == 404
    editor.wait_for(first, "この内容で取り込む")
    other.wait_for(second, "この内容で取り込む")
    editor.agree(first)
    other.agree(second)
    wait(cluster, "done", first)
    wait(cluster, "done", second)
    assert (cases(cluster, "first"), cases(cluster, "second")) == (FEWER, 200)


def test_others_save_meanwhile(editor: Editor, front: Front, cluster: OwnCluster) -> None:
    """While one looks and while one imports; how long the longest save took is printed."""
    other, over = signed_in(front, cluster, "other"), Event()
    answers: list[Answer] = []
    seconds: list[float] = []

    def save_on() -> None:
        add, number = "/admin/catalog/topic/add/", 0
        while not over.is_set():
            number += 1
            form = other.ask(add)
            began = time.monotonic()
            name = f"saved-{time.monotonic_ns()}"
            sent = other.send(add, form, slug=name, title=name, position="1")
            seconds.append(time.monotonic() - began)
            answers.append(sent)
            draft = other.ask("/admin/catalog/case/add/")
            saved = other.send(
                "/admin/catalog/case/add/", draft, **{**EMPTY, "title": f"下書き{name}", "order": "1"}
            )
            answers.append(saved)

    with ThreadPoolExecutor(1) as threads:
        saving = threads.submit(save_on)
        try:
            address = editor.upload(table("beside"))
            editor.wait_for(address, "この内容で取り込む")
            editor.agree(address)
            editor.wait_for(address, "取り込みました")
        finally:
            over.set()
        saving.result()
    print(f"{len(answers)} saves beside the import, the longest {max(seconds):.2f} s")
    assert [answer.text for answer in answers if answer.status != 302] == []
    assert cases(cluster, "beside") == ROWS


EMPTY = {
    f"{name}-{key}": "0" for name in INLINES for key in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS")
} | {"status": "draft"}
