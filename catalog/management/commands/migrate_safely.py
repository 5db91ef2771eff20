"""`manage.py migrate_safely`: migrations beside readers."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

LOCK_TIMEOUT = "700ms"
RETRY_SECONDS = 2


class Command(BaseCommand):
    """Django's `migrate`, but it never waits long for a lock: it gives way and tries again.

    A change of a table waits for its readers, and whoever comes later waits behind the change: one slow
    reader would hold up every page. A migration is one transaction, so one that gives way leaves nothing
    behind. How long it holds a lock that it has got is up to the migration.
    """

    help = "閲覧を止めずにデータベースの構造を更新します（ロックを長く待たず、やり直します）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tries", type=int, default=100, help="やり直しの上限（既定：100回）")

    def handle(self, *args: Any, tries: int, **options: Any) -> None:
        for number in range(1, tries + 1):
            if migrate(options["verbosity"]):
                return
            self.stdout.write(f"ほかの処理が表を使っています。やり直します（{number}回目）…")
            self.stdout.flush()
            time.sleep(RETRY_SECONDS)
        raise CommandError(
            f"表が空かないため、{tries}回で中止しました。データベースは、途中まで更新した状態で使えます。"
            "長く動いている処理を pg_stat_activity で確かめてから、もう一度実行してください。"
        )


def migrate(verbosity: int) -> bool:
    """Whether all migrations are applied; not so where a lock was not to be had in time.

    One of them is held against others who migrate in the same moment, as at two first starts.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
            cursor.execute("SELECT pg_advisory_lock(hashtext('migrate_safely'))")
        call_command("migrate", interactive=False, verbosity=verbosity)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        return False
    finally:
        connection.close()  # the timeout goes with the session
    return True
