"""How the site writes an address with a query: nothing else puts parameters behind a `?`."""

from __future__ import annotations

from django.http import QueryDict
from django.urls import reverse


def query_url(name: str, query: str = "", **parameters: object) -> str:
    """The path of the URL called `name` in the catalogue, with the query string and the parameters behind it.

    A parameter may be a list of values; one that is None or empty is left out.
    """
    given = QueryDict(query, mutable=True)
    for parameter, value in parameters.items():
        values = value if isinstance(value, list | tuple) else [value]
        for one in values:
            if one not in (None, ""):
                given.appendlist(parameter, str(one))
    path = reverse(f"catalog:{name}")
    return f"{path}?{given.urlencode()}" if given else path
