"""What the settings' own formatters write, through their own handler."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError, transaction
from django.test import Client
from django.utils.log import configure_logging
from pytest_django import Settings

from catalog.models import Case, Population, PopulationImport
from dxcases.logs import escape_control
from tests.editing.test_admin import LIST, chosen
from tests.filling import ADD, a_publisher, change_url, new_case, opened
from tests.importing.test_pages import CASES, CHANGE, agreement, upload
from tests.making import FUNAGATA, HIDAKA
from tests.quick import one_in

REQUEST_ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture(params=one_in(2, ["line", "json"]))
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged in this format, as text."""
    handlers: Any = settings.LOGGING["handlers"]
    written = io.StringIO()
    stderr = {**handlers["stderr"], "formatter": request.param, "stream": written}
    configure_logging(settings.LOGGING_CONFIG, {**settings.LOGGING, "handlers": {"stderr": stderr}})
    yield written
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


def told(log: io.StringIO) -> dict[str, str]:
    """The parts of the last line, whichever format it has."""
    return all_told(log)[-1]


def all_told(log: io.StringIO) -> list[dict[str, str]]:
    return [parts(line) for line in log.getvalue().splitlines()]


def parts(line: str) -> dict[str, str]:
    if line.startswith("{"):
        return json.loads(line)
    match = re.fullmatch(
        r"(?P<time>\S+) (?P<level>\w+) (?P<logger>\S+) \[(?P<request_id>\w+)] (?P<message>.*)", line
    )
    assert match
    return match.groupdict()


def log_in(client: Client, name: str, password: str, request_id: str = REQUEST_ID) -> None:
    data = {"username": name, "password": password}
    client.post("/admin/login/", data, headers={"x-request-id": request_id})


@pytest.mark.django_db
def test_a_login_is_told_with_user_id_time_in_utc_and_request(client: Client, log: io.StringIO) -> None:
    user = User.objects.create_superuser("henshu", password="a long enough password")
    log_in(client, "henshu", "a long enough password")
    line = told(log)
    assert line["message"] == f"login: henshu (id {user.pk})"
    assert (line["logger"], line["level"]) == ("dxcases.access_log", "INFO")
    assert line["request_id"] == REQUEST_ID
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\.\d+\+00:00)", line["time"])
    client.logout()
    assert told(log)["message"] == f"logout: henshu (id {user.pk})"


@pytest.mark.django_db
def test_a_refusal_is_told_without_the_password_and_on_one_line(client: Client, log: io.StringIO) -> None:
    log_in(client, "x\n2026-11-25T00:00:00Z INFO login: root\x1b[2J\x9b", "a secret guess")
    assert len(log.getvalue().splitlines()) == 1
    assert "\x1b" not in log.getvalue()
    assert "\x9b" not in log.getvalue()
    assert "a secret guess" not in log.getvalue()
    assert told(log)["message"].startswith("login refused: x")


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "abc", "x" * 32, f"{REQUEST_ID}\x1b[2J"])
def test_a_request_id_that_is_none_is_replaced(client: Client, log: io.StringIO, given: str) -> None:
    log_in(client, "nobody", "wrong", given)
    assert re.fullmatch("[0-9a-f]{32}", told(log)["request_id"])


FILE = r"a\n2026-11-25T00:00:00Z INFO forged\x1b[2J.csv"  # as a line has it
Committed = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Committed) -> AbstractContextManager[Any]:
    """What is done in it is committed at its end, as far as the log is concerned."""
    return django_capture_on_commit_callbacks(execute=True)


@pytest.mark.django_db
def test_an_import_is_told_with_user_file_and_numbers(
    log: io.StringIO, committed: AbstractContextManager[Any], settings: Settings, tmp_path: Path
) -> None:
    settings.IMPORT_DIR = tmp_path
    client = a_publisher("satou")
    with committed:
        client.post(CASES, {"agreement": agreement(upload(client, CHANGE)), "reason": "訂正"})
    assert told(log)["message"] == (
        f"import: satou (id {user_id('satou')}), case from 事例.csv: 0 new, 1 changed"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "text", "what"),
    [
        (["import_cases"], CHANGE, f"case from {FILE}: 0 new, 1 changed"),
        (
            ["import_populations", "--as-of", "2025-01-01"],
            f"団体コード,人口\n{FUNAGATA},4900\n{HIDAKA},4800\n",
            f"population from {FILE}: 0 new, 2 changed",
        ),
    ],
)
def test_an_import_by_command_is_told_with_the_name_of_the_file_but_not_its_folder(
    log: io.StringIO,
    committed: AbstractContextManager[Any],
    tmp_path: Path,
    command: list[str],
    text: str,
    what: str,
) -> None:
    file = tmp_path / "a\n2026-11-25T00:00:00Z INFO forged\x1b[2J.csv"
    file.write_text(text)
    name, *options = command
    call_command(name, str(file), "--dry-run", *options)
    with committed:
        call_command(name, str(file), *options)
    assert [escape_control(line["message"]) for line in all_told(log)] == [f"import: command line, {what}"]
    assert "\x1b" not in log.getvalue()


@pytest.mark.django_db
def test_an_import_that_is_taken_back_is_told_with_what_stays(
    log: io.StringIO, committed: AbstractContextManager[Any], tmp_path: Path
) -> None:
    file = tmp_path / "人口.csv"
    file.write_text(f"団体コード,人口\n{FUNAGATA},4900\n{HIDAKA},4800\n")
    call_command("import_populations", str(file), "--as-of", "2025-01-01")
    Population.objects.filter(body=HIDAKA, persons=4800).update(persons=4850)
    key = str(PopulationImport.objects.get().pk)
    call_command("import_populations", "--take-back", key, "--dry-run")
    with committed:
        call_command("import_populations", "--take-back", key)
    messages = [line["message"] for line in all_told(log)]
    assert messages == ["import taken back: command line, 人口.csv: 1 changed, 1 left"]


@pytest.mark.django_db
def test_who_publishes_withdraws_and_takes_back_is_told(
    log: io.StringIO, committed: AbstractContextManager[Any]
) -> None:
    client = a_publisher("satou")
    with committed:
        client.post(ADD, new_case(slug="made", status="draft"))
        case = Case.objects.get(slug="made")
        client.post(LIST, chosen("publish", case, reason=""))
        client.post(change_url(case), {**opened(client, case), "title": "直した題", "reason": "誤記"})
        withdrawn = {"status": "withdrawn", "withdrawn_reason": "団体の申し出"}
        client.post(change_url(case), {**opened(client, case), **withdrawn})
        client.post(LIST, chosen("return_to_draft", case, reason="確認"))
        client.post(ADD, new_case(slug="other", page="101"))
    who = f"satou (id {user_id('satou')})"
    assert [line["message"] for line in all_told(log)] == [
        f"login: {who}",
        f"publish: {who}, made",
        f"withdraw: {who}, made",
        f"return to draft: {who}, made",
        f"publish: {who}, other",
    ]


@pytest.mark.django_db
def test_a_change_that_is_taken_back_is_not_told(
    log: io.StringIO, committed: AbstractContextManager[Any]
) -> None:
    client = a_publisher("satou")
    with committed, transaction.atomic():
        client.post(ADD, new_case(slug="made"))
        assert Case.objects.filter(slug="made").exists()
        transaction.set_rollback(True)
    assert [line["message"] for line in all_told(log)] == [f"login: satou (id {user_id('satou')})"]


def user_id(name: str) -> int:
    return User.objects.get(username=name).pk


def test_a_traceback_cannot_forge_a_line(log: io.StringIO) -> None:
    try:
        raise ValueError("a\n2026-11-25T00:00:00Z INFO forged\x1b")
    except ValueError:
        logging.getLogger("dxcases").exception("fault")
    first, *rest = log.getvalue().splitlines()
    assert "fault" in first
    assert [line for line in rest if not line.startswith("    ")] == []
    assert "\x1b" not in log.getvalue()


def test_why_there_is_no_connection_is_told_once_and_requests_that_fail_so_in_a_line(
    log: io.StringIO,
) -> None:
    pool, reason = logging.getLogger("psycopg.pool"), f"no such role {uuid4()}"
    for _ in range(3):
        pool.warning("error connecting in %r: %s", "pool-1", reason)
    pool.warning("discarding closed connection: %s", "a connection")
    try:
        raise OperationalError("no connection\nafter 0.2 sec")
    except OperationalError:
        logging.getLogger("django.request").exception("Service Unavailable: %s", "/cases/")
    assert [line["message"] for line in all_told(log)] == [
        f"error connecting in 'pool-1': {reason}",
        "Service Unavailable: /cases/ (no connection after 0.2 sec)",
    ]
