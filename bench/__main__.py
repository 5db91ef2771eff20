"""The benchmark: pages over 60, 10,000 and 100,000 cases, and throughput, as ratios within this one run.

`make bench` runs it; `SIZES=60,10000 make bench` takes fewer; `python -m bench 10000` only fills
the database of the environment. It works in one of its own, which it makes beside the catalogue's and drops
at the end; docs/benchmark.md has the numbers and what they mean.
"""

from __future__ import annotations

import os
import re
import resource
import runpy
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from bench import throughput
from dxcases.operating import serve
from dxcases.postgres.cluster import running_if_needed

SIZES = [int(size) for size in os.environ.get("SIZES", "60,10000,100000").split(",")]
CASEBOOK = 60
RARE = "量子計算機"  # in one case of those made, as ドローン is in the casebook
BATCH, WRITERS = 1_000, 2  # cases whose search text is made at a time, and how many do so
SECONDS_A_PAGE = 4  # how long one page is asked for again and again
MAX_RUNS = 40

TRIVIAL = "/trivial/"
KNOWN = "list, known: 304"  # asked for with the ETag of the first answer


def deep(size: int) -> int:
    """A page near the last; of 100,000 cases page 4,900."""
    return max(1, size // 20 * 98 // 100)


# What is measured: a name, and the address for a given number of cases. `all_pages` adds what is not here.
PAGES: list[tuple[str, Callable[[int], str]]] = [
    ("ok, no database", lambda size: "/healthz/live"),
    ("trivial", lambda size: TRIVIAL),
    (KNOWN, lambda size: "/cases/"),
    ("home", lambda size: "/"),
    ("list", lambda size: "/cases/"),
    ("list, three filters", lambda size: "/cases/?step=3&population=1-3&region=kinki"),
    ("common word", lambda size: "/cases/?q=研修"),
    ("two common words", lambda size: "/cases/?q=研修 大学"),
    ("compound", lambda size: "/cases/?q=人材育成"),
    ("rare word", lambda size: f"/cases/?q={RARE if size > CASEBOOK else 'ドローン'}"),
    ("suggestions: bodies", lambda size: "/suggestions.json?q=きた"),
    ("suggestions: words", lambda size: "/suggestions.json?q=人材"),
    ("nearest", lambda size: "/cases/?near=063631"),
    ("deep page", lambda size: f"/cases/?page={deep(size)}"),
    ("nearest, deep page", lambda size: f"/cases/?near=063631&page={deep(size)}"),
    ("latest, deep page", lambda size: f"/cases/?sort=-updated&page={deep(size)}"),
    ("by population", lambda size: "/cases/?sort=population"),
    ("one case", lambda size: "/cases/dx2021-36-1/"),
    ("api list", lambda size: "/api/v1/cases/"),
]
# Asked for once after every change: with the hits that the index before had, and without any.
FIRST_SEARCHES = ("common word", "two common words", "compound", "rare word", "suggestions: words")
FILES = ("/cases.json", "/cases.csv", "/cases.xlsx")
EDITS = 15
WORKER = "worker"  # the argument of the process that is measured as one


class Times(NamedTuple):
    """The median time of an answer in milliseconds, and × that of the trivial page, asked for in turn.

    A machine that is slower for a while is so for both.
    """

    ms: float
    ratio: float

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Times:
        own, trivial = (statistics.median(times) for times in zip(*pairs, strict=True))
        return cls(own, own / trivial)


def main() -> int:
    serve.use_production_settings()
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    with running_if_needed():
        import django

        django.setup()
        collect_static_files()
        # As each worker does: it lets the garbage collector look less often.
        runpy.run_path("deploy/gunicorn.conf.py")["post_worker_init"](None)
        pages, measured = all_pages(), {}
        for size in SIZES:
            with database():
                fill(size)
                times = {name: times_of(address(size), name == KNOWN) for name, address in pages}
                addresses = dict(pages)
                for name in FIRST_SEARCHES:
                    times[f"{name}, after an edit"] = first_times(addresses[name](size))
                    times[f"{name}, first"] = first_times(addresses[name](size), known=False)
                measured[size] = times
                report_index()
                for path in FILES:
                    report_file(path)
                subprocess.run([sys.executable, "-m", "bench", WORKER, str(size)], check=True)
        report(measured)
        throughput.report()
    return 0


def report_worker(size: int) -> int:
    """The memory of a new process that answers each page once and then sends each file, as a worker does."""
    import django

    django.setup()
    runpy.run_path("deploy/gunicorn.conf.py")["post_worker_init"](None)
    from django.test import Client

    for address in [*(address(size) for _, address in all_pages()), *FILES]:
        response = Client().get(address)
        for _ in response:
            pass
        response.close()
    say(f"a worker: {peak_mb():.0f} MB at the most")
    return 0


def fill_alone(size: int) -> int:
    """Fills the empty, migrated database of the environment, for drills."""
    import django

    django.setup()
    fill(size)
    return 0


def all_pages() -> list[tuple[str, Callable[[int], str]]]:
    """PAGES, and each page of another pattern at the address where tests ask for it."""
    from django.urls import resolve

    from tests.servers.addresses import page_addresses

    named = {resolve(address(CASEBOOK).partition("?")[0]).url_name for _, address in PAGES}
    others = [(name, address) for name, address in page_addresses().items() if name not in named]
    return [*PAGES, *((name, lambda size, address=address: address) for name, address in others)]


def collect_static_files() -> None:
    """Pages name static files by their hashes, so these have to be there, as `make run` leaves them."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


@contextmanager
def database() -> Iterator[None]:
    """A new, migrated database under the name in the settings, dropped afterwards."""
    from django.core.management import call_command
    from django.db import connection

    name = connection.settings_dict["NAME"]
    on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    on_server(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def on_server(statement: str) -> None:
    from django.db import connection

    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def fill(size: int) -> None:
    """The casebook, and made cases until there are `size`."""
    from django.core.management import call_command
    from django.db import connection

    say(f"{size:,} cases: loading")
    start = time.perf_counter()
    call_command("load_catalogue", verbosity=0, stdout=StringIO())
    say(f"the casebook: {time.perf_counter() - start:.2f} s")
    with connection.cursor() as cursor:
        if size > CASEBOOK:
            turn_triggers(cursor, "DISABLE")
            made = Path(__file__).with_name("generate.sql").read_text(encoding="utf-8")
            cursor.execute(made, {"count": size, "rare": RARE})
            start = time.perf_counter()
            refresh_documents(cursor)
            each = 1_000 * (time.perf_counter() - start) / (size - CASEBOOK)
            say(f"documents: {each:.2f} ms each, {WRITERS} at a time")
            turn_triggers(cursor, "ENABLE")
        cursor.execute("VACUUM ANALYZE")


def turn_triggers(cursor: Any, which: str) -> None:
    """Documents are made once for all at the end, and not with every statement; versions are not counted."""
    cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'case_%'")
    for (table,) in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} {which} TRIGGER USER")


def refresh_documents(cursor: Any) -> None:
    cursor.execute("SELECT id FROM catalog_case WHERE slug LIKE 'made-%'")
    ids = [row[0] for row in cursor.fetchall()]
    batches = [ids[at : at + BATCH] for at in range(0, len(ids), BATCH)]
    with ThreadPoolExecutor(WRITERS) as pool:
        for done, _ in enumerate(pool.map(refresh, batches), start=1):
            say(f"documents: {min(done * BATCH, len(ids)):,} of {len(ids):,}", end="\r")
    say("")


def refresh(ids: list[int]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_case_documents(%s)", [ids])
    connection.close()


def change_a_case(number: int) -> None:
    """An edit of one case, as saving it in the admin makes, in a transaction of its own."""
    from catalog.models import Case

    (key,) = Case.objects.published().order_by("pk").values_list("pk", flat=True)[number : number + 1]
    Case.objects.filter(pk=key).update(outcome=f"{number}", order=500 + number)


def report_index() -> None:
    """How long an index takes from nothing, from known lists, and after an edit that moves one case."""
    from catalog.documents.snapshot import one_snapshot
    from catalog.documents.version import current_version
    from catalog.finding import lists
    from catalog.finding.index import Index, current_index

    anew, on_lists, followed = list[float](), list[float](), list[float]()
    for number in range(EDITS):
        if number < 5:
            lists._kept.clear()
            for kept in (lists.folded_words, lists.near_groups_of, lists.synonyms_of):
                kept.cache_clear()
            for times in (anew, on_lists):
                with one_snapshot():
                    version, start = current_version(), time.perf_counter()
                    Index(version)
                    times.append(1_000 * (time.perf_counter() - start))
        current_index()
        change_a_case(number)
        start = time.perf_counter()
        current_index()
        followed.append(1_000 * (time.perf_counter() - start))
    from_nothing, with_lists, after_an_edit = map(statistics.median, (anew, on_lists, followed))
    say(
        f"index: {from_nothing:.0f} ms from nothing, {with_lists:.0f} ms where the lists are known,"
        f" {after_an_edit:.1f} ms after an edit"
    )


def report_file(path: str) -> None:
    """A whole file: until its first piece, in all, its size, and what the process grows by meanwhile."""
    from django.test import Client

    Client().get("/cases/")
    before, start, first, size = resident_mb(), time.perf_counter(), 0.0, 0
    response, most = Client().get(path), resident_mb()
    for piece in response:
        first = first or time.perf_counter() - start
        size += len(piece)
        most = max(most, resident_mb())
    response.close()
    say(
        f"{path}: first byte {first:.2f} s, whole {time.perf_counter() - start:.2f} s, {size / 1e6:.1f} MB;"
        f" process {before:.0f} MB, at most {most - before:.0f} MB more"
    )


def peak_mb() -> float:
    """The most memory that this process has had, in MB; not what the one had that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


def resident_mb() -> float:
    """The memory that this process has now, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def first_times(address: str, known: bool = True) -> Times:
    """Of a search that nobody has made in this version of the catalogue.

    `known`: somebody has made it in the version before.
    """
    from django.test import Client

    from catalog.finding.index import current_index

    client, pairs = Client(), list[tuple[float, float]]()
    for number in range(EDITS):
        change_a_case(number)
        client.get("/cases/")  # the index follows the change, so that the search alone is measured
        if not known:
            current_index()._hits.clear()
        pairs.append((ms_of(client, address), ms_of(client, TRIVIAL)))
    return Times.of(pairs)


def times_of(address: str, known: bool = False) -> Times:
    """Of a page, asked for again and again within this process.

    `known`: by a reader who has it already, so that the answer is 304.
    """
    from django.test import Client

    client, pairs, begun = Client(), list[tuple[float, float]](), time.perf_counter()
    headers = {"If-None-Match": client.get(address).headers["ETag"]} if known else {}
    while not pairs or (len(pairs) < MAX_RUNS and time.perf_counter() - begun < SECONDS_A_PAGE):
        pairs.append((ms_of(client, address, headers), ms_of(client, TRIVIAL)))
    # The first is slower: templates are read and plans are made.
    return Times.of(pairs[1:] or pairs)


def ms_of(client: Any, address: str, headers: Mapping[str, str] = {}) -> float:
    """How long one answer takes."""
    start = time.perf_counter()
    response = client.get(address, headers=headers)
    response.getvalue()
    taken = 1_000 * (time.perf_counter() - start)
    if response.status_code != (304 if headers else 200):
        raise SystemExit(f"{address} answers {response.status_code}")
    return taken


def report(measured: dict[int, dict[str, Times]]) -> None:
    """For each page and size: milliseconds, × the trivial page, and that × as with the fewest cases."""
    fewest = measured[min(measured)]
    say(f"{'':32}" + "".join(f"{f'{size:,} cases':>34}" for size in measured))
    say(f"{'page':32}" + f"{'ms':>12}{'× trivial':>11}{'× fewest':>11}" * len(measured))
    for name in fewest:
        row = f"{name:32}"
        for times in measured.values():
            one = times[name]
            row += f"{one.ms:12.1f}{one.ratio:11.1f}{one.ratio / fewest[name].ratio:11.1f}"
        say(row)
    most = measured[max(measured)]
    say(f"deep page with the most cases: × {most['deep page'].ratio / most['list'].ratio:.1f} the first page")
    say(f"peak memory: {peak_mb():.0f} MB")


def say(line: str, end: str = "\n") -> None:
    print(line, end=end, flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            sys.exit(main())
        case [name, size] if name == WORKER:
            sys.exit(report_worker(int(size)))
        case [size]:
            sys.exit(fill_alone(int(size)))
