from __future__ import annotations

from collections.abc import Callable

import pytest

from catalog.importing.codes import BodyCodes, NamedCode
from catalog.models import Body

pytestmark = pytest.mark.django_db


def as_it_is(code: str) -> str:
    return code


def as_number(code: str) -> str:
    """As a spreadsheet has it that took it for a number."""
    return code.lstrip("0")


def without_check_digit(code: str) -> str:
    return code[:5]


def number_without_check_digit(code: str) -> str:
    return code[:5].lstrip("0")


@pytest.mark.parametrize("has_names", [True, False])
@pytest.mark.parametrize("write", [as_it_is, as_number, without_check_digit, number_without_check_digit])
def test_every_body_is_found_however_its_table_writes_codes(
    write: Callable[[str], str], has_names: bool
) -> None:
    bodies = {body.code: body for body in Body.objects.select_related("prefecture")}
    named = {code: NamedCode.of(write(code), body.name if has_names else "") for code, body in bodies.items()}
    codes = BodyCodes(named.values(), Body.objects.all())
    found = {code: codes.find(one) for code, one in named.items()}
    assert [code for code, one in found.items() if one.body is None or one.body.code != code] == []


def test_a_table_of_the_north_alone_that_lost_its_zeros_is_read_as_such() -> None:
    """All its codes have five digits, and the last of each is right as a check digit."""
    bodies = Body.objects.filter(pk__lt="1")
    named = [NamedCode.of(as_number(body.code), "") for body in bodies]
    codes = BodyCodes(named, Body.objects.all())
    assert [codes.find(one).body for one in named] == list(bodies)


@pytest.mark.parametrize(
    ("code", "name", "digits", "known_as"),
    [
        (" １３１０１６ ", "千代田区", "131016", "千代田区"),
        ("131016", "-", "131016", ""),
        ("131016", "合計", "131016", ""),
        ("-", "", "-", ""),
    ],
)
def test_cells_are_read_however_wide_and_a_dash_is_no_name(
    code: str, name: str, digits: str, known_as: str
) -> None:
    named = NamedCode.of(code, name)
    assert (named.digits, named.name) == (digits, known_as)


@pytest.mark.parametrize(
    ("code", "has_code"), [("131016", True), ("R01100", True), ("000001", False), ("-", False), ("", False)]
)
def test_the_nation_has_no_code(code: str, has_code: bool) -> None:
    assert NamedCode.of(code, "").has_code is has_code
