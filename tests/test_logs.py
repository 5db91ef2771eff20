"""What the settings' own formatters write, through their own handler."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils.log import configure_logging

REQUEST_ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture(params=["line", "json"])
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
    (*_, line) = log.getvalue().splitlines()
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


def test_a_traceback_cannot_forge_a_line(log: io.StringIO) -> None:
    try:
        raise ValueError("a\n2026-11-25T00:00:00Z INFO forged\x1b")
    except ValueError:
        logging.getLogger("dxcases").exception("fault")
    first, *rest = log.getvalue().splitlines()
    assert "fault" in first
    assert [line for line in rest if not line.startswith("    ")] == []
    assert "\x1b" not in log.getvalue()
