"""`manage.py import_bodies`: new, renamed and ended bodies from 総務省's list of codes."""

from typing import Any

from django.core.management.base import CommandParser

from catalog.importing.bodies import import_bodies
from catalog.importing.report import Doubt, Report
from catalog.importing.tables import read_sheets
from catalog.management.import_command import ImportCommand, add_dated_arguments
from catalog.models import Body


class Command(ImportCommand):
    help = (
        "総務省の「都道府県コード及び市区町村コード」（XLSXまたはCSV）に合わせて、団体を追加し、名称を直し、"
        "一覧にない団体を廃止とします。"
    )
    model = Body

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        day = "いつ現在の一覧か（例：2026-04-01）。シートの名前にあれば省けます。一覧にない団体の廃止日です"
        add_dated_arguments(parser, day, *Doubt)

    def run(self, content: bytes, options: dict[str, Any], **how: Any) -> Report:
        return import_bodies(
            read_sheets(content),
            as_of=options["as_of"],
            file_name=options["file"].name,
            despite=options["despite"],
            **how,
        )
