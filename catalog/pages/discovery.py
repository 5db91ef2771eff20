"""What search engines, browsers and monitors ask for."""

from __future__ import annotations

from django.db import DatabaseError, ProgrammingError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.documents.addresses import absolute_for, url
from catalog.documents.reading import read_days_of_change
from catalog.documents.version import current_version
from catalog.finding.index import current_index
from catalog.models import Case
from catalog.output.descriptions import FORMS
from dxcases.postgres.checks import does_not_fit, schema_that_does_not_fit

READINESS_SECONDS = 1.0  # monitors give up early


SITEMAP_START = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
)
SITEMAP_END = "</urlset>\n"
PAGES = (
    "home",
    "case_list",
    "standing",
    "troubles",
    "body_list",
    "guideline_list",
    "about",
    "data",
    "changes",
    "api_docs",
)


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page for search engines; bodies without any case are left out, since their pages say little."""
    index, site = current_index(), absolute_for(request)("")
    paths = [
        *(url(f"catalog:{name}") for name in PAGES),
        *(url("catalog:step_detail", step.number) for step in index.lists.steps),
        *(url("catalog:body_detail", body.code) for body in index.bodies_in_cases),
    ]
    # A template would take seconds for very many cases. No path has a character that XML writes otherwise.
    lines = [f"<url><loc>{site}{path}</loc></url>" for path in paths]
    lines += [
        f"<url><loc>{site}{url('catalog:case_detail', slug)}</loc><lastmod>{day}</lastmod></url>"
        for slug, day in read_days_of_change()
    ]
    return HttpResponse("\n".join([SITEMAP_START, *lines, SITEMAP_END]), content_type="application/xml")


@require_safe
def opensearch(request: HttpRequest) -> HttpResponse:
    """How a browser adds the catalogue to its search engines."""
    address = request.build_absolute_uri(reverse("catalog:case_list"))
    content_type = "application/opensearchdescription+xml; charset=utf-8"
    return render(request, "catalog/opensearch.xml", {"address": address}, content_type=content_type)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What robots need not ask for: the editors' pages, and each list a second time as a file."""
    workbooks = (url("catalog:compare_xlsx"), url("catalog:dossier_xlsx"))
    refused = [
        reverse("admin:index"),
        url("catalog:suggestions"),
        *(f"{path}?" for path in (*(form.path for form in FORMS), *workbooks)),
    ]
    sitemap = request.build_absolute_uri(reverse("catalog:sitemap"))
    lines = ("User-agent: *", *(f"Disallow: {path}" for path in refused), f"Sitemap: {sitemap}", "")
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """That the process answers; the database is not touched."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 where the database is reached, its schema is the code's, and it is not empty; else 503 with why."""
    usual = connection.seconds_to_wait  # type: ignore[attr-defined]
    connection.seconds_to_wait = READINESS_SECONDS  # type: ignore[attr-defined]
    try:
        reason = reason_not_to_serve()
    finally:
        connection.seconds_to_wait = usual  # type: ignore[attr-defined]
    return HttpResponse(
        f"{reason or 'ok'}\n", content_type="text/plain; charset=utf-8", status=503 if reason else 200
    )


def reason_not_to_serve() -> str:
    """One line for the operator; empty where all is well."""
    try:
        if reason := schema_that_does_not_fit():
            return reason
        current_version()
        if not Case.objects.published().exists():
            return "公開中の事例がありません。manage.py load_catalogue を実行してください。"
    except ProgrammingError as error:
        return does_not_fit(str(error).partition("\n")[0])
    except DatabaseError:
        return "データベースに接続できません。DATABASE_URLとPostgreSQLを確認してください。"
    return ""
