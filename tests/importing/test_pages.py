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
from catalog.models import Body, Case, PopulationImport, Proposal
from dxcases.sent_twice import SENT_TWICE
from tests.filling import a_publisher
from tests.making import FUNAGATA
from tests.shown import one_line
from tests.state import database_state

pytestmark = pytest.mark.django_db

CASES, POPULATIONS = "/admin/catalog/case/import/", "/admin/catalog/body/import/"
CODES = "/admin/catalog/body/import-codes/"


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
    bodies = ("add_body", "change_body", "view_body", "change_population", "view_populationimport")
    client.force_login(user_with(*cases, *bodies))
    client.get("/admin/")  # notes in the session that it is used, once a minute
    return client


def upload(client: Client, text: str, url: str = CASES, **fields: str) -> Any:
    return client.post(url, {"file": SimpleUploadedFile("事例.csv", text.encode()), **fields})


def agreement(response: Any) -> str:
    return re.findall(r'name="agreement" value="([^"]*)"', response.text)[0]


def message(response: Any) -> str:
    return "".join(str(one) for one in response.context["messages"])


REASON = "誤記の訂正"
CHANGE = "識別名,題名\ndx2021-1-1,直した題\n"


def test_what_was_shown_is_what_is_done(editor: Client, import_dir: Path) -> None:
    state = database_state()
    shown = upload(editor, CHANGE)
    assert {table: rows for table, rows in database_state().items() if state[table] != rows} == {}
    title = Case.objects.get(slug="dx2021-1-1").title
    assert f"<del>{title}</del> → <ins>直した題</ins>" in one_line(shown.text)
    done = editor.post(CASES, {"agreement": agreement(shown), "reason": REASON}, follow=True)
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


def test_an_agreement_sent_twice_is_done_and_told_once(editor: Client) -> None:
    agreed = {"agreement": agreement(upload(editor, CHANGE)), "reason": REASON}
    editor.post(CASES, agreed)
    again = editor.post(CASES, agreed, follow=True)
    assert again.redirect_chain == [("/admin/catalog/case/", 302)]
    assert SENT_TWICE in message(again)
    assert pages.OVERTAKEN not in message(again)
    assert LogEntry.objects.count() == 1


def test_an_import_that_would_do_something_else_by_now_is_shown_again(editor: Client) -> None:
    shown = upload(editor, CHANGE)
    Case.objects.filter(slug="dx2021-1-1").update(title="ほかの人が直した題")
    again = editor.post(CASES, {"agreement": agreement(shown), "reason": REASON})
    assert message(again) == pages.OVERTAKEN
    assert "<del>ほかの人が</del>直した題 → 直した題" in one_line(again.text)
    assert Case.objects.get(slug="dx2021-1-1").title == "ほかの人が直した題"
    editor.post(CASES, {"agreement": agreement(again), "reason": REASON})
    assert Case.objects.get(slug="dx2021-1-1").title == "直した題"


def test_refused_rows_leave_no_button(editor: Client) -> None:
    state = database_state()
    shown = upload(editor, CHANGE + "dx2021-2-1,\n")
    assert "題名：入力してください。" in shown.text
    assert 'name="agreement"' not in shown.text
    assert database_state() == state


def test_each_page_tells_its_own_limit_of_rows() -> None:
    client = a_publisher()
    for url, rows, others in (
        (CASES, "20,000行まで", "60,000行"),
        ("/admin/catalog/indicator/import/", "60,000行まで", "20,000行"),
    ):
        text = client.get(url).text
        assert (rows in text, others in text) == (True, False)


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


def of_population(population: int = 4_900) -> str:
    return f"団体コード,人口\n{FUNAGATA},{population}\n"


def send_populations(client: Client, text: str = "", **fields: str) -> Any:
    """Sends the file, or without `text` the form alone."""
    data = {"source": "resident-register", **fields}
    return upload(client, text, POPULATIONS, **data) if text else client.post(POPULATIONS, data)


def errors(response: Any) -> dict[str, list[str]]:
    return {name: list(messages) for name, messages in response.context["form"].errors.items()}


def kept(response: Any) -> str:
    return re.findall(r'name="kept" value="([^"]*)"', response.text)[0]


def agree(client: Client, shown: Any, url: str = POPULATIONS) -> Any:
    return client.post(url, {"agreement": agreement(shown), "reason": REASON}, follow=True)


def test_populations_come_with_their_day_and_source(editor: Client) -> None:
    shown = send_populations(editor, of_population(), as_of="2025-01-01")
    assert "<del>5000</del> → <ins>4900</ins>" in one_line(shown.text)
    assert "<li>人口の基準日：2025-01-01</li>" in shown.text
    assert "<li>人口の出典：住民基本台帳に基づく人口、人口動態及び世帯数</li>" in shown.text
    done = agree(editor, shown)
    assert message(done) == (
        "「事例.csv」を取り込みました（新規 0行、変更 1行、変更なし 0行、取り込めない 0行）。"
        "取り消すときは「人口の取り込み」を開いてください。"
    )
    made = PopulationImport.objects.get()
    assert (made.file_name, made.made_by, made.changes) == (
        "事例.csv",
        User.objects.get(),
        {FUNAGATA: [None, 4_900]},
    )
    assert str(Body.objects.get(pk=FUNAGATA).population_as_of) == "2025-01-01"


def test_a_day_that_nothing_tells_is_asked_for_and_the_file_kept(editor: Client) -> None:
    asked = send_populations(editor, of_population())
    assert errors(asked) == {"as_of": ["人口の基準日を入力してください（表の題名からは分かりません）。"]}
    assert "「事例.csv」を預かっています。" in asked.text
    shown = send_populations(editor, kept=kept(asked), as_of="2025-01-01")
    assert "「事例.csv」の確認結果" in shown.text
    agree(editor, shown)
    assert Body.objects.get(pk=FUNAGATA).population == 4_900


def test_another_file_takes_the_place_of_the_one_kept(editor: Client) -> None:
    asked = send_populations(editor, of_population())
    shown = send_populations(editor, of_population(4_800), kept=kept(asked), as_of="2025-01-01")
    assert "<ins>4800</ins>" in shown.text


def test_a_file_is_kept_for_one_user_and_one_page(editor: Client) -> None:
    token = kept(send_populations(editor, of_population()))
    other = Client()
    other.force_login(User.objects.create_superuser("other"))
    missing = {"file": ["この項目は必須です。"]}
    assert errors(send_populations(other, kept=token, as_of="2025-01-01")) == missing
    assert errors(editor.post(CODES, {"kept": token})) == missing
    assert errors(send_populations(editor, kept=f"{token}x", as_of="2025-01-01")) == missing


def test_a_title_of_another_table_is_taken_only_with_a_tick(editor: Client) -> None:
    text = f"【外国人住民】令和7年住民基本台帳人口\n{of_population(50)}"
    assert "despite_title" not in editor.get(POPULATIONS).text
    refused = send_populations(editor, text)
    assert errors(refused)["file"][0].startswith("題名に「外国人住民」とあります。")
    assert "表の題名と違うことを承知で取り込む" in refused.text
    again = send_populations(editor, kept=kept(refused))
    assert errors(again) == errors(refused)
    shown = send_populations(editor, kept=kept(refused), despite_title="on")
    assert "<li>人口の基準日：2025-01-01</li>" in shown.text
    agree(editor, shown)
    assert Body.objects.get(pk=FUNAGATA).population == 50


RENAMED = (
    "団体コード,都道府県名（漢字）,市区町村名（漢字）,都道府県名（カナ）,市区町村名（カナ）\n"
    f"{FUNAGATA},山形県,舟形市,ﾔﾏｶﾞﾀｹﾝ,ﾌﾅｶﾞﾀｼ\n"
)


@pytest.mark.long
def test_the_list_of_codes_is_imported_as_well(editor: Client) -> None:
    refused = upload(editor, RENAMED, CODES, as_of="2026-04-01")
    assert errors(refused)["file"][0].startswith(
        "登録されている1,788団体のうち1,787団体が、この一覧にありません。"
    )
    Body.objects.exclude(pk=FUNAGATA).update(abolished_on="2000-01-01")
    shown = editor.post(CODES, {"kept": kept(refused), "as_of": "2026-04-01"})
    assert "<del>舟形町</del> → <ins>舟形市</ins>" in one_line(shown.text)
    done = agree(editor, shown, CODES)
    assert done.redirect_chain == [("/admin/catalog/body/", 302)]
    assert Body.objects.get(pk=FUNAGATA).name == "舟形市"


@pytest.mark.long
def test_what_has_become_doubtful_meanwhile_is_not_done(editor: Client) -> None:
    Body.objects.exclude(pk=FUNAGATA).update(abolished_on="2000-01-01")
    shown = upload(editor, RENAMED, CODES, as_of="2026-04-01")
    Body.objects.update(abolished_on=None)
    assert message(agree(editor, shown, CODES)).startswith("登録されている1,788団体のうち1,787団体が")
    assert Body.objects.get(pk=FUNAGATA).name == "舟形町"


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
    assert is_refused(editor, POPULATIONS)
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


@pytest.mark.parametrize(
    ("url", "label"),
    [
        (CASES, "ファイルから取り込む"),
        (POPULATIONS, "人口をファイルから取り込む"),
        (CODES, "団体コードの一覧を取り込む"),
    ],
)
def test_the_pages_are_led_to_in_japanese_and_without_anything_inline(
    editor: Client, url: str, label: str
) -> None:
    assert f'href="{url}">{label}</a>' in editor.get(re.sub(r"import.*", "", url)).text
    page = upload(editor, CHANGE + "dx2021-2-1,\n") if url == CASES else editor.get(url)
    content = page.text[page.text.index('<div id="content"') :]
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", content)
    words = re.sub(r"<[^>]*>", " ", content)
    known = {"CSV", "UTF", "JIS", "XLSX", "Excel", "JSON", "DS", "cases", "csv", "xlsx"}
    assert set(re.findall(r"[A-Za-z]{3,}", words)) <= known


def told(written: Any) -> list[tuple[str, str]]:
    """Who and why of each version in the history, newest first."""
    revisions = [version.revision for version in history.versions_of(written)]
    return [(str(one.user or ""), one.comment) for one in revisions]


def test_the_history_tells_what_was_there_and_who_imported(editor: Client) -> None:
    agree(editor, upload(editor, CHANGE), CASES)
    case = Case.objects.get(slug="dx2021-1-1")
    name = User.objects.get().username
    why = f"{REASON}（{history.IMPORTED}：事例.csv）"
    assert told(case) == [(name, why), ("", history.BEGUN)]
    before, after = (history.texts_in(version)["題名"] for version in reversed(history.versions_of(case)))
    assert (before, after) == (["DX推進基本方針の策定に向けた取組み"], ["直した題"])
    agree(editor, send_populations(editor, of_population(), as_of="2025-01-01"))
    imported = (name, f"{history.IMPORTED}：事例.csv")
    assert told(Body.objects.get(pk=FUNAGATA)) == [imported, ("", history.BEGUN)]


def test_what_an_editor_imports_into_public_cases_becomes_proposals(client: Client) -> None:
    who = user_with("view_case", "add_case", "change_case")
    client.force_login(who)
    shown = upload(client, f"{CHANGE}dx2021-17-1,別の題\n")
    assert agree(client, shown, CASES).redirect_chain == [("/admin/catalog/case/", 302)]
    assert Case.objects.get(slug="dx2021-1-1").title != "直した題"
    made = Proposal.objects.order_by("pk")
    assert [(one.case.slug, one.content["case"]["title"], one.author, one.reason) for one in made] == [
        (slug, title, who, f"{REASON}（{history.IMPORTED}：事例.csv）")
        for slug, title in (("dx2021-1-1", "直した題"), ("dx2021-17-1", "別の題"))
    ]


def test_what_waits_as_a_proposal_is_not_proposed_again(client: Client) -> None:
    client.force_login(user_with("view_case", "add_case", "change_case"))
    agree(client, upload(client, CHANGE), CASES)
    Case.objects.filter(slug="dx2021-1-1").update(editor_note="ほかの人の変更")
    again = upload(client, CHANGE)
    assert "同じ内容の改訂案がすでにあります（作成中）。新しい改訂案は作りません。" in again.text
    assert "変わるものはありません。注意を確かめてください。" in again.text
    assert 'name="agreement"' not in again.text
    more = upload(client, "識別名,題名,背景\ndx2021-1-1,直した題,直した背景\n")
    agree(client, more, CASES)
    assert Proposal.objects.count() == 2
    Proposal.objects.update(state="dropped", closed_at="2026-11-01T00:00:00Z")
    agree(client, upload(client, CHANGE), CASES)
    assert Proposal.objects.count() == 3


def test_a_change_of_a_public_case_asks_for_a_reason_and_keeps_the_file(editor: Client) -> None:
    shown = upload(editor, CHANGE)
    refused = editor.post(CASES, {"agreement": agreement(shown), "reason": " "})
    assert "公開した事例を変えるときは、変更の理由を入力してください。" in refused.text
    assert Case.objects.get(slug="dx2021-1-1").title != "直した題"
    agree(editor, refused, CASES)
    assert Case.objects.get(slug="dx2021-1-1").title == "直した題"
    assert "変更の理由" not in upload(editor, "識別名,題名\n,下書きの題\n").text


def test_an_editor_does_not_publish_by_a_file(client: Client) -> None:
    client.force_login(user_with("view_case", "add_case", "change_case"))
    shown = upload(client, "識別名,題名,状態\n,題,公開\ndx2021-1-1,題,下書き\n")
    assert shown.text.count("状態を変えられるのは公開担当者だけです。") == 2
