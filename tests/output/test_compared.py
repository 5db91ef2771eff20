"""The comparison as a workbook."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from openpyxl import load_workbook

from tests.making import FUNAGATA, KASHIHARA, make_case

pytestmark = pytest.mark.django_db

ADDRESS = "/compare.xlsx?case=one&case=two"


@pytest.fixture
def made(client: Client) -> Client:
    make_case("one", title="=1+1", bodies=[FUNAGATA, KASHIHARA], background="同じ背景", outcome="一")
    make_case("two", title="二", bodies=[FUNAGATA], background="同じ背景", outcome="二")
    return client


def test_each_case_is_a_column_and_each_question_a_row(made: Client) -> None:
    response = made.get(ADDRESS)
    assert "filename*=utf-8''%E4%BA%8B%E4%BE%8B" in response.headers["Content-Disposition"]
    book = load_workbook(BytesIO(response.getvalue()))
    sheet = book["比較"]
    rows = {row[0]: row[1:] for row in sheet.iter_rows(values_only=True)}
    assert rows["項目"] == ("'=1+1", "二")
    assert rows["実施団体"] == (
        "山形県舟形町（町・0.5万人）\n奈良県橿原市（市・12.2万人）",
        "山形県舟形町（町・0.5万人）",
    )
    assert rows["背景"] == ("同じ背景", "同じ背景")
    assert sheet["B1"].hyperlink.target == "http://testserver/cases/one/"
    page = sheet.page_setup
    assert (page.orientation, page.paperSize, page.fitToHeight) == ("landscape", 9, 0)
    assert sheet.sheet_properties.pageSetUpPr
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("B2", "$1:$1")
    about = [*book["出典と条件"].iter_rows(values_only=True)]
    assert about[0] == ("アドレス", "http://testserver/compare/?case=one&case=two")
    assert [label for label, _ in about] == ["アドレス", "利用条件", "作成日"]


def test_rows_that_are_the_same_are_left_out_where_differences_are_asked_for(made: Client) -> None:
    response = made.get(f"{ADDRESS}&only=differences")
    rows = [row[0].value for row in load_workbook(BytesIO(response.getvalue()))["比較"].iter_rows()]
    assert rows[:3] == ["項目", "実施団体", "成果"]


def test_it_is_the_same_file_all_day(made: Client) -> None:
    assert made.get(ADDRESS).getvalue() == made.get(ADDRESS).getvalue()


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", "case"),
        ("?case=one", "case"),
        ("?case=one&case=gone", "case"),
        ("?case=one&case=two&only=all", "only"),
        ("?case=one&case=two&utm_source=mail", "utm_source"),
    ],
)
def test_what_is_wrong_is_refused_by_name(made: Client, query: str, wrong: str) -> None:
    response = made.get(f"/compare.xlsx{query}")
    assert (response.status_code, list(response.json()["errors"])) == (400, [wrong])
