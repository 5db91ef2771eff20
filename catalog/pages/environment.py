"""The Jinja2 environment of the public pages: the functions and filters that their templates have."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.template import RequestContext, defaulttags
from django.templatetags.static import static
from django.utils import timezone
from jinja2 import Environment, pass_environment
from jinja2.filters import make_attrgetter

from catalog.documents.addresses import query_url, url
from catalog.documents.records import name_in_full
from catalog.models.days import in_japanese
from catalog.pages import site_texts, text
from catalog.pages.addresses import address_without_empty
from catalog.pages.scripts import script


def environment(**options: Any) -> Environment:
    """Made once in a process by Django, with the options of the settings."""
    made = Environment(**options)  # noqa: S701 – the settings turn autoescape on
    made.globals |= {
        "address_without_empty": address_without_empty,
        "query_url": query_url,
        "querystring": querystring,
        "script": script,
        "site_text": site_texts.site_text,
        "static": static,
        "today": timezone.localdate,
        "url": url,
    }
    made.filters |= {
        "all_persons": text.all_persons,
        "archive_copy": text.archive_copy,
        "day": in_japanese,
        "full_name": name_in_full,
        "host": text.host,
        "json_ld": text.json_ld,
        "kind_label": text.kind_label,
        "month": text.month,
        "persons": text.persons,
        "prose": text.prose,
        "regroup": regroup,
    }
    return made


def querystring(request: HttpRequest, **parameters: Any) -> str:
    """The query string of the request with other values of some parameters, as Django's tag writes it."""
    return defaulttags.querystring(RequestContext(request), **parameters)


@pass_environment
def regroup(environment: Environment, rows: Iterable[Any], attribute: str) -> list[tuple[Any, list[Any]]]:
    """Rows that follow each other with the same value of the attribute, under that value.

    Jinja2's own `groupby` would sort them.
    """
    groups = groupby(rows, make_attrgetter(environment, attribute))
    return [(value, list(of_value)) for value, of_value in groups]
