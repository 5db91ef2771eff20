"""The page about the public data, and what describes them to programs."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, cast

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from catalog.documents.addresses import absolute_for
from catalog.finding.index import current_index
from catalog.output import descriptions, ds451
from catalog.output.api import current_schema, takes_only
from catalog.output.changes import MONTHS_BEFORE
from catalog.output.columns import COLUMNS
from catalog.output.files import CSV, XLSX, sent_as_it_comes
from catalog.output.tidy import BY_NAME, TABLES, Material, table_csv, write_tables
from dxcases.cache_control import let_caches_keep


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    index, absolute = current_index(), absolute_for(request)
    schema = descriptions.case_schema(api_case(), absolute)
    context = {
        "forms": descriptions.FORMS,
        "tables": TABLES,
        "model_items": ds451.ITEMS,
        "added": ds451.ADDED,
        "months": MONTHS_BEFORE,
        "columns": COLUMNS,
        "items": list(descriptions.items_of(schema)),
        "count": len(index.cases),
        "sources": index.sources_in_use,
        "changed_at": timezone.localtime(index.last_change),
        "version": descriptions.version_of(index),
        "has_bundle": has_bundle(),
        "linked_data": descriptions.dataset(index, absolute),
    }
    return render(request, "catalog/data.html", context)


@require_safe
@takes_only()
def case_schema(request: HttpRequest) -> HttpResponse:
    schema = descriptions.case_schema(api_case(), absolute_for(request))
    return as_file(schema, "application/schema+json")


@require_safe
@takes_only()
def data_package(request: HttpRequest) -> HttpResponse:
    return as_file(descriptions.data_package(current_index(), absolute_for(request)), "application/json")


@require_safe
@takes_only()
def data_catalog(request: HttpRequest) -> HttpResponse:
    return as_file(descriptions.data_catalog(current_index(), absolute_for(request)), "application/ld+json")


@require_safe
@takes_only()
def table(request: HttpRequest, table: str) -> HttpResponseBase:
    """A table of the open data as CSV; 404 for one that there is not."""
    if table not in BY_NAME:
        raise Http404(f"no table {table}")
    parts = table_csv(BY_NAME[table], Material(current_index(), absolute_for(request)))
    return sent_as_it_comes(request, parts, CSV, {"Content-Disposition": f'inline; filename="{table}.csv"'})


@require_safe
@takes_only()
def tables_xlsx(request: HttpRequest) -> FileResponse:
    """All tables as one workbook."""
    file = TemporaryFile()  # noqa: SIM115 – the response closes it
    write_tables(file, Material(current_index(), absolute_for(request)))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="tables.xlsx", content_type=XLSX)


def has_bundle() -> bool:
    return Path(settings.BUNDLE_FILE).is_file()


def bundle_came_or_went_at() -> datetime | None:
    """When the bundle may last have come or gone: when anything in its folder did; None without a folder."""
    folder = Path(settings.BUNDLE_FILE).parent
    return datetime.fromtimestamp(folder.stat().st_mtime, UTC) if folder.is_dir() else None


@require_safe
@takes_only()
def bundle(request: HttpRequest) -> HttpResponseBase:
    """The catalogue as files, as `manage.py bundle` wrote it last, or 304; 404 where it never has."""
    try:
        file = Path(settings.BUNDLE_FILE).open("rb")  # noqa: SIM115 – the answer closes it
    except FileNotFoundError as error:
        raise Http404("no bundle was made") from error
    about = os.fstat(file.fileno())
    etag, made_at = f'"{about.st_mtime_ns:x}-{about.st_size:x}"', int(about.st_mtime)
    validators = {"ETag": etag, "Last-Modified": http_date(made_at)}
    whole = FileResponse(file, as_attachment=True, filename="dxcases.zip", headers=validators)
    let_caches_keep(whole)
    answer: HttpResponseBase | None = get_conditional_response(
        request, etag, made_at, cast("HttpResponse", whole)
    )
    if answer is whole or answer is None:
        return whole
    file.close()
    return answer


@require_safe
def for_language_models(request: HttpRequest) -> HttpResponse:
    text = descriptions.for_language_models(current_index(), absolute_for(request))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def api_case() -> dict[str, Any]:
    """The schema of a case as the API has it."""
    case: dict[str, Any] = current_schema(current_index())["components"]["schemas"]["Case"]
    return case


def as_file(content: dict[str, Any], content_type: str) -> HttpResponse:
    """JSON that people read as well."""
    return HttpResponse(json.dumps(content, ensure_ascii=False, indent=1) + "\n", content_type=content_type)
