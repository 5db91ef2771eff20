"""`manage.py load_catalogue`: the casebook into an empty catalogue."""

import json
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.db.models import Model

from catalog.models import LinkCheck, ZeroResultSearch

NOT_EDITED = (LinkCheck, ZeroResultSearch)
ROWS = ".jsonl"


class Command(BaseCommand):
    """Loads every file of `fixtures/`, all or nothing, and only while the catalogue holds no row at all.

    An editor's work is never overwritten: one row of any catalogue model is enough to leave all as it is.
    """

    help = "fixtures/ のデータを、空のカタログに読み込みます。1件でもデータがあれば何も変えません。"

    def handle(self, *args: Any, **options: Any) -> None:
        if not self.catalogue_is_empty():
            self.stdout.write("カタログにはすでにデータがあります。そのまま使います。")
            return
        with transaction.atomic(), connection.cursor() as cursor:
            # Documents are made once at the end, and not with every row.
            cursor.execute("SET LOCAL catalog.documents = 'later'")
            for file in fixture_files():
                self.stdout.write(f"読み込み中：{file.name}")
                self.stdout.flush()
                load_rows(file) if file.suffix == ROWS else call_command("loaddata", file, verbosity=0)
            cursor.execute("SELECT refresh_all_case_documents()")
            cursor.execute("SET LOCAL catalog.documents = ''")

    def catalogue_is_empty(self) -> bool:
        models = apps.get_app_config("catalog").get_models()
        return not any(model._default_manager.exists() for model in models if model not in NOT_EDITED)


def load_rows(file: Path) -> None:
    """Loads a file of very many rows of one model in one statement; `loaddata` takes two for each row.

    What a row refers to is named by its key, as `serializers` write it where there is no natural one.
    """
    with file.open(encoding="utf-8") as lines:
        rows = [row_of(json.loads(line)) for line in lines]
    type(rows[0])._default_manager.bulk_create(rows)


def row_of(written: dict[str, Any]) -> Model:
    """The row that a line of a fixture writes."""
    model = apps.get_model(written["model"])
    fields = [(model._meta.get_field(name), value) for name, value in written["fields"].items()]
    values = {field.attname: field.to_python(value) for field, value in fields}
    return model(pk=written.get("pk"), **values)


def fixture_files() -> list[Path]:
    """The data files in the order to load them, which their names begin with."""
    (folder,) = settings.FIXTURE_DIRS
    return sorted(file for file in Path(folder).iterdir() if file.suffix in {".yaml", ROWS})
