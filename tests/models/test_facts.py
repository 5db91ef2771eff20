"""The rules of a fact's grade, number and place, as the database keeps them and as an editor is told."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Fact, Followed
from tests.making import FUNAGATA, KASHIHARA, make_case, make_fact

pytestmark = pytest.mark.django_db

A_DAY = date(2026, 11, 1)
ANSWER: dict[str, Any] = {"page": None, "answered_by_id": FUNAGATA, "answered_on": A_DAY}
MEASURED = {"value": 3, "unit": "割", "grade": "measured"}


@pytest.mark.parametrize(
    ("fields", "constraint", "told"),
    [
        ({"kind": "price"}, "fact_kind_is_known", None),
        ({**MEASURED, "grade": "guessed"}, "fact_grade_is_known", None),
        ({"text": ""}, "fact_is_complete", None),
        ({"label": "a\x07b"}, "fact_texts_are_plain", None),
        ({"grade": "measured"}, "fact_grade_fits_its_number", "value"),
        ({"grade": "expected", "value": 3}, "fact_grade_fits_its_number", "unit"),
        ({"value": 3}, "fact_grade_fits_its_number", "value"),
        ({"unit": "割"}, "fact_grade_fits_its_number", "unit"),
        ({"before": 5}, "fact_before_is_of_an_effect", "before"),
        ({**MEASURED, "kind": "staff", "before": 5}, "fact_before_is_of_an_effect", "before"),
        ({**MEASURED, "value": -3}, "fact_numbers_are_not_negative", None),
        ({"page": None}, "fact_has_one_place", "page"),
        ({"page": 0}, "fact_has_one_place", "page"),
        ({**ANSWER, "page": 7}, "fact_has_one_place", "page"),
        ({**ANSWER, "answered_on": None}, "fact_has_one_place", "answered_on"),
        ({**ANSWER, "answered_by_id": None}, "fact_has_one_place", "answered_by"),
    ],
)
def test_a_fact_is_refused(fields: dict[str, Any], constraint: str, told: str | None) -> None:
    fact = make_fact(make_case(), "effect")
    for name, value in fields.items():
        setattr(fact, name, value)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        fact.save()
    if told:
        with pytest.raises(ValidationError) as error:
            fact.clean()
        assert list(error.value.message_dict) == [told]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        ANSWER,
        {**MEASURED, "before": 5},
        {**MEASURED, "value": Decimal("0"), "grade": "expected"},
        {**MEASURED, "kind": "cost_yearly"},
    ],
)
def test_a_fact_is_kept(fields: dict[str, Any]) -> None:
    fact = make_fact(make_case(), "effect")
    for name, value in fields.items():
        setattr(fact, name, value)
    fact.full_clean()
    fact.save()


def test_an_answer_is_of_no_day_to_come() -> None:
    fact = make_fact(make_case(), **{**ANSWER, "answered_on": timezone.localdate() + timedelta(days=1)})
    with pytest.raises(ValidationError, match="未来"):
        fact.clean()


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"role": "friend"}, "followed_role_is_known"),
        ({"note": ""}, "followed_says_so"),
        ({"note": "a\x07b"}, "followed_texts_are_plain"),
        ({"page": None}, "followed_has_one_place"),
    ],
)
def test_a_followed_body_is_refused(fields: dict[str, Any], constraint: str) -> None:
    row = Followed.objects.create(case=make_case(), body_id=KASHIHARA, role="follower", note="導入", page=1)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Followed.objects.filter(pk=row.pk).update(**fields)


def test_a_number_is_exact_and_read_as_it_is_written() -> None:
    case = make_case()
    written = ["148000000", "1480.5", "0", "0.125", "9999999999999.999"]
    for number in written:
        make_fact(case, value=Decimal(number))
    assert [str(fact.value) for fact in case.facts.all()] == written
    assert Fact.objects.get_by_natural_key(case.slug, "項目2").value == Decimal("1480.5")
