from __future__ import annotations

import pytest

from catalog.finding.romaji import romanised, spelling


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("きたみし", "kitamishi"),
        ("ふちゅう", "fuchu"),
        ("とうきょうと", "tokyoto"),
        ("おおさか", "osaka"),
        ("はっちょう", "haccho"),
        ("じょうえつ", "joetsu"),
        ("ほんべつ", "honbetsu"),
    ],
)
def test_a_reading_has_one_spelling(kana: str, latin: str) -> None:
    assert romanised(kana) == latin


@pytest.mark.parametrize(
    ("latin", "same"),
    [
        ("Ōsaka", "osaka"),
        ("oosaka", "osaka"),
        ("Ohsaka", "osaka"),
        ("Ohara", "ohara"),
        ("Hutyuu", "fuchu"),
        ("Hombetsu-chō", "honbetsucho"),
        ("Matchō", "maccho"),
        ("Zyouetu", "joetsu"),
        ("Shunan", "shunan"),
    ],
)
def test_usual_spellings_are_one(latin: str, same: str) -> None:
    assert spelling(latin) == same
