"""`manage.py release`: keeps the public data of today as a dated release."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from catalog.documents.releases import make_release


class Command(BaseCommand):
    """Safe to run at any time and twice: where nothing has changed since the last release none is made."""

    help = "公開中のデータを日付の付いた版にします。前の版から何も変わっていなければ、作りません。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--note", default="", help="読者に見せる、この版の説明")

    def handle(self, *args: Any, **options: Any) -> None:
        made = make_release(options["note"])
        if made is None:
            self.stdout.write("前の版から変わったところがないため、版を作りませんでした。")
            return
        counts = [len(made.changes[name]) for name in ("added", "changed", "withdrawn")]
        told = "追加{}件、変更{}件、取り下げ{}件".format(*counts)
        self.stdout.write(f"版 {made} を作りました（事例{made.count}件、{told}）。")
