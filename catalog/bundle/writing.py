"""The catalogue as files in a ZIP, which open from a share or a stick without a server."""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.contrib.staticfiles import finders
from django.core.handlers.wsgi import WSGIRequest
from django.core.management.base import CommandError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import mark_safe

from catalog.bundle.finder import catalogue
from catalog.bundle.links import FILES, FINDER, file_of, with_relative_links
from catalog.documents.addresses import absolute_for, url
from catalog.documents.version import current_version
from catalog.finding.facets import facets_of
from catalog.finding.index import Index, current_index
from catalog.finding.query import CaseFilter
from catalog.finding.words import default_order
from catalog.models.days import in_japanese
from catalog.output.asking import Asker, asker, environ_of
from catalog.output.columns import COLUMNS, Column, TableRecord, populations
from catalog.output.descriptions import version_of
from catalog.output.exports import table_records
from catalog.pages.text import json_in_script

PAGES = ("home", "troubles", "body_list", "guideline_list", "about", "data")
MAX_TRIES = 5
README, SUMS, DATABASE = "はじめにお読みください.txt", "SHA256SUMS.txt", "data/cases.sqlite"
STATIC = re.compile(r"static/(?P<name>[^\"?#]+?)(?:\.[0-9a-f]{12})?(?P<suffix>\.\w+)(?=[\"?#])")
SCRIPT = re.compile(r"<script\b.*?</script>\n?", re.DOTALL)
HEAD_LINK = re.compile(r'<link rel="(?:search|alternate|apple-touch-icon)"[^>]*>\n?')
FORM = re.compile(r"<form\b(?P<attributes>[^>]*)>.*?</form>", re.DOTALL)
POLICY = (
    "default-src 'none'; style-src 'self' file:; img-src 'self' file: data:; base-uri 'none';"
    " form-action 'self' file:"
)
SQL_TYPES = {"integer": "INTEGER", "string": "TEXT"}


def population_of_one(row: TableRecord) -> int | str:
    """The population of the only body of a case; of several, no number is that of the case."""
    return populations(row["bodies"]) if len(row["bodies"]) == 1 else ""


DATABASE_COLUMNS = [
    replace(column, write=population_of_one, type="integer") if column.header == "人口" else column
    for column in COLUMNS
]


class NotThere(Exception):
    """The site does not answer with a page; the case may have been withdrawn meanwhile."""


def write_bundle(target: Path, site: str, tell: Callable[[str], None]) -> None:
    """Writes the ZIP beside its place and moves it there when it is whole.

    `site` is the address of the site, which links lead to where the bundle has no file; `tell` is told of
    each part. All is of one version of the catalogue: where that changes meanwhile, it is written anew.
    Raises OSError, and CommandError where it never stays the same.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        made = Path(folder) / target.name
        for _ in range(MAX_TRIES):
            if write_at_once(made, site, tell):
                made.replace(target)
                return
    raise CommandError(
        "書いている間に事例が変わり続けたため、作れませんでした。少し待って、もう一度実行してください。"
    )


def write_at_once(made: Path, site: str, tell: Callable[[str], None]) -> bool:
    """Writes the ZIP; returns whether the catalogue stayed the same meanwhile."""
    version = current_version()
    try:
        with ZipFile(made, "w") as archive:
            sums = [write(archive, name, content) for name, content in files(site, tell)]
            write(archive, SUMS, "".join(sums).encode())
    except (NotThere, KeyError):
        if version == current_version():
            raise
        return False
    return version == current_version()


def write(archive: ZipFile, name: str, content: bytes) -> str:
    """Puts a file into the archive; returns its line for `sha256sum --check`."""
    entry = ZipInfo(name, timezone.localtime().timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    archive.writestr(entry, content, compresslevel=9)
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def files(site: str, tell: Callable[[str], None]) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file, the sums left out."""
    ask, index = asker(site), current_index()
    paths = pages_of(index)
    made_on, version = in_japanese(timezone.localdate()), version_of(index)
    note = f"ファイル版：{made_on}に作成（データの版 {version}）。最新の内容：{site}/"
    static: dict[str, str] = {}

    def page(own: str, html: str, policy: str = POLICY) -> tuple[str, bytes]:
        return own, as_file(html, own, paths, site, note, policy, static).encode()

    tell(f"{len(paths)}のページを書いています…")
    for path in paths:
        yield page(file_of(path), SCRIPT.sub("", got(ask, path).decode()))
    request = WSGIRequest(environ_of(site, url("catalog:case_list")))
    html, policy = finder_page(index, request)
    yield page(FINDER, html, policy)
    for name, found in sorted(static.items()):
        yield name, Path(found).read_bytes()
    tell("データのファイルを書いています…")
    for path, name in FILES.items():
        yield name, got(ask, path)
    yield DATABASE, database([*table_records(CaseFilter({}).all_documents(), absolute_for(request))])
    yield README, render_to_string("bundle/readme.txt", {"note": note, "site": site}).encode()


def got(ask: Asker, path: str) -> bytes:
    status, content = ask(path, ())
    if status != 200:
        raise NotThere(f"{path} answers {status}")
    return content


def pages_of(index: Index) -> list[str]:
    """The paths of the pages: all but lists, which the finder answers, and what is sent to the site."""
    documents = index.read(index.numbering.in_order(index.cases, slice(0, len(index.cases))))
    slugs = [document.record["slug"] for document in documents]
    return [
        *(url(f"catalog:{name}") for name in PAGES),
        *(url("catalog:step_detail", step.number) for step in index.lists.steps),
        *(url("catalog:body_detail", body.code) for body in index.bodies_in_cases),
        *(url(f"catalog:{name}", slug) for name in ("case_detail", "inquiry") for slug in slugs),
    ]


def as_file(
    html: str, own: str, paths: list[str], site: str, note: str, policy: str, static: dict[str, str]
) -> str:
    """A page of the site as the file `own`; adds to `static` what it needs, each with its place on disk."""
    html = FORM.sub(lambda form: form[0] if is_answered(form["attributes"]) else "", HEAD_LINK.sub("", html))
    html = with_relative_links(html, own, paths, site)

    def static_file(match: re.Match[str]) -> str:
        name = f"{match['name']}{match['suffix']}"
        static[f"static/{name}"] = str(finders.find(name))
        return f"static/{name}"

    html = STATIC.sub(static_file, html)
    meta = f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
    html = html.replace('<meta charset="utf-8">', meta, 1)
    return html.replace(
        '<div class="site-footer__inner">', f'<div class="site-footer__inner">\n<p>{escape(note)}</p>', 1
    )


def is_answered(attributes: str) -> bool:
    """Whether the finder answers the form."""
    return "action=" not in attributes or bool(re.search(r'action="/(?:cases|near)/"', attributes))


def finder_page(index: Index, request: HttpRequest) -> tuple[str, str]:
    """The page that searches, all cases on it, and its policy, which lets its own script run and no other."""
    case_filter = CaseFilter({})
    script = Path(str(finders.find("bundle/finder.js"))).read_text()
    context = {
        "filter": case_filter,
        "facets": facets_of(case_filter),
        "default_order": default_order(case_filter),
        "cards": list(case_filter.all_cards()),
        "changed_at": timezone.localtime(index.last_change),
        "data": json_in_script(catalogue(index)),
        "script": mark_safe(script),  # noqa: S308 – our own file
    }
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    html = render_to_string("bundle/finder.html", context, request)
    return html, f"{POLICY}; script-src 'sha256-{digest}'"


def database(rows: list[TableRecord]) -> bytes:
    """The cases as an SQLite database: the table of editors, and tables of bodies and topics beside it.

    Numbers are numbers, NULL where there is none; texts are as they were written.
    """
    bodies = {body["code"]: body for row in rows for body in row["bodies"]}
    declared = ", ".join(f"{quoted(column.header)} {SQL_TYPES[column.type]}" for column in DATABASE_COLUMNS)
    key = quoted(DATABASE_COLUMNS[0].header)
    places = ", ".join("?" * len(DATABASE_COLUMNS))
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute(f"CREATE TABLE cases ({declared}, PRIMARY KEY ({key}))")
        made.executemany(
            f"INSERT INTO cases VALUES ({places})",  # noqa: S608
            ([database_cell(column, row) for column in DATABASE_COLUMNS] for row in rows),
        )
        made.executescript(
            "CREATE TABLE bodies"
            " (code TEXT PRIMARY KEY, name TEXT, kana TEXT, kind TEXT, prefecture TEXT, population INTEGER);"
            "CREATE TABLE case_bodies (slug TEXT, code TEXT);"
            "CREATE TABLE case_topics (slug TEXT, topic TEXT)"
        )
        made.executemany(
            "INSERT INTO bodies VALUES (:code, :name, :kana, :kind, :prefecture, :population)",
            ({**body, "prefecture": body["prefecture"]["name"]} for body in bodies.values()),
        )
        pairs = [(row["slug"], body["code"]) for row in rows for body in row["bodies"]]
        made.executemany("INSERT INTO case_bodies VALUES (?, ?)", pairs)
        pairs = [(row["slug"], topic["title"]) for row in rows for topic in row["topics"]]
        made.executemany("INSERT INTO case_topics VALUES (?, ?)", pairs)
        made.commit()
        return made.serialize()


def database_cell(column: Column, row: TableRecord) -> Any:
    value = column.write(row)
    return None if column.type == "integer" and value == "" else value


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
