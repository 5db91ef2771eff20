"""What a spreadsheet makes of letters where it saves CP932, as "CSV" of Windows is: no change to a text."""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby

# Letters that look alike and have one code in CP932: it gives back the second.
TWINS = str.maketrans("〜−—‖¢£¬", "～－―∥￠￡￢")
LOST = "?"


def look_alike(one: str, other: str) -> bool:
    """Whether the texts are the same but for letters that CP932 does not tell apart."""
    return one == other or one.translate(TWINS) == other.translate(TWINS)


def is_what_is_left(cell: str, text: str) -> bool:
    """Whether the cell is the text with ? in the place of letters that CP932 lacks."""
    if LOST not in cell or not any(map(_is_lacking, text)):
        return False
    # A letter beyond U+FFFF is one ? or two, as the program counts. A run of them is one pattern: many would
    # be tried in every way that they may share the ?.
    runs = ((is_lost, "".join(run)) for is_lost, run in groupby(text.translate(TWINS), _is_lacking))
    kept = (rf"\?{{{len(run)},{2 * len(run)}}}" if is_lost else re.escape(run) for is_lost, run in runs)
    return re.fullmatch("".join(kept), cell.translate(TWINS)) is not None


def may_have_lost(cell: str, text: str) -> bool:
    """Whether letters of the text that CP932 lacks are gone, and there are more ? than there were."""
    lacking = {letter for letter in text if _is_lacking(letter)}
    return bool(lacking) and not lacking & {*cell} and cell.count(LOST) > text.count(LOST)


@cache
def _is_lacking(letter: str) -> bool:
    try:
        letter.translate(TWINS).encode("cp932")
    except UnicodeEncodeError:
        return True
    return False
