from __future__ import annotations

import pytest

from catalog.importing.letters import is_what_is_left, look_alike, may_have_lost

TWINS = ["〜～", "−－", "—―", "‖∥", "¢￠", "£￡", "¬￢"]


@pytest.mark.parametrize("pair", TWINS)
def test_letters_that_cp932_does_not_tell_apart_look_alike(pair: str) -> None:
    ours, theirs = [*pair]
    assert theirs.encode("cp932").decode("cp932") == theirs
    assert look_alike(f"8{ours}9時", f"8{theirs}9時")
    assert not look_alike(f"8{ours}9時", "8-9時")


@pytest.mark.parametrize(
    ("text", "cell", "expected"),
    [
        ("𠮷野家", "?野家", True),
        ("𠮷野家", "??野家", True),
        ("8〜9時の👨‍👩", "8～9時の???", True),
        ("𠮷野家", "?野屋", False),
        ("吉野家", "?野家", False),
        ("𠮷野家", "吉野家", False),
    ],
)
def test_what_is_left_of_letters_that_cp932_lacks_is_a_question_mark(
    text: str, cell: str, expected: bool
) -> None:
    assert is_what_is_left(cell, text) is expected


def test_a_text_changed_besides_may_have_lost_letters() -> None:
    assert may_have_lost("?野家とすき家", "𠮷野家")
    assert not may_have_lost("𠮷野家とすき家?", "𠮷野家")
    assert not may_have_lost("よいか?", "よいか")
