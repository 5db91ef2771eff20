"""Whether an installation is fit to run, and what to do where it is not; `manage.py doctor` prints it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.core.checks import run_checks
from django.db import DatabaseError, connection, connections
from django.utils.module_loading import import_string

from dxcases.postgres import checks
from dxcases.postgres.backup import backups_in, is_of_future, made_at, unfinished_in

MIB, GIB = 1024**2, 1024**3
LITTLE_SPACE = 5 * GIB
NO_SPACE = 1 * GIB
LITTLE_TEMPORARY_SPACE = 256 * MIB  # for files that editors send and workbooks that readers fetch
NO_TEMPORARY_SPACE = 64 * MIB
OLD_BACKUP = timedelta(hours=26)  # a day, and the backup's own time
TOO_OLD_BACKUP = timedelta(days=3)
FAR_BEHIND = 16 * MIB  # a segment of the write-ahead log


class Level(StrEnum):
    OK = "OK"
    NOTICE = "注意"
    FAULT = "異常"


@dataclass(frozen=True)
class Finding:
    level: Level
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.level}\t{self.subject}：{self.message}"


def examine() -> Iterator[Finding]:
    """All findings in the order to read them; where the database fails, what depends on it is left out."""
    yield settings_finding()
    database = database_finding()
    yield database
    if database.level is not Level.FAULT:
        yield checksums_finding()
        catalogue = catalogue_finding()
        yield catalogue
        if catalogue.level is not Level.FAULT:
            yield imports_finding()
        yield from map(standby_finding, settings.REPLICAS)
    for folder in dict.fromkeys((settings.VAR_DIR, settings.BACKUP_DIR)):
        yield space_finding(folder)
    yield temporary_space_finding()
    yield backup_finding(settings.BACKUP_DIR, datetime.now(UTC))
    yield from other_files_findings(settings.BACKUP_DIR, datetime.now(UTC))


def settings_finding() -> Finding:
    """Django's own `check --deploy`; one of its warnings is a notice, DEBUG a fault."""
    subject = "設定"
    if settings.DEBUG:
        return Finding(Level.FAULT, subject, "DEBUG が on です。公開する前に DEBUG=off にしてください。")
    messages = run_checks(include_deployment_checks=True)
    if not messages:
        return Finding(Level.OK, subject, "公開に向いた設定です。")
    return Finding(
        Level.FAULT if any(message.is_serious() for message in messages) else Level.NOTICE,
        subject,
        f"{'、'.join(sorted({message.id or '' for message in messages}))} の指摘があります。"
        "「manage.py check --deploy」の説明に従って直してください。",
    )


def database_finding() -> Finding:
    """Reached, of a version without known holes, UTF-8, with a character type that knows Japanese."""
    subject = "データベース"
    if reasons := checks.reasons_against("default"):
        return Finding(Level.FAULT, subject, " ".join(reasons))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        ((number,),) = cursor.fetchall()
    if reason := checks.lacks_fixes(number):
        return Finding(Level.NOTICE, subject, reason)
    return Finding(Level.OK, subject, f"PostgreSQL {number // 10_000}.{number % 10_000}、UTF-8です。")


def checksums_finding() -> Finding:
    subject = "データの検査"
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_checksums")
        ((state,),) = cursor.fetchall()
    if state == "on":
        return Finding(Level.OK, subject, "チェックサムが有効です。")
    return Finding(
        Level.NOTICE,
        subject,
        "チェックサムが無効で、ディスクの故障に気付けません。"
        "PostgreSQLを止めて「pg_checksums --enable」を実行してください。",
    )


def catalogue_finding() -> Finding:
    """Migrations and content, as `/healthz/ready` sees them."""
    subject = "カタログ"
    if reason := import_string(settings.READINESS)():
        return Finding(Level.FAULT, subject, reason)
    return Finding(Level.OK, subject, "構造は最新で、公開中の事例があります。")


def imports_finding() -> Finding:
    """Of imports that editors began and on which no process works any more."""
    subject = "取り込み"
    if stopped := import_string(settings.STOPPED_IMPORTS)():
        advice = "編集者に、管理画面で取り込みの続きを始めるか、やめるかを選ぶよう伝えてください。"
        return Finding(Level.NOTICE, subject, f"途中で止まっています：{'、'.join(stopped)}。{advice}")
    return Finding(Level.OK, subject, "途中で止まったものはありません。")


def standby_finding(alias: str) -> Finding:
    """A hot standby that answers, follows, and is not far behind the primary."""
    try:
        with connections[alias].cursor() as standby, connection.cursor() as primary:
            standby.execute("SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()::text")
            ((is_standby, replayed),) = standby.fetchall()
            primary.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)::bigint", [replayed])
            ((behind,),) = primary.fetchall()
    except DatabaseError as error:
        words = " ".join(str(error).split())
        advice = "待機系のPostgreSQLと DATABASE_REPLICA_URL を確認してください"
        return Finding(Level.FAULT, alias, f"接続できません。{advice}：{words}")
    if not is_standby:
        advice = "運用の手引きの8に従い、向きを決めて作り直してください。"
        return Finding(Level.FAULT, alias, f"待機系ではなく、独立したデータベースになっています。{advice}")
    if behind > FAR_BEHIND:
        advice = "待機系の記録で、複製が続いているか確認してください。"
        return Finding(Level.NOTICE, alias, f"主系より{behind / MIB:,.0f} MiB遅れています。{advice}")
    return Finding(Level.OK, alias, "主系に追い付いています。")


def space_finding(folder: Path) -> Finding:
    """Of the disk that `folder`, or where it will be made, is on."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    level = Level.FAULT if free < NO_SPACE else Level.NOTICE if free < LITTLE_SPACE else Level.OK
    advice = "" if level is Level.OK else "古いバックアップや記録を別の機器に移し、空きを作ってください。"
    return Finding(level, "ディスク", f"{folder} の空きは{free / GIB:.1f} GiBです。{advice}")


def temporary_space_finding() -> Finding:
    subject = "一時ファイル"
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError:  # every place there is refuses even a few letters
        advice = "TMPDIR のフォルダーの空きと権限を確認してください。"
        return Finding(Level.FAULT, subject, f"一時ファイルを置ける場所がありません。{advice}")
    free = shutil.disk_usage(folder).free
    little = Level.NOTICE if free < LITTLE_TEMPORARY_SPACE else Level.OK
    level = Level.FAULT if free < NO_TEMPORARY_SPACE else little
    advice = "" if level is Level.OK else "要らないファイルを消し、空きを作ってください。"
    return Finding(level, subject, f"{folder} の空きは{free / MIB:,.0f} MiBです。{advice}")


def backup_finding(folder: Path, now: datetime) -> Finding:
    """Of the newest backup; those of the future tell nothing of it."""
    subject = "バックアップ"
    advice = "「make backup」を実行し、毎日のタイマーを確かめてください。"
    newest = next((path for path in backups_in(folder) if not is_of_future(path, now)), None)
    made = made_at(newest) if newest else None
    if newest is None or made is None:
        return Finding(Level.FAULT, subject, f"{folder} に1つもありません。{advice}")
    age = now - made
    level = Level.FAULT if age > TOO_OLD_BACKUP else Level.NOTICE if age > OLD_BACKUP else Level.OK
    message = f"最新は{max(age / timedelta(hours=1), 0):.0f}時間前の {newest.name} です。"
    return Finding(level, subject, message if level is Level.OK else message + advice)


def other_files_findings(folder: Path, now: datetime) -> Iterator[Finding]:
    """What stands among the backups and is none to rely on."""
    if future := [path.name for path in backups_in(folder) if is_of_future(path, now)]:
        advice = "サーバーの時刻（timedatectl）を確かめ、このファイルを別の場所に移してください。"
        message = f"名前が未来の日時のものがあります：{'、'.join(future)}。{advice}"
        yield Finding(Level.FAULT, "バックアップの日時", message)
    if left := [path.name for path in unfinished_in(folder)]:
        advice = "次のバックアップのときに削除します。"
        message = f"途中で終わったものがあります：{'、'.join(left)}。{advice}"
        yield Finding(Level.NOTICE, "バックアップの残り", message)
