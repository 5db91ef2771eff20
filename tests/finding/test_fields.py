"""Numbers of persons are read as people write them, and all else is refused with what would be read."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.forms import ValidationError
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from catalog.finding.fields import DigitsField, PersonsField
from catalog.finding.query import CaseFilter

field = PersonsField(min_value=0, max_value=1_000_000_000)


@pytest.mark.parametrize(
    ("text", "persons"),
    [
        ("8000", 8_000),
        ("8,000", 8_000),
        ("８０００", 8_000),
        ("８，０００人", 8_000),
        ("8000人", 8_000),
        ("8000 人", 8_000),
        (" 8 千 人 ", 8_000),
        ("8千人", 8_000),
        ("8千", 8_000),
        ("1.5千人", 1_500),
        ("0.8万", 8_000),
        ("0.8万人", 8_000),
        ("０．８万人", 8_000),
        ("約8,000", 8_000),
        ("約8000人", 8_000),
        ("人口約8千人", 8_000),
        ("およそ1万人程度", 10_000),
        ("1万", 10_000),
        ("１万２千", 12_000),
        ("12万3千", 123_000),
        ("12万3千4百", 123_400),
        ("12万3,456人", 123_456),
        ("123,456", 123_456),
        ("1383.5万人", 13_835_000),
        ("一万", 10_000),
        ("八千人", 8_000),
        ("十五万三千", 153_000),
        ("千二百三十四人", 1_234),
        ("百万人", 1_000_000),
        ("一二〇〇〇", 12_000),
        ("3万人弱", 30_000),
        ("7千強", 7_000),
        ("12万人余り", 120_000),
        ("人口：４万人", 40_000),
        ("住民数6千人", 6_000),
        ("9500名", 9_500),
        ("2万人台", 20_000),
        ("ざっと1.5万人です", 15_000),
        ("5万人規模", 50_000),
        ("0", 0),
        ("", None),
    ],
)
def test_a_number_of_persons_is_read_as_people_write_it(text: str, persons: int | None) -> None:
    assert PersonsField(required=False).clean(text) == persons


@pytest.mark.parametrize(
    "text",
    ["たくさん", "人", "約", "万", "万人", "abc", "1_000", "10.0", "0.5人", "0.00001万", "1,5", "1,0000",
     "8 000", "8000人以上", "8000〜9000", "8000,", "1万2万", "3千1万千万", "8000 9000人", "--1", "1e4",
     "9" * 5_000],
)  # fmt: skip
def test_all_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        field.clean(text)
    assert refusal.value.messages == [
        "人数が読み取れません。「8000」「8,000人」「8千人」「0.8万人」のように入力してください。"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-1", "0以上の整数で指定してください。"),
        ("100,001万", "1000000000以下の整数で指定してください。"),
        ("9" * 30, "1000000000以下の整数で指定してください。"),
    ],
)
def test_a_number_out_of_bounds_is_refused_with_the_bound(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        field.clean(text)
    assert refusal.value.messages == [message]


@given(persons=st.integers(0, 1_000_000_000))
def test_every_way_to_write_a_number_is_the_same_number(persons: int) -> None:
    ten_thousands, rest = divmod(persons, 10_000)
    for text in (
        f"{persons}人",
        f"約{persons:,}人",
        f"{ten_thousands}万{rest}人" if ten_thousands else f"{rest}",
        f"{ten_thousands}.{rest:04}万",
        f"{ten_thousands:,}.{rest:04}万人",
    ):
        assert field.clean(text) == persons, text


@pytest.mark.parametrize("text", ["8千", "8000人", "1.0", "1_0", "一"])
def test_other_whole_numbers_are_digits_alone(text: str) -> None:
    with pytest.raises(ValidationError):
        DigitsField().clean(text)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["near_population", "population_min", "population_max"])
def test_the_query_tells_the_number_in_digits(name: str) -> None:
    case_filter = CaseFilter(QueryDict(f"{name}={quote('約0.8万人')}"))
    assert case_filter.query == f"{name}=8000"
