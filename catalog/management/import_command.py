"""What the commands that import a file have in common."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model
from tqdm import tqdm

from catalog.importing.report import Doubt, DoubtfulTable, Report, UnknownDay
from catalog.importing.tables import MAX_BYTES, UnreadableTable


class ImportCommand(BaseCommand):
    """Imports the file all or nothing and prints what becomes of each row that is not left as it is.

    Exit code 0 if the import was made or, in a dry run, could be; 1 if a row or the file is refused; 2 for
    arguments that are wrong.
    """

    model: type[Model]  # what the log of the site says was imported
    needs_file = True

    def add_arguments(self, parser: CommandParser) -> None:
        nargs = None if self.needs_file else "?"
        parser.add_argument("file", nargs=nargs, type=Path, help="取り込むファイル（CSVまたはXLSX）")
        parser.add_argument("--dry-run", action="store_true", help="結果の予定だけを表示し、何も変えません")

    def run(self, content: bytes, options: dict[str, Any], **how: Any) -> Report:
        """The import of the file; `how` says whether it is a dry run, and shows how far it is."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        bar = partial(tqdm, desc="確認中" if options["dry_run"] else "取り込み中", unit="行")
        try:
            report = self.run(content_of(options["file"]), options, dry_run=options["dry_run"], progress=bar)
        except UnknownDay as error:
            raise CommandError(f"{error}　--as-of 2026-01-01 のように指定します。") from error
        except DoubtfulTable as error:
            raise CommandError(
                f"{error}　{error.doubt.label}ときは、{flag(error.doubt)} を付けます。"
            ) from error
        except UnreadableTable as error:
            raise CommandError(str(error)) from error
        if report.is_applied:
            report.log(None, self.model, options["file"].name)
        self.tell(report)

    def tell(self, report: Report) -> None:
        for line in report.lines():
            self.stdout.write(line)
        if report.refused:
            raise CommandError(
                "取り込めない行があるため、何も変えていません。直してからもう一度実行してください。"
            )
        done = "取り込みました。" if report.effective else report.why_nothing
        self.stdout.write(done if report.is_applied else "確認だけを行い、何も変えていません。")


def flag(doubt: Doubt) -> str:
    """The option that says that one takes a doubtful table nevertheless."""
    return f"--{doubt.field.replace('_', '-')}"


def add_dated_arguments(parser: CommandParser, day: str, *doubts: Doubt) -> None:
    """The day that an import is of, and what one may take nevertheless; `day` says what it is."""
    parser.add_argument("--as-of", type=read_day, metavar="YYYY-MM-DD", help=day)
    for doubt in doubts:
        parser.add_argument(
            flag(doubt), action="append_const", const=doubt, dest="despite", help=str(doubt.label)
        )
    parser.set_defaults(despite=[])


def read_day(text: str) -> date:
    """Raises ArgumentTypeError for what is no ISO 8601 date."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"「{text}」を日付として読めません（例：2026-01-01）") from error


def content_of(file: Path) -> bytes:
    """The bytes of the file, as many as tell that it is too large. Raises CommandError."""
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"ファイルを開けません：{file}（{error.strerror}）") from error
