"""Addresses of the site as those of the files of a bundle, which open without a server."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath
from posixpath import relpath
from urllib.parse import urlsplit

SUFFIX = ".html"
FINDER = f"cases{SUFFIX}"
# Lists that a query makes: the script of the finder answers them.
LISTS = {"/cases/": FINDER, "/near/": FINDER}
FILES = {
    "/cases.xlsx": "data/cases.xlsx",
    "/cases.csv": "data/cases.csv",
    "/cases.json": "data/cases.json",
    "/data/tables.xlsx": "data/tables.xlsx",
}
ATTRIBUTE = re.compile(r'(?P<before> (?:href|src|action)=")(?P<address>[^"]*)(?=")')


def file_of(path: str) -> str:
    """The file in which a page of the site stands: /cases/x/ is cases/x.html, / is index.html."""
    return LISTS.get(path) or f"{path.strip('/') or 'index'}{SUFFIX}"


def with_relative_links(html: str, own: str, pages: Collection[str], site: str) -> str:
    """The HTML of the file `own`: what it links to among `pages` and the files leads to these.

    Anything else leads to the site itself, which a desk on a closed network does not reach.
    """
    return ATTRIBUTE.sub(lambda match: match["before"] + relative(match["address"], own, pages, site), html)


def relative(address: str, own: str, pages: Collection[str], site: str) -> str:
    parts = urlsplit(address.replace("&amp;", "&"))
    if parts.scheme or parts.netloc or not parts.path:
        return address
    target = target_of(parts.path, pages)
    if target is None:
        return site + address
    query = address.partition("?")[2].partition("#")[0] if target == FINDER else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{relpath(target, PurePosixPath(own).parent)}{'?' if query else ''}{query}{fragment}"


def target_of(path: str, pages: Collection[str]) -> str | None:
    if path in FILES:
        return FILES[path]
    if path.startswith("/static/"):
        return path.removeprefix("/")
    return file_of(path) if path in LISTS or path in pages else None
