"""The admin's pages that import a file: what it would do is shown, and that, if agreed to, is done."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from catalog.importing.cases import import_cases
from catalog.importing.populations import import_populations
from catalog.importing.report import Outcome, Report
from catalog.importing.tables import (
    MAX_BYTES,
    MAX_ROWS,
    MEBIBYTE,
    UnreadableTable,
    read_table,
)

AGREEMENT_SECONDS = 24 * 60 * 60
LIMITS = (
    f"CSV（UTF-8かシフトJIS）またはXLSX。{MAX_BYTES // MEBIBYTE}MB、{MAX_ROWS:,}行まで。"
    "XLSXは1枚目のシートを読みます。"
)
EXPIRED = "確認の期限が過ぎたか、ファイルが残っていません。もう一度ファイルを選んでください。"
OVERTAKEN = "確認のあとにデータが変わったため、まだ取り込んでいません。新しい結果を確かめてください。"


class ImportForm(forms.Form):
    file = forms.FileField(label="ファイル", help_text=LIMITS, allow_empty_file=True)

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        self.content = file.read(MAX_BYTES + 1)
        return file

    @property
    def options(self) -> dict[str, Any]:
        """What the import needs to know besides the table, fit for JSON."""
        return {}


class PopulationImportForm(ImportForm):
    as_of = forms.DateField(
        label="人口の基準日",
        help_text="表の人口がいつのものか（例：2025-01-01）",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    @property
    def options(self) -> dict[str, Any]:
        return {"as_of": self.cleaned_data["as_of"].isoformat()}


@dataclass(frozen=True)
class Agreement:
    """A file and what its import would do, as shown to a user: all that is needed to do just that."""

    user: str
    page: str
    file_name: str
    sha256: str
    options: dict[str, Any]
    digest: str

    def signed(self) -> str:
        return signing.dumps(vars(self), salt=__name__)

    @classmethod
    def read(cls, text: str) -> Agreement:
        """Raises signing.BadSignature where it is not ours or too old."""
        return cls(**signing.loads(text, salt=__name__, max_age=AGREEMENT_SECONDS))


@dataclass(frozen=True)
class ImportPage:
    """One import of the admin. `run(table, options, dry_run=…, expected=…)` is the import itself."""

    model_admin: ModelAdmin
    title: str
    about: str
    form_class: type[ImportForm]
    run: Callable[..., Report]

    @property
    def name(self) -> str:
        return f"{self.model_admin.opts.app_label}_{self.model_admin.opts.model_name}_import"

    @property
    def urls(self) -> list[URLPattern]:
        view = self.model_admin.admin_site.admin_view(self.view)
        return [path("import/", view, name=self.name)]

    def view(self, request: HttpRequest) -> HttpResponse:
        if not may_import(self.model_admin, request):
            raise PermissionDenied
        if "agreement" in request.POST:
            return self.do(request)
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = self.form_class(*sent)
        if form.is_valid():
            return self.show(request, form, form.content, form.cleaned_data["file"].name, form.options)
        return self.answer(request, form)

    def show(
        self, request: HttpRequest, form: ImportForm, content: bytes, file_name: str, options: dict[str, Any]
    ) -> HttpResponse:
        """The dry run, with a button to do what it shows."""
        try:
            report = self.run(read_table(content), options, dry_run=True, by=request.user)
        except UnreadableTable as error:
            form.add_error("file", str(error))
            return self.answer(request, form)
        sha256 = stash_upload(content)
        agreement = Agreement(str(request.user.pk), self.name, file_name, sha256, options, report.digest)
        return self.answer(request, form, report=report, file_name=file_name, agreement=agreement.signed())

    def do(self, request: HttpRequest) -> HttpResponse:
        """The import that the user agreed to; where it would do something else by now, it is shown again."""
        agreed = self.agreed(request)
        if agreed is None:
            messages.error(request, EXPIRED)
            return redirect(f"admin:{self.name}")
        agreement, content = agreed
        with transaction.atomic():
            report = self.run(
                read_table(content),
                agreement.options,
                dry_run=False,
                expected=agreement.digest,
                by=request.user,
            )
            if report.is_applied:
                self.log(request, report, agreement.file_name)
        if report.is_applied:
            messages.success(request, f"「{agreement.file_name}」を取り込みました（{report.summary}）。")
            return redirect(f"admin:{self.name.removesuffix('import')}changelist")
        messages.warning(request, OVERTAKEN)
        return self.show(request, self.form_class(), content, agreement.file_name, agreement.options)

    def agreed(self, request: HttpRequest) -> tuple[Agreement, bytes] | None:
        """What the user was shown on this page, with the file; None where it is not so or too long ago."""
        try:
            agreement = Agreement.read(request.POST["agreement"])
            content = stashed_upload(agreement.sha256)
        except (signing.BadSignature, FileNotFoundError):
            return None
        is_theirs = (agreement.user, agreement.page) == (str(request.user.pk), self.name)
        return (agreement, content) if is_theirs else None

    def log(self, request: HttpRequest, report: Report, file_name: str) -> None:
        """Writes the admin's own log, as for a change by hand, and the log of the site."""
        message = f"ファイル「{file_name}」から取り込みました。"
        for outcome, flag in ((Outcome.NEW, ADDITION), (Outcome.CHANGED, CHANGE)):
            keys = [row.key for row in report.of(outcome)]
            changed = self.model_admin.model._default_manager.filter(pk__in=keys)
            LogEntry.objects.log_actions(str(request.user.pk), changed, flag, message)
        report.log(request.user, self.model_admin.model, file_name)  # type: ignore[arg-type]

    def answer(self, request: HttpRequest, form: ImportForm, **context: Any) -> HttpResponse:
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": self.title,
            "about": self.about,
            "form": form,
            **context,
        }
        return TemplateResponse(request, "admin/catalog/import.html", context)


def may_import(model_admin: ModelAdmin, request: HttpRequest) -> bool:
    """Whether the user may add and change what the import adds and changes."""
    return model_admin.has_add_permission(request) and model_admin.has_change_permission(request)


def case_page(model_admin: ModelAdmin) -> ImportPage:
    return ImportPage(
        model_admin,
        "事例をファイルから取り込む",
        "/cases.csv や /cases.xlsx と同じ見出しの表を読みます。識別名が同じ事例は変更し、新しい識別名の事例は"
        "下書きとして追加します。",
        ImportForm,
        lambda table, options, **how: import_cases(table, **how),
    )


def population_page(model_admin: ModelAdmin) -> ImportPage:
    return ImportPage(
        model_admin,
        "人口をファイルから取り込む",
        "総務省「住民基本台帳に基づく人口」の市区町村別の表（団体コード、市区町村名、人口の計）を読みます。",
        PopulationImportForm,
        lambda table, options, **how: import_populations(table, date.fromisoformat(options["as_of"]), **how),
    )


def stash_upload(content: bytes) -> str:
    """Keeps the file until it is agreed to, named by its SHA-256, which it gives; lets go of old ones."""
    folder: Path = settings.IMPORT_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.stat().st_mtime < time.time() - AGREEMENT_SECONDS:
            file.unlink(missing_ok=True)
    sha256 = hashlib.sha256(content).hexdigest()
    (folder / sha256).write_bytes(content)
    return sha256


def stashed_upload(sha256: str) -> bytes:
    """The file. Raises FileNotFoundError where it is gone or no longer what it was."""
    content = (Path(settings.IMPORT_DIR) / sha256).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise FileNotFoundError(sha256)
    return content
