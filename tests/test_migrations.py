from __future__ import annotations

import subprocess
from functools import partial
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from dxcases.postgres.cluster import NAME
from dxcases.postgres.programs import find_programs
from tests.servers.clusters import OwnCluster, connected, own_cluster


def schema(cluster: OwnCluster) -> str:
    """The whole schema as pg_dump writes it, with a fixed key where it would make one up."""
    command = (find_programs() / "pg_dump", "--schema-only", "--restrict-key=same")
    return subprocess.check_output([*command, "-h", cluster.socket_folder, "-U", NAME, NAME], text=True)


@pytest.mark.long
@pytest.mark.usefixtures("own_databases")
def test_each_migration_of_the_catalogue_goes_back_and_forward_again() -> None:
    with own_cluster() as cluster, connected(cluster) as database:
        migrate = partial(call_command, "migrate", database=database.alias, verbosity=0)
        migrate()
        migrate("catalog", "zero")
        names = sorted(name for app, name in MigrationLoader(database).graph.nodes if app == "catalog")
        for previous, name in pairwise(["zero", *names]):
            before = schema(cluster)
            migrate("catalog", name)
            after = schema(cluster)
            migrate("catalog", previous)
            assert schema(cluster) == before
            migrate("catalog", name)
            assert schema(cluster) == after
    assert "CREATE TABLE public.catalog_case " in after
