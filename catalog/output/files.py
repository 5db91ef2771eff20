"""The whole result of a query in one answer: JSON, CSV, XLSX, Atom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from itertools import islice
from tempfile import TemporaryFile

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from catalog.documents.addresses import absolute_for, query_url
from catalog.finding.forms import StrictForm
from catalog.finding.query import CaseFilter
from catalog.finding.words import sentence
from catalog.output import ds451, exports
from catalog.output.feed import atom_feed
from catalog.output.records import about_words, provenance
from dxcases.errors import as_json

MAX_FILE_NAME_LENGTH = 60  # characters; file systems take 255 bytes
PIECE = 1 << 20  # bytes: more than the casebook in any form
CSV = "text/csv; charset=utf-8"
JSON = "application/json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MODEL = "ds451-3"

FileView = Callable[[HttpRequest, CaseFilter, forms.Form], HttpResponseBase]


class BomForm(StrictForm):
    """Whether a CSV file begins with a byte order mark, as spreadsheets want it."""

    bom = forms.ChoiceField(
        label="BOM",
        required=False,
        choices=[("0", "なし"), ("1", "あり")],
        error_messages={"invalid_choice": "0か1を指定してください。"},
    )


class FormForm(StrictForm):
    """In which form a file has the cases: the contract's, or the state's data model for cases."""

    form = forms.ChoiceField(
        label="形",
        required=False,
        choices=[(MODEL, "DS-451-3")],
        error_messages={"invalid_choice": f"{MODEL}を指定するか、指定しないでください。"},
    )


def answers_query(
    form_class: type[forms.Form] = StrictForm,
) -> Callable[[FileView], Callable[[HttpRequest], HttpResponseBase]]:
    """Gives a view the query of its request and the form of its own parameters; or answers 400."""

    def decorate(view: FileView) -> Callable[[HttpRequest], HttpResponseBase]:
        @require_safe
        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponseBase:
            form = form_class(request.GET)
            case_filter = CaseFilter.for_request(request, strict=True, also=form.fields)
            if errors := {**case_filter.errors, **form.errors}:
                return as_json({"errors": errors}, status=400)
            return view(request, case_filter, form)

        return answer

    return decorate


@answers_query(FormForm)
def case_list_json(request: HttpRequest, case_filter: CaseFilter, form: forms.Form) -> HttpResponseBase:
    if form.cleaned_data["form"] == MODEL:
        return model_json(request, case_filter)
    metadata = {
        "query": sentence(case_filter),
        "count": len(case_filter.found()),
        **provenance(case_filter.sources()),
        **about_words(case_filter),
    }
    absolute = absolute_for(request)
    records = (card.record(absolute) for card in case_filter.all_cards())
    return sent_as_it_comes(request, exports.json_parts(metadata, records), JSON)


@answers_query(BomForm)
def case_list_csv(request: HttpRequest, case_filter: CaseFilter, form: forms.Form) -> HttpResponseBase:
    rows = exports.table_records(case_filter.all_documents(), absolute_for(request))
    parts = exports.csv_parts(rows, bom=form.cleaned_data["bom"] == "1")
    return sent_as_it_comes(request, parts, CSV, saved_as(case_filter, "csv"))


def model_json(request: HttpRequest, case_filter: CaseFilter) -> HttpResponseBase:
    """The result in the form of the state's data model."""
    about = {"条件": sentence(case_filter), "件数": len(case_filter.found())}
    metadata = {"データモデル": ds451.NAME, **about, ds451.COLLECTION_SHEET: model_collection(case_filter)}
    return sent_as_it_comes(request, ds451.json_parts(metadata, model_cases(request, case_filter)), JSON)


def model_cases(request: HttpRequest, case_filter: CaseFilter) -> Iterator[ds451.Told]:
    numbers = case_filter.numbers(slice(0, len(case_filter.found())))
    return ds451.told_cases(case_filter.index, [*numbers], absolute_for(request))


def model_collection(case_filter: CaseFilter) -> dict[str, str]:
    sources = case_filter.sources()
    changed_on = timezone.localtime(case_filter.index.last_change).date()
    return ds451.collection(sources, provenance(sources)["terms"], changed_on)


@answers_query(FormForm)
def case_list_xlsx(request: HttpRequest, case_filter: CaseFilter, form: forms.Form) -> FileResponse:
    if form.cleaned_data["form"] == MODEL:
        return model_xlsx(request, case_filter)
    rows = exports.table_records(case_filter.all_documents(), absolute_for(request))
    file = TemporaryFile()  # noqa: SIM115 – the response closes it
    exports.write_xlsx(file, rows, about_result(request, case_filter))
    file.seek(0)
    return FileResponse(file, content_type=XLSX, headers=saved_as(case_filter, "xlsx"))


def model_xlsx(request: HttpRequest, case_filter: CaseFilter) -> FileResponse:
    file = TemporaryFile()  # noqa: SIM115 – the response closes it
    ds451.write_xlsx(file, model_cases(request, case_filter), model_collection(case_filter))
    file.seek(0)
    return FileResponse(file, content_type=XLSX, headers=saved_as(case_filter, f"{MODEL}.xlsx"))


@answers_query()
def case_list_atom(request: HttpRequest, case_filter: CaseFilter, form: forms.Form) -> HttpResponse:
    page, feed = (query_url(name, case_filter.query) for name in ("case_list", "case_list_atom"))
    documents, changed_at = case_filter.all_documents(), case_filter.index.last_change
    atom = atom_feed(sentence(case_filter), documents, page, feed, absolute_for(request), changed_at)
    return HttpResponse(atom, content_type="application/atom+xml; charset=utf-8")


def about_result(request: HttpRequest, case_filter: CaseFilter) -> list[tuple[str, str]]:
    """What a file tells of itself once it has left the site."""
    cited = provenance(case_filter.sources())
    return [
        ("条件", sentence(case_filter)),
        ("アドレス", request.build_absolute_uri(query_url("case_list", case_filter.query))),
        ("件数", f"{len(case_filter.found())}件"),
        ("出典", cited["source"]),
        ("利用条件", cited["terms"]),
        ("作成日時", timezone.localtime().strftime("%Y-%m-%d %H:%M")),
    ]


def saved_as(case_filter: CaseFilter, ending: str) -> dict[str, str]:
    """The header that makes a browser save the answer under the query's sentence."""
    name = sentence(case_filter)[:MAX_FILE_NAME_LENGTH].replace("/", "／")
    return {"Content-Disposition": content_disposition_header(True, f"{name}.{ending}") or ""}


def sent_as_it_comes(
    request: HttpRequest, parts: Iterable[bytes], content_type: str, headers: dict[str, str] | None = None
) -> HttpResponseBase:
    """The parts as an answer: a short one whole, with its length; of a long one each piece once it is made.

    A long one has no length, so where it breaks off, the reader's end of the connection is told so by the
    end that HTTP/1.1 asks for and that never comes. To who speaks HTTP/1.0, which has no such end, every
    answer is sent whole.
    """
    pieces = in_pieces(parts)
    first = [*islice(pieces, 2)]
    if len(first) < 2 or request.META.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return HttpResponse(b"".join([*first, *pieces]), content_type=content_type, headers=headers)
    return StreamingHttpResponse(followed(first, pieces), content_type=content_type, headers=headers)


def followed(first: Iterable[bytes], rest: Iterable[bytes]) -> Iterator[bytes]:
    """All of both. Unlike `itertools.chain` it can be closed, as the server does when a reader leaves."""
    yield from first
    yield from rest


def in_pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts joined to pieces of some size, so that a server has few of them to send."""
    piece, size = list[bytes](), 0
    for part in parts:
        piece.append(part)
        size += len(part)
        if size >= PIECE:
            yield b"".join(piece)
            piece, size = [], 0
    yield b"".join(piece)
