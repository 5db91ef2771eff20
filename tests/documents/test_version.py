from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

from catalog.documents import version
from catalog.models import (
    Autosave,
    CaseBody,
    CaseDocument,
    CaseGrams,
    Figure,
    ImportRun,
    Population,
    PopulationImport,
    Proposal,
    ProposalEdition,
    ProposalNote,
    Remains,
    Report,
    Review,
    Schedule,
    Topic,
    ZeroResultSearch,
)
from tests.making import FUNAGATA, KASHIHARA, make_case

pytestmark = pytest.mark.django_db

# What they hold follows from other tables, or is for editors.
NOT_READ = (
    *(
        Autosave,
        CaseDocument,
        CaseGrams,
        ImportRun,
        PopulationImport,
        Proposal,
        ProposalEdition,
        ProposalNote,
    ),
    *(Remains, Report, Review, Schedule, ZeroResultSearch),
)


@pytest.mark.parametrize(
    "table",
    [
        model._meta.db_table
        for model in apps.get_app_config("catalog").get_models(include_auto_created=True)
        if model not in NOT_READ
    ],
)
def test_a_statement_on_any_table_that_is_read_moves_the_version(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", [table]
        )
        (column,) = cursor.fetchone()
        for statement in (f'UPDATE {table} SET "{column}" = "{column}"', f"DELETE FROM {table} WHERE false"):
            before = version.current_version().stamp
            cursor.execute(statement)
            assert version.current_version().stamp != before


def test_every_way_of_writing_moves_the_version() -> None:
    case = make_case(topics=["bpr"])
    ways: list[Any] = [
        case.save,
        lambda: case.topics.add(Topic.objects.get(slug="data")),
        lambda: CaseBody.objects.bulk_create([CaseBody(case=case, body_id=KASHIHARA)]),
        lambda: Figure.objects.create(case=case, label="件数", value="1件"),
        lambda: Population.objects.filter(body=FUNAGATA).update(persons=5_001),
        lambda: call_command("loaddata", "10_prefectures", verbosity=0),
        case.delete,
    ]
    stamps = [version.current_version().stamp]
    for way in ways:
        way()
        stamps.append(version.current_version().stamp)
    assert len(set(stamps)) == len(ways) + 1


def test_a_rollback_takes_the_version_back_and_the_next_one_is_new() -> None:
    before = version.current_version().stamp
    with transaction.atomic():
        make_case("undone")
        undone = version.current_version().stamp
        transaction.set_rollback(True)
    assert version.current_version().stamp == before
    make_case()
    assert len({before, undone, version.current_version().stamp}) == 3
