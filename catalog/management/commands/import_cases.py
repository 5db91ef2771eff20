"""`manage.py import_cases`: cases from a table."""

from typing import Any

from catalog.importing.cases import import_cases
from catalog.importing.report import Report
from catalog.importing.tables import TableRow
from catalog.management.import_command import ImportCommand
from catalog.models import Case


class Command(ImportCommand):
    help = "事例をCSVまたはXLSXから取り込みます。形は /cases.csv と /cases.xlsx と同じです。"
    model = Case

    def run(self, table: list[TableRow], progress: Any, options: dict[str, Any]) -> Report:
        return import_cases(table, dry_run=options["dry_run"], progress=progress)
