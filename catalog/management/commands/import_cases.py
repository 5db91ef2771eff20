"""`manage.py import_cases`: cases from a table."""

from typing import Any

from django.core.management.base import CommandParser

from catalog.importing.cases import import_cases, read_cases
from catalog.importing.report import Report
from catalog.management.import_command import ImportCommand
from catalog.models import Case


class Command(ImportCommand):
    help = (
        "事例をCSVまたはXLSXから取り込みます。形は /cases.csv と /cases.xlsx と同じです。"
        "国の事例データモデル（DS-451-3）の形なら、JSONも取り込めます。"
    )
    model = Case

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--reason", default="", help="履歴に残す、変更の理由")

    def run(self, content: bytes, options: dict[str, Any], **how: Any) -> Report:
        file_name, reason = options["file"].name, options["reason"]
        return import_cases(read_cases(content), file_name=file_name, reason=reason, **how)
