"""A hundred readers at once, of every kind of public page, none of which they have already."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.conf import settings

from tests import casebook
from tests.addresses import PATHS, PUBLIC
from tests.reliability.load import THOROUGH, quantile, read, summary
from tests.servers.clusters import OwnCluster, own_cluster, production, run_manage
from tests.servers.gunicorn import free_port, gunicorn

pytestmark = [pytest.mark.long, pytest.mark.alone]

READERS = 100
SECONDS = 60 if THOROUGH else 4
CASES = 10_000 if THOROUGH else 60
FIXTURE = settings.BASE_DIR / "fixtures/30_bodies.jsonl"
BODIES = [json.loads(line)["pk"] for line in FIXTURE.read_text(encoding="utf-8").splitlines()][::9]
MADE = [f"made-{number}" for number in range(1, CASES - len(casebook.CASES), 99) if number % 50]
SLUGS = [*casebook.CASES, *MADE]
WORDS = ["研修", "人材育成", "オンライン申請", "計画", "ドローン"]
PAGES = {
    "home": ["/"],
    "list": ["/cases/"],
    "three filters": ["/cases/?step=3&population=1-3&region=kinki"],
    "search": [f"/cases/?q={quote(word)}" for word in WORDS],
    "nearest": [f"/cases/?near={code}" for code in BODIES],
    "deep page": [f"/cases/?page={max(1, CASES // 20 * 98 // 100)}"],
    "case": [f"/cases/{slug}/" for slug in SLUGS],
    "bodies": ["/bodies/"],
    "body": [f"/bodies/{code}/" for code in BODIES],
    "step": [f"/steps/{number}/" for number in range(4)],
    "guidelines": ["/guidelines/"],
    "about": ["/about/"],
    "names like": [f"/near/?name={quote(name)}" for name in ("山", "川", "市")],
    "comparison": ["/compare/?case=dx2021-17-1&case=dx2021-17-2"],
    "API, list": ["/api/v1/cases/"],
    "API, case": [f"/api/v1/cases/{slug}/" for slug in SLUGS],
    "API, bodies": ["/api/v1/bodies/"],
}
# Each has all the cases of a prefecture: of 10,000 cases some 200.
FILES = {
    form: [f"/cases.{form}?prefecture={number:02}" for number in range(1, 48)]
    for form in ("csv", "xlsx", "atom", "json")
}
# And whatever else there is, by its pattern.
ASKED = {path.partition("?")[0] for paths in (PAGES | FILES).values() for path in paths}
PAGES |= {name: [address] for name, address in PUBLIC.items() if PATHS[name] not in ASKED}


@pytest.fixture(scope="module")
def catalogue(request: pytest.FixtureRequest) -> Iterator[OwnCluster]:
    """One of CASES cases: in `make drill` the benchmark's, in a server of its own."""
    if not THOROUGH:
        yield request.getfixturevalue("database")
        return
    with own_cluster() as database:
        run_manage(database, "migrate")
        subprocess.run(
            [sys.executable, "-m", "bench", str(CASES)],
            cwd=settings.BASE_DIR,
            env=production(database.url),
            check=True,
            capture_output=True,
        )
        yield database


@pytest.mark.parametrize(("one_file_in", "least_a_second"), [(25, 60), (5, 20)])
def test_a_hundred_readers_at_once_all_get_their_pages(
    catalogue: OwnCluster, one_file_in: int, least_a_second: int
) -> None:
    """One request in so many is for a file; the others are for pages and the API's answers."""
    port = free_port()
    pages, files = list(PAGES.values()), list(FILES.values())
    kinds = pages * len(files) * (one_file_in - 1) + files * len(pages)
    with gunicorn(catalogue.url, f"127.0.0.1:{port}", ALLOWED_HOSTS="127.0.0.1"):
        read(port, kinds, READERS, SECONDS / 10)  # builds what each worker keeps
        own = time.process_time()
        answers = read(port, kinds, READERS, SECONDS)
        own = time.process_time() - own
    rate = len(answers) / max(answer.at + answer.seconds for answer in answers)
    print(f"{READERS} readers, {CASES} cases, a file in {one_file_in}: {rate:.0f}/s; {summary(answers)}")
    print(f"of a processor the readers themselves took {own / SECONDS:.0%}")
    for kind, paths in (PAGES | FILES).items():
        if of_kind := [answer for answer in answers if answer.path in paths]:
            print(f"{kind:15} {len(of_kind):5} median {quantile(of_kind, 0.5):.2f} s")
    assert [answer for answer in answers if answer.status != 200] == []
    if THOROUGH:
        assert rate >= least_a_second
