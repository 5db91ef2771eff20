"""What nobody sees in pasted texts is taken out, in the form and the import, and told with its place."""

from __future__ import annotations

import pytest

from catalog.importing.invisible import notice, visible
from catalog.importing.tables import read_sheets
from catalog.models import Case
from tests.filling import ADD, an_editor, errors, new_case


@pytest.mark.parametrize(
    ("text", "seen", "told"),
    [
        ("ゼロ\u200b幅", "ゼロ幅", "3文字目（U+200B）の目に見えない文字を直しました。"),
        ("\ufeff題", "題", "1文字目（U+FEFF）の目に見えない文字を直しました。"),
        ("ソフト\u00adハイフン", "ソフトハイフン", "4文字目（U+00AD）の目に見えない文字を直しました。"),
        ("一行\n次\u000b改行", "一行\n次\n改行", "2行目の2文字目（U+000B）の目に見えない文字を直しました。"),
        ("一\u2028二", "一\n二", "2文字目（U+2028）の目に見えない文字を直しました。"),
        ("5\u00a0人", "5 人", "2文字目（U+00A0）の目に見えない文字を直しました。"),
        ("葛\U000e0100城", "葛\U000e0100城", ""),
        ("家族\U0001f468\u200d\U0001f469", "家族\U0001f468\u200d\U0001f469", ""),
        ("ふつうの文。\r\n二行目", "ふつうの文。\r\n二行目", ""),
        (
            "\u200ba\u200bb\u200bc\u200bd",
            "abcd",
            "1文字目（U+200B）、3文字目（U+200B）、5文字目（U+200B）、ほか1か所の目に見えない文字を直しました。",
        ),
    ],
)
def test_what_is_not_seen_is_taken_out_and_told(text: str, seen: str, told: str) -> None:
    assert (visible(text), notice(text)) == (seen, told)


@pytest.mark.django_db
def test_the_form_saves_what_is_seen_and_tells_where_something_was_not() -> None:
    sent = new_case(
        title="書かない\u200b窓口",
        approach="一行目\u000b二行目",
        status="draft",
        **{"links-0-label": "例\u00ad"},
    )
    response = an_editor().post(ADD, sent, follow=True)
    assert "追加しました" in response.text, errors(response)
    case = Case.objects.get(slug="new-case")
    assert (case.title, case.approach) == ("書かない窓口", "一行目\n二行目")
    assert case.links.get().label == "例"
    for told in ("題名の5文字目（U+200B）", "取組内容の4文字目（U+000B）", "表示名の2文字目（U+00AD）"):
        assert f"{told}の目に見えない文字を直しました。" in response.text


@pytest.mark.django_db
def test_a_break_within_a_title_is_a_blank() -> None:
    an_editor().post(ADD, new_case(title="一行目\u000b二行目", status="draft"))
    assert Case.objects.get(slug="new-case").title == "一行目 二行目"


def test_a_table_has_what_is_seen_and_tells_the_cells() -> None:
    (row,) = next(read_sheets("題名,窓\u200b口\u000b次".encode())).rows
    assert (row.cells, row.problems) == (["題名", "窓口\n次"], {})
    assert row.notices == {1: "2文字目（U+200B）、4文字目（U+000B）の目に見えない文字を直しました。"}
