"""Bodies from 総務省's list, 都道府県コード及び市区町村コード: new ones, other names, and those that ended.

Its first sheet has all bodies and the villages of 北方領土, its second the designated cities and their wards.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils import timezone

from catalog import history
from catalog.importing.codes import BodyCodes, Found, NamedCode, is_northern, is_same_name
from catalog.importing.headings import CODE_LABELS, Heading, read_heading
from catalog.importing.report import (
    Change,
    Doubt,
    DoubtfulTable,
    Overtaken,
    Progress,
    Report,
    RowReport,
    UnknownDay,
    all_or_nothing,
    in_our_words,
)
from catalog.importing.tables import Problem, Sheet, TableRow, UnreadableTable
from catalog.models import Body, CaseBody, Kind, Prefecture
from catalog.models.base import plain
from catalog.models.days import stated_days

CODE, DAY = "団体コード", "一覧の日"
NAME, KANA = "市区町村名（漢字）", "市区町村名（カナ）"
PREFECTURE, PREFECTURE_KANA = "都道府県名（漢字）", "都道府県名（カナ）"
LABELS = {
    NAME: ("市区町村名(漢字)", "市区町村名"),
    KANA: ("市区町村名(カナ)",),
    PREFECTURE: ("都道府県名(漢字)", "都道府県名"),
    PREFECTURE_KANA: ("都道府県名(カナ)",),
}
NORTHERN, NO_CODE = "北方領土の村", "コードのない行"
NO_KIND = (
    "名称から種別が決まりません。市区町村の名称を「市」「区」「町」「村」まで入力してください"
    "（都道府県の行では空にします）。"
)
COMPLETE_NEW = (
    "緯度・経度、人口、公式サイトは一覧にありません。取り込んだ後に「団体」の画面で入力してください。"
)
MAX_SHARE_ENDED = 0.05

KATAKANA = {ord(letter): ord(letter) - 0x60 for letter in map(chr, range(ord("ァ"), ord("ヶ") + 1))}
HIRAGANA = re.compile("[ぁ-ゖー]+")
LARGE = str.maketrans("ぁぃぅぇぉっゃゅょゎ", "あいうえおつやゆよわ")
KINDS = {"市": Kind.CITY, "区": Kind.SPECIAL_WARD, "町": Kind.TOWN, "村": Kind.VILLAGE}


def import_bodies(
    sheets: Iterable[Sheet],
    *,
    as_of: date | None = None,
    file_name: str = "",
    despite: Collection[str] = (),
    dry_run: bool,
    progress: Progress = iter,
    expected: str | None = None,
    by: AbstractBaseUser | None = None,
) -> Report:
    """Adds the bodies that only the list has, renames others, and ends on its day those that it lacks.

    A body that ended and is in the list is one again. Without `as_of` the day is what the sheet's name
    states. The history names `by`; None is the operator. Raises UnreadableTable where it is no such list or
    of a day to come, DoubtfulTable where it is of another day or lacks many bodies, unless `despite` has that
    doubt; see `all_or_nothing`.
    """
    first, *others = sheets
    heading = read_heading(first)
    day = _day(heading, as_of, despite)
    planned: list[BodyList] = []

    def plan() -> Report:
        planned[:] = [BodyList(heading, first, others, day, despite)]
        return planned[0].report(progress)

    def write() -> None:
        planned[0].write(by, f"{history.IMPORTED}：{file_name}")

    return all_or_nothing(plan, write, dry_run=dry_run, expected=expected)


def _day(heading: Heading, as_of: date | None, despite: Collection[str]) -> date:
    """The day of the list: that given, or that of its titles."""
    stated = next((day for title in heading.titles for day in stated_days(title)), None)
    day = as_of or (stated.exact if stated else None)
    if day is None:
        raise UnknownDay(f"{DAY}を入力してください（シートの名前からは分かりません）。")
    if day > timezone.localdate():
        raise UnreadableTable(
            f"{DAY}（{day.isoformat()}）が未来の日付です。その日になってから取り込んでください。"
        )
    if stated and not stated.agrees_with(day) and Doubt.TITLE not in despite:
        raise DoubtfulTable(
            Doubt.TITLE,
            f"表には「{stated.text}」とありますが、{DAY}は{day.isoformat()}です。日付を直すか空にするか、"
            "その日の一覧を選んでください。",
        )
    return day


@dataclass
class BodyList:
    """The list: first what it does to each body, then that it is done."""

    heading: Heading
    sheet: Sheet
    others: list[Sheet]
    day: date
    despite: Collection[str]
    result: Report = field(default_factory=Report)

    def __post_init__(self) -> None:
        self.code = self.heading.place(CODE_LABELS)
        self.places = {label: self.heading.place(labels) for label, labels in LABELS.items()}
        missing = [label for label, place in self.places.items() if place is None]
        if missing:
            raise UnreadableTable(
                f"「{'」「'.join(missing)}」の列がありません。総務省の「都道府県コード及び市区町村コード」の"
                "Excelファイルを、そのまま選んでください。"
            )
        self.rows = self.sheet.rows[self.heading.first :]
        self.written: list[Body] = []
        self.before: dict[str, dict[str, str]] = {}
        self.first_with: dict[str, int] = {}

    def report(self, progress: Progress) -> Report:
        self.result.facts = {DAY: self.day.isoformat()}
        self._find_bodies()
        for row in progress(self.rows):
            found = self.found[row.number]
            reason = (
                NORTHERN if is_northern(found.code) else "" if self.named[row.number].has_code else NO_CODE
            )
            if reason:
                self.result.skipped.setdefault(reason, []).append(row.number)
            else:
                self.result.rows.append(self._row(row, found))
        self._end_others()
        return self.result

    def _find_bodies(self) -> None:
        self.named = {row.number: NamedCode.of(self._cell(row, self.code), "") for row in self.rows}
        bodies = Body.objects.select_related("prefecture", "successor__prefecture")
        codes = BodyCodes(self.named.values(), bodies)
        self.found = {number: codes.find(named) for number, named in self.named.items()}
        self.wrong = codes.wrong
        self.prefectures = Prefecture.objects.in_bulk()
        on_other_sheets = {plain(cell) for sheet in self.others for row in sheet.rows for cell in row.cells}
        self.designated = on_other_sheets & {one.code for one in self.found.values()}

    def _cell(self, row: TableRow, index: int | None) -> str:
        return plain(row.cells[index]) if index is not None and index < len(row.cells) else ""

    def _row(self, row: TableRow, found: Found) -> RowReport:
        cells = {label: self._cell(row, place) for label, place in self.places.items()}
        # A prefecture has nothing in the columns of municipalities.
        name, kana = cells[NAME] or cells[PREFECTURE], cells[KANA] or cells[PREFECTURE_KANA]
        result = RowReport(row.number, f"{found.code} {found.body or name}", key=found.code)
        problem = self._about_code(row, found)
        if problem:
            result.problems.append(Problem(problem, CODE))
            return result
        result.is_new = found.body is None
        body = found.body or Body(code=found.code, prefecture=self.prefectures[found.code[:2]])
        before = self.before[body.pk] = facts_of(body)
        self._set(body, name, kana.translate(KATAKANA))
        if body.abolished_on and body.abolished_on <= self.day:
            body.abolished_on = body.successor = None
            result.warnings.append(Problem("廃止されていましたが、一覧にあるため、今もある団体に戻します。"))
        self._note(result, body, before)
        if result.changes:
            result.problems = [*problems_of(body)]
        if result.is_new:
            result.warnings.append(Problem(COMPLETE_NEW))
        return result

    def _about_code(self, row: TableRow, found: Found) -> str:
        """What is wrong with the code of a row, or nothing."""
        first = self.first_with.setdefault(found.code, row.number)
        if first != row.number:
            return f"{first}行目と同じ団体コードです。どちらかを消してください。"
        if not re.fullmatch("[0-9]{6}", found.code) or found.code in self.wrong:
            return "検査数字の合う6桁の団体コードではありません。"
        return "" if found.code[:2] in self.prefectures else "上2桁の番号の都道府県はありません。"

    def _set(self, body: Body, name: str, kana: str) -> None:
        """Gives the body what the list says; but another way of writing the same stays."""
        if not (body.name and is_same_name(name, body.name)):
            body.name = name
        # The list writes ょ as よ in some names.
        if body.kana.translate(LARGE) != kana.translate(LARGE):
            body.kana = kana
        body.kind = self._kind(body)

    def _kind(self, body: Body) -> str:
        """What the code of a prefecture and the end of other names say, and the second sheet of a city.

        Without that sheet a city stays what it is.
        """
        if body.code[2:5] == "000":
            return Kind.PREFECTURE
        kind = KINDS.get(body.name[-1:], "")
        if kind == Kind.CITY and not self.designated:
            return body.kind or Kind.CITY
        return Kind.DESIGNATED_CITY if kind == Kind.CITY and body.code in self.designated else kind

    def _note(self, result: RowReport, body: Body, before: dict[str, str]) -> None:
        """Tells what changes of the body, and notes it to be saved."""
        now = facts_of(body)
        result.changes = [
            Change(label, old, now[label]) for label, old in before.items() if old != now[label]
        ]
        if result.changes:
            self.written.append(body)

    def _end_others(self) -> None:
        """Ends the bodies that the list lacks. Raises DoubtfulTable where they are many."""
        current = Body.objects.filter(abolished_on=None)
        codes = [found.code for found in self.found.values()]
        ended = list(current.exclude(pk__in=codes).select_related("prefecture").order_by("pk"))
        number = current.count()
        if len(ended) > number * MAX_SHARE_ENDED and Doubt.MISSING not in self.despite:
            raise DoubtfulTable(
                Doubt.MISSING,
                f"登録されている{number:,}団体のうち{len(ended):,}団体が、この一覧にありません。一覧の一部か、"
                "別の表ではないか確かめ、全団体の一覧を選んでください。",
            )
        cases = Counter(CaseBody.objects.filter(body__in=ended).values_list("body", flat=True))
        for body in ended:
            result = RowReport(0, f"{body.code} {body}", key=body.code)
            before = self.before[body.pk] = facts_of(body)
            body.abolished_on = self.day
            result.warnings = [Problem(about_end(cases[body.code]))]
            self._note(result, body, before)
            self.result.rows.append(result)

    def write(self, by: AbstractBaseUser | None, reason: str) -> None:
        """Saves what differs, and keeps in the history what was there and what is. Raises Overtaken where
        others have changed one of the bodies since.
        """
        known = Body.objects.filter(pk__in=[body.pk for body in self.written])
        history.record_together(history.without_version(history.with_rows(known)), None, history.BEGUN)
        locked = known.select_for_update(of=("self",), no_key=True)
        for body in locked.select_related("successor__prefecture").order_by("pk"):
            if facts_of(body) != self.before[body.pk]:
                raise Overtaken
        for body in self.written:
            body.save()
        history.record_together(history.with_rows(known), by, reason)


def facts_of(body: Body) -> dict[str, str]:
    """What the list may change of a body, by label, as texts."""
    return {
        "名称": body.name,
        "よみ": body.kana,
        "種別": str(body.get_kind_display()) if body.kind else "",
        "廃止日": body.abolished_on.isoformat() if body.abolished_on else "",
        "後継の団体": str(body.successor or ""),
    }


def problems_of(body: Body) -> Iterator[Problem]:
    """What the models and the database refuse of a body."""
    labels = {field.name: str(field.verbose_name) for field in Body._meta.concrete_fields}
    try:
        body.full_clean(validate_unique=False)
    except ValidationError as error:
        for name, errors in error.error_dict.items():
            told = [NO_KIND] if name == "kind" else in_our_words(errors)
            yield from (Problem(message, labels.get(name, "")) for message in told)
    if not HIRAGANA.fullmatch(body.kana):
        yield Problem("よみがありません。カナで入力してください。", "よみ")


def about_end(cases: int) -> str:
    of_it = f"この団体の事例が{cases}件あります。事例は残ります。" if cases else ""
    return (
        f"一覧にないため、廃止されたものとします。{of_it}正しい廃止日と後継の団体は、取り込んだ後に「団体」の画面で"
        "入力してください。"
    )
