from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog import history
from catalog.importing.bodies import NO_KIND, import_bodies
from catalog.importing.report import Change, Doubt, DoubtfulTable, Report, RowReport, UnknownDay
from catalog.importing.tables import UnreadableTable, read_sheets
from catalog.models import Body, Kind
from tests.importing.layouts import CODES_HEADER, Rows, as_book, as_csv
from tests.making import FUNAGATA, KASHIHARA, make_case
from tests.quick import one_in
from tests.state import database_state

pytestmark = pytest.mark.django_db

AS_OF = date(2024, 1, 1)
SHEET, WARDS = "R6.1.1現在の団体", "R6.1.1政令指定都市"
HALF_WIDTH = str.maketrans(
    {
        **dict(
            zip(
                "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモ",
                "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓ",
                strict=True,
            )
        ),
        **dict(zip("ヤユヨラリルレロワヲンァィゥェォッャュョー", "ﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｯｬｭｮｰ", strict=True)),
        **{
            voiced: f"{plain}ﾞ"
            for voiced, plain in zip(
                "ガギグゲゴザジズゼゾダヂヅデドバビブベボ", "ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ", strict=True
            )
        },
        **{half: f"{plain}ﾟ" for half, plain in zip("パピプペポ", "ﾊﾋﾌﾍﾎ", strict=True)},
    }
)


def kana(text: str) -> str:
    """Hiragana as the list has it: in half width."""
    katakana = "".join(chr(ord(letter) + 0x60) if "ぁ" <= letter <= "ゖ" else letter for letter in text)
    return katakana.translate(HALF_WIDTH)


def line(body: Body) -> list[Any]:
    """A body as the list has it."""
    whole = [body.code, body.prefecture.name, body.name, kana(body.prefecture.kana), kana(body.kana)]
    return [*whole[:2], None, whole[3], None] if body.kind == Kind.PREFECTURE else whole


NORTHERN: Rows = [
    ["016951", "北海道", "色丹村", "ﾎｯｶｲﾄﾞｳ", "ｼｺﾀﾝﾑﾗ"],
    ["017001", "北海道", "蘂取村", "ﾎｯｶｲﾄﾞｳ", "ｼﾍﾞﾄﾛﾑﾗ"],
]


def the_list(but: Iterable[str] = (), more: Iterable[list[Any]] = ()) -> bytes:
    """The list of the bodies that there are, in its two sheets."""
    bodies = Body.objects.select_related("prefecture").order_by("pk").exclude(pk__in=but)
    rows = sorted([*map(line, bodies), *NORTHERN, *more])
    designated = [line(body) for body in bodies if body.kind == Kind.DESIGNATED_CITY]
    wards = [CODES_HEADER, *designated, ["011011", "北海道", "札幌市中央区", "ﾎｯｶｲﾄﾞｳ", "ｻｯﾎﾟﾛｼﾁｭｳｵｳｸ"]]
    return as_book([CODES_HEADER, *rows], SHEET, more={WARDS: wards})


def run(content: bytes, as_of: date | None = None, *, dry_run: bool = False, **how: Any) -> Report:
    return import_bodies(read_sheets(content), as_of=as_of, dry_run=dry_run, **how)


def effects(report: Report) -> list[tuple[str, str, list[Change]]]:
    return [(row.name, str(row.outcome), row.changes) for row in report.effective]


def warnings(row: RowReport) -> list[str]:
    return [one.message for one in row.warnings]


COMPLETE = "緯度・経度、人口、公式サイトは一覧にありません。取り込んだ後に「団体」の画面で入力してください。"
ENDED = "正しい廃止日と後継の団体は、取り込んだ後に「団体」の画面で入力してください。"


@pytest.mark.long
def test_the_list_of_what_there_is_changes_nothing() -> None:
    content, state = the_list(), database_state()
    report = run(content)
    assert report.summary == (
        "新規 0行、変更 0行、変更なし 1,788行、取り込めない 0行、北方領土の村（対象外） 2行"
    )
    assert report.facts == {"一覧の日": "2024-01-01"}
    assert database_state() == state


def test_a_merger_adds_the_new_body_and_ends_the_old_ones() -> None:
    make_case(bodies=[FUNAGATA])
    content = the_list(but=[FUNAGATA, "063649"], more=[["063991", "山形県", "最上市", "ﾔﾏｶﾞﾀｹﾝ", "ﾓｶﾞﾐｼ"]])
    state = database_state()
    planned = run(content, dry_run=True)
    assert database_state() == state
    new, ended, other = planned.effective
    assert effects(planned) == [
        (
            "063991 最上市",
            "新規",
            [Change("名称", "", "最上市"), Change("よみ", "", "もがみし"), Change("種別", "", "市")],
        ),
        (f"{FUNAGATA} 山形県舟形町", "変更", [Change("廃止日", "", "2024-01-01")]),
        ("063649 山形県真室川町", "変更", [Change("廃止日", "", "2024-01-01")]),
    ]
    assert (new.number > 0, ended.number, other.number) == (True, 0, 0)
    assert warnings(new) == [COMPLETE]
    assert warnings(ended) == [
        f"一覧にないため、廃止されたものとします。この団体の事例が3件あります。事例は残ります。{ENDED}"
    ]
    assert warnings(other) == [f"一覧にないため、廃止されたものとします。{ENDED}"]
    assert run(content, expected=planned.digest).is_applied
    made = Body.objects.get(pk="063991")
    assert (made.name, made.kana, made.kind, made.prefecture_id) == ("最上市", "もがみし", "city", "06")
    assert (made.latitude, made.longitude, made.population, made.is_current) == (None, None, None, True)
    assert Body.objects.get(pk=FUNAGATA).abolished_on == AS_OF
    assert Body.objects.filter(abolished_on=None).count() == 1_787
    assert run(content).effective == []


def test_names_and_readings_follow_the_list() -> None:
    body = Body.objects.select_related("prefecture").get(pk=FUNAGATA)
    body.name, body.kana = "舟形市", "ふながたし"
    report = run(the_list(but=[FUNAGATA], more=[line(body)]))
    assert effects(report) == [
        (
            f"{FUNAGATA} 山形県舟形町",
            "変更",
            [
                Change("名称", "舟形町", "舟形市"),
                Change("よみ", "ふながたまち", "ふながたし"),
                Change("種別", "町", "市"),
            ],
        )
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("code", "name", "reading"),
    [
        ("064289", "庄内町", "しようないまち"),  # so the list writes しょうないまち
        ("394050", "梼原町", "ゆすはらちょう"),
        ("082082", "龍ヶ崎市", "りゅうがさきし"),
    ],
)
def test_another_way_of_writing_the_same_stays(code: str, name: str, reading: str) -> None:
    body = Body.objects.select_related("prefecture").get(pk=code)
    body.name, body.kana = name, reading
    assert run(the_list(but=[code], more=[line(body)])).effective == []


@pytest.mark.long
def test_a_body_in_the_list_is_one_again_unless_it_ended_later() -> None:
    content = the_list()
    Body.objects.filter(pk=FUNAGATA).update(abolished_on=AS_OF, successor=KASHIHARA)
    Body.objects.filter(pk="063649").update(abolished_on=AS_OF + timedelta(days=1))
    report = run(content)
    assert effects(report) == [
        (
            f"{FUNAGATA} 山形県舟形町",
            "変更",
            [Change("廃止日", "2024-01-01", ""), Change("後継の団体", "奈良県橿原市", "")],
        )
    ]
    assert warnings(report.effective[0]) == ["廃止されていましたが、一覧にあるため、今もある団体に戻します。"]


@pytest.mark.long
def test_the_kind_follows_from_the_name() -> None:
    more = [
        ["061999", "山形県", "新市", "ﾔﾏｶﾞﾀｹﾝ", "ｼﾝｼ"],
        ["063991", "山形県", "新町", "ﾔﾏｶﾞﾀｹﾝ", "ｼﾝﾏﾁ"],
        ["063983", "山形県", "新村", "ﾔﾏｶﾞﾀｹﾝ", "ｼﾝﾑﾗ"],
        ["131997", "東京都", "新区", "ﾄｳｷｮｳﾄ", "ｼﾝｸ"],
    ]
    assert run(the_list(more=more)).is_applied
    codes = [code for code, *_ in more]
    assert list(Body.objects.filter(pk__in=codes).order_by("pk").values_list("pk", "kind")) == [
        ("061999", "city"),
        ("063983", "village"),
        ("063991", "town"),
        ("131997", "special_ward"),
    ]


def test_the_second_sheet_tells_the_designated_cities() -> None:
    body = Body.objects.select_related("prefecture").get(pk=KASHIHARA)
    rows = [line(one) for one in Body.objects.select_related("prefecture")]
    cities = [line(one) for one in Body.objects.filter(kind="designated_city").select_related("prefecture")]
    # As the list was until 2019: the second sheet has no header and only three columns.
    wards = [[code, name, reading] for code, _, name, _, reading in [*cities, line(body)]]
    report = run(as_book([CODES_HEADER, *rows], SHEET, more={"H30.10.1政令指定都市": wards}))
    assert effects(report) == [(f"{KASHIHARA} 奈良県橿原市", "変更", [Change("種別", "市", "政令指定都市")])]


@pytest.mark.long
def test_a_csv_without_second_sheet_leaves_the_designated_cities() -> None:
    rows = [line(one) for one in Body.objects.select_related("prefecture")]
    assert run(as_csv([CODES_HEADER, *rows]), AS_OF).effective == []


@pytest.mark.parametrize(
    ("entry", "problem"),
    one_in(
        5,
        [
            (
                ["063992", "山形県", "新市", "ﾔﾏｶﾞﾀｹﾝ", "ｼﾝｼ"],
                ("団体コード", "検査数字の合う6桁の団体コードではありません。"),
            ),
            (["480002", "新県", None, "ｼﾝｹﾝ", None], ("団体コード", "上2桁の番号の都道府県はありません。")),
            (
                ["063991", "山形県", "新市", "ﾔﾏｶﾞﾀｹﾝ", "新市"],
                ("よみ", "よみがありません。カナで入力してください。"),
            ),
            (["063991", "山形県", "新郷", "ﾔﾏｶﾞﾀｹﾝ", "ｼﾝｺﾞｳ"], ("種別", NO_KIND)),
            (
                [FUNAGATA, "山形県", "舟形町", "ﾔﾏｶﾞﾀｹﾝ", "ﾌﾅｶﾞﾀﾏﾁ"],
                ("団体コード", "{}行目と同じ団体コードです。どちらかを消してください。"),
            ),
        ],
    ),
)
def test_a_row_that_is_wrong_keeps_all_others_out(entry: list[Any], problem: tuple[str, str]) -> None:
    content, state = the_list(more=[entry]), database_state()
    (row,) = run(content).refused
    column, message = problem
    assert [(one.column, one.message) for one in row.problems] == [(column, message.format(row.number - 1))]
    assert database_state() == state


@pytest.mark.long
def test_a_part_of_the_list_is_refused_until_one_takes_it_knowingly() -> None:
    """90 of 1,788 are more than 5 %."""
    codes = list(Body.objects.filter(kind="town").order_by("pk").values_list("pk", flat=True)[:90])
    content, state = the_list(but=codes), database_state()
    with pytest.raises(DoubtfulTable) as refused:
        run(content)
    assert refused.value.doubt is Doubt.MISSING
    assert str(refused.value) == (
        "登録されている1,788団体のうち90団体が、この一覧にありません。一覧の一部か、別の表ではないか確かめ、全団体の一覧を"
        "選んでください。"
    )
    assert database_state() == state
    assert len(run(content, despite=[Doubt.MISSING]).effective) == 90


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            as_csv([["団体コード", "市区町村名", "人口"], ["131016", "千代田区", "1"]]),
            "「市区町村名（カナ）」「都道府県名（漢字）」「都道府県名（カナ）」の列がありません。総務省の「都道府県コード及び"
            "市区町村コード」のExcelファイルを、そのまま選んでください。",
        ),
        (as_csv([["名称"], ["千代田区"]]), "初めの15行に「団体コード」の列がありません。"),
    ],
)
def test_another_table_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableTable) as refused:
        run(content, AS_OF)
    assert str(refused.value).startswith(message)


@pytest.mark.long
def test_the_day_is_that_of_the_sheet_and_not_another() -> None:
    content = the_list()
    with pytest.raises(DoubtfulTable, match=r"表には「R6\.1\.1」とありますが、一覧の日は2025-01-01です。"):
        run(content, date(2025, 1, 1))
    assert run(content, date(2025, 1, 1), despite=[Doubt.TITLE]).facts == {"一覧の日": "2025-01-01"}
    rows = [line(one) for one in Body.objects.select_related("prefecture")]
    with pytest.raises(UnknownDay, match="一覧の日を入力してください"):
        run(as_csv([CODES_HEADER, *rows]))
    with pytest.raises(UnreadableTable, match="未来の日付です"):
        run(as_csv([CODES_HEADER, *rows]), timezone.localdate() + timedelta(days=1))


@pytest.mark.long
def test_the_history_tells_what_was_and_what_is() -> None:
    run(the_list(but=[FUNAGATA]), file_name="000925835.xlsx")
    after, before = history.versions_of(Body.objects.get(pk=FUNAGATA))
    assert (before.revision.comment, after.revision.comment) == (
        history.BEGUN,
        "ファイルからの取り込み：000925835.xlsx",
    )
    (difference,) = history.differences(history.texts_in(before), history.texts_in(after))
    assert (difference.label, [one.text for one in difference.after]) == ("廃止日", ["2024年1月1日"])
