"""Extracts of tables as public offices lay them out, rebuilt, as the files that an editor would choose.

The layouts are those that public programs which read such files describe. The names A to O, in the tests, are
those of the list of files that were tried.
"""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

from openpyxl import Workbook

Rows = list[list[Any]]


def as_csv(rows: Rows, encoding: str = "cp932") -> bytes:
    file = StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode(encoding)


def as_book(
    rows: Rows, sheet: str = "Sheet1", merged: tuple[str, ...] = (), more: dict[str, Rows] | None = None
) -> bytes:
    """A workbook; of merged cells only the first keeps its value. `more` are further sheets."""
    book, file = Workbook(), BytesIO()
    first: Any = book.active
    first.title = sheet
    for row in rows:
        first.append(row)
    for cells in merged:
        first.merge_cells(cells)
    for name, others in (more or {}).items():
        second = book.create_sheet(name)
        for row in others:
            second.append(row)
    book.save(file)
    return file.getvalue()


# 総務省, 住民基本台帳に基づく人口、人口動態及び世帯数, table 03: the last line of the header has the code.
REGISTER_SHEET = "人口、世帯数、人口動態（市区町村別）【総計】"
REGISTER_TITLE = (
    "令和8年1月1日住民基本台帳人口・世帯数、令和7年（1月1日から同年12月31日まで）人口動態"
    "（市区町村別）（総計）"
)
YEARS = ["", "", "", *["令和8年"] * 4, *["令和7年"] * 3]
REGISTER_HEADER: Rows = [
    [REGISTER_TITLE],
    YEARS,
    ["", "", "", *["2026年"] * 4, *["2025年"] * 3],
    ["", "", "", "人口", "人口", "人口", "世帯数", "住民票記載数", "住民票記載数", "住民票記載数"],
    ["", "", "", "男", "女", "計", "世帯数", "転入者数（国内）", "転入者数（国外）", "転入者数（計）"],
    ["団体コード", "都道府県名", "市区町村名", "人", "人", "人", "世帯", "人", "人", "人"],
]
MERGED = ("A1:J1", "D2:G2", "H2:J2", "D3:G3", "H3:J3", "D4:F4", "H4:J4", "G4:G5")
TOTAL = ["-", "合計", "-", 60_396_714, 63_370_904, 123_767_618, 61_000_000, 1, 1, 2]
BODIES: Rows = [
    ["010006", "北海道", "-", 2_400_000, 2_600_000, 5_000_000, 2_800_000, 1, 1, 2],
    ["011002", "北海道", "札幌市", 910_000, 1_040_000, 1_950_000, 1_100_000, 1, 1, 2],
    ["011011", "北海道", "札幌市中央区", 110_000, 137_000, 247_000, 150_000, 1, 1, 2],
    ["013030", "北海道", "石狩郡当別町", 7_300, 7_700, 15_000, 7_200, 1, 1, 2],
    ["093017", "栃木県", "河内郡上三川町", 15_900, 15_100, 31_000, 13_000, 1, 1, 2],
    ["131016", "東京都", "千代田区", 34_000, 35_139, 69_139, 40_000, 1, 1, 2],
]
COUNTIES: Rows = [
    ["013005", "北海道", "石狩郡", 9_000, 9_500, 18_500, 9_000, 1, 1, 2],
    ["093009", "栃木県", "河内郡", 15_900, 15_100, 31_000, 13_000, 1, 1, 2],
]
OTHERS: Rows = [
    ["133604", "東京都", "島しょ", 12_000, 11_000, 23_000, 13_000, 1, 1, 2],
    ["221317", "静岡県", "浜松市中区（再編前）", *["***"] * 7],
    ["016951", "北海道", "色丹村", *["-"] * 7],
]
NOTES: Rows = [
    ["注1　総計は、日本人住民と外国人住民の合計である。"],
    ["注2　「***」は、区の再編のため、表章しない。"],
]
REGISTER: Rows = [*REGISTER_HEADER, TOTAL, *BODIES, *NOTES]
WHOLE_REGISTER: Rows = [*REGISTER_HEADER, TOTAL, *BODIES, *COUNTIES, *OTHERS, *NOTES]

# The header as older files have it: the code in its first line.
CODE_FIRST: Rows = [
    ["【総計】令和8年住民基本台帳人口・世帯数、令和7年人口動態（市区町村別）"],
    ["団体コード", "都道府県名", "市区町村名", "令和8年人口・世帯数", "", "", "", "令和7年人口動態", "", ""],
    ["", "", "", "人口", "", "", "世帯数", "転入者数", "", ""],
    ["", "", "", "男", "女", "計", "", "国内", "国外", "計"],
    TOTAL,
    *BODIES,
    *OTHERS,
    *NOTES,
]

# Table 04: three rows a body.
AGE: Rows = [
    ["令和8年1月1日住民基本台帳年齢階級別人口（市区町村別）（総計）"],
    ["団体コード", "都道府県名", "市区町村名", "性別", "総数", "0歳～4歳", "5歳～9歳"],
    *[
        ["131016", "東京都", "千代田区", sex, persons, 1, 1]
        for sex, persons in (("計", 3), ("男", 1), ("女", 2))
    ],
]

# デジタル庁, 推奨データセット 地域・年齢別人口, under its older and its newer label.
DATASET = [
    "地域コード",
    "都道府県名",
    "市区町村名",
    "調査年月日",
    "地域名",
    "総人口",
    "男性",
    "女性",
    "0-4歳の男性",
]
AKISHIMA = ["132071", "", "東京都", "昭島市", "2025/1/1", "", "115632", "57500", "58132", "2000"]
HAIJIMA = ["132071", "", "東京都", "昭島市", "2025/1/1", "拝島町", "5632", "2800", "2832", "100"]
TANAKA = ["132071", "", "東京都", "昭島市", "2025/1/1", "田中町", "4100", "2000", "2100", "90"]

FIVE_DIGITS: Rows = [
    ["市区町村コード", "市区町村名", "人口総数"],
    ["13101", "千代田区", "69139"],
    ["1303", "当別町", "15000"],
    ["01100", "札幌市", "1950000"],
]
# 統計センター, SSDSE-A.
SSDSE: Rows = [
    ["SSDSE-A-2026", "Prefecture", "Municipality", "A1101", "A110101"],
    ["年度", "", "", "2020", "2020"],
    ["地域コード", "都道府県", "市区町村", "総人口", "総人口（男）"],
    ["R01100", "北海道", "札幌市", "1973395", "918682"],
]
# 総務省, 市町村別決算状況調: begins in column O, prefectures are lines without a code.
EMPTY = [""] * 14
ACCOUNTS: Rows = [
    [*EMPTY, "令和5年度　市町村別決算状況調"],
    [*EMPTY, "団体コード", "団体名", "住民基本台帳登載人口", "", "国勢調査人口", "歳入総額", "財政力指数"],
    [*EMPTY, "", "", "令6.1.1", "", "令2.10.1", "", ""],
    [*EMPTY, "", "", "(人)", "", "(人)", "(千円)", ""],
    [*EMPTY, "", "北　海　道"],
    [*EMPTY, "011002", "札幌市", 1_956_928, "", 1_973_395, 1_210_300, 0.71],
    [*EMPTY, "", "栃　木　県"],
    [*EMPTY, "093017", "上三川町", 31_100, "", 30_806, 13_000, 0.9],
]
# 総務省, 都道府県コード及び市区町村コード.
CODES_HEADER = [
    "団体コード",
    "都道府県名\n（漢字）",
    "市区町村名\n（漢字）",
    "都道府県名\n（カナ）",
    "市区町村名\n（カナ）",
]
CODES: Rows = [
    CODES_HEADER,
    ["010006", "北海道", None, "ﾎｯｶｲﾄﾞｳ", None],
    ["011002", "北海道", "札幌市", "ﾎｯｶｲﾄﾞｳ", "ｻｯﾎﾟﾛｼ"],
]
# 国土地理院, 全国都道府県市区町村別面積調.
AREAS: Rows = [
    ["標準地域コード", "都道府県", "郡･支庁･振興局等", "市区町村", "令和7年10月1日(km2)", "備考"],
    ["13101", "東京都", "", "千代田区", "11.66", ""],
]
# 出入国在留管理庁, 在留外国人統計.
FOREIGNERS: Rows = [
    ["統計名：", "在留外国人統計"],
    ["表題：", "市区町村別 国籍・地域別 在留外国人"],
    ["市区町村コード", "都道府県", "市区町村", "総数", "中国", "ベトナム"],
    ["13101", "東京都", "千代田区", "3800", "1500", "200"],
]
ESTIMATE: Rows = [
    ["千葉県毎月常住人口調査　令和8年1月1日現在"],
    ["市区町村名", "総数", "男", "女"],
    ["千葉市", "980000", "485000", "495000"],
]
CENSUS: Rows = [
    ["令和2年国勢調査　人口等基本集計"],
    ["地域コード", "地域名", "総数", "男", "女"],
    ["13101", "東京都千代田区", "66680", "33268", "33412"],
]
BY_YEAR: Rows = [
    ["市区町村別人口の推移"],
    ["団体コード", "市区町村名", "令和6年", "令和7年", "令和8年"],
    ["131016", "千代田区", "68000", "68800", "69139"],
]
POPULATIONS_BY_YEAR: Rows = [
    ["団体コード", "市区町村名", "人口", "", ""],
    ["", "", 2024, 2025, 2026],
    ["131016", "千代田区", 68_000, 68_800, 69_139],
]
IN_WORDS: Rows = [
    ["団体コード", "市区町村名", "人口"],
    ["131016", "千代田区", "約23.6万人"],
    ["011002", "札幌市", "320千人"],
    ["013030", "当別町", "-"],
    ["093017", "上三川町", ""],
    ["132071", "昭島市", "***"],
]
IN_NUMBERS: Rows = [
    ["団体コード", "市区町村名", "人口"],
    ["131016", "千代田区", 69_139.0],
    ["011002", "札幌市", "1,950,123人"],
]


def of_foreigners(rows: Rows) -> Rows:
    """The same table of 【外国人住民】, of 令和6年."""
    words = {"総計": "外国人住民", "令和8年": "令和6年", "2026年": "2024年"}
    return [[_replaced(cell, words) for cell in row] for row in rows]


def _replaced(cell: Any, words: dict[str, str]) -> Any:
    for old, new in words.items() if isinstance(cell, str) else ():
        cell = cell.replace(old, new)
    return cell
