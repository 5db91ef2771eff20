"""The operator's guide names what there is, in commands that a shell understands."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from tests.guide import BLOCKS, GUIDE

pytestmark = pytest.mark.long


@pytest.mark.parametrize("block", [block.text for block in BLOCKS])
def test_a_shell_understands_each_block(block: str) -> None:
    told = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def test_units_and_commands_of_the_guide_exist() -> None:
    units = set(re.findall(r"\b(?:stale-)?dxcases(?:-\w+)?\.(?:service|socket|timer)\b", GUIDE))
    assert units <= {path.name for path in (settings.BASE_DIR / "deploy/systemd").iterdir()}
    commands = set(re.findall(r"(?:^|`)dxcases (\w+)", GUIDE, re.M))
    assert "doctor" in commands
    assert commands <= set(get_commands())


def test_on_a_machine_without_ipv6_nginx_is_not_told_to_listen_by_it(tmp_path: Path) -> None:
    """The guide's own lines, where the kernel has no IPv6."""
    made, own = tmp_path / "dxcases", tmp_path / "nginx.conf"
    made.write_bytes((settings.BASE_DIR / "deploy/nginx/dxcases.conf").read_bytes())
    own.write_text("user www-data;\nevents {\n\tworker_connections 768;\n}\n")
    lines = re.findall(
        r"^(?:\[ -e /proc/net/if_inet6|sed -i 's/worker_conn|grep -q worker_rlimit).*$", GUIDE, re.M
    )
    assert len(lines) == 3
    text = "\n".join(lines).replace("/proc/net/if_inet6", str(tmp_path / "none"))
    text = text.replace("/etc/nginx/sites-available/dxcases", str(made)).replace(
        "/etc/nginx/nginx.conf", str(own)
    )
    for _ in range(2):
        subprocess.run(["bash", "-e", "-c", text], check=True)
    assert "[::]" not in made.read_text(encoding="utf-8")
    assert made.read_text(encoding="utf-8").count("listen 443 ssl") == 2
    assert (
        own.read_text()
        == "worker_rlimit_nofile 20000;\nuser www-data;\nevents {\n\tworker_connections 8192;\n}\n"
    )


def test_the_environment_is_made_from_the_example(tmp_path: Path) -> None:
    """The guide's own line, with the folders of this checkout."""
    (line,) = re.findall(r"^sed .*env\.example > /etc/dxcases/env$", GUIDE, re.M)
    made = tmp_path / "env"
    line = line.replace("/opt/dxcases", str(settings.BASE_DIR)).replace("/etc/dxcases/env", str(made))
    subprocess.run(["bash", "-c", line], env={**os.environ, "HOST": "dx.city.example.jp"}, check=True)
    text = made.read_text(encoding="utf-8")
    assert "\nALLOWED_HOSTS=dx.city.example.jp\n" in text
    assert "\nCSRF_TRUSTED_ORIGINS=https://dx.city.example.jp\n" in text
    assert re.search(r"^SECRET_KEY=[0-9a-f]{64}$", text, re.M)
