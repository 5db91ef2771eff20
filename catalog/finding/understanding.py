"""What a text states about bodies and steps: phrases that act as filters (docs/contract.md, 1)."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from catalog.finding.fields import MAX_PERSONS, read_persons
from catalog.finding.sentences import INVISIBLE
from catalog.models import Body, Kind, Prefecture, Region

# A character with the half-width or combining sound mark that belongs to it.
CHARACTER = re.compile("(?s).[\uff9e\uff9f\u3099\u309a]?")

HIRAGANA = re.compile("[ぁ-ゖ]")

PARTICLE = (
    "(?:における|において|について|にある|にいる|または|又は|もしくは|および|及び|ならびに|or"
    "|での|では|でも|には|にも|との|とか|への|からの|までの|など|から|まで|より"
    "|だけど|だけれど|だが|だし|かつ(?![ぁ-ゖ])|の|で|に|が|を|は|と|や|も|へ|か(?![ぁ-ゖ]))"
)
WORD = (
    "[^\\W_ぁ-ゖ]"  # kanji, katakana, Latin or a digit: beside a phrase it makes that part of a longer word
)
BEGINS = f"(?<!{WORD})"
BEGINS_PLACE = "(?:(?<![^\\W_ぁ-ゖ])|(?<=又は)|(?<=及び)|(?<=または)|(?<=もしくは)|(?<=or))"
ENDS = rf"(?=$|[\W_]|{PARTICLE})"
# What makes of a phrase the opposite: 町以外, 東京を除く市, 政令市ではない市.
IS_BUT = (
    "\\s?以外|\\s?(?:を|は)?\\s?(?:除[くいき]|のぞ[くいき]|抜き(?=[のでに]|$|[\\W_])|含[まめ]な[いく])(?:た|て)?"
    "|(?:では|じゃ|で)な(?:い|くて?)"
)
BUT = f"(?P<but>{IS_BUT})"
STEP_ENDS = f"(?:{ENDS}|(?={IS_BUT}))"
ALONE = "(?:限定|だけ|のみ)?"
NOT_ALONE = "(?!(?:だけ|のみ)(?:で[はも]?な|じゃな|なら))"  # 東京だけでなく, 北海道のみならず
# 東北エリアの町, 九州各県だけ
OF_AREA = f"(?:圏内|圏|エリア|ブロック|全域|全体|各地|各県|諸県|一円)?{ALONE}"
OF_PREFECTURE = f"(?:内|全域|全体|各地|一円)?{ALONE}"  # 県内の町
OF_KIND = "(?:向け|限定|だけ|のみ|ならでは|同士|どうし|等)?"
# What stands before a kind of body that is the head of a phrase: 小さな町, 東北の町, 人口の多い市.
LEADS_TO_KIND = (
    "(?:^|(?<=[\\W_])|(?<=[のないるたとやかもむすく])|(?<=又は)|(?<=及び)|(?<=または)|(?<=もしくは)|(?<=or)"
    "|(?<=なくて))"
)

DIGITS = "(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\\.[0-9]+)?(?![.,]?[0-9])"
NUMBER = f"(?:{DIGITS}|[〇一二三四五六七八九十百千]{{1,7}})"
NOT_IN_NUMBER = (
    "(?<![0-9A-Za-z.,〇一二三四五六七八九十百千万])"
    "(?:(?<=人口|以上|以下|以内|未満)|(?<=超)|(?<=住民数)|(?<=人口規模)|(?<=住民)(?<![一-鿿]住民)|(?<![一-鿿ァ-ヺー]))"
)
BETWEEN = "(?:は|が|の|で|規模が?)?\\s*(?:[:(=、,「『]\\s*)?"
PEOPLE = f"(?:総?人口|住民数){BETWEEN}"
# 住民5万人以上 speaks of persons by 人 alone: 住民300人 may be those who took part.
POPULATION = f"(?P<population>(?:{PEOPLE})?)(?:(?<![一-鿿])住民{BETWEEN})?"
TILL = "\\s*(?:から|[〜~\\-‐‑–—−ー])\\s*"
# 20万以上の市 speaks of persons, 20万以上の補助金 does not.
OF_BODIES = "(?=(?P<bodies>の?(?:自治体|団体|都市|市|町|村)(?![一-鿿]))|)"
TO, ON = "まで(?=の|$|[\\W_])", "[〜~](?=の|$|[\\W_])"  # to a number, and from one on
BOUND = (
    f"\\s?(?:(?P<at_most>以下|以内|{TO}|を?超えない|を?上回らない)"
    f"|(?P<at_least>以上|を?下回らない|を割らない|を切らない|{ON})"
    "|(?P<below>未満|に満たない|を切[るっ]た?|を割[るっ]た?|を?下回[るっ]た?|に[達届](?:しない|かない)|より(?:少ない|小さい))"
    "|(?P<above>を?超(?:える|えた|え)?|を?上回[るっ]た?|より(?:多い|大きい)))"
    f"(?P<denied>{IS_BUT}|[はも]?な(?:い(?!し)|くて?))?"
)
VOID = f"(?P<void>{IS_BUT})"  # all but a range, or but what is like a size, is no condition
NEARLY = (
    "\\s?(?:規模|程度|くらい|ぐらい|前後|ほど|クラス|(?:弱|強|余り?)(?![一-鿿])"
    f"|(?=の(?:自治体|市|町|村){ENDS}))"
)

MUNICIPALITIES = tuple(kind for kind in Kind if kind != Kind.PREFECTURE)
KINDS: dict[str, tuple[Kind, ...]] = {
    "市町村": MUNICIPALITIES,
    "町村": (Kind.TOWN, Kind.VILLAGE),
    "政令指定都市": (Kind.DESIGNATED_CITY,),
    "指定都市": (Kind.DESIGNATED_CITY,),
    "政令指定市": (Kind.DESIGNATED_CITY,),
    "政令都市": (Kind.DESIGNATED_CITY,),
    "政令市": (Kind.DESIGNATED_CITY,),
    "都道府県": (Kind.PREFECTURE,),
    "特別区": (Kind.SPECIAL_WARD,),
    "23区": (Kind.SPECIAL_WARD,),
    "東京23区": (Kind.SPECIAL_WARD,),
    "東京都23区": (Kind.SPECIAL_WARD,),
    "市": (Kind.CITY,),
    "町": (Kind.TOWN,),
    "村": (Kind.VILLAGE,),
}
REGIONS: dict[str, tuple[Region, ...]] = {
    "東北": (Region.TOHOKU,),
    "関東": (Region.KANTO,),
    "中部": (Region.CHUBU,),
    "近畿": (Region.KINKI,),
    "関西": (Region.KINKI,),
    "中国": (Region.CHUGOKU,),
    "四国": (Region.SHIKOKU,),
    "東北6県": (Region.TOHOKU,),
    "東北六県": (Region.TOHOKU,),
    "四国4県": (Region.SHIKOKU,),
    "四国四県": (Region.SHIKOKU,),
    "中四国": (Region.CHUGOKU, Region.SHIKOKU),
    "中国四国": (Region.CHUGOKU, Region.SHIKOKU),
    "九州・沖縄": (Region.KYUSHU,),
    "九州沖縄": (Region.KYUSHU,),
    "九州": (Region.KYUSHU,),
}
NEEDS_CHIHO = "中国"  # alone it is the country
# Names of several prefectures together that are no region of ours.
AREAS: dict[str, tuple[str, ...]] = {
    "北東北": ("02", "03", "05"),
    "南東北": ("04", "06", "07"),
    "北関東": ("08", "09", "10"),
    "南関東": ("11", "12", "13", "14"),
    "1都3県": ("11", "12", "13", "14"),
    "一都三県": ("11", "12", "13", "14"),
    "首都圏": ("08", "09", "10", "11", "12", "13", "14", "19"),
    "関東甲信越": ("08", "09", "10", "11", "12", "13", "14", "15", "19", "20"),
    "甲信越": ("15", "19", "20"),
    "信越": ("15", "20"),
    "北陸": ("16", "17", "18"),
    "北陸3県": ("16", "17", "18"),
    "北陸三県": ("16", "17", "18"),
    "東海": ("21", "22", "23", "24"),
    "東海3県": ("21", "23", "24"),
    "東海三県": ("21", "23", "24"),
    "九州7県": ("40", "41", "42", "43", "44", "45", "46"),
    "九州七県": ("40", "41", "42", "43", "44", "45", "46"),
    "京阪神": ("26", "27", "28"),
    "山陰": ("31", "32"),
    "山陽": ("33", "34", "35"),
}
# What stands between phrases of one row; in a row that is excepted also a comma.
IN_ROW = re.compile("\\s*(?:・|/|と|や|か|または|又は|もしくは|および|及び|or)\\s*")
IN_ROW_OR_LIST = re.compile(f"{IN_ROW.pattern}|\\s*[、,]\\s*")
EXCEPTED_FROM = ("step", "kind", "region", "prefecture")  # parameters of which all but some may be meant
FEWEST_PERSONS = 100  # no body has fewer
STEPS = {"ゼロ": "0", "零": "0", "一": "1", "二": "2", "三": "3", "I": "1", "II": "2", "III": "3"}
LAST_STEP = 3


Span = tuple[int, int]


@dataclass(frozen=True)
class Condition:
    """A phrase, as it was typed, that acts as `parameter` with `value`.

    An exception names what is not meant: 東京以外.
    """

    text: str
    parameter: str
    value: str
    is_exception: bool = False


@dataclass(frozen=True)
class Reading:
    """What a text states, in the order of its phrases, and the words that are left without them."""

    conditions: list[Condition] = field(default_factory=list)
    rest: str = ""


class Names:
    """The names of prefectures, which are conditions, and of other bodies and topics, which are words.

    In such a name nothing is a condition: 東北町 is no 町 of 東北. `vocabulary` are the titles of topics and
    sections; `forms` the forms in which kanji are compared, of those that have others: 広 of 廣.
    """

    def __init__(
        self,
        prefectures: Iterable[Prefecture],
        bodies: Iterable[Body],
        vocabulary: Iterable[str],
        forms: Mapping[int, str],
    ) -> None:
        self._forms = forms
        self.prefectures: dict[str, str] = {}
        self.of_region: dict[str, list[str]] = defaultdict(list)  # the codes of its prefectures
        for prefecture in prefectures:
            for name in (prefecture.name, prefecture.short_name):
                self.prefectures[self.plain(name)] = prefecture.code
            self.of_region[prefecture.region].append(prefecture.code)
        self.codes: dict[str, list[str]] = defaultdict(list)  # of the bodies of each name
        for body in bodies:
            for name in {self.plain(body.name), self.plain(body.full_name)}:
                self.codes[name].append(body.code)
        self.words = (self.codes.keys() | set(map(self.plain, vocabulary))) - self.prefectures.keys()
        self.longest = max(map(len, self.words), default=0)
        longest_first = sorted(self.prefectures, key=len, reverse=True)
        self.prefecture = re.compile(
            f"{BEGINS_PLACE}(?P<phrase>(?P<prefecture>{'|'.join(longest_first)})(?:{BUT}|{NOT_ALONE}(?={OF_PREFECTURE}{ENDS}))){OF_PREFECTURE}"
        )

    def plain(self, text: str) -> str:
        """The text as names are compared: width, small ケ and old forms of kanji do not matter."""
        return self.with_forms(unicodedata.normalize("NFKC", text))

    def with_forms(self, text: str) -> str:
        """The same of a text in full and half width as they are; each character stays in its place."""
        return text.replace("ヶ", "ケ").translate(self._forms)

    def every(self, parameter: str) -> list[str]:
        """All values of a parameter of EXCEPTED_FROM."""
        match parameter:
            case "step":
                return list(map(str, range(LAST_STEP + 1)))
            case "prefecture":
                return sorted(set(self.prefectures.values()))
        return list(Kind.values if parameter == "kind" else Region.values)

    def called(self, words: Iterable[str]) -> list[str]:
        """The codes of the bodies that one of the words is the name of, in their order."""
        return sorted({code for word in words for code in self.codes.get(self.plain(word), ())})

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


def persons_in(text: str) -> int:
    """The number of persons that a text states, as the field of a form reads it; 0 for none."""
    digits = read_persons(text)
    return int(digits) if digits.isdecimal() else 0


def bounds(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    persons = persons_in(match["amount"])
    is_at_most = bool(match["at_most"] or match["below"])
    last = persons - bool(match["below"]) if is_at_most else persons + bool(match["above"])
    if match["denied"]:
        is_at_most, last = not is_at_most, last + 1 if is_at_most else last - 1
    yield "population_max" if is_at_most else "population_min", last


def at_most(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    yield "population_max", persons_in(match["amount"])


def both_bounds(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Both ends; a first number without its unit has that of the second: 1〜3万人."""
    first, last = match["first"], match["last"]
    if first.isdecimal() and len(first) < 3 and last[-1] in "万千":
        first += last[-1]
    yield "population_min", persons_in(first)
    yield "population_max", persons_in(last) - (match["below"] == "未満")


def leading(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """All numbers that begin with these digits: 3万人台 is 30,000 to 39,999, 20万人台 to 299,999."""
    digits = str(persons_in(match["amount"]))
    yield "population_min", int(digits)
    yield "population_max", int(digits) + 10 ** (len(digits) - len(digits.rstrip("0"))) - 1


def near(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    yield "near_population", persons_in(match["amount"])


def steps(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    """A step, those named after it, and those up to the last of a range, from a step on or up to it."""
    number = int(STEPS.get(match["number"], match["number"]))
    first, last = number, int(match["until"] or number)
    if match["onwards"]:
        last = LAST_STEP
    elif match["up_to"]:
        first = 0
    for one in range(first, last + 1):
        yield "step", str(one)
    for further in re.findall("[0-3]", match["further"] or ""):
        yield "step", further


def region(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    for one in REGIONS[match["region"]]:
        yield "region", one.value


def area(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    for code in AREAS[match["area"]]:
        yield "prefecture", code


def kinds(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    for kind in KINDS[match["kind"]]:
        yield "kind", kind.value


def amount(name: str) -> str:
    """The pattern of a number of persons, the number itself as the group of that name."""
    thousands = f"{NUMBER}\\s?千(?:\\s?{NUMBER})?"
    number = f"(?P<{name}>{NUMBER}\\s?万(?:\\s?(?:{thousands}|{NUMBER}))?|{thousands}|{NUMBER}|万|千)"
    return f"(?:(?:約|およそ|おおよそ)\\s*)?{number}"


def alternatives(names: Iterable[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


Grammar = tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[tuple[str, int | str]]]]
UNIT = "\\s?(?P<unit>人?)"

# Each is tried in turn; what one has taken is no other's. The group `phrase` is the text of the condition.
GRAMMAR: tuple[Grammar, ...] = (
    (
        re.compile(
            f"{POPULATION}{NOT_IN_NUMBER}(?P<phrase>{amount('first')}(?:人?{TILL}|以上){amount('last')}{UNIT}(?:まで)?(?P<below>未満|以下)?)"
            f"(?:規模|程度|台)?(?![万千人]){VOID}?{OF_BODIES}"
        ),
        both_bounds,
    ),
    (
        re.compile(
            f"(?:(?P<population>{PEOPLE})|^|(?<=[\\s、,(「『]))(?P<phrase>[〜~]\\s?{amount('amount')}{UNIT}(?:まで)?)"
            f"(?:{VOID}|{ENDS}){OF_BODIES}"
        ),
        at_most,
    ),
    (
        re.compile(f"{POPULATION}{NOT_IN_NUMBER}(?P<phrase>{amount('amount')}{UNIT}{BOUND}){OF_BODIES}"),
        bounds,
    ),
    (
        re.compile(
            f"{POPULATION}{NOT_IN_NUMBER}(?P<phrase>{amount('amount')}{UNIT}台)(?![一-鿿]){VOID}?{OF_BODIES}"
        ),
        leading,
    ),
    (
        re.compile(
            f"{POPULATION}{NOT_IN_NUMBER}(?P<phrase>{amount('amount')}{UNIT}{NEARLY}){VOID}?{OF_BODIES}"
        ),
        near,
    ),
    (
        re.compile(
            f"(?P<population>{PEOPLE}){NOT_IN_NUMBER}(?P<phrase>{amount('amount')}{UNIT})(?!%|{TILL}[0-9]){ENDS}"
        ),
        near,
    ),
    (
        re.compile(
            "(?<![ァ-ヺーA-Za-z])(?P<phrase>(?:ステップ|[Ss][Tt][Ee][Pp])\\s?"
            "(?P<number>[0-3一二三零]|ゼロ|(?<=プ)I{1,3}(?![A-Za-z]))(?!\\.?[0-9])"
            f"(?:{TILL}(?P<until>[0-3]){STEP_ENDS}|(?P<further>(?:(?:と|や|か|・|,|、|/)[0-3]{STEP_ENDS})+)"
            f"|(?P<onwards>以降|以上|{ON})|(?P<up_to>以前|以下|{TO}))?{BUT}?)"
        ),
        steps,
    ),
    (
        re.compile(
            f"{BEGINS_PLACE}(?P<phrase>(?P<region>{alternatives(REGIONS)})(?:(?P<chiho>地方)|(?=(?P<beside>[・とや、]四国))|)(?:{BUT}|{NOT_ALONE}(?={OF_AREA}{ENDS}))){OF_AREA}"
        ),
        region,
    ),
    (
        re.compile(
            f"{BEGINS_PLACE}(?P<phrase>(?P<area>{alternatives(AREAS)})(?:地方)?(?:{BUT}|{NOT_ALONE}(?={OF_AREA}{ENDS}))){OF_AREA}"
        ),
        area,
    ),
    (
        re.compile(
            f"{LEADS_TO_KIND}(?P<phrase>(?P<kind>{alternatives(KINDS)})(?:{BUT}|{NOT_ALONE}(?={OF_KIND}{ENDS}))){OF_KIND}"
        ),
        kinds,
    ),
)


class Phrase(NamedTuple):
    """What a phrase takes of a text, its own text, what it means, and whether it says all but this."""

    whole: Span
    own: Span
    values: list[tuple[str, str]]
    is_but: bool = False

    @property
    def parameters(self) -> set[str]:
        return {parameter for parameter, _ in self.values}


def read(text: str, names: Names) -> Reading:
    """The conditions that the text states, and the words left, both as they were typed."""
    characters = [match.span() for match in CHARACTER.finditer(text)]
    parts = [INVISIBLE.sub("", unicodedata.normalize("NFKC", text[start:end])) for start, end in characters]
    origins = [span for span, part in zip(characters, parts, strict=True) for _ in part]
    written = "".join(parts)
    found = phrases(names.with_forms(written), names)
    conditions = [
        Condition(text[origins[start][0] : origins[end - 1][1]], parameter, value, phrase.is_but)
        for phrase in in_each_other(found, written, names)
        for start, end in [phrase.own]
        for parameter, value in phrase.values
    ]
    return Reading(conditions, rest_of(written, [phrase.whole for phrase in found]) if found else text)


def phrases(text: str, names: Names) -> list[Phrase]:
    """Every phrase, in the order of the text, which is as names are compared."""
    taken = list(names.spans(text))
    found = list[Phrase]()

    def prefecture(match: re.Match[str]) -> Iterator[tuple[str, str]]:
        yield "prefecture", names.prefectures[match["prefecture"]]

    for pattern, meaning in (*GRAMMAR, (names.prefecture, prefecture)):
        for match in pattern.finditer(text):
            values = [(name, str(value)) for name, value in meaning(match)] if is_stated(match) else []
            if not values or any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            if not match.groupdict().get("void"):
                is_but = bool(match.groupdict().get("but"))
                found.append(Phrase(match.span(), match.span("phrase"), values, is_but))
    return sorted(found)


def is_stated(match: re.Match[str]) -> bool:
    """Whether a phrase says enough: a number is of persons by 人 or 人口, 中国 a region with 地方.

    Fewer than any body has are persons at a meeting, unless 人口 says otherwise.
    """
    groups = match.groupdict()
    numbers = [groups[name] for name in ("amount", "first", "last") if name in groups]
    if groups.get("region") == NEEDS_CHIHO and not (groups["chiho"] or groups["beside"]):
        return False
    if numbers and not groups["population"]:
        of_bodies = groups.get("bodies") and numbers[-1][-1] == "万"
        if not (groups["unit"] or of_bodies) or persons_in(numbers[-1]) < FEWEST_PERSONS:
            return False
    return all(0 < persons_in(number) <= MAX_PERSONS for number in numbers)


def in_each_other(found: list[Phrase], text: str, names: Names) -> list[Phrase]:
    """The phrases as they mean each other.

    What stands in one row with 以外 is excepted too: 東京や大阪以外, 町、村以外. An exception takes away from
    what is said of the same, and where nothing is, it leaves all the rest. Regions in a row with a prefecture
    stand for their prefectures, as the one or the other is meant: 北海道と東北.
    """
    rows = [
        row
        for listed in in_rows(found, text, IN_ROW_OR_LIST)
        for row in ([listed] if listed[-1].is_but else in_rows(listed, text, IN_ROW))
    ]
    told = [phrase for row in rows for phrase in row_of(row, names)]
    for parameter in EXCEPTED_FROM:
        told = without_exceptions(told, parameter, names)
    return [phrase for phrase in told if phrase.values]


def in_rows(found: list[Phrase], text: str, between: re.Pattern[str]) -> list[list[Phrase]]:
    """The phrases, those together between which nothing else stands."""
    rows = list[list[Phrase]]()
    for phrase in found:
        in_row = rows and between.fullmatch(text[rows[-1][-1].whole[1] : phrase.whole[0]])
        rows = [*rows[:-1], [*rows[-1], phrase]] if in_row else [*rows, [phrase]]
    return rows


def row_of(row: list[Phrase], names: Names) -> list[Phrase]:
    """The phrases of a row, as prefectures where regions stand beside them; what it excepts as one phrase."""
    if {"region", "prefecture"} <= {parameter for one in row for parameter in one.parameters}:
        row = as_prefectures(row, names)
    last = row[-1]
    if not last.is_but:
        return row
    excepted = [one for one in row if one.parameters == last.parameters]
    own, values = (excepted[0].own[0], last.own[1]), [value for one in excepted for value in one.values]
    others = [one for one in row if one.parameters != last.parameters]
    return [*others, last._replace(own=own, values=values)]


def as_prefectures(row: list[Phrase], names: Names) -> list[Phrase]:
    """The phrases, regions as their prefectures."""
    return [
        one._replace(
            values=[
                ("prefecture", code)
                for _, value in one.values
                for code in names.of_region.get(value, [value])
            ]
        )
        if one.parameters <= {"region", "prefecture"}
        else one
        for one in row
    ]


def without_exceptions(told: list[Phrase], parameter: str, names: Names) -> list[Phrase]:
    """The phrases without what some except of a parameter; in the place of the first stands what is left."""
    of_this = [one for one in told if one.parameters == {parameter}]
    excepted = {value for one in of_this if one.is_but for _, value in one.values}
    if not excepted:
        return told
    is_said = any(not one.is_but for one in of_this)
    left = [] if is_said else [(parameter, value) for value in names.every(parameter)]
    result = list[Phrase]()
    for one in told:
        if one.parameters == {parameter}:
            values, left = (left, []) if one.is_but else (one.values, left)
            kept = [(name, value) for name, value in values if value not in excepted]
            one = one._replace(values=kept)
        result.append(one)
    return result


# Particles behind a phrase, but not the beginning of a verb: 町でできる, 町がやっている.
AFTER = re.compile(
    f"^(?:内)?(?:規模|台)?[)]?(?:です|でした|である|{PARTICLE}(?!き)|な)*(?![っゃゅょぁぃぅぇぉ])"
)


def rest_of(text: str, taken: list[Span]) -> str:
    """The text without the phrases and without the particles that tie it to them."""
    pieces, end = [text[: taken[0][0]]], taken[0][1]
    for start, next_end in [*taken[1:], (len(text), len(text))]:
        pieces.append(AFTER.sub("", text[end:start]))
        end = next_end
    return " ".join(" ".join(pieces).split())
