"""A log line for each login, logout and refusal: who, by name and id. Every line has time and request."""

import logging
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

logger = logging.getLogger(__name__)

LONGEST_NAME = 150  # characters, as in the table of users


@receiver(user_logged_in)
def log_login(user: AbstractBaseUser, **kwargs: Any) -> None:
    log(logging.INFO, "login", user)


@receiver(user_logged_out)
def log_logout(user: AbstractBaseUser | None, **kwargs: Any) -> None:
    if user is not None:
        log(logging.INFO, "logout", user)


@receiver(user_login_failed)
def log_refusal(credentials: dict[str, Any], **kwargs: Any) -> None:
    """Nothing but the name is taken from what was sent."""
    name = str(credentials.get("username", ""))[:LONGEST_NAME]
    logger.warning("login refused: %s", name, extra={"event": "login refused", "user": name})


def log(level: int, event: str, user: AbstractBaseUser) -> None:
    name = user.get_username()
    fields = {"event": event, "user": name, "user_id": user.pk}
    logger.log(level, "%s: %s (id %s)", event, name, user.pk, extra=fields)
