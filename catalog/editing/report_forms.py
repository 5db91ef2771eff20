"""What a report gives to the form of a case that is opened from it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from catalog.finding.bodies import meant
from catalog.finding.index import current_index
from catalog.history import key_in
from catalog.models import CaseBody, Link, Report


def report_of(request: HttpRequest) -> Report | None:
    """The report that the address of the form names, for those who may read reports."""
    key = key_in(request.GET.get("report", ""))
    if key is None or not request.user.has_perm("catalog.view_report"):
        return None
    return Report.objects.filter(pk=key).first()


def draft_of(request: HttpRequest) -> dict[str, Any]:
    """The fields of a new case that the report fills."""
    report = report_of(request)
    return {"title": report.title, "approach": report.text} if report else {}


def rows_of(request: HttpRequest, model: type[Any]) -> list[dict[str, Any]]:
    """The rows of a new case that the report fills: the body, if one is meant, and the page given."""
    report = report_of(request)
    if report and model is CaseBody and report.body:
        named = meant(current_index().bodies_named(report.body))
        return [{"body": named.current.code}] if named else []
    if report and model is Link and report.url:
        return [{"url": report.url, "label": "根拠になるページ"}]
    return []


def take_over(request: HttpRequest, case: Any) -> None:
    """Notes that the new case was made of the report."""
    if report := report_of(request):
        Report.objects.filter(pk=report.pk, case=None).update(case=case)
