"""`manage.py load_catalogue`: the casebook into an empty catalogue."""

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.db.models import Model

from catalog.models import LinkCheck, ZeroResultSearch

NOT_EDITED = (LinkCheck, ZeroResultSearch)
ROWS = ".jsonl"
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # that of C is ten times quicker
Row = dict[str, Any]  # as Django's serializers write one


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
                load_rows(file)
            cursor.execute("SELECT refresh_all_case_documents()")
            cursor.execute("SET LOCAL catalog.documents = ''")

    def catalogue_is_empty(self) -> bool:
        models = apps.get_app_config("catalog").get_models()
        return not any(model._default_manager.exists() for model in models if model not in NOT_EDITED)


def load_rows(file: Path) -> None:
    """Loads a fixture in a statement a model, where `loaddata` takes two for each row of very many.

    A row that refers to others by natural keys may stand anywhere behind them.
    """
    rows_of = defaultdict[type[Model], list[Row]](list)
    for row in read_rows(file):
        rows_of[apps.get_model(row["model"])].append(row)
    for model, rows in rows_of.items():
        copy_rows(model, rows)
        for field in model._meta.many_to_many:
            copy_links(model, field, rows)


def read_rows(file: Path) -> list[Row]:
    """The rows as Django's serializers write them."""
    with file.open(encoding="utf-8") as written:
        if file.suffix == ROWS:
            return [*map(json.loads, written)]
        return yaml.load(written, SAFE_LOADER)  # noqa: S506 – it is a safe one


def copy_rows(model: type[Model], rows: list[Row]) -> None:
    """Inserts rows of one model. What they do not say is as the model has it by default."""
    written = (field for field in model._meta.concrete_fields if not field.generated)
    fields = [field for field in written if not field.primary_key or "pk" in rows[0]]
    columns = [values_of(field, rows) for field in fields]
    copy(model._meta.db_table, [str(field.column) for field in fields], zip(*columns, strict=True))


def values_of(field: Any, rows: list[Row]) -> list[Any]:
    """What a field is in each of the rows: keys where it refers to other rows."""
    if field.primary_key:
        return [row["pk"] for row in rows]
    values = [row["fields"].get(field.name, field.get_default()) for row in rows]
    if field.is_relation and any(isinstance(value, list) for value in values):
        keys = keys_of(field.related_model)
        return [keys[tuple(value)] if isinstance(value, list) else value for value in values]
    return values


def copy_links(model: type[Model], field: Any, rows: list[Row]) -> None:
    """Inserts what the rows, which were the last to be inserted, say of a relation to many."""
    inserted = [*model._default_manager.order_by("pk").values_list("pk", flat=True)][-len(rows) :]
    keys = keys_of(field.related_model)
    links = (
        (pk, keys[tuple(key)])
        for pk, row in zip(inserted, rows, strict=True)
        for key in row["fields"].get(field.name, [])
    )
    copy(field.m2m_db_table(), [field.m2m_column_name(), field.m2m_reverse_name()], links)


def keys_of(model: type[Model]) -> dict[tuple[Any, ...], Any]:
    """The primary key of each row by its natural one."""
    return {row.natural_key(): row.pk for row in model._default_manager.all()}  # type: ignore[attr-defined]


def copy(table: str, columns: list[str], rows: Iterable[Iterable[Any]]) -> None:
    """Writes rows by PostgreSQL's COPY."""
    names = ", ".join(map(connection.ops.quote_name, columns))
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as written:
        for row in rows:
            written.write_row([*row])


def fixture_files() -> list[Path]:
    """The data files in the order to load them, which their names begin with."""
    (folder,) = settings.FIXTURE_DIRS
    return sorted(file for file in Path(folder).iterdir() if file.suffix in {".yaml", ROWS})
