"""A log line for each login, logout, refusal, import, deletion and change of a status: who, by name and id.

Every line has time and request. What a transaction does is told once it is committed.
"""

import logging
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver

logger = logging.getLogger(__name__)

MAX_NAME_LENGTH = 150  # characters, as in the table of users
COMMAND_LINE = "command line"


@receiver(user_logged_in)
def log_login(user: AbstractBaseUser, **kwargs: Any) -> None:
    log("login", user)


@receiver(user_logged_out)
def log_logout(user: AbstractBaseUser | None, **kwargs: Any) -> None:
    if user is not None:
        log("logout", user)


@receiver(user_login_failed)
def log_refusal(credentials: dict[str, Any], **kwargs: Any) -> None:
    """Nothing but the name is taken from what was sent."""
    name = str(credentials.get("username", ""))[:MAX_NAME_LENGTH]
    logger.warning("login refused: %s", name, extra={"event": "login refused", "user": name})


def log_import(user: AbstractBaseUser | None, model: str, file_name: str, new: int, changed: int) -> None:
    """`new` and `changed` count rows of the model; without user it was imported at the command line."""
    what = f", {model} from {file_name}: {new} new, {changed} changed"
    fields = {"model": model, "file": file_name, "new": new, "changed": changed}
    transaction.on_commit(lambda: log("import", user, what, **fields))


def log_take_back(user: AbstractBaseUser | None, file_name: str, changed: int, left: int) -> None:
    """An import of populations was taken back; `left` counts the bodies changed since, which stay."""
    what = f", {file_name}: {changed} changed, {left} left"
    fields = {"file": file_name, "changed": changed, "left": left}
    transaction.on_commit(lambda: log("import taken back", user, what, **fields))


def log_status(user: AbstractBaseUser | None, slug: str, event: str) -> None:
    transaction.on_commit(lambda: log(event, user, f", {slug}", slug=slug))


def log_row(user: AbstractBaseUser, event: str, model: str, name: str) -> None:
    """A row was deleted, brought back or merged into another."""
    transaction.on_commit(lambda: log(event, user, f", {model} {name}", model=model, name_of_row=name))


def log(event: str, user: AbstractBaseUser | None, what: str = "", **fields: Any) -> None:
    name, user_id = (user.get_username(), user.pk) if user else (COMMAND_LINE, None)
    who = f"{name} (id {user_id})" if user else name
    extra = {"event": event, "user": name, "user_id": user_id, **fields}
    logger.info("%s: %s%s", event, who, what, extra=extra)
