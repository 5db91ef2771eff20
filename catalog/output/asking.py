"""Questions to the site within this process, as a browser would ask them: all that it answers is as it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.wsgi import get_wsgi_application

Asker = Callable[[str, Iterable[tuple[str, str]]], tuple[int, bytes]]


def environ_of(site: str, path: str, query: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """What a WSGI server would tell of a request to the site."""
    address = urlsplit(site)
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path.encode().decode("latin-1"),  # as WSGI has it
        "QUERY_STRING": urlencode(list(query)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": address.hostname,
        "SERVER_PORT": str(address.port or ""),
        "HTTP_HOST": address.netloc,
        "HTTP_X_FORWARDED_PROTO": address.scheme,
        "wsgi.url_scheme": address.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
    }


def asker(site: str) -> Asker:
    """A function that asks the site for a path and a query, and returns status and body of the answer.

    `site` is the address of the site, to which the addresses in answers lead. Errors are answered as readers
    get them: from now on this process has none of Django's pages for developers.
    """
    settings.DEBUG = False
    application = get_wsgi_application()

    def ask(path: str, query: Iterable[tuple[str, str]] = ()) -> tuple[int, bytes]:
        statuses: list[str] = []

        def start_response(status: str, *args: Any) -> Callable[[bytes], None]:
            statuses.append(status)
            return lambda content: None

        with closing(application(environ_of(site, path, query), start_response)) as answer:
            content = b"".join(answer)
        return int(statuses[0].split()[0]), content

    return ask
