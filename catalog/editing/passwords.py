"""Passwords that are long only by repeating, counting up, or naming what everybody here would try first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from catalog.finding.romaji import romanised, spelling
from catalog.models import Body, Prefecture

MIN_LEFT = 8  # characters, of which five differ, besides what is easily guessed
MIN_DIFFERENT = 5
MIN_NAME = 4  # letters, as shorter names stand in many words
SEQUENCES = (
    "0123456789" * 2,
    "abcdefghijklmnopqrstuvwxyz" * 2,
    *("qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm"),
)
MIN_RUN = 3  # characters of a sequence that count as one
# The site, its roles and the offices that use it, in the one spelling of `spelling`.
WORDS = (
    *("password", "passwd", "pasuwado", "dxcases", "cases", "catalog", "catalogue", "katarogu", "jirei"),
    *("jichitai", "digital", "dejitaru", "suishin", "hensyu", "henshu", "hensyusha", "koukai", "kokai"),
    *("kanri", "kanrisha", "tantou", "tanto", "admin", "administrator", "editor", "publisher", "login"),
    *("shiyakusho", "kuyakusho", "yakusho", "yakuba", "kencho", "shicho", "soumusho", "somusho", "soumu"),
    *(
        "事例カタログ",
        "自治体dx",
        "japan",
        "nippon",
        "nihon",
        "welcome",
        "secret",
        "himitsu",
        "reiwa",
        "heisei",
        "letmein",
    ),
)
TOO_EASY = (
    "推測されやすいパスワードです。同じ文字や言葉の繰り返し、続いた数字や文字、"
    "サイト・団体の名前、だれもが使う言葉のほかに、8文字以上が要ります。"
    "関係のない言葉を4つほどつなげると、覚えやすく、推測されにくくなります。"
)


class GuessablePasswordValidator:
    """Refuses a password of which too little is left without what is easily guessed."""

    def validate(self, password: str, user: Any = None) -> None:
        left = what_is_left(password, [*WORDS, *names_of_places(), *names_of(user)])
        if len(left) < MIN_LEFT or len(set(left)) < MIN_DIFFERENT:
            raise ValidationError(TOO_EASY, code="password_guessable")
        CommonPasswordValidator().validate(left)

    def get_help_text(self) -> str:
        return "同じ言葉の繰り返し、続いた数字、サイトや団体の名前だけのパスワードは使えません。"


def what_is_left(password: str, words: list[str]) -> str:
    """The password without known words, sequences and repetition, in small letters without blanks."""
    left = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", password).casefold())
    forms = {form for word in words for form in (word, spelling(word)) if len(form) >= MIN_NAME}
    for known in sorted(forms, key=len, reverse=True):
        left = left.replace(known, " ")
    left = "".join(without_sequences(left))
    # Again and again the same counts once; a single character at most twice.
    left = re.sub(r"(.{2,}?)\1+", r"\1", left)
    return re.sub(r"(.)\1{2,}", r"\1\1", left).replace(" ", "")


def without_sequences(text: str) -> Iterator[str]:
    """The parts of the text between runs that count up or down or go along the keyboard."""
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and is_run(text[start : end + 1]):
            end += 1
        if end - start >= MIN_RUN:
            yield " "
            start = end
        else:
            yield text[start]
            start += 1


def is_run(text: str) -> bool:
    return any(text in sequence or text[::-1] in sequence for sequence in SEQUENCES)


def names_of_places() -> list[str]:
    """Bodies and prefectures in Latin letters, with and without the word for their kind."""
    readings = [
        *Body.objects.values_list("kana", flat=True),
        *Prefecture.objects.values_list("kana", flat=True),
    ]
    endings = re.compile("(し|く|ちょう|まち|そん|むら|けん|ふ|と)$")
    return [romanised(name) for kana in readings for name in (kana, endings.sub("", kana))]


def names_of(user: Any) -> list[str]:
    """What the account is called."""
    given = (getattr(user, name, "") or "" for name in ("username", "first_name", "last_name", "email"))
    return [part.casefold() for text in given for part in re.split(r"\W+", text)]
