#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it keeps the embedded PostgreSQL running meanwhile."""

import os
import sys

from dxcases.operating.terminal import say_whatever_the_terminal_can_show
from dxcases.postgres.account import LocalPostgresError
from dxcases.postgres.cluster import running_if_needed


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dxcases.settings")
    say_whatever_the_terminal_can_show()
    from django.core.management import execute_from_command_line

    try:
        with running_if_needed():
            execute_from_command_line(sys.argv)
    except LocalPostgresError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
