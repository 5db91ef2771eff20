"""Characters that nobody sees in what editors paste: taken out, or made the break or blank they stand for."""

from __future__ import annotations

import re

from catalog.models.base import place_in

# Soft hyphens, joiners (but within an emoji), marks of direction and of a file's beginning. Not variation
# selectors, which say how a character of a name is drawn.
REMOVED = "[\u00ad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
JOINER = "\u200d(?![\u2600-\u27bf\U0001f000-\U0001faff])"
BREAKS = "\x0b\x0c\u2028\u2029"  # as Word and PowerPoint write a break within a paragraph
BLANKS = "\u00a0\u202f"
INVISIBLE = re.compile(f"{REMOVED}|{JOINER}|[{BREAKS}{BLANKS}]")
MOST_TOLD = 3


def visible(text: str) -> str:
    """The text without what is not seen."""
    return INVISIBLE.sub(lambda found: instead_of(found[0]), text)


def instead_of(character: str) -> str:
    return "\n" if character in BREAKS else " " if character in BLANKS else ""


def places(text: str) -> list[str]:
    """Where the text has characters that are not seen, and which."""
    return [f"{place_in(text, found.start())}（U+{ord(found[0]):04X}）" for found in INVISIBLE.finditer(text)]


def notice(text: str) -> str:
    """What was done to the text; empty where it had nothing that is not seen."""
    found = places(text)
    told = found[:MOST_TOLD]
    if len(found) > MOST_TOLD:
        told.append(f"ほか{len(found) - MOST_TOLD}か所")
    return f"{'、'.join(told)}の目に見えない文字を直しました。" if told else ""
