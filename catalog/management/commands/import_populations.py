"""`manage.py import_populations`: populations of bodies from a table."""

from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser

from catalog.importing.populations import import_populations
from catalog.importing.report import Report
from catalog.importing.tables import TableRow
from catalog.management.import_command import ImportCommand
from catalog.models import Body


class Command(ImportCommand):
    help = "団体の人口を、住民基本台帳に基づく人口の表（CSVまたはXLSX）から取り込みます。"
    model = Body

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--as-of", type=day, metavar="YYYY-MM-DD", help="人口の基準日（例：2025-01-01）。必須です"
        )

    def run(self, table: list[TableRow], progress: Any, options: dict[str, Any]) -> Report:
        if options["as_of"] is None:
            raise CommandError("人口の基準日（--as-of）を指定してください（例：--as-of 2025-01-01）。")
        return import_populations(table, options["as_of"], dry_run=options["dry_run"], progress=progress)


def day(text: str) -> date:
    """Raises ArgumentTypeError for what is no ISO 8601 date."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"「{text}」を日付として読めません（例：2025-01-01）") from error
