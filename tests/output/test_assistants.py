"""The tools for AI assistants, asked by the protocol's own client: they answer as the API does."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import CallToolResult, Tool
from pytest_django.plugin import DjangoDbBlocker

from tests.servers.clusters import production
from tests.servers.gunicorn import address_of_test_database, free_port, started

SITE = "http://localhost"
HOST = {"host": "localhost"}
COMMAND = [sys.executable, "manage.py", "mcp", "--site", SITE]
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def environment(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, str]:
    with django_db_blocker.unblock():
        return production(address_of_test_database(), ALLOWED_HOSTS="localhost", HTTPS="off")


@pytest.fixture(scope="module", params=["http", pytest.param("stdio", marks=pytest.mark.long)])
def server(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[Any]:
    """What a client connects to: a command to start, or the address of one that runs.

    The command has DEBUG on, as `manage.py` has it by itself.
    """
    if request.param == "stdio":
        for_developers = {**environment, "DEBUG": "on"}
        yield StdioServerParameters(
            command=COMMAND[0], args=COMMAND[1:], env=for_developers, cwd=settings.BASE_DIR
        )
        return
    port = free_port()
    with started([*COMMAND, "--http", str(port)], environment, f"127.0.0.1:{port}"):
        yield f"http://127.0.0.1:{port}/mcp"


def asked(server: Any, ask: Callable[[Client], Awaitable[Any]]) -> Any:
    async def talk() -> Any:
        async with Client(server) as client:
            return await ask(client)

    with ThreadPoolExecutor(1) as elsewhere:  # the driver of the browser has a loop in the thread of tests
        return elsewhere.submit(anyio.run, talk).result()


QUESTIONS: list[tuple[str, dict[str, Any], str]] = [
    (
        "search_cases",
        {"q": "人口1万人以下の町のオンライン申請"},
        "/api/v1/cases/?q=人口1万人以下の町のオンライン申請",
    ),
    (
        "search_cases",
        {"step": ["2", "3"], "population_max": 30000, "page_size": 3, "page": 2},
        "/api/v1/cases/?step=2&step=3&population_max=30000&page_size=3&page=2",
    ),
    ("nearest_cases", {"near": "063631", "step": ["3"]}, "/api/v1/cases/?near=063631&step=3&sort=nearest"),
    ("read_case", {"slug": "dx2021-17-1"}, "/api/v1/cases/dx2021-17-1/"),
    ("find_bodies", {"name": "舟形町"}, "/api/v1/bodies/?name=舟形町"),
    ("read_body", {"code": "063631"}, "/api/v1/bodies/063631/"),
    ("search_cases", {"step": ["9"], "where": "x"}, "/api/v1/cases/?step=9&where=x"),
    ("read_case", {"slug": "no-such-case"}, "/api/v1/cases/no-such-case/"),
    ("read_case", {"slug": "../bodies?x=市"}, "/api/v1/cases/..%2Fbodies%3Fx=市/"),
    ("read_case", {"slug": "事例"}, "/api/v1/cases/事例/"),
    ("read_case", {"slug": "a/b"}, "/api/v1/cases/a/b/"),
    ("read_body", {"code": "a/b"}, "/api/v1/bodies/a/b/"),
    ("search_cases", {"q": "\0"}, "/api/v1/cases/?q=%00"),
    ("search_cases", {"page": 999}, "/api/v1/cases/?page=999"),
]


def test_each_tool_answers_what_the_api_answers(server: Any, client: Browser) -> None:
    async def ask(assistant: Client) -> list[CallToolResult]:
        return [await assistant.call_tool(name, arguments) for name, arguments, _ in QUESTIONS]

    for (_, _, address), told in zip(QUESTIONS, asked(server, ask), strict=True):
        answer = client.get(address, headers=HOST)
        assert (told.structured_content, told.is_error) == (answer.json(), answer.status_code != 200), address


def test_tools_tell_what_they_take_as_the_api_does(server: Any) -> None:
    async def ask(assistant: Client) -> list[Tool]:
        return (await assistant.list_tools()).tools

    tools = {tool.name: tool for tool in asked(server, ask)}
    assert list(tools) == ["search_cases", "nearest_cases", "read_case", "find_bodies", "read_body"]
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
    search, nearest = (tools[name].input_schema["properties"] for name in ("search_cases", "nearest_cases"))
    assert search["step"]["items"]["enum"] == ["0", "1", "2", "3"]
    assert search["near"]["pattern"] == "^[0-9]{6}$"
    assert {*search} - {*nearest} == {"sort"}
    assert tools["read_body"].input_schema["required"] == ["code"]


MISSING: list[tuple[str, dict[str, Any], dict[str, list[str]]]] = [
    ("read_case", {}, {"slug": ["指定してください。"]}),
    (
        "nearest_cases",
        {"step": ["1"]},
        {
            name: ["nearとnear_populationのどちらかを指定してください。"]
            for name in ("near", "near_population")
        },
    ),
    (
        "write_case",
        {},
        {
            "name": [
                "次のいずれかを指定してください："
                "search_cases、nearest_cases、read_case、find_bodies、read_body"
            ]
        },
    ),
]


def test_what_is_missing_is_told(server: Any) -> None:
    async def ask(assistant: Client) -> list[CallToolResult]:
        return [await assistant.call_tool(name, arguments) for name, arguments, _ in MISSING]

    told = asked(server, ask)
    assert [one.structured_content for one in told] == [{"errors": errors} for _, _, errors in MISSING]
    assert all(one.is_error for one in told)


@pytest.mark.parametrize("site", ["https://elsewhere.example", "ftp://localhost", "localhost"])
def test_a_site_that_is_not_ours_is_refused(site: str) -> None:
    with pytest.raises(CommandError, match="--site には、次のいずれかのサイトのアドレスを"):
        call_command("mcp", site=site)
