from __future__ import annotations

import pytest

from catalog.documents.key_figures import key_figure, key_line
from catalog.documents.reading import read_documents
from catalog.models import Figure
from tests.making import make_case

pytestmark = pytest.mark.django_db


def lines_of(figures: list[tuple[str, str]], outcome: str = "") -> tuple[str | None, str]:
    case = make_case(outcome=outcome)
    for position, (label, value) in enumerate(figures, start=1):
        Figure.objects.create(case=case, label=label, value=value, position=position)
    (document,) = read_documents([case.pk])
    figure = key_figure(document.record)
    return figure and figure["label"], key_line(document.record)


CHANGE, COST = ("事業規模", "約8億円 → 約15億円"), ("事務経費", "1億4,800万円 → 5,400万円")
LESS, SHARE = ("作成時間の削減", "3割程度"), ("わかりやすかった", "96%")


@pytest.mark.parametrize(
    ("figures", "label"),
    [
        ([CHANGE, COST, LESS], "事務経費"),
        ([SHARE, CHANGE, LESS], "作成時間の削減"),
        ([SHARE, CHANGE], "事業規模"),
        ([("受講料", "無料"), SHARE], "わかりやすかった"),
        ([("受付事務", "ゼロ")], "受付事務"),
        ([("オンライン化の目標", "令和4年までに100%")], None),
        ([("基本方針", "3つ"), ("開始", "令和2年")], None),
        ([], None),
        ([("事務経費", "5,400万円 → 1億4,800万円"), SHARE], "わかりやすかった"),  # costs more
        ([("待ち時間", "30分 → 1時間"), ("参加者", "30名")], "参加者"),
        ([("待ち時間", "1.5時間 → ３０分"), LESS], "待ち時間"),
        ([("処理日数", "3日 → ゼロ"), SHARE], "処理日数"),
        ([("費用", "3名分 → 200万円"), LESS], "作成時間の削減"),
        ([("運用費用の増加", "約2割")], None),
        ([("費用負担の軽減", "60%")], "費用負担の軽減"),
        ([("利用件数", "1,200件 → 800件")], None),  # is used less
        ([("利用件数", "800件 → 1,200件")], "利用件数"),
        ([("受講者の減少", "2割")], None),
        ([("受験者のうち県外に居住する者", "56%"), SHARE], "わかりやすかった"),
        ([("処理件数の94%を占める手続", "60手続")], None),
    ],
)
def test_the_key_figure_says_most_of_what_has_come_of_the_case(
    figures: list[tuple[str, str]], label: str | None
) -> None:
    assert lines_of(figures)[0] == label


@pytest.mark.parametrize(
    ("figures", "outcome", "line"),
    [
        ([COST], "減った。", "事務経費：1億4,800万円 → 5,400万円"),
        ([("基本方針", "3つ")], "待ち時間が短くなった。続き。", "待ち時間が短くなった"),
        ([], "・申請が増えた\n・問合せが減った", "申請が増えた"),
        ([], "次の効果がある。\n・一", ""),
        ([], "長" * 81, ""),
        ([], "", ""),
    ],
)
def test_the_line_is_the_key_figure_or_how_the_outcome_begins(
    figures: list[tuple[str, str]], outcome: str, line: str
) -> None:
    assert lines_of(figures, outcome)[1] == line
