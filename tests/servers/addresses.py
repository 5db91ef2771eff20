"""An address of every public page and file, made from the patterns of `catalog.urls.public`.

Whatever asks the site for "all it has" asks for these: tests by `tests.addresses`, the drills, the benchmark.
A new pattern is among them by itself.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.urls import URLPattern, reverse

from catalog import urls

# By name of the pattern: what its parameters are here, by rows of the casebook.
PARAMETERS: dict[str, dict[str, str | int]] = {
    "case_detail": {"slug": "dx2021-17-1"},
    "api_case_detail": {"slug": "dx2021-17-1"},
    "body_detail": {"code": "063631"},
    "api_body_detail": {"code": "063631"},
    "step_detail": {"number": 2},
    "inquiry": {"slug": "dx2021-17-1"},
    "table_csv": {"table": "case_bodies"},
}
# By name of the pattern: a query, without which its page has nothing to show.
QUERIES = {
    "compare": "?case=dx2021-17-1&case=dx2021-17-2",
    "compare_xlsx": "?case=dx2021-17-1&case=dx2021-17-2",
    "dossier": "?case=dx2021-17-1&case=dx2021-17-2",
    "dossier_xlsx": "?case=dx2021-17-1&case=dx2021-17-2",
    "near": f"?name={quote('美郷町')}",
    "suggestions": f"?q={quote('研修')}",
}
# What programs read. Everything else is a page, and has to be fit for people.
FILES = {
    "case_list_csv",
    "case_list_xlsx",
    "case_list_atom",
    "case_list_json",
    "compare_xlsx",
    "dossier_xlsx",
    "api_case_list",
    "api_case_detail",
    "api_body_list",
    "api_body_detail",
    "api_schema",
    "suggestions",
    "table_csv",
    "tables_xlsx",
    "changes_json",
    "changes_atom",
    "data_package",
    "case_schema",
    "data_catalog",
    "llms",
    "opensearch",
    "robots",
    "sitemap",
}


def public_addresses() -> dict[str, str]:
    """By name of the pattern an address that answers with 200.

    Raises LookupError for a pattern whose parameters PARAMETERS does not know.
    """
    return {name_of(pattern): address_of(pattern) for pattern in urls.public}


def page_addresses() -> dict[str, str]:
    """Those of pages for people."""
    return {name: address for name, address in public_addresses().items() if name not in FILES}


def address_of(pattern: URLPattern) -> str:
    name = name_of(pattern)
    parameters: dict[str, Any] = PARAMETERS.get(name, {})
    if parameters.keys() != pattern.pattern.converters.keys():
        raise LookupError(f"tests/servers/addresses.py: give {name!r} its parameters in PARAMETERS")
    return reverse(f"catalog:{name}", kwargs=parameters) + QUERIES.get(name, "")


def name_of(pattern: URLPattern) -> str:
    return str(pattern.name)
