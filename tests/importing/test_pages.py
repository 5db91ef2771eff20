from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog import history
from catalog.importing import pages
from catalog.models import Body, Case
from tests.making import FUNAGATA
from tests.state import database_state

pytestmark = pytest.mark.django_db

CASES, BODIES = "/admin/catalog/case/import/", "/admin/catalog/body/import/"


@pytest.fixture(autouse=True)
def import_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "imports"
    monkeypatch.setattr(settings, "IMPORT_DIR", folder)
    return folder


def user_with(*permissions: str) -> User:
    user = User.objects.create_user(f"henshu-{len(permissions)}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def editor(client: Client) -> Client:
    cases = ("view_case", "add_case", "change_case", "publish_case")
    client.force_login(user_with(*cases, "add_body", "change_body", "view_body"))
    client.get("/admin/")  # notes in the session that it is used, once a minute
    return client


def upload(client: Client, text: str, url: str = CASES, **fields: str) -> Any:
    return client.post(url, {"file": SimpleUploadedFile("事例.csv", text.encode()), **fields})


def agreement(response: Any) -> str:
    return re.findall(r'name="agreement" value="([^"]*)"', response.text)[0]


def message(response: Any) -> str:
    return "".join(str(one) for one in response.context["messages"])


CHANGE = "識別名,題名\ndx2021-1-1,直した題\n"


def test_what_was_shown_is_what_is_done(editor: Client, import_dir: Path) -> None:
    state = database_state()
    shown = upload(editor, CHANGE)
    assert {table: rows for table, rows in database_state().items() if state[table] != rows} == {}
    title = Case.objects.get(slug="dx2021-1-1").title
    assert f"<del>{title}</del> → <ins>直した題</ins>" in shown.text
    done = editor.post(CASES, {"agreement": agreement(shown)}, follow=True)
    assert done.redirect_chain == [("/admin/catalog/case/", 302)]
    assert message(done) == (
        "「事例.csv」を取り込みました（新規 0行、変更 1行、変更なし 0行、取り込めない 0行）。"
    )
    assert Case.objects.get(slug="dx2021-1-1").title == "直した題"
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.get_change_message()) == (
        "直した題",
        "ファイル「事例.csv」から取り込みました。",
    )


def test_an_import_that_would_do_something_else_by_now_is_shown_again(editor: Client) -> None:
    shown = upload(editor, CHANGE)
    Case.objects.filter(slug="dx2021-1-1").update(title="ほかの人が直した題")
    again = editor.post(CASES, {"agreement": agreement(shown)})
    assert message(again) == pages.OVERTAKEN
    assert "<del>ほかの人が直した題</del> → <ins>直した題</ins>" in again.text
    assert Case.objects.get(slug="dx2021-1-1").title == "ほかの人が直した題"
    editor.post(CASES, {"agreement": agreement(again)})
    assert Case.objects.get(slug="dx2021-1-1").title == "直した題"


def test_refused_rows_leave_no_button(editor: Client) -> None:
    state = database_state()
    shown = upload(editor, CHANGE + "dx2021-2-1,\n")
    assert "題名：このフィールドは空ではいけません。" in shown.text
    assert 'name="agreement"' not in shown.text
    assert database_state() == state


def test_a_file_without_changes_says_so(editor: Client) -> None:
    upload(editor, CHANGE)
    title = Case.objects.get(slug="dx2021-1-1").title
    shown = upload(editor, f"識別名,題名\ndx2021-1-1,{title}\n")
    assert "取り込むものはありません" in shown.text
    assert 'name="agreement"' not in shown.text


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "ファイルが空です。"),
        ("題名\n一\n", "1行目に「識別名」の列がありません。"),
        ('識別名\n"x', "閉じていません"),
    ],
)
def test_an_unreadable_file_is_told_beside_the_field(editor: Client, text: str, error: str) -> None:
    response = upload(editor, text)
    assert response.status_code == 200
    assert any(error in one for one in response.context["form"].errors["file"])


def test_no_file_is_told_beside_the_field(editor: Client) -> None:
    assert editor.post(CASES).context["form"].errors == {"file": ["この項目は必須です。"]}


def test_populations_need_their_date_and_keep_it(editor: Client) -> None:
    text = f"団体コード,人口\n{FUNAGATA},4900\n"
    assert upload(editor, text, BODIES).context["form"].errors == {"as_of": ["この項目は必須です。"]}
    shown = upload(editor, text, BODIES, as_of="2025-01-01")
    assert "<del>5000</del> → <ins>4900</ins>" in shown.text
    editor.post(BODIES, {"agreement": agreement(shown)})
    assert str(Body.objects.get(pk=FUNAGATA).population_as_of) == "2025-01-01"


def test_an_agreement_is_of_one_user_one_page_one_file_and_one_day(
    editor: Client, import_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed = agreement(upload(editor, CHANGE))
    other = Client()
    other.force_login(User.objects.create_superuser("other"))
    (file,) = import_dir.iterdir()
    content = file.read_bytes()

    def is_refused(client: Client, url: str = CASES, text: str = agreed) -> bool:
        response = client.post(url, {"agreement": text}, follow=True)
        return response.redirect_chain == [(url, 302)] and message(response) == pages.EXPIRED

    assert is_refused(other)
    assert is_refused(editor, BODIES)
    assert is_refused(editor, text=f"{agreed}x")
    file.write_bytes(content + b"\n")
    assert is_refused(editor)
    file.unlink()
    assert is_refused(editor)
    file.write_bytes(content)
    with monkeypatch.context() as later:
        later.setattr(pages, "AGREEMENT_SECONDS", -1)
        assert is_refused(editor)
    assert not is_refused(editor)


def test_files_nobody_agreed_to_are_let_go_of_after_a_day(
    editor: Client, import_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(editor, CHANGE)
    (old,) = import_dir.iterdir()
    monkeypatch.setattr(pages, "AGREEMENT_SECONDS", -1)
    upload(editor, CHANGE + "\n")
    assert old not in import_dir.iterdir()
    assert import_dir.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("permissions", [(), ("add_case", "view_case"), ("change_case", "view_case")])
def test_only_those_who_may_add_and_change_import(client: Client, permissions: tuple[str, ...]) -> None:
    client.force_login(user_with(*permissions))
    assert client.get(CASES).status_code == 403
    assert upload(client, CHANGE).status_code == 403
    if permissions:
        assert CASES not in client.get("/admin/catalog/case/").text


def test_strangers_are_asked_to_log_in(client: Client) -> None:
    assert client.get(CASES).headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("url", [CASES, BODIES])
def test_the_pages_are_led_to_in_japanese_and_without_anything_inline(editor: Client, url: str) -> None:
    assert f'href="{url}">ファイルから取り込む' in editor.get(url.removesuffix("import/")).text
    page = upload(editor, CHANGE + "dx2021-2-1,\n") if url == CASES else editor.get(url)
    content = page.text[page.text.index('<div id="content"') :]
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", content)
    words = re.sub(r"<[^>]*>", " ", content)
    assert set(re.findall(r"[A-Za-z]{3,}", words)) <= {"CSV", "UTF", "JIS", "XLSX", "cases", "csv", "xlsx"}


def told(written: Any) -> list[tuple[str, str]]:
    """Who and why of each version in the history, newest first."""
    revisions = [version.revision for version in history.versions_of(written)]
    return [(str(one.user or ""), one.comment) for one in revisions]


def test_the_history_tells_what_was_there_and_who_imported(editor: Client) -> None:
    editor.post(CASES, {"agreement": agreement(upload(editor, CHANGE))})
    case = Case.objects.get(slug="dx2021-1-1")
    assert told(case) == [("henshu-7", history.IMPORTED), ("", history.BEGUN)]
    before, after = (history.texts_in(version)["題名"] for version in reversed(history.versions_of(case)))
    assert (before, after) == (["DX推進基本方針の策定に向けた取組み"], ["直した題"])
    shown = upload(editor, f"団体コード,人口\n{FUNAGATA},4900\n", BODIES, as_of="2025-01-01")
    editor.post(BODIES, {"agreement": agreement(shown)})
    assert told(Body.objects.get(pk=FUNAGATA)) == [("henshu-7", history.IMPORTED), ("", history.BEGUN)]


def test_what_is_public_is_changed_by_those_alone_who_may_publish(client: Client) -> None:
    client.force_login(user_with("view_case", "add_case", "change_case"))
    shown = upload(client, CHANGE)
    assert "公開した事例を変えられるのは公開担当者だけです" in shown.text
    assert Case.objects.get(slug="dx2021-1-1").title != "直した題"
