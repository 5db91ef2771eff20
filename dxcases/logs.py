"""Log lines for people. Those for programs are python-json-logger's; both are set up in the settings."""

import logging
import re
import time

from django.db import InterfaceError, OperationalError

REPEAT_SECONDS = 60
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class LineFormatter(logging.Formatter):
    """One line an event, in UTC, with the request's id; control characters in a message are escaped.

    The lines of a traceback follow, indented: nothing a visitor sends begins a line of the log.
    """

    converter = time.gmtime  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(
            "{asctime} {levelname} {name} [{request_id}] {message}",
            "%Y-%m-%dT%H:%M:%SZ",
            style="{",
            defaults={"request_id": None},
        )

    def format(self, record: logging.LogRecord) -> str:
        return "\n    ".join(map(escape_control, super().format(record).split("\n")))

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = escape_control(record.message)
        return super().formatMessage(record)


class DatabaseAwayInOneLine(logging.Filter):
    """Instead of a traceback the error's own words: while the database is away, every request fails so."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info and record.exc_info[1]
        if isinstance(error, OperationalError | InterfaceError):
            record.msg, record.args = f"{record.getMessage()} ({' '.join(str(error).split())})", ()
            record.exc_info = None
        return True


class WhyNoConnection(logging.Filter):
    """Of what psycopg's pool tells only why it gets no connection, and that once a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._told_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        *_, reason = map(str, record.args or ("",))
        now = time.monotonic()
        if not str(record.msg).startswith("error connecting"):
            return False
        is_new = now - self._told_at.get(reason, -REPEAT_SECONDS) >= REPEAT_SECONDS
        if is_new:
            self._told_at = {reason: now}
        return is_new


def escape_control(text: str) -> str:
    r"""`text` with each control character as `\x1b` or its like."""
    return CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
