"""The Jinja2 templates of the public pages, also those of rows that no page of the tests happens to show."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import get_template
from django.test import RequestFactory
from jinja2 import Environment, UndefinedError, meta, nodes

from catalog.pages.environment import querystring, regroup

ENVIRONMENT: Environment = engines["jinja2"].env  # type: ignore[attr-defined]
TEMPLATES = ENVIRONMENT.list_templates()
# Looked for by the status of the answer: by dxcases.errors, or by Django itself.
BY_STATUS = {"400.html", "403.html", "403_csrf.html", "405.html", "413.html", "500.html"}


def parsed(name: str) -> nodes.Template:
    assert ENVIRONMENT.loader
    source, _, _ = ENVIRONMENT.loader.get_source(ENVIRONMENT, name)
    return ENVIRONMENT.parse(source, name)


def named_in_code() -> set[str]:
    """The templates of either engine that code names, other than by the path of a URL."""
    files = [
        file for folder in ("catalog", "dxcases") for file in settings.BASE_DIR.glob(f"{folder}/**/*.py")
    ]
    texts = [file.read_text(encoding="utf-8") for file in files]
    return {
        name
        for text in texts
        for name in re.findall(r'(?<!path\()"([\w/]+\.(?:html|xml)|\w+/[\w/]+\.txt)"', text)
    }


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_compiles(name: str) -> None:
    ENVIRONMENT.get_template(name)


def test_every_template_is_used() -> None:
    by_templates = {used for name in TEMPLATES for used in meta.find_referenced_templates(parsed(name))}
    assert set(TEMPLATES) - by_templates - named_in_code() == BY_STATUS


def test_every_template_that_code_names_is_there() -> None:
    for name in named_in_code():
        get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_macro_that_a_template_imports_is_there_and_used(name: str) -> None:
    template = parsed(name)
    used = {one.name for one in template.find_all(nodes.Name)}
    for imported in template.find_all(nodes.FromImport):
        assert isinstance(imported.template, nodes.Const)
        macros = vars(ENVIRONMENT.get_template(imported.template.value).module)
        assert set(imported.names) <= macros.keys()
        assert set(imported.names) <= used


@pytest.mark.parametrize("name", [name for name in TEMPLATES if "/_" in name])
def test_a_partial_shows_nothing_but_what_it_is_given(name: str) -> None:
    assert meta.find_undeclared_variables(parsed(name)) <= ENVIRONMENT.globals.keys()


@pytest.mark.parametrize("template", ["{{ titel }}", "{{ case.titel }}", "{% if titel %}{% endif %}"])
def test_a_name_that_is_not_there_is_an_error(template: str) -> None:
    with pytest.raises(UndefinedError, match="titel"):
        engines["jinja2"].from_string(template).render({"case": {"title": ""}})


def test_values_are_escaped() -> None:
    assert engines["jinja2"].from_string("{{ title }}").render({"title": "<b>"}) == "&lt;b&gt;"


def test_rows_are_grouped_in_their_own_order() -> None:
    rows: list[dict[str, Any]] = [{"of": {"name": one}} for one in "bbab"]
    groups = regroup(ENVIRONMENT, rows, "of.name")
    assert [(name, len(of_name)) for name, of_name in groups] == [("b", 2), ("a", 1), ("b", 1)]


def test_a_parameter_of_the_request_is_replaced_or_taken_away() -> None:
    request = RequestFactory().get("/cases/?q=a%26b&page=2")
    assert querystring(request, page=3) == "?q=a%26b&page=3"
    assert querystring(request, page=None) == "?q=a%26b"


def test_a_day_is_written_the_same_whatever_it_is_kept_as() -> None:
    written = ENVIRONMENT.filters["day"]
    days = [written(day) for day in (date(2020, 1, 2), "2020-01-02", "2020-01-02T03:04:05+09:00")]
    assert days == ["2020年1月2日"] * 3
