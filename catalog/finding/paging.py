"""Pages of results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.http import Http404


class PastTheEnd(Http404):
    """There is no page of that number; `last` is the number of the last one."""

    def __init__(self, number: int, last: int) -> None:
        super().__init__(f"no page {number}")
        self.number, self.last = number, last


def page_of(results: Sequence[Any], number: int, size: int) -> Page[Any]:
    """A page of the results. Raises PastTheEnd past the last page."""
    paginator = Paginator(results, size)
    try:
        return paginator.page(number)
    except EmptyPage as error:
        raise PastTheEnd(number, paginator.num_pages) from error
