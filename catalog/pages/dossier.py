"""事例ファイル: up to twenty cases in an address, each with a note of the reader's own, to be printed.

Nothing is stored: order, notes and title are in the address alone (decision 0039).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.documents.addresses import absolute_for, query_url
from catalog.documents.key_figures import key_figure
from catalog.documents.reading import Document, read_public
from catalog.documents.records import Absolute, FigureRecord
from catalog.finding.fields import DigitsField
from catalog.finding.forms import unknown_parameters
from catalog.finding.index import current_index
from catalog.finding.query import MAX_TEXT_LENGTH, SEARCH_ERROR, CaseFilter
from catalog.finding.words import sentence
from catalog.models import CONTROL_CHARACTER
from catalog.output.dossiers import Part, sent_dossier
from catalog.output.records import join_terms
from catalog.pages import comparison
from catalog.pages.addresses import without_empty_parameters
from catalog.pages.along import View
from catalog.pages.notes import MAX_CASES, MAX_NOTE, MAX_TITLE, NOTE, carried, written
from catalog.pages.offices import addressees_of
from catalog.pages.paper import Sheets, first_pages, sheets_of
from catalog.pages.picks import PARAMETER, compared_once_picked, why_not_public, withdrawn_among
from dxcases.errors import as_json

MAX_ENTRIES = 100  # of an address that has far too many
MAX_FOUND = 10  # cases that words find, to be added
BESIDE_EACH_OTHER = 4  # cases of a comparison on a sheet across
DEFAULT_TITLE = "自治体DXの事例ファイル"
ADDRESS = re.compile(r"(?:\S*/cases/)?(?P<slug>[-a-zA-Z0-9_]+)/?")
MOVES = ("up", "down", "remove")  # what the buttons of a case send, with its slug
# Rows of a comparison whose texts stand on the page of each case, or at the end.
ON_OTHER_PAGES = ("背景", "取組内容", "類似の取組を行っている団体", "出典")

TOO_MANY = (
    f"事例ファイルに入れられるのは{MAX_CASES}件までです（今は%(number)s件です）。%(over)s件を外してください。"
)
WITHDRAWN = "この事例は取り下げられました。外すと、残りの事例でファイルになります。"
UNKNOWN = "この名前の事例はありません。外すと、残りの事例でファイルになります。"
NONE = "事例を1件以上指定してください。"
INVISIBLE = "目に見えない制御文字があります。打ち直してください。"
TOO_LONG = "%(limit_value)s文字以内で入力してください（今は%(show_value)s文字です）。"


def is_visible(text: str) -> None:
    if CONTROL_CHARACTER.search(text):
        raise ValidationError(INVISIBLE, code="control_character")


class NoteField(forms.CharField):
    """A short text of the reader's, whose lines end as those of the database do."""

    def __init__(self, **options: Any) -> None:
        errors = {"max_length": TOO_LONG}
        super().__init__(required=False, error_messages=errors, validators=[is_visible], **options)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True)
class Entry:
    """A case that the address names, with its note as it was given; `document` is None where none is public.

    `page` is where it begins on paper, None where nobody knows before; `sheets` is how it is set.
    """

    slug: str
    document: Document | None
    note: str
    errors: list[str]
    page: int | None
    sheets: Sheets

    @property
    def title(self) -> str:
        return self.document.record["title"] if self.document else self.slug

    @property
    def key_figure(self) -> FigureRecord | None:
        return key_figure(self.document.record) if self.document else None


class DossierForm(forms.Form):
    """The cases of a dossier, its title and a note for each case.

    What is wrong is refused aloud; `entries` has all that was given nevertheless, so nothing is lost.
    """

    case = forms.CharField(label="事例", required=False)
    title = NoteField(label="ファイルの題名", max_length=MAX_TITLE)
    find = forms.CharField(
        label="言葉で探す",
        required=False,
        max_length=MAX_TEXT_LENGTH,
        error_messages={"max_length": SEARCH_ERROR},
    )
    first = DigitsField(label="一覧の先頭", required=False, min_value=1, max_value=MAX_CASES)

    def __init__(self, given: QueryDict) -> None:
        super().__init__(given)
        self.given = given
        self.slugs = slugs_in(given)
        self.documents = {document.record["slug"]: document for document in read_public(self.slugs)}
        for slug in self.slugs[:MAX_ENTRIES]:
            self.fields[f"{NOTE}{slug}"] = NoteField(label="メモ", max_length=MAX_NOTE)

    def clean(self) -> dict[str, Any]:
        if len(self.slugs) > MAX_CASES:
            over = {"number": len(self.slugs), "over": len(self.slugs) - MAX_CASES}
            self.add_error("case", ValidationError(TOO_MANY, params=over))
        if unknown := [slug for slug in self.slugs if slug not in self.documents]:
            self.add_error("case", f"{why_not_public(unknown)}外してください。")
        for name in self.fields:
            if name != "case" and len(self.given.getlist(name)) > 1:
                self.add_error(name, "1回だけ指定してください。")
        return self.cleaned_data

    def entries(self) -> list[Entry]:
        """All that was given, in its order."""
        slugs = self.slugs[:MAX_ENTRIES]
        missing = [slug for slug in slugs if slug not in self.documents]
        told = dict.fromkeys(missing, UNKNOWN) | dict.fromkeys(withdrawn_among(missing), WITHDRAWN)
        notes = {slug: self.given.get(f"{NOTE}{slug}", "").strip() for slug in self.slugs}
        sheets = {
            slug: sheets_of(document, notes[slug], is_compared=len(slugs) > 1)
            for slug, document in self.documents.items()
        }
        pages = first_pages(sheets[slug] for slug in slugs if slug in sheets)
        return [
            Entry(
                slug,
                document := self.documents.get(slug),
                notes[slug],
                [*([told[slug]] if slug in told else []), *self.errors.get(f"{NOTE}{slug}", [])],
                next(pages) if document else None,
                sheets.get(slug, Sheets()),
            )
            for slug in slugs
        ]


def slugs_in(given: QueryDict) -> list[str]:
    """The cases that the parameters name, each once."""
    return [*dict.fromkeys(filter(None, given.getlist("case")))]


def in_groups(entries: list[Entry]) -> Iterator[list[Entry]]:
    """The cases by sheets of the comparison, as evenly as can be."""
    sheets = ceil(len(entries) / BESIDE_EACH_OTHER)
    for sheet in range(sheets):
        yield entries[sheet * len(entries) // sheets : (sheet + 1) * len(entries) // sheets]


def compared(entries: list[Entry]) -> list[tuple[list[Entry], list[comparison.ComparedRow]]]:
    """Groups of cases, each with the rows that are compared; nothing for a single case."""
    return [(group, rows_of(group)) for group in in_groups(entries)] if len(entries) > 1 else []


def rows_of(entries: list[Entry]) -> list[comparison.ComparedRow]:
    rows = comparison.compare([one.document for one in entries if one.document], only_differences=False)
    rows = [row for row in rows if row.title not in ON_OTHER_PAGES]
    notes = comparison.ComparedRow("メモ", [one.note.splitlines() for one in entries])
    return [*rows, notes] if any(notes.cells) else rows


@dataclass(frozen=True)
class Origin:
    """The list that cases were picked from, in words, and how many of those of a dossier are in it."""

    sentence: str
    query: str
    number: int


def origin_of(case_filter: CaseFilter, documents: list[Document]) -> Origin | None:
    """None where the address has no list, or one without any of the cases."""
    if not (case_filter.chosen or case_filter.target):
        return None
    cases = case_filter.index.numbering.numbered(document.key for document in documents)
    number = len(cases & case_filter.found())
    return Origin(sentence(case_filter), case_filter.query, number) if number else None


def rearranged(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Lead from what a button of a case sends to the address that it asks for."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        move = next((name for name in MOVES if name in request.GET), None)
        if move is None:
            return view(request)
        kept, slug = request.GET.copy(), request.GET[move]
        slugs = after_move(slugs_in(kept), move, slug)
        for name in MOVES:
            kept.pop(name, None)
        kept.setlist("case", slugs)
        if slug not in slugs:
            kept.pop(f"{NOTE}{slug}", None)
        for name, values in [*kept.lists()]:
            kept.setlist(name, [value for value in values if value])
        place = f"#entry-{slugs.index(slug) + 1}" if slug in slugs else "#edit"
        return HttpResponseRedirect(f"{request.path}?{kept.urlencode()}{place}")

    return answer


def after_move(slugs: list[str], move: str, slug: str) -> list[str]:
    """The cases with this one a place further up or down, or without it."""
    if slug not in slugs:
        return slugs
    at, others = slugs.index(slug), [one for one in slugs if one != slug]
    if move == "remove":
        return others
    place = max(at - 1, 0) if move == "up" else at + 1
    return [*others[:place], slug, *others[place:]]


@require_safe
@compared_once_picked
@rearranged
@without_empty_parameters
def dossier(request: HttpRequest) -> HttpResponse:
    """The cases of the address, to be arranged, written on and printed."""
    form, case_filter = DossierForm(request.GET), CaseFilter.for_request(request)
    is_right = form.is_valid() and not case_filter.errors
    if is_right and form.cleaned_data["first"]:
        return redirect(with_first(form, case_filter))
    entries = form.entries()
    documents = [entry.document for entry in entries if entry.document]
    context = {
        "form": form,
        "filter": case_filter,
        "sentence": sentence(case_filter),
        "entries": entries,
        "is_right": is_right,
        "origin": origin_of(case_filter, documents) if is_right else None,
        "comparison": compared(entries) if is_right else [],
        "prose": comparison.PROSE,
        "addressees": addressees_of,
        "index": case_filter.index,
        "found": found_to_add(form) if is_right else None,
        "texts": written(request.GET, form.slugs),
        "back": back_to_list(request, form, case_filter),
        "max_cases": MAX_CASES,
        "max_note": MAX_NOTE,
        "default_title": DEFAULT_TITLE,
        "terms": dict.fromkeys((document.source_title, document.extra["terms"]) for document in documents),
    }
    response = render(request, "catalog/dossier.html", context, status=200 if is_right else 400)
    response["X-Robots-Tag"] = "noindex"  # anybody may write a title and notes into its address
    return response


def with_first(form: DossierForm, case_filter: CaseFilter) -> str:
    """The address with the first cases of the list behind those that it has."""
    numbers = case_filter.numbers(slice(0, form.cleaned_data["first"]))
    first = [document.record["slug"] for document in case_filter.index.read(numbers)]
    slugs = [*dict.fromkeys([*form.slugs, *first])][:MAX_CASES]
    return query_url("dossier", case_filter.query, case=slugs, **written(form.given, form.slugs))


def back_to_list(request: HttpRequest, form: DossierForm, case_filter: CaseFilter) -> dict[str, Any]:
    """The parameters of the list to add cases from, as `query_url` takes them."""
    return {
        "query": case_filter.query,
        "page": case_filter.page_number if "page" in request.GET and not case_filter.errors else None,
        PARAMETER: form.slugs,
        "view": View.of(request).value,
        **carried(request.GET, form.slugs),
    }


def found_to_add(form: DossierForm) -> list[Document] | None:
    """The cases that the words find, or the one whose address they are, without those already there."""
    words = form.cleaned_data["find"]
    if not words:
        return None
    if (address := ADDRESS.fullmatch(words)) and (documents := read_public([address["slug"]])):
        return documents
    index, asked = current_index(), CaseFilter(QueryDict(urlencode({"q": words})))
    there = index.numbering.numbered(document.key for document in form.documents.values())
    numbers = asked.numbers(slice(0, MAX_FOUND + len(there)))
    return index.read([number for number in numbers if number not in there][:MAX_FOUND])


@require_safe
def dossier_xlsx(request: HttpRequest) -> HttpResponseBase:
    """The same cases as a workbook."""
    form, case_filter = DossierForm(request.GET), CaseFilter.for_request(request)
    known = {*form.fields, *case_filter.form.fields} - {"find", "first", "page"}
    errors = dict(form.errors) | case_filter.errors | unknown_parameters(request.GET, sorted(known))
    if errors or not form.slugs:
        return as_json({"errors": errors or {"case": [NONE]}}, status=400)
    documents = [form.documents[slug] for slug in form.slugs]
    notes = [form.cleaned_data[f"{NOTE}{slug}"] for slug in form.slugs]
    rows = [(row.title, row.texts) for row in comparison.compare(documents, only_differences=False)]
    absolute = absolute_for(request)
    about = about_of(form, case_filter, documents, absolute)
    return sent_dossier([*map(Part, documents, notes)], rows, about, absolute)


def about_of(
    form: DossierForm, case_filter: CaseFilter, documents: list[Document], absolute: Absolute
) -> list[tuple[str, str]]:
    """What the workbook says of itself: labels with their texts."""
    origin, texts = origin_of(case_filter, documents), written(form.cleaned_data, form.slugs)
    return [
        ("題名", form.cleaned_data["title"] or DEFAULT_TITLE),
        *([("選んだ一覧", f"{origin.sentence}（{origin.number}件）")] if origin else []),
        ("アドレス", absolute(query_url("dossier", case_filter.query, case=form.slugs, **texts))),
        ("出典", "\n".join(dict.fromkeys(document.citation for document in documents))),
        ("利用条件", join_terms((one.source_title, one.extra["terms"]) for one in documents)),
        ("作成日", timezone.localdate().isoformat()),
    ]
