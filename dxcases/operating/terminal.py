"""What our commands print, on terminals of any kind."""

from __future__ import annotations

import sys
from io import TextIOWrapper


def say_whatever_the_terminal_can_show() -> None:
    """Prints ? for letters that the terminal's encoding has not, where Python would end with an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
