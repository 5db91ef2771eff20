"""What the commands that import a file have in common."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model
from tqdm import tqdm

from catalog.importing.report import Report
from catalog.importing.tables import MAX_BYTES, TableRow, UnreadableTable, read_table


class ImportCommand(BaseCommand):
    """Imports the file all or nothing and prints what becomes of each row that is not left as it is.

    Exit code 0 if the import was made or, in a dry run, could be; 1 if a row or the file is refused; 2 for
    arguments that are wrong.
    """

    model: type[Model]  # whose rows are imported

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="取り込むファイル（CSVまたはXLSX）")
        parser.add_argument("--dry-run", action="store_true", help="結果の予定だけを表示し、何も変えません")

    def run(self, table: list[TableRow], progress: Any, options: dict[str, Any]) -> Report:
        """The import of the table."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        bar = partial(tqdm, desc="確認中" if options["dry_run"] else "取り込み中", unit="行")
        try:
            report = self.run(read_table(content_of(options["file"])), bar, options)
        except UnreadableTable as error:
            raise CommandError(str(error)) from error
        if report.is_applied:
            report.log(None, self.model, options["file"].name)
        for line in report.lines():
            self.stdout.write(line)
        if report.refused:
            raise CommandError(
                "取り込めない行があるため、何も変えていません。直してからもう一度実行してください。"
            )
        self.stdout.write("取り込みました。" if report.is_applied else "確認だけを行い、何も変えていません。")


def content_of(file: Path) -> bytes:
    """The bytes of the file, as many as tell that it is too large. Raises CommandError."""
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"ファイルを開けません：{file}（{error.strerror}）") from error
