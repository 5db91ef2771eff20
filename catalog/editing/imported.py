"""What of an import its user may not change at once: proposals for the cases that are public."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from catalog.editing.contents import content_of, undone
from catalog.editing.proposals import keep
from catalog.models import Case


@contextmanager
def proposing(case: Case, reason: str, by: Any) -> Iterator[None]:
    """Makes a proposal for the case of what is written to it within; the case stays as it is."""
    now = content_of(case)
    with undone():
        yield
        then = content_of(case)
    keep(None, case, then, now, reason, by)
