"""`manage.py restore FILE`: the database as a backup holds it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from dxcases.postgres.backup import BackupError, restore


class Command(BaseCommand):
    """Restores into an empty database; with --force in place of what a database holds."""

    help = "バックアップからデータベースを復元します。"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="バックアップのファイル")
        parser.add_argument("--force", action="store_true", help="いまの内容を捨てて置き換えます。")
        parser.add_argument("--database", default="default", choices=tuple(connections))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            restore(
                connections[options["database"]], options["file"], self.stdout.write, force=options["force"]
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
