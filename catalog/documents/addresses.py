"""How the site writes its addresses: nothing else puts parameters behind a `?`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from urllib.parse import urlencode
from uuid import UUID, uuid5

from django.http import HttpRequest
from django.urls import reverse

PLACE = 987_654_321  # stands for a slug, a code or a number, and is in no path by itself
NAMES = UUID("b168acc7-5171-4ab2-a496-fec6d6b8c008")  # never changed, or readers of feeds get all anew


def url(name: str, argument: str | int | None = None) -> str:
    """The path of the URL, as `reverse` gives it. `argument`: a slug, a code or a number.

    A page has a hundred of them: `reverse` is asked once for each name, and the argument is filled in. The
    site stands at the root of its host, so a path is the same for every request.
    """
    before, after = _around_argument(name, argument is not None)
    return before if argument is None else f"{before}{argument}{after}"


@cache
def _around_argument(name: str, has_argument: bool) -> tuple[str, str]:
    """What is before the argument of a path and what behind it."""
    before, _, after = reverse(name, args=[PLACE] if has_argument else []).partition(str(PLACE))
    return before, after


def query_url(name: str, query: str = "", *, argument: str | int | None = None, **parameters: object) -> str:
    """The path of the URL called `name` in the catalogue, with the query string and the parameters behind it.

    `argument` is that of the path, as `url` takes it. A parameter may be a list of values; one that is None
    or empty is left out.
    """
    given = [
        parameter_of(parameter, str(one))
        for parameter, value in parameters.items()
        for one in (value if isinstance(value, list | tuple) else [value])
        if one not in (None, "")
    ]
    written = "&".join([query, *given] if query else given)
    return f"{url(f'catalog:{name}', argument)}{'?' if written else ''}{written}"


@lru_cache(1_000)
def parameter_of(name: str, value: str) -> str:
    """A parameter as a query string has it. A page has hundreds, most of them again and again."""
    return urlencode({name: value})


def identifier(path: str) -> str:
    """The name of what stands at a path of this site; it stays when host or scheme change.

    A UUID made of the path (RFC 9562, version 5) needs no domain, as a `tag:` would.
    """
    return uuid5(NAMES, path).urn


def absolute_for(request: HttpRequest) -> Callable[[str], str]:
    """What `build_absolute_uri` does for the paths of this module, without looking into each."""
    return f"{request.scheme}://{request.get_host()}".__add__
