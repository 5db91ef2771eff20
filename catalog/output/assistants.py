"""The catalogue for AI assistants, by the Model Context Protocol (https://modelcontextprotocol.io/).

Each tool is one request to the API within this process, so an assistant is told the counts, the orders and
the errors that the pages show (contract, 1).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from anyio import CapacityLimiter, to_thread
from mcp.server.lowlevel import Server
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as ListedTool

from catalog.finding.index import current_index
from catalog.output.api import A_BODY, BODY_CODE_SCHEMA, current_schema
from catalog.output.asking import Asker, asker
from catalog.output.descriptions import ABOUT, NAME, json_schema

MAX_REQUESTS_AT_ONCE = 4
INSTRUCTIONS = (
    f"{ABOUT}件数は答えのcountを使い、自分で数えないでください。"
    "引用するときは、答えのsource（出典）と、事例のurlを示してください。"
    "事例にないことは、各団体の公式サイト（bodiesのwebsite）に尋ねるよう案内してください。"
)


@dataclass(frozen=True)
class Tool:
    """A tool that asks one endpoint of the API.

    `operation` is the endpoint's name in the OpenAPI document, `fixed` what is always asked, `any_of` the
    parameters of which one at least is needed.
    """

    name: str
    operation: str
    title: str
    about: str
    fixed: tuple[tuple[str, str], ...] = ()
    any_of: tuple[str, ...] = ()


TOOLS = (
    Tool(
        "search_cases",
        "case_list",
        "事例を探す",
        "言葉と条件で事例を探します。qは文のままでよく、人口・種別・地域・ステップは条件として読み取ります"
        "（読み取ったものは答えのunderstood）。facetsは、条件を1つ加えたときの件数です。",
    ),
    Tool(
        "nearest_cases",
        "case_list",
        "近い団体の事例を探す",
        "団体（nearに団体コード）か人口（near_populationに人数）に近い順に事例を並べます。"
        "ほかの条件も加えられます。どれだけ近いかは、各事例のnearnessです。",
        fixed=(("sort", "nearest"),),
        any_of=("near", "near_population"),
    ),
    Tool("read_case", "case_detail", "1つの事例を読む", "識別名（slug）で、1つの事例の全文を返します。"),
    Tool(
        "find_bodies",
        "body_list",
        "団体を探す",
        "名称、よみ、都道府県などで団体を探し、団体コードを調べます。",
    ),
    Tool(
        "read_body",
        "body_detail",
        "1つの団体を読む",
        "団体コード（code）で、団体の人口、公式サイト、事例、類似の取組としての掲載を返します。",
    ),
)


def server(site: str) -> Server[Any]:
    """A server of the tools. `site` is the address of the site, to which the addresses in answers lead."""
    ask, limiter = asker(site), CapacityLimiter(MAX_REQUESTS_AT_ONCE)

    async def list_tools(context: Any, asked: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=await to_thread.run_sync(listed_tools, limiter=limiter))

    async def call_tool(context: Any, asked: CallToolRequestParams) -> CallToolResult:
        return await to_thread.run_sync(answer_of, ask, asked.name, asked.arguments or {}, limiter=limiter)

    return Server(
        "dxcases",
        title=NAME,
        instructions=INSTRUCTIONS,
        website_url=site,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def answer_of(ask: Asker, name: str, arguments: dict[str, Any]) -> CallToolResult:
    """What a tool answers; the API's errors are told as such, so that an assistant can ask better."""
    tool = next((tool for tool in TOOLS if tool.name == name), None)
    if tool is None:
        names = "、".join(tool.name for tool in TOOLS)
        return result(False, errors({"name": f"次のいずれかを指定してください：{names}"}))
    path, parameters = operations()[tool.operation]
    needed = [one["name"] for one in parameters if one["in"] == "path"]
    if missing := [name for name in needed if not arguments.get(name)]:
        return result(False, errors(dict.fromkeys(missing, "指定してください。")))
    if tool.any_of and not any(arguments.get(name) for name in tool.any_of):
        message = f"{'と'.join(tool.any_of)}のどちらかを指定してください。"
        return result(False, errors(dict.fromkeys(tool.any_of, message)))
    query = [(name, value) for name, value in pairs(arguments) if name not in needed]
    status, content = ask(path.format_map(arguments), [*query, *tool.fixed])
    return result(status == 200, json.loads(content))


def pairs(arguments: dict[str, Any]) -> list[tuple[str, str]]:
    """The arguments of a tool as those of a query; a list is a parameter given several times."""
    return [
        (name, str(value))
        for name, given in arguments.items()
        for value in (given if isinstance(given, list) else [given])
        if value is not None
    ]


def errors(messages: dict[str, str]) -> dict[str, Any]:
    return {"errors": {name: [message] for name, message in messages.items()}}


def result(succeeded: bool, answer: dict[str, Any]) -> CallToolResult:
    text = TextContent(type="text", text=json.dumps(answer, ensure_ascii=False))
    return CallToolResult(content=[text], structured_content=answer, is_error=not succeeded)


def listed_tools() -> list[ListedTool]:
    """The tools with what each takes, made of the parameters of the OpenAPI document."""
    return [
        ListedTool(
            name=tool.name,
            title=tool.title,
            description=tool.about,
            input_schema=input_schema(tool),
            annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
        )
        for tool in TOOLS
    ]


def input_schema(tool: Tool) -> dict[str, Any]:
    _, parameters = operations()[tool.operation]
    fixed = dict(tool.fixed)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {one["name"]: property_of(one) for one in parameters if one["name"] not in fixed},
        "required": [one["name"] for one in parameters if one["in"] == "path"],
        "additionalProperties": False,
    }
    if tool.any_of:
        schema["anyOf"] = [{"required": [name]} for name in tool.any_of]
    return schema


def property_of(parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter as JSON Schema. Codes of bodies are told by their form: all 1,788 are too much to read."""
    schema = parameter["schema"]
    if schema.get("type") == "array":
        schema = {**schema, "items": without_reference(schema["items"])}
    described = {"description": parameter["description"]} if "description" in parameter else {}
    return {**json_schema(without_reference(schema)), **described}


def without_reference(schema: dict[str, Any]) -> dict[str, Any]:
    return BODY_CODE_SCHEMA if schema == A_BODY else schema


def operations() -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """Path and parameters of each endpoint of the API by its name."""
    paths = current_schema(current_index())["paths"]
    return {
        item["get"]["operationId"]: (path, item["get"].get("parameters", [])) for path, item in paths.items()
    }
