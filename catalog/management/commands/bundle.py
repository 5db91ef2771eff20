"""`manage.py bundle FILE.zip`: the catalogue as files, for desks that reach no server."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.bundle.writing import write_bundle
from catalog.management.site import add_site_argument, site_of


class Command(BaseCommand):
    """Writes the file whole or not at all."""

    help = "事例カタログの全体を、サーバーなしで開けるファイル（ZIP）にします。"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.zip", nargs="?", default=settings.BUNDLE_FILE)
        add_site_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            write_bundle(file, site_of(options["site"]), self.stdout.write)
        except OSError as error:
            raise CommandError(f"{file} に書き込めません：{error.strerror}") from error
        self.stdout.write(f"{file} に保存しました（{file.stat().st_size / 1e6:.1f} MB）。")
