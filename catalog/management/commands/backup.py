"""`manage.py backup`: the whole database into one file."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from dxcases.postgres.backup import BackupError, back_up, remove_all_but


class Command(BaseCommand):
    """Backs up; with --keep N removes all but the N newest backups, once the new one is whole."""

    help = "データベース全体のバックアップを作ります。"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--folder", type=Path, default=settings.BACKUP_DIR, help="保存先（既定：BACKUP_DIR）"
        )
        parser.add_argument("--keep", type=at_least_one, help="残す世代の数。古いものから削除します。")
        parser.add_argument("--database", default="default", choices=tuple(connections))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            back_up(connections[options["database"]], options["folder"], self.tell)
        except BackupError as error:
            raise CommandError(str(error)) from error
        if options["keep"]:
            for path in remove_all_but(options["keep"], options["folder"], datetime.now(UTC)):
                self.tell(f"古いバックアップを削除しました：{path.name}")

    def tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def at_least_one(text: str) -> int:
    """Raises ValueError, which argparse tells."""
    if (number := int(text)) < 1:
        raise ValueError
    return number
