"""`manage.py run_import`: works on one import; the page that took the file starts it."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from catalog.editing.imported import perform

NICENESS = 10  # readers and editors come first


class Command(BaseCommand):
    """Ends at once where another process works on that import, or where it does not wait."""

    help = "管理画面で受け取ったファイルの取り込みを、1件進めます（画面が自動で実行します）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", type=int, metavar="番号")

    def handle(self, *args: Any, **options: Any) -> None:
        os.nice(NICENESS)
        perform(options["key"])
