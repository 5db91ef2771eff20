"""Imports that run apart from the request; what their process does is done in this one (see tests/deploy)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from catalog.editing.imported import perform
from catalog.importing import runs
from catalog.models import Body, Case, ImportRun
from tests.importing import test_pages
from tests.importing.test_pages import CASES, POPULATIONS, REASON, errors, kept, message, upload
from tests.state import database_state

pytestmark = pytest.mark.django_db

editor, import_dir = test_pages.editor, test_pages.import_dir
NEW = "識別名,題名\n" + "".join(f"apart-{number},題{number}\n" for number in range(250))


def begun(client: Client, text: str = NEW, url: str = CASES, **fields: str) -> str:
    """The address of the import, which waits for its process."""
    sent = upload(client, text, url, **fields)
    assert sent.status_code == 302
    return str(sent.headers["Location"])


def key_of(address: str) -> int:
    return int(address.rstrip("/").rpartition("/")[2])


def worked(client: Client, address: str) -> Any:
    """The page once the process is done with it."""
    perform(key_of(address))
    return client.get(address)


def agree(client: Client, address: str, **fields: str) -> Any:
    digest = re.findall(r'name="agreed" value="([^"]*)"', client.get(address).text)
    return client.post(address, {"agreed": digest, **fields})


@pytest.mark.long
def test_a_large_file_is_found_out_about_and_then_imported(editor: Client, import_dir: Path) -> None:
    state = database_state()
    address = begun(editor)
    waiting = editor.get(address).text
    assert '<meta http-equiv="refresh" content="2">' in waiting
    assert "順番を待っています" in waiting
    shown = worked(editor, address)
    changed = {table for table, rows in database_state().items() if state[table] != rows}
    assert changed <= {"catalog_importrun", "django_session"}
    assert "新規 250行" in shown.text
    assert "http-equiv" not in shown.text
    assert shown.text.count('<th scope="row">') == 200
    assert editor.get(address, {"page": "2"}).text.count('<th scope="row">') == 50
    assert agree(editor, address).status_code == 302
    done = worked(editor, address)
    assert "取り込みました" in done.text
    assert Case.objects.filter(slug__startswith="apart-", document__isnull=False).count() == 250
    assert f'<a href="{address}">' in editor.get(CASES).text


def test_a_small_file_is_shown_at_once(editor: Client) -> None:
    assert upload(editor, NEW[: NEW.index("apart-100")]).status_code == 200
    assert not ImportRun.objects.exists()


def test_it_is_for_its_maker_alone(editor: Client) -> None:
    address = begun(editor)
    other = Client()
    other.force_login(User.objects.create_superuser("other"))
    assert other.get(address).status_code == 404
    assert other.post(address, {"drop": ""}).status_code == 404
    assert address not in other.get(CASES).text
    assert editor.get(f"{POPULATIONS}{key_of(address)}/").status_code == 404


@pytest.mark.long
def test_what_changed_since_is_shown_again(editor: Client) -> None:
    address = begun(editor)
    worked(editor, address)
    agree(editor, address)
    Case.objects.create(slug="apart-7", title="先に入れた題")
    shown = worked(editor, address)
    assert message(shown) == runs.OVERTAKEN
    assert "変更 1行" in shown.text
    assert not Case.objects.filter(slug="apart-8").exists()
    agree(editor, address)
    worked(editor, address)
    assert Case.objects.get(slug="apart-7").title == "題7"


def test_another_digest_than_the_one_shown_is_not_agreed_to(editor: Client) -> None:
    address = begun(editor)
    worked(editor, address)
    editor.post(address, {"agreed": "x" * 64})
    worked(editor, address)
    assert not Case.objects.filter(slug="apart-8").exists()


@pytest.mark.long
def test_a_public_case_needs_a_reason(editor: Client) -> None:
    address = begun(editor, f"{NEW}dx2021-1-1,直した題\n")
    worked(editor, address)
    refused = agree(editor, address, reason=" ")
    assert "公開した事例を変えるときは、変更の理由を入力してください。" in refused.text
    agree(editor, address, reason=REASON)
    worked(editor, address)
    assert Case.objects.get(slug="dx2021-1-1").title == "直した題"


@pytest.mark.long
def test_a_day_is_asked_for_and_the_file_kept(editor: Client) -> None:
    bodies = Body.objects.filter(abolished_on=None).exclude(kind="prefecture")[:150]
    text = "団体コード,人口\n" + "".join(f"{body.pk},4900\n" for body in bodies)
    asked = worked(editor, begun(editor, text, POPULATIONS, source="resident-register"))
    assert errors(asked) == {"as_of": ["人口の基準日を入力してください（表の題名からは分かりません）。"]}
    again = {"source": "resident-register", "as_of": "2025-01-01", "kept": kept(asked)}
    address = editor.post(POPULATIONS, again).headers["Location"]
    worked(editor, address)
    agree(editor, address)
    assert "取り消すときは" in worked(editor, address).text
    assert set(bodies.all().values_list("population", flat=True)) == {4_900}


def test_who_may_no_longer_import_does_not(editor: Client) -> None:
    address = begun(editor)
    worked(editor, address)
    agree(editor, address)
    User.objects.get().user_permissions.remove(Permission.objects.get(codename="add_case"))
    perform(key_of(address))
    run = ImportRun.objects.get()
    assert (run.state, run.agreed) == ("asked", "")
    assert "権限がなくなった" in run.told
    assert not Case.objects.filter(slug="apart-8").exists()


@pytest.mark.long
def test_it_is_let_go_of_on_demand_and_after_a_day(editor: Client, import_dir: Path) -> None:
    address = begun(editor)
    worked(editor, address)
    assert len(list(import_dir.iterdir())) == 2  # the file and the report
    editor.post(address, {"drop": ""})
    assert editor.get(address).status_code == 404
    worked(editor, address := begun(editor))
    ImportRun.objects.update(changed_at=timezone.now() - timedelta(days=1, minutes=1))
    editor.get(CASES)
    assert not ImportRun.objects.exists()
    assert [file.name for file in import_dir.iterdir() if file.name.startswith("report")] == []


@pytest.mark.long
def test_one_whose_process_is_gone_says_so_and_starts_again(editor: Client) -> None:
    address = begun(editor)
    ImportRun.objects.update(state="running", changed_at=timezone.now() - timedelta(seconds=5))
    stopped = editor.get(address).text
    assert "途中で止まりました" in stopped
    assert "http-equiv" not in stopped
    assert editor.post(address, {"again": ""}).status_code == 302
    assert "新規 250行" in worked(editor, address).text
