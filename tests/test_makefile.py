from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings


@pytest.mark.long
def test_two_first_installs_at_once_agree(tmp_path: Path) -> None:
    """Into one folder: one of them would find an environment without pip, as the other is making it."""
    shutil.copy(settings.BASE_DIR / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    command = ["make", ".venv/run.stamp"]
    quiet = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    makes = [subprocess.Popen(command, **quiet) for _ in range(2)]  # type: ignore[call-overload]
    assert [(make.communicate()[1], make.returncode) for make in makes] == [(b"", 0), (b"", 0)]
