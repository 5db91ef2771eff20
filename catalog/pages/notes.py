"""What a reader puts into a dossier: cases, a title and a note a case. The address alone has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

TITLE, NOTE = "title", "note-"  # the parameter of a note is this with the slug of its case
MAX_CASES = 20
MAX_TITLE, MAX_NOTE = 80, 200  # characters
MAX_CARRIED = 1_000  # characters that lists carry along, each of whose links has them


def written(given: Mapping[str, Any], slugs: Iterable[str]) -> dict[str, str]:
    """Title and notes of these cases by parameter, as they were given; none that is empty."""
    names = [TITLE, *(f"{NOTE}{slug}" for slug in slugs)]
    return {name: text for name in names if (text := given.get(name, "").strip())}


def carried(given: Mapping[str, Any], slugs: Iterable[str]) -> dict[str, str]:
    """The same for lists, from which one comes back to the dossier; none if too long for links."""
    texts = written(given, slugs)
    return texts if sum(map(len, texts.values())) <= MAX_CARRIED else {}
