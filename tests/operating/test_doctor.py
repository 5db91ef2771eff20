from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.models import ImportRun
from dxcases.operating import doctor
from dxcases.operating.doctor import (
    Level,
    backup_finding,
    other_files_findings,
    space_finding,
    temporary_space_finding,
)
from dxcases.postgres.backup import NAME
from tests.servers.clusters import OwnCluster, manage, own_cluster, run_manage

NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)


def findings(told: str) -> dict[str, str]:
    """The level of each subject."""
    pairs = (line.split("\t", 1) for line in told.splitlines())
    return {rest.split("：")[0]: level for level, rest in pairs}


@pytest.mark.long
def test_a_fit_installation_is_found_so(filled: OwnCluster, tmp_path: Path) -> None:
    environment = {"BACKUP_DIR": str(tmp_path / "backups"), "HTTPS": "on"}
    run_manage(filled, "backup", **environment)
    told = run_manage(filled, "doctor", **environment)
    in_order = "設定 データベース データの検査 カタログ 取り込み ディスク 一時ファイル バックアップ"
    assert findings(told) == dict.fromkeys(in_order.split(), "OK")


@pytest.mark.long
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


@pytest.mark.long
def test_a_database_that_does_not_answer_leaves_the_other_checks(filled: OwnCluster, tmp_path: Path) -> None:
    process = manage(filled, "doctor", DATABASE_URL="postgres://nobody@127.0.0.1:1/none", HTTPS="on")
    told, _ = process.communicate()
    assert process.returncode == 1
    assert "異常\tデータベース：データベースに接続できません。DATABASE_URL を確認してください" in told
    assert "Traceback" not in told
    assert list(findings(told)) == ["設定", "データベース", "ディスク", "一時ファイル", "バックアップ"]


@pytest.mark.django_db
def test_an_import_on_which_nobody_works_is_told_by_its_file() -> None:
    assert doctor.imports_finding().level is Level.OK
    editor = User.objects.create_user("henshu")
    run = ImportRun.objects.create(
        page="import_cases", made_by=editor, file_name="cases.csv", state=ImportRun.State.RUNNING
    )
    assert doctor.imports_finding().level is Level.OK  # its process has just told of itself
    ImportRun.objects.filter(pk=run.pk).update(changed_at=timezone.now() - timedelta(minutes=5))
    finding = doctor.imports_finding()
    assert (finding.level, finding.message.startswith("途中で止まっています：cases.csv。")) == (
        Level.NOTICE,
        True,
    )


@pytest.mark.long
def test_what_django_warns_of_is_a_notice_with_its_number(filled: OwnCluster) -> None:
    told, _ = manage(filled, "doctor", HTTPS="off").communicate()
    assert "注意\t設定：security.W004、" in told


@pytest.mark.parametrize(
    ("hours", "level"),
    [(0, Level.OK), (26, Level.OK), (27, Level.NOTICE), (72, Level.NOTICE), (73, Level.FAULT)],
)
def test_a_backup_grows_old(tmp_path: Path, hours: int, level: Level) -> None:
    """By its name: a copy that is brought back today is as old as it was."""
    (tmp_path / (NOW - timedelta(hours=hours)).strftime(NAME)).touch()
    assert backup_finding(tmp_path, NOW).level is level


def test_a_backup_of_the_future_and_the_rest_of_a_killed_one_are_told(tmp_path: Path) -> None:
    assert list(other_files_findings(tmp_path, NOW)) == []
    for name in ("dxcases-20261001T000000Z.dump", "dxcases-20990101T000000Z.dump", ".dxcases-2026Z.dump.x"):
        (tmp_path / name).touch()
    newest = backup_finding(tmp_path, NOW)
    assert (newest.level, "20261001" in newest.message) == (Level.FAULT, True)
    future, left = other_files_findings(tmp_path, NOW)
    assert (future.level, "dxcases-20990101T000000Z.dump" in future.message) == (Level.FAULT, True)
    assert (left.level, ".dxcases-2026Z.dump.x" in left.message) == (Level.NOTICE, True)


def test_no_room_for_temporary_files_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "NO_TEMPORARY_SPACE", 1024**6)
    assert temporary_space_finding().level is Level.FAULT
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc"])
    assert "置ける場所がありません" in temporary_space_finding().message


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            "INSERT INTO django_migrations (app, name, applied) VALUES ('catalog', '0002_later', now())",
            "catalog.0002_later",
        ),
        ("ALTER TABLE catalog_proposal ADD COLUMN later text NOT NULL", "catalog_proposal.later"),
        ("ALTER TABLE catalog_case RENAME COLUMN outcome TO effect", "catalog_case.outcome"),
        ("DROP TABLE catalog_catalogueversion CASCADE", "catalog_catalogueversion"),
        ("DELETE FROM django_migrations WHERE app = 'catalog'", "未適用のマイグレーション"),
    ],
)
@pytest.mark.django_db
def test_a_schema_that_does_not_fit_is_told_to_doctor_and_monitors(
    client: Client, change: str, reason: str
) -> None:
    assert client.get("/healthz/ready").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(change)
    answer = client.get("/healthz/ready")
    assert (answer.status_code, reason in answer.text) == (503, True)
    assert doctor.catalogue_finding().level is Level.FAULT


def test_a_full_disk_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = space_finding(tmp_path / "not" / "yet")
    assert str(tmp_path) in finding.message
    monkeypatch.setattr(doctor, "NO_SPACE", 1024**6)
    assert space_finding(tmp_path).level is Level.FAULT
    assert "空きを作ってください" in space_finding(tmp_path).message
