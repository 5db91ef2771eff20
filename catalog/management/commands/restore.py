"""`manage.py restore FILE`: the database as a backup holds it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from dxcases.postgres.backup import BackupError, restore, server_major

ACCOUNTS = """
SELECT username, password, is_active, is_staff, is_superuser, device.key, device.confirmed,
    (SELECT array_agg(group_id ORDER BY group_id) FROM auth_user_groups WHERE user_id = account.id)::text
FROM auth_user account LEFT JOIN otp_totp_totpdevice device ON device.user_id = account.id
"""
CAME_BACK = (
    "次の編集者の登録（パスワード、停止、役割、認証アプリ）は、バックアップの時点に戻りました：{}。"
    "その後の変更や停止が必要なら、もう一度行ってください。"
)


class Command(BaseCommand):
    """Restores into an empty database; with --force in place of what a database holds."""

    help = "バックアップからデータベースを復元します。"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="バックアップのファイル")
        parser.add_argument("--force", action="store_true", help="いまの内容を捨てて置き換えます。")
        parser.add_argument("--database", default="default", choices=tuple(connections))

    def handle(self, *args: Any, **options: Any) -> None:
        database = connections[options["database"]]
        try:
            before = accounts_of(database)
            restore(database, options["file"], self.stdout.write, force=options["force"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("編集者のログインは、すべて終わらせました。")
        if before and (other := before ^ accounts_of(database)):
            self.stdout.write(CAME_BACK.format("、".join(sorted({name for name, *_ in other}))))


def accounts_of(database: BaseDatabaseWrapper) -> set[tuple[Any, ...]]:
    """Who may sign in, and with what; empty where the database has no accounts yet."""
    server_major(database)  # tells in our words where the database does not answer
    with database.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.auth_user'), to_regclass('public.otp_totp_totpdevice')")
        if None in cursor.fetchone():
            return set()
        cursor.execute(ACCOUNTS)
        return set(cursor.fetchall())
