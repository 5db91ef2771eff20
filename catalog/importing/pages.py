"""The admin's pages that import a file: what it would do is shown, and that, if agreed to, is done."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from catalog.documents.many import writing_many_rows
from catalog.importing.bodies import import_bodies
from catalog.importing.cases import Proposing, Waiting, import_cases, read_cases
from catalog.importing.fields import DayField
from catalog.importing.indicators import MAX_LINES, import_indicators
from catalog.importing.populations import REGISTER, import_populations, population_sheet
from catalog.importing.report import Doubt, DoubtfulTable, Outcome, Progress, Report, UnknownDay
from catalog.importing.runs import OVERTAKEN, begin, forget, has_stopped, kept_report
from catalog.importing.tables import (
    MAX_BYTES,
    MAX_ROWS,
    MEBIBYTE,
    UnreadableTable,
    read_sheets,
)
from catalog.models import Body, Case, ImportRun, IndicatorValue, Population, PopulationSource
from dxcases.sent_twice import answer_as_before, remember_saved

AGREEMENT_SECONDS = 24 * 60 * 60
ProposingFor = Callable[..., AbstractContextManager[None]]  # of a case, a reason and, named `by`, a user
LIMITS = (
    f"CSV（UTF-8かシフトJIS）またはXLSX。{MAX_BYTES // MEBIBYTE}MB、{{:,}}行まで。"
    "XLSXは1枚目のシート（事例では「識別名」の列があるシート）を読みます。"
)
EXPIRED = "確認の期限が過ぎたか、ファイルが残っていません。もう一度ファイルを選んでください。"
SMALL_ROWS, SMALL_BYTES = 100, 300 * 1024  # of a file that is worked on while its sender waits
ROWS_SHOWN = 200  # on a page
SECONDS_TO_LOOK_AGAIN = 2
NOT_ALLOWED = "取り込む権限がなくなったため、取り込んでいません。"
TAKE_BACK_HINT = "取り消すときは「人口の取り込み」を開いてください。"


@dataclass(frozen=True)
class Upload:
    """A file with its name, as a user sent it."""

    name: str
    content: bytes


class ImportForm(forms.Form):
    """A file to import. `kept` is one that was sent before and need not be chosen again.

    What an import doubts can be agreed to once that has been offered.
    """

    max_rows = MAX_ROWS
    file = forms.FileField(label="ファイル", allow_empty_file=True, required=False)

    def __init__(self, *sent: Any, kept: Upload | None = None) -> None:
        super().__init__(*sent)
        self.upload = kept
        self.fields["file"].help_text = LIMITS.format(self.max_rows)
        for doubt in Doubt:
            if doubt.field in self.data:
                self.offer(doubt)

    def offer(self, doubt: Doubt) -> None:
        self.fields[doubt.field] = forms.BooleanField(label=doubt.label, required=False)

    def clean_file(self) -> None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file:
            self.upload = Upload(file.name or "", file.read(MAX_BYTES + 1))
        if self.upload is None:
            raise forms.ValidationError(str(self.fields["file"].error_messages["required"]))

    @property
    def options(self) -> dict[str, Any]:
        """What the import needs to know besides the file, fit for JSON."""
        return {}


def day_field(label: str, help_text: str) -> DayField:
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    return DayField(label=label, help_text=help_text, widget=widget, required=False)


class DatedImportForm(ImportForm):
    """A file of a day, which its titles may state."""

    @property
    def options(self) -> dict[str, Any]:
        day = self.cleaned_data["as_of"]
        despite = [doubt.value for doubt in Doubt if self.cleaned_data.get(doubt.field)]
        return {"as_of": day.isoformat() if day else None, "despite": despite}


class ReasonForm(forms.Form):
    """Why an import changes what is public."""

    reason = forms.CharField(
        label="変更の理由",
        help_text="公開した事例を変えるため、書いてください。履歴に残ります。読者には見えません。",
        error_messages={"required": "公開した事例を変えるときは、変更の理由を入力してください。"},
        widget=forms.Textarea({"rows": 2}),
    )


class PopulationImportForm(DatedImportForm):
    as_of = day_field(
        "人口の基準日",
        "表の人口がいつのものか（例：2026-01-01）。空にすると、表の題名などにある日にします"
        "（住民基本台帳の表で年だけなら、その年の1月1日）。",
    )
    source = forms.ModelChoiceField(
        PopulationSource.objects.all(),
        label="人口の出典",
        initial=REGISTER,
        empty_label=None,
        help_text="ここにないときは、先に「人口の出典」に追加してください。",
    )

    @property
    def options(self) -> dict[str, Any]:
        return {**super().options, "source": self.cleaned_data["source"].pk}


class BodyImportForm(DatedImportForm):
    as_of = day_field(
        "一覧の日",
        "いつ現在の一覧か（例：2026-04-01）。空にすると、シートの名前にある日にします（例：R6.1.1）。"
        "一覧にない団体は、この日に廃止されたものとします。",
    )


class IndicatorImportForm(ImportForm):
    max_rows = MAX_LINES


@dataclass(frozen=True)
class KeptFile:
    """A file that a user sent on a page and need not choose again."""

    user: str
    page: str
    file_name: str
    sha256: str

    def signed(self) -> str:
        return signing.dumps(vars(self), salt=type(self).__name__)

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises signing.BadSignature where it is not ours or too old."""
        return cls(**signing.loads(text, salt=cls.__name__, max_age=AGREEMENT_SECONDS))


@dataclass(frozen=True)
class Agreement(KeptFile):
    """A file and what its import would do, as shown to a user: all that is needed to do just that."""

    options: dict[str, Any]
    digest: str
    needs_reason: bool = False


Kept = TypeVar("Kept", bound=KeptFile)


@dataclass(frozen=True)
class ImportPage:
    """One import of the admin. `run(upload, options, dry_run=…, expected=…, by=…)` is the import itself.

    `model` is what the log of the site says was imported.
    """

    model_admin: ModelAdmin
    path: str
    model: type[Model]
    title: str
    about: str
    form_class: type[ImportForm]
    run: Callable[..., Report]
    template: str = ""  # the name of the page that gives an empty table to fill in

    @property
    def name(self) -> str:
        opts = self.model_admin.opts
        return f"{opts.app_label}_{opts.model_name}_{self.path.replace('-', '_')}"

    @property
    def urls(self) -> list[URLPattern]:
        own = self.model_admin.admin_site.admin_view
        return [
            path(f"{self.path}/", own(self.view), name=self.name),
            path(f"{self.path}/<int:key>/", own(self.run_view), name=f"{self.name}_run"),
        ]

    def view(self, request: HttpRequest) -> HttpResponse:
        if not may_import(self.model_admin, request):
            raise PermissionDenied
        if request.method != "POST":
            return self.answer(request, self.form_class())
        if "agreement" in request.POST:
            return self.do(request)
        kept = self.kept(request, KeptFile, "kept")
        form = self.form_class(request.POST, request.FILES, kept=kept[1] if kept else None)
        if form.is_valid() and form.upload and not is_small(form.upload):
            return self.begin(request, form.upload, form.options)
        report = self.dry_run(request, form) if form.is_valid() else None
        if report and form.upload:
            return self.show(request, report, form.upload, form.options)
        return self.answer(request, form, kept=self.keep(request, form.upload), upload=form.upload)

    def begin(self, request: HttpRequest, upload: Upload, options: dict[str, Any]) -> HttpResponse:
        """Has what the import would do found apart from this request."""
        file = {"file_name": upload.name[:255], "sha256": stash_upload(upload.content)}
        own = self.runs_of(request)
        forget([*(one for one in own.filter(**file) if not one.is_under_way), *own.old()])
        user: Any = request.user
        run = ImportRun(page=self.name, made_by=user, options=options, **file)
        begin(run)
        return redirect(f"admin:{self.name}_run", run.pk)

    def runs_of(self, request: HttpRequest) -> Any:
        return ImportRun.objects.filter(page=self.name, made_by=request.user.pk)

    def run_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """How far an import is that runs apart, what it would do, or what has come of it; for its maker."""
        if not may_import(self.model_admin, request):
            raise PermissionDenied
        with transaction.atomic():
            runs = self.runs_of(request)
            run = get_object_or_404(runs.select_for_update() if request.method == "POST" else runs, pk=key)
            if request.method == "POST" and (answer := self.step(request, run)):
                return answer
        has_ended = has_stopped(run)
        if run.state == ImportRun.State.ASKED:
            return self.ask(request, run)
        context: dict[str, Any] = {"run": run, "has_stopped": has_ended, "file_name": run.file_name}
        if run.is_under_way and not has_ended:
            context["look_again"] = SECONDS_TO_LOOK_AGAIN
        elif run.state == ImportRun.State.CHECKED:
            try:
                context["report"] = kept_report(run)
            except FileNotFoundError:
                messages.error(request, EXPIRED)
                return redirect(f"admin:{self.name}")
            if run.needs_reason:
                context["reason"] = ReasonForm(request.POST if request.method == "POST" else None)
            if run.told:
                messages.warning(request, run.told)
        return self.answer(request, self.form_class(), **context)

    def step(self, request: HttpRequest, run: ImportRun) -> HttpResponse | None:
        """What the maker of a run asks for: to go on, to start again what has stopped, or to let it go."""
        if "drop" in request.POST and (not run.is_under_way or has_stopped(run)):
            forget([run])
            return redirect(f"admin:{self.name}")
        if "agreed" in request.POST and run.state == ImportRun.State.CHECKED:
            reason = ReasonForm(request.POST)
            if run.needs_reason and not reason.is_valid():
                return None
            run.reason = reason.cleaned_data["reason"].strip() if run.needs_reason else ""
            run.agreed = request.POST["agreed"] if request.POST["agreed"] == run.digest else ""
            begin(run)
        elif "again" in request.POST and has_stopped(run):
            begin(run)
        return redirect(request.path)

    def ask(self, request: HttpRequest, run: ImportRun) -> HttpResponse:
        """The form again, with what keeps the file from being imported as it is."""
        try:
            upload = Upload(run.file_name, stashed_upload(run.sha256))
        except FileNotFoundError:
            messages.error(request, EXPIRED)
            return redirect(f"admin:{self.name}")
        data = {**run.options, **{Doubt(one).field: "on" for one in run.options.get("despite", [])}}
        form = self.form_class(data, kept=upload)
        form.is_valid()
        form.add_error(run.told_beside, run.told)
        if run.doubt:
            form.offer(Doubt(run.doubt))
        may_keep = run.doubt or run.told_beside == "as_of"
        return self.answer(
            request, form, kept=self.keep(request, upload) if may_keep else "", upload=upload, action=True
        )

    def work(self, run: ImportRun, progress: Progress) -> Report:
        """What the process of a run does, in the name of its maker. Raises UnreadableTable."""
        request = HttpRequest()
        request.user = run.made_by
        if not (run.made_by.is_active and may_import(self.model_admin, request)):
            raise UnreadableTable(NOT_ALLOWED)
        try:
            upload = Upload(run.file_name, stashed_upload(run.sha256))
        except FileNotFoundError as error:
            raise UnreadableTable(EXPIRED) from error
        how = {"reason": run.reason} if run.reason else {}
        report = self.run(
            upload,
            run.options,
            dry_run=not run.agreed,
            expected=run.agreed or None,
            by=run.made_by,
            progress=progress,
            **how,
        )
        if report.is_applied:
            self.log(request, report, upload.name)
            run.told = TAKE_BACK_HINT if report.key else ""
        return report

    def dry_run(self, request: HttpRequest, form: ImportForm) -> Report | None:
        """What the import would do; None where it is refused, which the form then says."""
        try:
            return self.run(form.upload, form.options, dry_run=True, by=request.user)
        except UnknownDay as error:
            form.add_error("as_of", str(error))
        except DoubtfulTable as error:
            form.offer(error.doubt)
            form.add_error("file", str(error))
        except UnreadableTable as error:
            form.add_error("file", str(error))
            form.upload = None
        return None

    def show(
        self, request: HttpRequest, report: Report, upload: Upload, options: dict[str, Any]
    ) -> HttpResponse:
        """What the import would do, with a button to do it."""
        stashed = self.stash(request, upload)
        agreement = Agreement(
            **vars(stashed), options=options, digest=report.digest, needs_reason=report.needs_reason
        )
        context = {"report": report, "file_name": upload.name, "agreement": agreement.signed()}
        if report.needs_reason:
            context["reason"] = ReasonForm(request.POST if "agreement" in request.POST else None)
        return self.answer(request, self.form_class(), **context)

    def do(self, request: HttpRequest) -> HttpResponse:
        """The import that the user agreed to; where it would do something else by now, it is shown again."""
        agreed = self.kept(request, Agreement, "agreement")
        if agreed is None:
            messages.error(request, EXPIRED)
            return redirect(f"admin:{self.name}")
        agreement, upload = agreed
        reason = ReasonForm(request.POST)
        if agreement.needs_reason and not reason.is_valid():
            report = self.run(upload, agreement.options, dry_run=True, by=request.user)
            return self.show(request, report, upload, agreement.options)
        try:
            report, done = self.run_agreed(request, agreement, upload)
        except UnreadableTable as error:
            messages.error(request, str(error))
            return redirect(f"admin:{self.name}")
        if done is None and (before := answer_as_before(request)):
            return before
        if done is None:
            messages.warning(request, OVERTAKEN)
            return self.show(request, report, upload, agreement.options)
        hint = TAKE_BACK_HINT if report.key else ""
        messages.success(request, f"「{upload.name}」を取り込みました（{report.summary}）。{hint}")
        return done

    @writing_many_rows()
    def run_agreed(
        self, request: HttpRequest, agreement: Agreement, upload: Upload
    ) -> tuple[Report, HttpResponse | None]:
        """The report, and where to go if it was done."""
        how = {"reason": request.POST["reason"].strip()} if agreement.needs_reason else {}
        report = self.run(
            upload, agreement.options, dry_run=False, expected=agreement.digest, by=request.user, **how
        )
        if not report.is_applied:
            return report, None
        self.log(request, report, upload.name)
        opts = self.model_admin.opts
        done = redirect(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        return report, remember_saved(request, done)

    def stash(self, request: HttpRequest, upload: Upload) -> KeptFile:
        return KeptFile(str(request.user.pk), self.name, upload.name, stash_upload(upload.content))

    def keep(self, request: HttpRequest, upload: Upload | None) -> str:
        """What a form sends back for a file that need not be chosen again; nothing for none."""
        return self.stash(request, upload).signed() if upload else ""

    def kept(self, request: HttpRequest, kind: type[Kept], field: str) -> tuple[Kept, Upload] | None:
        """What the user was given on this page, with the file; None where it is not so or too long ago."""
        try:
            kept = kind.read(request.POST.get(field, ""))
            upload = Upload(kept.file_name, stashed_upload(kept.sha256))
        except (signing.BadSignature, FileNotFoundError):
            return None
        is_theirs = (kept.user, kept.page) == (str(request.user.pk), self.name)
        return (kept, upload) if is_theirs else None

    def log(self, request: HttpRequest, report: Report, file_name: str) -> None:
        """Writes the admin's own log, as for a change by hand, and the log of the site."""
        message = f"ファイル「{file_name}」から取り込みました。"
        for outcome, flag in ((Outcome.NEW, ADDITION), (Outcome.CHANGED, CHANGE)):
            keys = [row.key for row in report.of(outcome)]
            changed = self.model_admin.get_queryset(request).filter(pk__in=keys)
            LogEntry.objects.log_actions(str(request.user.pk), changed, flag, message)
        report.log(request.user, self.model, file_name)  # type: ignore[arg-type]

    def answer(self, request: HttpRequest, form: ImportForm, **context: Any) -> HttpResponse:
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": self.title,
            "about": self.about,
            "form": form,
            "template": self.template,
            "here": reverse(f"admin:{self.name}"),
            **context,
        }
        if report := context.get("report"):
            shown = Paginator(report.worth_reading, ROWS_SHOWN)
            context["page"] = shown.get_page(request.GET.get("page"))
        if "run" not in context:
            own = self.runs_of(request)
            forget(own.old())
            context["runs"] = own.all()
        return TemplateResponse(request, "admin/catalog/import.html", context)


def is_small(upload: Upload) -> bool:
    """Whether the file is worked on at once. One that cannot be read is: that is told at once."""
    if len(upload.content) > SMALL_BYTES:
        return len(upload.content) > MAX_BYTES
    try:
        return all(len(sheet.rows) <= SMALL_ROWS + 1 for sheet in read_sheets(upload.content))
    except UnreadableTable:
        return True


def may_import(model_admin: ModelAdmin, request: HttpRequest) -> bool:
    """Whether the user may add and change what the import adds and changes."""
    return model_admin.has_add_permission(request) and model_admin.has_change_permission(request)


def case_page(model_admin: ModelAdmin, proposing: ProposingFor, waiting: Waiting) -> ImportPage:
    """The import of cases; `proposing` makes proposals of what its user may not change at once, but of what
    `waiting` knows: see `Proposing`.
    """

    def run(upload: Upload, options: dict[str, Any], *, by: Any, **how: Any) -> Report:
        table, propose = read_cases(upload.content), Proposing(partial(proposing, by=by), waiting)
        return import_cases(table, by=by, file_name=upload.name, propose=propose, **how)

    return ImportPage(
        model_admin,
        "import",
        Case,
        "事例をファイルから取り込む",
        "一覧から書き出した表と同じ見出しの表を読みます。識別名が同じ事例は変更し、識別名が空か新しい事例は"
        "下書きとして追加します。国の事例データモデル（DS-451-3）の項目名のXLSX・CSV・JSONも読みます。",
        ImportForm,
        run,
        template="admin:catalog_case_template",
    )


def population_page(model_admin: ModelAdmin) -> ImportPage:
    return ImportPage(
        model_admin,
        "import",
        Population,
        "人口をファイルから取り込む",
        "総務省「住民基本台帳に基づく人口、人口動態及び世帯数」の「人口、世帯数、人口動態（市区町村別）【総計】」の表"
        "（表番号の終わりが03）を、直さずにそのまま読みます。団体コードと人口の列があれば、ほかの表も読みます。",
        PopulationImportForm,
        lambda upload, options, **how: import_populations(
            population_sheet(read_sheets(upload.content)), file_name=upload.name, **with_day(options), **how
        ),
    )


def body_page(model_admin: ModelAdmin) -> ImportPage:
    return ImportPage(
        model_admin,
        "import-codes",
        Body,
        "団体コードの一覧を取り込む",
        "総務省「都道府県コード及び市区町村コード」のExcelファイルを、直さずにそのまま読みます。一覧だけにある団体を"
        "追加し、名称とよみを一覧に合わせ、一覧にない団体を廃止とします。廃止した団体の事例は残ります。",
        BodyImportForm,
        lambda upload, options, **how: import_bodies(
            read_sheets(upload.content), file_name=upload.name, **with_day(options), **how
        ),
    )


def indicator_page(model_admin: ModelAdmin) -> ImportPage:
    return ImportPage(
        model_admin,
        "import",
        IndicatorValue,
        "指標の値をファイルから取り込む",
        "団体コード（code）、指標の項目名（indicator）、値（value）の列がある表を読みます。1行に、1つの団体の1つの値です。"
        "表にない団体と指標の値は変わりません。調査の時点が変わるときは、取り込みの後に"
        "それぞれの指標の「調査の時点」と「出典」も直してください。",
        IndicatorImportForm,
        lambda upload, options, **how: import_indicators(
            next(read_sheets(upload.content, MAX_LINES)), file_name=upload.name, **how
        ),
    )


def with_day(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a dated import, which are kept as JSON, as the import takes them."""
    day = options["as_of"]
    return {**options, "as_of": date.fromisoformat(day) if day else None}


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
