"""`manage.py import_indicators`: where bodies stand, from a table of デジタル庁's dashboard."""

from typing import Any

from catalog.importing.indicators import MAX_LINES, import_indicators
from catalog.importing.report import Report
from catalog.importing.tables import read_sheets
from catalog.management.import_command import ImportCommand
from catalog.models import IndicatorValue


class Command(ImportCommand):
    help = "指標の値を、団体コード（code）、項目名（indicator）、値（value）の列がある表から取り込みます。"
    model = IndicatorValue

    def run(self, content: bytes, options: dict[str, Any], **how: Any) -> Report:
        sheet = next(read_sheets(content, MAX_LINES))
        return import_indicators(sheet, file_name=options["file"].name, **how)
