"""What a text states about bodies and steps: phrases that act as filters (docs/contract.md, 1)."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from catalog.finding.fields import MAX_PERSONS, read_persons
from catalog.models import Body, Kind, Prefecture, Region

# A character with the half-width or combining sound mark that belongs to it.
CHARACTER = re.compile("(?s).[\uff9e\uff9f\u3099\u309a]?")

HIRAGANA = re.compile("[ぁ-ゖ]")

PARTICLE = (
    "(?:における|において|について|にある|にいる|での|では|でも|には|にも|との|とか|への|からの|までの|など|から|まで|より"
    "|の|で|に|が|を|は|と|や|も|へ)"
)
WORD = (
    "[^\\W_ぁ-ゖ]"  # kanji, katakana, Latin or a digit: beside a phrase it makes that part of a longer word
)
BEGINS = f"(?<!{WORD})"
ENDS = rf"(?=$|[\W_]|{PARTICLE})"
ENDS_PLACE = rf"(?=$|[\W_]|{PARTICLE}|内(?:$|[\W_]|{PARTICLE}))"  # 県内の町
# What stands before a kind of body that is the head of a phrase: 小さな町, 東北の町, 人口の多い市.
LEADS_TO_KIND = "(?:^|(?<=[\\W_])|(?<=[のないるたとやかもむすく]))"

DIGITS = "(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\\.[0-9]+)?"
NUMBER = f"(?:{DIGITS}|[一二三四五六七八九十百千]+)"
NOT_IN_NUMBER = (
    "(?<![0-9A-Za-z.,一二三四五六七八九十百千万])(?:(?<=人口)|(?<=以上)|(?<=超)|(?<![一-鿿ァ-ヺー]))"
)
POPULATION = "(?P<population>(?:総?人口(?:は|が|の|で|規模が?)?\\s*)?)"
TILL = "\\s*(?:から|[〜~\\-‐‑–—−ー])\\s*"

KINDS: dict[str, tuple[Kind, ...]] = {
    "市町村": tuple(kind for kind in Kind if kind != Kind.PREFECTURE),
    "町村": (Kind.TOWN, Kind.VILLAGE),
    "政令指定都市": (Kind.DESIGNATED_CITY,),
    "政令市": (Kind.DESIGNATED_CITY,),
    "都道府県": (Kind.PREFECTURE,),
    "特別区": (Kind.SPECIAL_WARD,),
    "市": (Kind.CITY,),
    "町": (Kind.TOWN,),
    "村": (Kind.VILLAGE,),
}
REGIONS: dict[str, Region] = {
    "東北": Region.TOHOKU,
    "関東": Region.KANTO,
    "中部": Region.CHUBU,
    "近畿": Region.KINKI,
    "関西": Region.KINKI,
    "中国": Region.CHUGOKU,
    "四国": Region.SHIKOKU,
    "九州・沖縄": Region.KYUSHU,
    "九州沖縄": Region.KYUSHU,
    "九州": Region.KYUSHU,
}
NEEDS_CHIHO = "中国"  # alone it is the country


@dataclass(frozen=True)
class Condition:
    """A phrase, as it was typed, that acts as `parameter` with `value`."""

    text: str
    parameter: str
    value: str


@dataclass(frozen=True)
class Reading:
    """What a text states, in the order of its phrases, and the words that are left without them."""

    conditions: list[Condition] = field(default_factory=list)
    rest: str = ""


class Names:
    """The names of prefectures, which are conditions, and of other bodies and topics, which are words.

    In such a name nothing is a condition: 東北町 is no 町 of 東北. `vocabulary` are the titles of topics and
    sections.
    """

    def __init__(
        self, prefectures: Iterable[Prefecture], bodies: Iterable[Body], vocabulary: Iterable[str] = ()
    ) -> None:
        self.prefectures: dict[str, str] = {}
        for prefecture in prefectures:
            self.prefectures |= {prefecture.name: prefecture.code, prefecture.short_name: prefecture.code}
        self.codes: dict[str, list[str]] = defaultdict(list)  # of the bodies of each name
        for body in bodies:
            for name in {plain(body.name), plain(body.full_name)}:
                self.codes[name].append(body.code)
        self.words = (self.codes.keys() | set(map(plain, vocabulary))) - self.prefectures.keys()
        self.longest = max(map(len, self.words), default=0)
        longest_first = sorted(self.prefectures, key=len, reverse=True)
        self.prefecture = re.compile(f"{BEGINS}(?P<prefecture>{'|'.join(longest_first)}){ENDS_PLACE}")

    def called(self, words: Iterable[str]) -> list[str]:
        """The codes of the bodies that one of the words is the name of, in their order."""
        return sorted({code for word in words for code in self.codes.get(plain(word), ())})

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the text has such names, the longest at each place; none begins within a word: くらいの町."""
        start = 0
        while start < len(text):
            ends = range(min(len(text), start + self.longest), start, -1)
            begins = not (start and HIRAGANA.match(text, start) and HIRAGANA.match(text, start - 1))
            end = next((end for end in ends if begins and text[start:end] in self.words), None)
            if end is not None:
                yield start, end
            start = end or start + 1


def plain(text: str) -> str:
    """Width and small ケ as they do not matter in names."""
    return unicodedata.normalize("NFKC", text).replace("ヶ", "ケ")


def persons_in(text: str) -> int:
    """The number of persons that a text states, as the field of a form reads it; 0 for none."""
    digits = read_persons(text)
    return int(digits) if digits.isdecimal() else 0


def bounds(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    persons, bound = persons_in(match["amount"]), match["bound"]
    if bound in ("以下", "以内", "未満"):
        yield "population_max", persons - (bound == "未満")
    else:
        yield "population_min", persons + (bound != "以上")


def both_bounds(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Both ends; a first number without its unit has that of the second: 1〜3万人."""
    first, last = match["first"], match["last"]
    if first.isdecimal() and len(first) < 3 and last[-1] in "万千":
        first += last[-1]
    yield "population_min", persons_in(first)
    yield "population_max", persons_in(last) - (match["below"] == "未満")


def near(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    yield "near_population", persons_in(match["amount"])


def step(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    yield "step", match["number"]


def region(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    yield "region", REGIONS[match["region"]].value


def kinds(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    for kind in KINDS[match["kind"]]:
        yield "kind", kind.value


def amount(name: str) -> str:
    """The pattern of a number of persons, the number itself as the group of that name."""
    number = f"(?P<{name}>(?:{NUMBER}万)?(?:{NUMBER}千)?(?:{NUMBER})?)"
    return f"(?:(?:約|およそ|おおよそ)\\s*)?{number}(?<=[0-9一二三四五六七八九十百千万])"


def alternatives(names: Iterable[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


Grammar = tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[tuple[str, int | str]]]]

# Each is tried in turn; what one has taken is no other's. The group `phrase` is the text of the condition.
GRAMMAR: tuple[Grammar, ...] = (
    (
        re.compile(
            f"{POPULATION}{NOT_IN_NUMBER}(?P<phrase>{amount('first')}人?{TILL}{amount('last')}人(?:まで)?(?P<below>未満|以下)?)"
            "(?:規模|程度|台)?"
        ),
        both_bounds,
    ),
    (
        re.compile(
            f"{POPULATION}{NOT_IN_NUMBER}(?P<phrase>{amount('amount')}(?P<unit>人?)"
            "(?:を|より)?(?P<bound>以下|以内|未満|以上|超(?:える|え)?))"
        ),
        bounds,
    ),
    (
        re.compile(
            f"{POPULATION}{NOT_IN_NUMBER}(?P<phrase>{amount('amount')}(?P<unit>人?)(?:規模|程度|くらい|ぐらい|前後|ほど))"
        ),
        near,
    ),
    (
        re.compile(
            f"(?P<population>総?人口(?:は|が|の)?\\s*){NOT_IN_NUMBER}(?P<phrase>{amount('amount')}(?P<unit>人?)){ENDS}"
        ),
        near,
    ),
    (re.compile("(?<![ァ-ヺー])(?P<phrase>ステップ\\s?(?P<number>[0-3]))(?![0-9])"), step),
    (re.compile(f"{BEGINS}(?P<phrase>(?P<region>{alternatives(REGIONS)})(?P<chiho>地方)?){ENDS}"), region),
    (re.compile(f"{LEADS_TO_KIND}(?P<phrase>(?P<kind>{alternatives(KINDS)})){ENDS}"), kinds),
)


def read(text: str, names: Names) -> Reading:
    """The conditions that the text states, and the words left."""
    characters = [match.span() for match in CHARACTER.finditer(text)]
    parts = [unicodedata.normalize("NFKC", text[start:end]) for start, end in characters]
    origins = [span for span, part in zip(characters, parts, strict=True) for _ in part]
    written = "".join(parts)
    found = list(phrases(written, names))
    conditions = [
        Condition(text[origins[start][0] : origins[end - 1][1]], parameter, str(value))
        for _, (start, end), values in found
        for parameter, value in values
    ]
    return Reading(conditions, rest_of(written, [whole for whole, _, _ in found]) if found else text)


Span = tuple[int, int]


def phrases(text: str, names: Names) -> list[tuple[Span, Span, list[tuple[str, int | str]]]]:
    """Every phrase in the order of the text: what it takes of it, what is its own text, and what it means."""
    taken = list(names.spans(text.replace("ヶ", "ケ")))
    found = []

    def prefecture(match: re.Match[str]) -> Iterator[tuple[str, str]]:
        yield "prefecture", names.prefectures[match["prefecture"]]

    for pattern, meaning in (*GRAMMAR, (names.prefecture, prefecture)):
        for match in pattern.finditer(text):
            group = "phrase" if "phrase" in pattern.groupindex else 0
            values = list(meaning(match)) if is_stated(match) else []
            if values and not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append(match.span())
                found.append((match.span(), match.span(group), values))
    return sorted(found, key=lambda phrase: phrase[0])


def is_stated(match: re.Match[str]) -> bool:
    """Whether a phrase says enough: a number is of persons by 人 or 人口, 中国 a region with 地方."""
    groups = match.groupdict()
    if "unit" in groups and not groups["unit"] and not groups["population"]:
        return False
    if groups.get("region") == NEEDS_CHIHO and not groups["chiho"]:
        return False
    numbers = [groups[name] for name in ("amount", "first", "last") if name in groups]
    return all(number and 0 < persons_in(number) <= MAX_PERSONS for number in numbers)


AFTER = re.compile(f"^(?:内)?(?:規模|台)?(?:{PARTICLE}|な)*")


def rest_of(text: str, taken: list[Span]) -> str:
    """The text without the phrases and without the particles that tie it to them."""
    pieces, end = [text[: taken[0][0]]], taken[0][1]
    for start, next_end in [*taken[1:], (len(text), len(text))]:
        pieces.append(AFTER.sub("", text[end:start]))
        end = next_end
    return " ".join(" ".join(pieces).split())
