"""The database that test databases are copied from: the casebook, loaded once and not before every run."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import setup_databases

PREFIX = "dxcases_template_"
LOCK = 202_111_25  # any number; whoever makes, drops or copies a template holds it

# What a loaded catalogue is made of. Each pattern must name a file, so that a moved one is not overlooked.
SOURCES = (
    "requirements.txt",  # packages bring migrations of their own
    "dxcases/settings.py",
    "catalog/migrations/**/*",
    "catalog/models/**/*",
    "catalog/**/roles.py",
    "catalog/**/load_catalogue.py",
    "fixtures/*",
)


def make_test_databases() -> Any:
    """Makes Django's test databases with the casebook in them; gives what `teardown_databases` wants.

    Several processes may do so at once, also those of other checkouts on the same server.
    """
    name = PREFIX + content_hash()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # until this connection is closed
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        found = {row[0] for row in cursor.fetchall()}
        if name not in found:
            for old in found:
                cursor.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
            load(f"{name}_new")
            cursor.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
        connection.settings_dict["TEST"]["TEMPLATE"] = name
        return setup_databases(verbosity=0, interactive=False, serialized_aliases=[])


def load(name: str) -> None:
    """Makes a database with the casebook, to which nobody is connected afterwards."""
    test = connection.settings_dict["TEST"]
    own_name, test["NAME"] = test["NAME"], name
    catalogue = connection.settings_dict["NAME"]
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        call_command("load_catalogue", verbosity=0)
    finally:
        test["NAME"] = own_name
        connection.creation.destroy_test_db(catalogue, verbosity=0, keepdb=True)
        connection.close_pool()  # type: ignore[attr-defined]


def content_hash() -> str:
    """A name for the state of all SOURCES."""
    content = hashlib.sha256()
    for pattern in SOURCES:
        for file in files_of(pattern):
            content.update(f"{file.relative_to(settings.BASE_DIR)}\0".encode())
            content.update(file.read_bytes())
    return content.hexdigest()[:16]


def files_of(pattern: str) -> list[Any]:
    """The files of a pattern and of the folders that it names."""
    found = [path for path in settings.BASE_DIR.glob(pattern) if "__pycache__" not in path.parts]
    inside = [path for folder in found if folder.is_dir() for path in folder.glob("*.py")]
    files = sorted({path for path in [*found, *inside] if path.is_file()})
    assert files, f"nothing is called {pattern} any more; correct tests.template.SOURCES"
    return files
