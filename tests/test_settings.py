from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from dxcases.local_secret import secret_key
from dxcases.settings import env


def test_the_readme_explains_every_variable_and_no_other() -> None:
    readme = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([A-Z_]+)` \|", readme, re.M) == list(env.scheme)


def run_check(module: str = "dxcases.settings", **environment: str) -> subprocess.CompletedProcess[str]:
    names = {"SECRET_KEY", "DEBUG"}
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "-c", f"import {module}"],
        env={**inherited, "DATABASE_URL": "postgres://unused", **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_without_debug_a_secret_key_is_required() -> None:
    result = run_check(DEBUG="off")
    assert result.returncode != 0
    assert "SECRET_KEY is required when DEBUG is off" in result.stderr
    assert run_check(DEBUG="off", SECRET_KEY="x" * 50).returncode == 0


def test_a_web_server_without_environment_shows_no_debug_pages() -> None:
    result = run_check("dxcases.wsgi")
    assert (result.returncode == 0, "SECRET_KEY is required when DEBUG is off" in result.stderr) == (
        False,
        True,
    )


@pytest.mark.long
def test_cookies_by_https_have_a_name_that_says_so() -> None:
    code = "from dxcases.settings import *; print(SESSION_COOKIE_NAME, CSRF_COOKIE_NAME)"
    for https, names in (("on", "__Secure-sessionid __Secure-csrftoken"), ("off", "sessionid csrftoken")):
        environment = {**os.environ, "HTTPS": https, "DATABASE_URL": "postgres://unused"}
        printed = subprocess.check_output(
            [sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR
        )
        assert printed.decode().strip() == names


def test_a_development_key_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    first = secret_key(tmp_path / "var")
    assert len(first) >= 50
    assert secret_key(tmp_path / "var") == first
    (kept,) = (tmp_path / "var").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_first_calls_at_once_agree_on_one_key(tmp_path: Path) -> None:
    code = "import sys; from dxcases.local_secret import *; print(secret_key(Path(sys.argv[1])))"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    assert len({process.communicate()[0] for process in started}) == 1


@pytest.mark.parametrize("name", ["var", ".venv"])
def test_generated_folders_are_kept_out_of_the_repository(name: str) -> None:
    assert f"/{name}/" in (settings.BASE_DIR / ".gitignore").read_text(encoding="utf-8").split()
