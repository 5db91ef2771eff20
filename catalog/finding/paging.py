"""Pages of results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.http import Http404


def page_of(results: Sequence[Any], number: int, size: int) -> Page[Any]:
    """A page of the results. Raises Http404 past the last page."""
    try:
        return Paginator(results, size).page(number)
    except EmptyPage as error:
        raise Http404(f"no page {number}") from error
