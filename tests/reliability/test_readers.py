"""A hundred readers at once, of every kind of public page, none of which they have already."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from bench.__main__ import deep
from tests.reliability.conftest import Database, filled_database
from tests.reliability.load import THOROUGH, quantile, read, summary
from tests.serving import free_port, gunicorn

READERS = 100
SECONDS = 60 if THOROUGH else 4
CASES = 10_000 if THOROUGH else 60
WORD = "%E7%A0%94%E4%BF%AE"  # 研修
PAGES = [
    "/",
    "/cases/",
    "/cases/?step=3&population=1-3&region=kinki",
    f"/cases/?q={WORD}",
    "/cases/?near=063631",
    f"/cases/?page={deep(CASES)}",
    "/cases/dx2021-36-1/",
    "/bodies/",
    "/bodies/063631/",
    "/steps/2/",
    "/guidelines/",
    "/about/",
    "/near/?name=%E5%B1%B1",
    "/compare/?case=dx2021-17-1&case=dx2021-17-2",
    "/api/v1/cases/",
    "/api/v1/cases/dx2021-36-1/",
    "/api/v1/bodies/",
]
# Each has all the cases of a prefecture: of 10,000 cases some 290.
FILES = [f"/cases.{form}?prefecture=29" for form in ("csv", "xlsx", "atom", "json")]


@pytest.fixture(scope="module")
def catalogue(request: pytest.FixtureRequest) -> Iterator[Database]:
    """One of CASES cases: in `make drill` the benchmark's, in a server of its own."""
    if not THOROUGH:
        yield request.getfixturevalue("database")
        return
    with filled_database() as database:
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import django; django.setup(); from bench.__main__ import fill; fill({CASES})",
            ],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": database.url,
                "DJANGO_SETTINGS_MODULE": "dxcases.settings",
            },
            check=True,
            capture_output=True,
        )
        yield database


@pytest.mark.parametrize(("one_file_in", "least_a_second"), [(25, 60), (5, 20)])
def test_a_hundred_readers_at_once_all_get_their_pages(
    catalogue: Database, one_file_in: int, least_a_second: int
) -> None:
    """One request in so many is for a file; the others are for pages and the API's answers."""
    port = free_port()
    paths = PAGES * len(FILES) * (one_file_in - 1) + FILES * len(PAGES)
    with gunicorn(catalogue.cluster, f"127.0.0.1:{port}", ALLOWED_HOSTS="127.0.0.1"):
        read(port, paths, READERS, SECONDS / 10)  # builds what each worker keeps
        own = time.process_time()
        answers = read(port, paths, READERS, SECONDS)
        own = time.process_time() - own
    rate = len(answers) / max(answer.at + answer.seconds for answer in answers)
    print(f"{READERS} readers, {CASES} cases, a file in {one_file_in}: {rate:.0f}/s; {summary(answers)}")
    print(f"of a processor the readers themselves took {own / SECONDS:.0%}")
    for path in PAGES + FILES:
        of_path = [answer for answer in answers if answer.path == path]
        if of_path:
            print(f"{path:50} {len(of_path):5} median {quantile(of_path, 0.5):.2f} s")
    assert [answer for answer in answers if answer.status != 200] == []
    if THOROUGH:
        assert rate >= least_a_second
