from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dxcases.operating import doctor
from dxcases.operating.doctor import Level, backup_finding, space_finding
from tests.servers.clusters import OwnCluster, manage, own_cluster, run_manage

NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)


def findings(told: str) -> dict[str, str]:
    """The level of each subject."""
    pairs = (line.split("\t", 1) for line in told.splitlines())
    return {rest.split("：")[0]: level for level, rest in pairs}


def test_a_fit_installation_is_found_so(filled: OwnCluster, tmp_path: Path) -> None:
    environment = {"BACKUP_DIR": str(tmp_path / "backups"), "HTTPS": "on"}
    run_manage(filled, "backup", **environment)
    told = run_manage(filled, "doctor", **environment)
    assert findings(told) == dict.fromkeys(
        ("設定", "データベース", "データの検査", "カタログ", "ディスク", "バックアップ"), "OK"
    )


def test_an_unfit_installation_is_told_what_to_do(tmp_path: Path) -> None:
    with own_cluster() as cluster:
        process = manage(cluster, "doctor", BACKUP_DIR=str(tmp_path), DEBUG="on")
        told, _ = process.communicate()
    assert process.returncode == 1
    levels = findings(told)
    assert [subject for subject, level in levels.items() if level == "異常"] == [
        "設定",
        "カタログ",
        "バックアップ",
    ]
    for advice in ("DEBUG=off", "manage.py migrate", "make backup"):
        assert advice in told


def test_a_database_that_does_not_answer_leaves_the_other_checks(filled: OwnCluster, tmp_path: Path) -> None:
    process = manage(filled, "doctor", DATABASE_URL="postgres://nobody@127.0.0.1:1/none", HTTPS="on")
    told, _ = process.communicate()
    assert process.returncode == 1
    assert "異常\tデータベース：データベースに接続できません。DATABASE_URL を確認してください" in told
    assert "Traceback" not in told
    assert list(findings(told)) == ["設定", "データベース", "ディスク", "バックアップ"]


def test_what_django_warns_of_is_a_notice_with_its_number(filled: OwnCluster) -> None:
    told, _ = manage(filled, "doctor", HTTPS="off").communicate()
    assert "注意\t設定：security.W004、" in told


@pytest.mark.parametrize(
    ("hours", "level"),
    [(0, Level.OK), (26, Level.OK), (27, Level.NOTICE), (72, Level.NOTICE), (73, Level.FAULT)],
)
def test_a_backup_grows_old(tmp_path: Path, hours: int, level: Level) -> None:
    path = tmp_path / "dxcases-20261101T000000Z.dump"
    path.touch()
    made = (NOW - timedelta(hours=hours)).timestamp()
    os.utime(path, (made, made))
    assert backup_finding(tmp_path, NOW).level is level


def test_a_full_disk_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = space_finding(tmp_path / "not" / "yet")
    assert str(tmp_path) in finding.message
    monkeypatch.setattr(doctor, "NO_SPACE", 1024**6)
    assert space_finding(tmp_path).level is Level.FAULT
    assert "空きを作ってください" in space_finding(tmp_path).message
