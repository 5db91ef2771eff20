"""Workbooks for editors: cases of any state to change by import, and an empty one to write new cases in."""

from __future__ import annotations

from collections.abc import Iterable
from tempfile import TemporaryFile
from typing import IO

import xlsxwriter
from django.http import FileResponse, HttpRequest
from django.utils import timezone
from xlsxwriter.worksheet import Worksheet

from catalog.documents.addresses import absolute_for
from catalog.documents.reading import Document
from catalog.importing.cases import EXAMPLE
from catalog.models import Body, Case, Kind, Section, Source, Topic
from catalog.output.columns import EDITORS_TABLE
from catalog.output.exports import table_records, write_xlsx
from catalog.output.files import XLSX

NOT_PUBLIC = "公開していない内容を含みます。関係者の外に渡さないでください。"
# Columns that follow from codes, which the template has for whoever writes by names.
CHECKED = ("団体名", "団体の種別")
TEMPLATE_COLUMNS = [column for column in EDITORS_TABLE if column.sets or column.header in CHECKED]
MAX_ROWS_TO_FILL = 500
EXAMPLE_CELLS = {
    "識別名": f"{EXAMPLE}この行は取り込みません",
    "状態": "下書き",
    "題名": "窓口での申請書の記入をなくす「書かない窓口」",
    "ポイント": "来庁者の申請書への記入をなくした\n窓口の待ち時間を半分にした",
    "背景": "申請書に同じ内容を何度も書く負担があった。",
    "取組内容": "職員が聞き取って入力し、来庁者は内容を確かめて署名する。\n\n・最初に3つの課で始めた。",
    "数値": "待ち時間：20分から10分に",
    "関連リンクのURL": "https://example.jp/",
    "関連リンクの表示名": "市のページ",
    "類似団体はほかにもある": "いいえ",
    "出典のページ": "12",
    "ページ内の順番": "1",
}
EXPLANATION = (
    ("書き方", "「事例」のシートに、1行に1件ずつ書きます。見出しの行は変えないでください。"),
    ("記入例", f"識別名が「{EXAMPLE}」で始まる行は取り込みません。消しても残しても構いません。"),
    ("識別名", "空のままにすると、出典・ページ・順番から付きます。"),
    ("選ぶ欄", "色の付いた見出しの欄は、セルの右の印から選べます。2つ以上書くときはセルの中で改行します。"),
    ("団体コード", "選ぶと「063631 山形県舟形町」のように入ります。コードだけでも構いません。"),
    ("数値", "「項目：値」の形で、1行に1件ずつ書きます。"),
    ("そろえる列", "団体コードと団体の注記・照会先、関連リンクのURLと表示名は、セルの中の行をそろえます。"),
    ("書きかけ", "題名だけでも下書きとして取り込めます。足りないところは、公開するときに聞かれます。"),
    ("取り込み方", "管理画面の「事例」の「ファイルから取り込む」で選びます。確かめるまで何も変わりません。"),
)


def workbook_of(request: HttpRequest, documents: Iterable[Document]) -> FileResponse:
    """The cases with all that an import reads, so that the file imports again without a change."""
    made_at = timezone.localtime()
    about = [("注意", NOT_PUBLIC), ("作成日時", made_at.strftime("%Y-%m-%d %H:%M"))]
    file = TemporaryFile()  # noqa: SIM115 – the response closes it
    write_xlsx(file, table_records(documents, absolute_for(request)), about, EDITORS_TABLE)
    return as_download(file, f"編集用の事例 {made_at.date()}.xlsx")


def template_workbook() -> FileResponse:
    """A workbook with the headers of the import, lists to choose from, an example and an explanation."""
    file = TemporaryFile()  # noqa: SIM115 – the response closes it
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        looks = {"text_wrap": True, "valign": "top", "num_format": "@"}
        text, example = book.add_format(looks), book.add_format({**looks, "font_color": "#767676"})
        head = book.add_format({**looks, "bold": True, "bg_color": "#E8F1FE", "border": 1})
        listed = book.add_format({**looks, "bold": True, "bg_color": "#FFF3C4", "border": 1})
        cases, about, choices = (book.add_worksheet(name) for name in ("事例", "説明", "選択肢"))
        lists = choices_by_header()
        for at, column in enumerate(TEMPLATE_COLUMNS):
            cases.set_column(at, at, 40 if column.is_wide else 18, text)
            cases.write_string(0, at, column.header, listed if column.header in lists else head)
            cases.write_string(1, at, example_cell(column.header, lists), example)
        cases.freeze_panes(1, 0)
        cases.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for at, (header, texts) in enumerate(lists.items()):
            write_choices(cases, choices, at, header, texts)
        about.set_column(0, 0, 16, head)
        about.set_column(1, 1, 90, text)
        for row, cells in enumerate(EXPLANATION):
            about.write_row(row, 0, cells)
    return as_download(file, "事例の記入用ひな形.xlsx")


def choices_by_header() -> dict[str, list[str]]:
    """What may be chosen, by the header of its column, as the import reads it."""
    bodies = Body.objects.select_related("prefecture").filter(abolished_on=None).order_by("code")
    named = [f"{body.code} {body.full_name}" for body in bodies]
    sections = Section.objects.order_by("source_id", "position")
    return {
        "状態": [str(Case.Status.DRAFT.label), str(Case.Status.PUBLISHED.label)],
        "区分": [f"{section.pk} {section.title}" for section in sections],
        "テーマ": [topic.title for topic in Topic.objects.in_use()],
        "団体コード": named,
        "団体名": [body.name for body in bodies],
        "団体の種別": [str(kind.label) for kind in Kind],
        "類似団体コード": named,
        "類似団体はほかにもある": ["はい", "いいえ"],
        "出典": [str(source) for source in Source.objects.all()],
    }


def example_cell(header: str, lists: dict[str, list[str]]) -> str:
    if header in EXAMPLE_CELLS:
        return EXAMPLE_CELLS[header]
    return lists[header][0] if header in ("区分", "テーマ", "出典") and lists[header] else ""


def write_choices(cases: Worksheet, choices: Worksheet, at: int, header: str, texts: list[str]) -> None:
    """Writes the list and lets the cells under the header choose from it, or hold what is typed."""
    choices.set_column(at, at, 30)
    choices.write_column(0, at, [header, *texts])
    column = next(number for number, column in enumerate(TEMPLATE_COLUMNS) if column.header == header)
    letters = xlsxwriter.utility.xl_col_to_name(at)
    cases.data_validation(
        1,
        column,
        MAX_ROWS_TO_FILL,
        column,
        {
            "validate": "list",
            "source": f"='選択肢'!${letters}$2:${letters}${len(texts) + 1}",
            # Several values stand in one cell, which no list has.
            "show_error": not TEMPLATE_COLUMNS[column].several,
        },
    )


def as_download(file: IO[bytes], name: str) -> FileResponse:
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
