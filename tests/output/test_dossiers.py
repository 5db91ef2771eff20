"""The dossier as a workbook."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from openpyxl import load_workbook

from tests.making import FUNAGATA, KASHIHARA, make_case

pytestmark = pytest.mark.django_db

ADDRESS = "/dossier.xlsx?case=two&case=one&note-one=%2Bcmd|x&title=%3D1%2B1&step=0"


@pytest.fixture
def made(client: Client) -> Client:
    make_case("one", title="=1+1", bodies=[FUNAGATA, KASHIHARA], outcome="一")
    make_case("two", title="二", bodies=[FUNAGATA], section="2", outcome="二")
    return client


def test_its_sheets_have_notes_comparison_and_sources(made: Client) -> None:
    response = made.get(ADDRESS)
    assert "filename*=utf-8''%E4%BA%8B%E4%BE%8B" in response.headers["Content-Disposition"]
    book = load_workbook(BytesIO(response.getvalue()))
    assert book.sheetnames == ["回覧用", "比較", "出典と条件"]
    sheet = book["回覧用"]
    rows = [*sheet.iter_rows(values_only=True)]
    assert rows[0] == (
        *("番号", "団体", "人口", "題名", "ポイント", "数値", "成果", "出典のページ", "アドレス", "メモ"),
    )
    told = [(row[0], row[3], row[6], row[9]) for row in rows[1:]]
    assert told == [(1, "二", "二", None), (2, "'=1+1", "一", "'+cmd|x")]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (
        "landscape", 9, 0,
    )  # fmt: skip
    compared = {row[0]: row[1:] for row in book["比較"].iter_rows(values_only=True)}
    assert (compared["項目"], compared["成果"]) == (("二", "'=1+1"), ("二", "一"))
    about = {str(label): str(text) for label, text in book["出典と条件"].iter_rows(values_only=True)}
    assert list(about) == ["題名", "選んだ一覧", "アドレス", "出典", "利用条件", "作成日"]
    assert (about["題名"], about["選んだ一覧"]) == ("'=1+1", "ステップ0の事例（1件）")
    assert about["アドレス"].startswith("http://testserver/dossier/?step=0&case=two&case=one&title=%3D1%2B1")


def test_it_is_the_same_file_all_day(made: Client) -> None:
    assert made.get(ADDRESS).getvalue() == made.get(ADDRESS).getvalue()


def test_one_case_is_compared_with_nothing(made: Client) -> None:
    book = load_workbook(BytesIO(made.get("/dossier.xlsx?case=one").getvalue()))
    assert book.sheetnames == ["回覧用", "出典と条件"]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", "case"),
        ("?case=gone&note-gone=a", "case"),
        ("?case=one&note-one=" + "a" * 201, "note-one"),
        ("?case=one&note-two=a", "note-two"),
        ("?case=one&step=9", "step"),
        ("?case=one&first=5", "first"),
        ("?case=one&utm_source=mail", "utm_source"),
    ],
)
def test_what_is_wrong_is_refused_by_name(made: Client, query: str, wrong: str) -> None:
    response = made.get(f"/dossier.xlsx{query}")
    assert (response.status_code, list(response.json()["errors"])) == (400, [wrong])
