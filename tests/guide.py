"""The operating guide as its reader meets it: numbered chapters, numbered steps, blocks to copy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

GUIDE = (settings.BASE_DIR / "docs/operating.md").read_text(encoding="utf-8")

PARTS = re.compile(
    r"^## (?P<chapter>\d+)\. |^\*\*(?:(?P<step>\d+)\. )?|^```sh\n(?P<text>.*?)^```", re.M | re.S
)


@dataclass(frozen=True)
class Block:
    """Commands that are pasted as a whole; `step` is 0 where they belong to no numbered step."""

    chapter: int
    step: int
    text: str


def read_blocks() -> list[Block]:
    chapter = step = 0
    blocks = []
    for part in PARTS.finditer(GUIDE):
        if part["chapter"]:
            chapter, step = int(part["chapter"]), 0
        elif part["text"]:
            blocks.append(Block(chapter, step, part["text"]))
        else:
            step = int(part["step"] or 0)
    return blocks


BLOCKS = read_blocks()


def variables(env: Path) -> dict[str, str]:
    """What an environment file sets, as `deploy/env.example` and what the guide makes of it."""
    lines = env.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def blocks(chapter: int, *steps: int) -> list[str]:
    """The blocks of these steps, or of the whole chapter, in order. Raises KeyError where there are none."""
    found = [b.text for b in BLOCKS if b.chapter == chapter and (not steps or b.step in steps)]
    if not found:
        raise KeyError(f"no block in {chapter}, {steps}")
    return found
