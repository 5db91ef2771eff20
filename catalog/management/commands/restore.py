"""`manage.py restore FILE`: the database as a backup holds it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from catalog.models import Schedule
from dxcases.postgres.backup import BackupError, restore, server_major

ACCOUNTS = """
SELECT username, password, is_active, is_staff, is_superuser, device.key, device.confirmed,
    (SELECT array_agg(group_id ORDER BY group_id) FROM auth_user_groups WHERE user_id = account.id)::text
FROM auth_user account LEFT JOIN otp_totp_totpdevice device ON device.user_id = account.id
"""
HAS_SCHEDULES = """EXISTS (
    SELECT FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = 'catalog_schedule' AND column_name = 'held_at'
)"""
CAME_BACK = (
    "次の編集者の登録（パスワード、停止、役割、認証アプリ）は、バックアップの時点に戻りました：{}。"
    "その後の変更や停止が必要なら、もう一度行ってください。"
)
# Nothing is published or withdrawn by itself that may have been done, or called off, after the backup.
HOLD_OVERDUE = f"""
DO $$ BEGIN
    IF {HAS_SCHEDULES} THEN
        UPDATE public.catalog_schedule SET held_at = now()
        WHERE closed_at IS NULL AND held_at IS NULL AND due_at <= now();
    END IF;
END $$;
"""  # noqa: S608 – all of it is ours
HELD = (
    "次の予約は、時刻が過ぎているため止めました。すでに行ったか、取り消したものかもしれません。"
    "編集者が、事例の「公開・取り下げの予約」で再開するか取り消すまで、行われません："
)
WILL_BE_DONE = "次の予約は、その時刻に行われます。要らないものは、編集者が取り消してください："


class Command(BaseCommand):
    """Restores into an empty database; with --force in place of what a database holds.

    Schedules whose time has passed are held, and those that wait are told.
    """

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
            file, force = options["file"], options["force"]
            restore(database, file, self.stdout.write, force=force, also=HOLD_OVERDUE)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("編集者のログインは、すべて終わらせました。")
        if before and (other := before ^ accounts_of(database)):
            self.stdout.write(CAME_BACK.format("、".join(sorted({name for name, *_ in other}))))
        waiting = waiting_in(database)
        for told, of_kind in (
            (HELD, [one for one in waiting if one.held_at]),
            (WILL_BE_DONE, [one for one in waiting if not one.held_at]),
        ):
            if of_kind:
                self.stdout.write(told)
                for one in of_kind:
                    self.stdout.write(f"　「{one.case}」：{one.plan}")


def waiting_in(database: BaseDatabaseWrapper) -> list[Schedule]:
    """The schedules that wait; none where the database has no such table."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {HAS_SCHEDULES}")
        ((has_schedules,),) = cursor.fetchall()
    waiting = Schedule.objects.using(database.alias).waiting().select_related("case")
    return list(waiting) if has_schedules else []


def accounts_of(database: BaseDatabaseWrapper) -> set[tuple[Any, ...]]:
    """Who may sign in, and with what; empty where the database has no accounts yet."""
    server_major(database)  # tells in our words where the database does not answer
    with database.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.auth_user'), to_regclass('public.otp_totp_totpdevice')")
        if None in cursor.fetchone():
            return set()
        cursor.execute(ACCOUNTS)
        return set(cursor.fetchall())
