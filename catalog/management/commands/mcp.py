"""`manage.py mcp`: the catalogue as tools of AI assistants, over standard input and output or over HTTP."""

from typing import Any
from urllib.parse import urlsplit

import anyio
import uvicorn
from django.core.management.base import BaseCommand, CommandParser
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings

from catalog.management.site import add_site_argument, site_of
from catalog.output import assistants

HERE = ("127.0.0.1", "localhost")
MAX_REQUEST_BYTES = 64 * 1024


class Command(BaseCommand):
    """Reads only. Without --http it answers the one program that has started it, until its input ends."""

    help = "事例カタログを、AIアシスタントの道具（MCP）として使えるようにします。読み取りだけを行います。"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_site_argument(parser)
        parser.add_argument(
            "--http", metavar="PORT", type=int, help="127.0.0.1のこの番号で、HTTPで待ちます。"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        site = site_of(options["site"])
        server = assistants.server(site)
        if not options["http"]:
            anyio.run(answer_one, server)
            return
        security = TransportSecuritySettings(
            allowed_hosts=[urlsplit(site).netloc, *(f"{host}:*" for host in HERE)],
            allowed_origins=[site, *(f"http://{host}:*" for host in HERE)],
        )
        application = server.streamable_http_app(
            json_response=True,
            stateless_http=True,
            max_request_body_size=MAX_REQUEST_BYTES,
            transport_security=security,
        )
        self.stderr.write(f"http://127.0.0.1:{options['http']}/mcp で待っています。Ctrl-Cで終わります。")
        uvicorn.run(application, host="127.0.0.1", port=options["http"], log_level="warning")


async def answer_one(server: assistants.Server[Any]) -> None:
    async with stdio_server() as (received, sent):
        await server.run(received, sent, server.create_initialization_options())
