"""The catalogue beside Datasette: the same cases, the same questions over loopback HTTP, in one run.

`make bench-peers` runs it; `SIZES=1000 make bench-peers` takes other sizes. It fills a PostgreSQL database of
its own, as `make bench` does, and copies what the public may read into a SQLite file. gunicorn with
`deploy/gunicorn.conf.py` and one worker serves the one, Datasette with its one process of uvicorn the other.

Datasette is tuned: indexes on what is filtered and faceted, ANALYZE, the file opened as immutable with its
counts made beforehand, full text by FTS5, as many SQL threads as cores, uvicorn with uvloop and httptools, no
suggestions of facets, no time limits, and pages that show the columns of our cards only. What still differs
in kind:

- A case there has one body, the first; here any of up to five is counted and filtered by.
- Our counts of a facet leave its own filter out, Datasette's do not; its facets come with any list, as ours.
- Trigrams cannot find a word of two characters, so pairs of characters, a second FTS5 table, answer those:
  more than Datasette finds by itself, and quicker than LIKE. Words are found as they are written, in no
  order of relevance; here they are folded, synonyms found too, hits ranked and marked.
- Datasette's array facet copies whole rows, which takes most of its time for a list; so there are also rows
  in which it leaves out the facet of topics. Ours has it there too.
- Pages have other parts: Datasette's list is a table of cells, ours cards and a form. Its JSON and CSV have
  the columns of `COLUMNS`, ours more (other bodies, figures, links, similar bodies); our CSV also defuses
  what a spreadsheet would take for formulas.
- Ours looks for changes of the catalogue at each request; the SQLite file cannot change.

The readers are threads of this process and share its cores with both servers.
"""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.__main__ import RARE, database, fill, say
from dxcases.operating import serve
from dxcases.postgres.cluster import running_if_needed

SIZES = [int(size) for size in os.environ.get("SIZES", "10000,100000").split(",")]
SECONDS, MAX_RUNS = 3.0, 40  # how long one address is asked for, and how often at most in sequence
READERS = 4
PATIENCE = 600  # seconds until a request is given up
PAGE = 20  # cases on a page

NAME = "cases"  # the SQLite database and its table
COLUMNS = (
    *("slug", "title", "step", "section", "points", "background", "approach", "outcome", "topics"),
    *("page", "updated_at", "body", "prefecture", "region", "kind", "population"),
)
NUMBERS = ("step", "page")
FACETS = ("step", "section", "population", "region", "prefecture", "kind")
CARD = ("title", "step", "section", "points", "body", "prefecture", "population")
SEARCHED = ("title", "points", "background", "approach", "outcome", "body")
SCHEMA = f"""
    PRAGMA page_size = 8192;
    CREATE TABLE cases (id INTEGER PRIMARY KEY,
        {", ".join(f"{name} {'INTEGER' if name in NUMBERS else 'TEXT'}" for name in COLUMNS)});
    CREATE VIRTUAL TABLE cases_fts USING fts5 ({", ".join(SEARCHED)}, content="cases", content_rowid="id",
        tokenize="trigram");
    CREATE VIRTUAL TABLE cases_pairs USING fts5 (pairs, content="", detail="none");
"""
INDEXES = f"""
    INSERT INTO cases_fts (cases_fts) VALUES ('rebuild');
    INSERT INTO cases_fts (cases_fts) VALUES ('optimize');
    INSERT INTO cases_pairs (cases_pairs) VALUES ('optimize');
    {"".join(f"CREATE INDEX cases_{name} ON cases ({name});" for name in FACETS)}
    CREATE INDEX cases_three ON cases (step, population, region);
    CREATE UNIQUE INDEX cases_slug ON cases (slug);
    ANALYZE;
"""  # noqa: S608 – all of it is ours
SETTINGS = {
    "sql_time_limit_ms": 1_000 * PATIENCE,
    "facet_time_limit_ms": 1_000 * PATIENCE,
    "num_sql_threads": os.cpu_count() or 1,
    "suggest_facets": "off",
    "default_facet_size": 50,  # all prefectures, as ours
    "max_returned_rows": 1_000,
    "max_csv_mb": 0,
}
IN_TURN = "SELECT slug, record FROM catalog_casedocument WHERE is_public ORDER BY page, case_id"
PAGE_THERE = "&".join(
    [f"_size={PAGE}", *(f"_col={name}" for name in CARD), *(f"_facet={name}" for name in FACETS)]
)


@dataclass(frozen=True)
class Question:
    """What both are asked, and where each of them answers it.

    `counts`: an address of each whose JSON tells how many cases are found; none for what finds no list.
    """

    name: str
    ours: str
    theirs: str
    counts: tuple[str, str] | None = None


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    host: str  # as the Host header has it


@dataclass(frozen=True)
class Measured:
    """Of one address: the median in milliseconds, one request after another; requests a second of READERS."""

    milliseconds: float
    rate: float


def main(datasette: str) -> int:
    serve.use_production_settings()
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peers_settings"
    with running_if_needed():
        import django

        django.setup()
        say(versions(datasette))
        for size in SIZES:
            with database(), tempfile.TemporaryDirectory(prefix="dxcases-peers-") as folder:
                fill(size)
                with servers(datasette, Path(folder)) as (ours, theirs):
                    compare(size, ours, theirs)
    return 0


def versions(datasette: str) -> str:
    told = subprocess.run([datasette, "--version"], check=True, capture_output=True, text=True).stdout
    return f"{told.strip()}; SQLite {sqlite3.sqlite_version}; {processor()}, {os.cpu_count()} cores"


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "processor unknown"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


@contextmanager
def servers(datasette: str, folder: Path) -> Iterator[tuple[Server, Server]]:
    """Both servers, answering: ours on Django's database, Datasette on a copy of it in `folder`."""
    from tests.servers.clusters import HOST
    from tests.servers.gunicorn import address_of_test_database, free_port, gunicorn, started

    say("copying to SQLite")
    command = datasette_command(datasette, copied(folder / f"{NAME}.db"))
    ours, theirs = Server("ours", free_port(), HOST), Server("Datasette", free_port(), "127.0.0.1")
    binds = [f"127.0.0.1:{server.port}" for server in (ours, theirs)]
    with (
        gunicorn(address_of_test_database(), binds[0], WEB_WORKERS="1"),
        started([*command, "--port", str(theirs.port)], {**os.environ}, binds[1]),
    ):
        yield ours, theirs


def datasette_command(datasette: str, file: Path) -> list[str]:
    """How Datasette is started, but for the port; makes the file of counts beside `file`.

    It knows no way to leave out its log of requests, so that is thrown away.
    """
    counts = file.with_suffix(".json")
    subprocess.run([datasette, "inspect", str(file), "--inspect-file", str(counts)], check=True)
    settings = [part for name, value in SETTINGS.items() for part in ("--setting", name, str(value))]
    command = [datasette, "serve", "-i", str(file), "--inspect-file", str(counts), *settings]
    return ["sh", "-c", 'exec "$@" >/dev/null', "datasette", *command]


def copied(file: Path) -> Path:
    """A new SQLite file with the public cases of Django's database, indexed and analysed."""
    places = ", ".join("?" * len(COLUMNS))
    with closing(sqlite3.connect(file)) as copy:
        copy.executescript(SCHEMA)
        for row in rows():
            key = copy.execute(f"INSERT INTO cases ({', '.join(COLUMNS)}) VALUES ({places})", row).lastrowid  # noqa: S608
            text = "\n".join(str(row[COLUMNS.index(name)]) for name in SEARCHED)
            copy.execute("INSERT INTO cases_pairs (rowid, pairs) VALUES (?, ?)", (key, pairs(text)))
        copy.commit()
        copy.executescript(INDEXES)
    return file


def rows() -> Iterator[tuple[Any, ...]]:
    """The public cases in the order of IN_TURN, each as COLUMNS has it."""
    from django.db import connection, transaction

    from catalog.models import Prefecture

    regions = dict(Prefecture.objects.values_list("code", "region"))
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(IN_TURN)
        for _, record in cursor:
            yield row(json.loads(record), regions)


def row(record: dict[str, Any], regions: dict[str, str]) -> tuple[Any, ...]:
    body = record["bodies"][0]
    values = {
        **record,
        "step": record["step"]["number"],
        "section": record["section"]["id"],
        "points": "\n".join(record["points"]),
        "topics": json.dumps([topic["id"] for topic in record["topics"]]),
        "page": record["source"]["page"],
        "body": body["name"],
        "prefecture": body["prefecture"]["name"],
        "region": regions[body["prefecture"]["code"]],
        "kind": body["kind"],
        "population": body["population_band"],
    }
    return tuple(values[name] for name in COLUMNS)


def pairs(text: str) -> str:
    """Each pair of letters that stand beside each other in the text, once."""
    both = {text[at : at + 2] for at in range(len(text) - 1)}
    return " ".join(pair for pair in both if pair.isalnum())


def questions() -> list[Question]:
    table = f"/{NAME}/cases"
    common = (f"q={quote('研修')}", f"_search={quote('研修')}&_fts_table=cases_pairs")
    three = "step=3&population=1-3&region=kinki"
    return [
        found("list, seven facets", "", ""),
        found("list, theirs without topics", "", "", topics=False),
        found("three filters", three, three),
        found("common word", *common),
        found("common, theirs without topics", *common, topics=False),
        found("rare word", f"q={quote(RARE)}", f"_search={quote(RARE)}"),
        Question("one case", f"/cases/{first_case()}/", f"{table}/1"),
        Question(
            f"JSON list of {PAGE}",
            f"/api/v1/cases/?page_size={PAGE}",
            f"{table}.json?_shape=objects&_size={PAGE}",
        ),
        Question("whole CSV", "/cases.csv", f"{table}.csv?_stream=on&_size=max"),
    ]


def found(name: str, ours: str, theirs: str, topics: bool = True) -> Question:
    """A question for a list with seven facets, by the query of each; without `topics` Datasette has six."""
    table, ours, theirs = f"/{NAME}/cases", f"{ours}&" if ours else "", f"{theirs}&" if theirs else ""
    return Question(
        name,
        f"/cases/?{ours}".rstrip("?&"),
        f"{table}?{theirs}{PAGE_THERE}{'&_facet_array=topics' if topics else ''}",
        (f"/api/v1/cases/?{ours}page_size=1", f"{table}.json?{theirs}_size=1&_col=slug") if topics else None,
    )


def first_case() -> str:
    """The slug of the case that has the key 1 in the copy."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"{IN_TURN} LIMIT 1")
        ((slug, _),) = cursor.fetchall()
    return str(slug)


def compare(size: int, ours: Server, theirs: Server) -> None:
    """Measures all questions and prints them, those first in which ours is behind."""
    measured = []
    for question in questions():
        say(f"{size:,} cases: {question.name}")
        measured.append((question, taking_turns(question, ours, theirs)))
    report(size, measured)
    say(f"\n  {'what the answers are':32}{'ours':>11}{'Datasette':>11}")
    for question in questions():
        asked = [(ours, question.ours), (theirs, question.theirs)]
        sizes = [kilobytes(server, address) for server, address in asked]
        say(f"  {question.name + ', KB':32}{sizes[0]:11,.0f}{sizes[1]:11,.0f}")
        if question.counts:
            cases = [
                count(server, address) for (server, _), address in zip(asked, question.counts, strict=True)
            ]
            say(f"  {question.name + ', cases':32}{cases[0]:11,}{cases[1]:11,}")


def taking_turns(question: Question, ours: Server, theirs: Server) -> tuple[Measured, Measured]:
    """Both measured by one question: a request to the one, then to the other, until both had SECONDS of them
    or MAX_RUNS; then the readers likewise. The first answer of each is not counted.
    """
    asked = [(ours, question.ours), (theirs, question.theirs)]
    times: list[list[float]] = [[], []]
    with closing(connected(ours)) as one, closing(connected(theirs)) as other:
        connections = [one, other]
        for connection, (server, address) in zip(connections, asked, strict=True):
            ask(connection, server, address)
        while open_ends := [own for own in times if sum(own) < SECONDS and len(own) < MAX_RUNS]:
            for own, connection, (server, address) in zip(times, connections, asked, strict=True):
                if any(own is still for still in open_ends):
                    start = time.perf_counter()
                    ask(connection, server, address)
                    own.append(time.perf_counter() - start)
    first, second = (
        Measured(1_000 * statistics.median(own), rate(server, address))
        for own, (server, address) in zip(times, asked, strict=True)
    )
    return first, second


def rate(server: Server, address: str) -> float:
    """Answers a second to READERS at once, who begin no request after SECONDS and wait for those begun."""
    begun = time.perf_counter()

    def read(_: int) -> int:
        answers = 0
        with closing(connected(server)) as connection:
            while time.perf_counter() - begun < SECONDS:
                ask(connection, server, address)
                answers += 1
        return answers

    with ThreadPoolExecutor(READERS) as readers:
        answers = sum(readers.map(read, range(READERS)))
    return answers / (time.perf_counter() - begun)


def connected(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)


def ask(connection: http.client.HTTPConnection, server: Server, address: str) -> bytes:
    """The whole answer. A server that closed a kept connection is asked anew.

    Ends the program where the answer is not 200.
    """
    try:
        connection.request("GET", address, headers={"Host": server.host})
        response = connection.getresponse()
    except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
        connection.close()
        connection.request("GET", address, headers={"Host": server.host})
        response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise SystemExit(f"{server.name}: {address} answers {response.status}: {answer[:500]!r}")
    return answer


def kilobytes(server: Server, address: str) -> float:
    """The size of an answer, not compressed."""
    with closing(connected(server)) as connection:
        return len(ask(connection, server, address)) / 1_000


def count(server: Server, address: str) -> int:
    """How many cases a list in JSON says that there are."""
    with closing(connected(server)) as connection:
        told = json.loads(ask(connection, server, address))
    return int(told["count"] if "count" in told else told["filtered_table_rows_count"])


def report(size: int, measured: list[tuple[Question, tuple[Measured, Measured]]]) -> None:
    """A row a question; a ratio above 1 says that ours is ahead. Rows in which it is not come first."""
    say(f"\n{f'{size:,} cases':34}{'median of one reader, ms':^32}{f'requests/s of {READERS} readers':^32}")
    say(f"  {'question':32}" + f"{'ours':>11}{'Datasette':>11}{'ratio':>10}" * 2)
    lines = []
    for question, (ours, theirs) in measured:
        quicker, more = theirs.milliseconds / ours.milliseconds, theirs.rate / ours.rate
        behind = quicker < 1 or more > 1
        line = f"{'!' if behind else ' '} {question.name:32}"
        line += f"{ours.milliseconds:11,.1f}{theirs.milliseconds:11,.1f}{quicker:10.2f}"
        line += f"{ours.rate:11,.1f}{theirs.rate:11,.1f}{more:10.2f}"
        lines.append((not behind, line))
    for _, line in sorted(lines, key=lambda one: one[0]):
        say(line)
    say("! ours is behind. Ratios: theirs / ours; of ms above 1, of requests/s below 1 where ours is ahead")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or ["datasette"]))
