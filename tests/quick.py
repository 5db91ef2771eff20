"""What of a long list of values `make test` tries; `make test-all` tries them all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def one_in(number: int, values: Iterable[Any]) -> list[Any]:
    """The values for `parametrize`: the first and then each so many-th is quick, the others are long."""
    return [
        value
        if at % number == 0
        else pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.long)
        for at, value in enumerate(values)
    ]
