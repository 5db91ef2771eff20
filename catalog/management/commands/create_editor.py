"""`manage.py create_editor`: an account for the admin."""

import os
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError


class Command(createsuperuser.Command):
    """Django's `createsuperuser`: asks, or with --noinput reads DJANGO_SUPERUSER_… from the environment.

    Django itself checks a password that is typed but not one from the environment: here both are.
    """

    help = "編集者のアカウントを作ります。"

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["interactive"]:
            check_password(os.environ.get("DJANGO_SUPERUSER_PASSWORD", ""))
        super().handle(*args, **options)


def check_password(password: str) -> None:
    """Raises CommandError with every reason why the settings refuse the password."""
    try:
        validate_password(password)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
