"""The page of troubles: a way to lists for who does not know what to look for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.finding.index import current_index
from catalog.finding.troubles import answered


@require_safe
def troubles(request: HttpRequest) -> HttpResponse:
    index = current_index()
    told = index.kept_in_version(answered, lambda: answered(index))
    return render(request, "catalog/troubles.html", {"troubles": told})
