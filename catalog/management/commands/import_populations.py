"""`manage.py import_populations`: populations of bodies from a table, or such an import taken back."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.formats import date_format

from catalog.importing.populations import REGISTER, import_populations, population_sheet
from catalog.importing.report import Doubt, Report
from catalog.importing.tables import read_sheets
from catalog.importing.take_back import take_back
from catalog.management.import_command import ImportCommand, add_dated_arguments
from catalog.models import Population, PopulationImport, PopulationSource


class Command(ImportCommand):
    help = (
        "団体の人口を、住民基本台帳に基づく人口の表（CSVまたはXLSX）から取り込みます。"
        "取り込みの一覧を示し（--list）、全体を取り消すこともできます（--take-back）。"
    )
    model = Population
    needs_file = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        day = "人口の基準日（例：2026-01-01）。表の題名にあるときは省けます"
        add_dated_arguments(parser, day, Doubt.TITLE)
        parser.add_argument("--source", default=REGISTER, help=f"人口の出典の識別名（省くと {REGISTER}）")
        parser.add_argument("--list", action="store_true", help="これまでの取り込みを、新しい順に示します")
        parser.add_argument("--take-back", type=int, metavar="番号", help="この番号の取り込みを取り消します")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self.list_imports()
        elif options["take_back"] is not None:
            self.take_back(options["take_back"], dry_run=options["dry_run"])
        elif options["file"] is None:
            raise CommandError("取り込むファイルを指定してください。")
        else:
            super().handle(*args, **options)

    def run(self, content: bytes, options: dict[str, Any], **how: Any) -> Report:
        check_source(options["source"])
        return import_populations(
            population_sheet(read_sheets(content)),
            as_of=options["as_of"],
            source=options["source"],
            file_name=options["file"].name,
            despite=options["despite"],
            **how,
        )

    def list_imports(self) -> None:
        for made in PopulationImport.objects.select_related("source", "made_by"):
            end = f"　取り消し済み（{shown(made.taken_back_at)}）" if made.taken_back_at else ""
            self.stdout.write(
                f"{made.pk}　{shown(made.made_at)}　{made}　{made.source}　{len(made.changes):,}団体　"
                f"{made.made_by or 'コマンド'}{end}"
            )

    def take_back(self, key: int, *, dry_run: bool) -> None:
        try:
            report = take_back(key, dry_run=dry_run)
        except PopulationImport.DoesNotExist as error:
            raise CommandError(f"番号{key}の取り込みはありません。--list で確かめてください。") from error
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        for line in report.lines():
            self.stdout.write(line)
        self.stdout.write("取り消しました。" if report.is_applied else "確認だけを行い、何も変えていません。")


def check_source(slug: str) -> None:
    """Raises CommandError for a source that there is not, with those that there are."""
    sources = dict(PopulationSource.objects.values_list("pk", "title"))
    if slug not in sources:
        known = "、".join(f"{pk}（{title}）" for pk, title in sources.items())
        raise CommandError(f"人口の出典「{slug}」はありません。使えるのは次のとおりです：{known}")


def shown(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d H:i")
