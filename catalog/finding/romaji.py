"""Names in Latin letters, as people type them without an input method: Hepburn, long vowels short."""

from __future__ import annotations

import re
import unicodedata

_ROWS = {
    "": "あいうえお",
    "k": "かきくけこ",
    "g": "がぎぐげご",
    "s": "さ　すせそ",
    "z": "ざ　ずぜぞ",
    "t": "た　　てと",
    "d": "だ　　でど",
    "n": "なにぬねの",
    "h": "はひ　へほ",
    "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
    "m": "まみむめも",
    "r": "らりるれろ",
    "w": "わ",
}
_SYLLABLES = {
    kana: start + vowel for start, row in _ROWS.items() for kana, vowel in zip(row, "aiueo", strict=False)
}
_SYLLABLES |= {"し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu"}
_SYLLABLES |= {"や": "ya", "ゆ": "yu", "よ": "yo", "を": "o", "ん": "n", "ゔ": "vu"}
_GLIDES = {"ゃ": "ya", "ゅ": "yu", "ょ": "yo"}
# Other spellings of the same: those of Kunrei, long vowels written out, m before b and p.
_SPELLINGS = [
    (re.compile(pattern), written)
    for pattern, written in (
        ("[^a-z]", ""),
        ("sy", "sh"),
        ("ty", "ch"),
        ("(?:zy|jy|dy)", "j"),
        ("si", "shi"),
        ("ti", "chi"),
        ("tu", "tsu"),
        ("(?<![cs])hu", "fu"),
        ("[zd]i", "ji"),
        ("du", "zu"),
        ("m(?=[bmp])", "n"),
        ("(?:oh(?![aiueo])|o[ou]+)", "o"),
        ("uu+", "u"),
        ("tch", "cch"),
    )
]


def romanised(kana: str) -> str:
    """A reading in hiragana in the spelling that `spelling` gives."""
    latin = ""
    for at, one in enumerate(kana):
        if one in _GLIDES and latin.endswith("i"):
            glide = _GLIDES[one]
            latin = latin[:-1] + (glide[1:] if latin.endswith(("shi", "chi", "ji")) else glide)
        elif one == "っ" and kana[at + 1 : at + 2] in _SYLLABLES:
            latin += _SYLLABLES[kana[at + 1]][0]
        else:
            latin += _SYLLABLES.get(one, "")
    return spelling(latin)


def spelling(latin: str) -> str:
    """A name in Latin letters in the one spelling of all that are usual: Ōsaka, oosaka and Osaka are one."""
    plain = unicodedata.normalize("NFKD", latin).lower()
    for pattern, written in _SPELLINGS:
        plain = pattern.sub(written, plain)
    return plain
