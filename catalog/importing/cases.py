"""Cases from a table with the columns of `columns.EDITORS_TABLE`, as the exports write it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction

from catalog import history
from catalog.documents.many import writing_many_rows
from catalog.documents.reading import as_written, read_documents
from catalog.importing import ds451
from catalog.importing.codes import BodyCodes, NamedCode, same_name
from catalog.importing.letters import is_what_is_left, look_alike, may_have_lost
from catalog.importing.report import (
    Change,
    Overtaken,
    Progress,
    Report,
    RowReport,
    all_or_nothing,
    in_our_words,
)
from catalog.importing.tables import (
    CUT_SHORT,
    Problem,
    TableRow,
    UnreadableTable,
    column_name,
    read_sheets,
    with_plain_breaks,
)
from catalog.models import Body, Case, CaseRow, Section, Source, Topic, name_many_drafts
from catalog.models.base import plain
from catalog.models.cases import MAX_SAME_TITLES, PLACE_CONSTRAINTS, PLACE_TAKEN, SAME_TITLE
from catalog.output.columns import (
    COLUMNS,
    EDITORS_COLUMNS,
    EDITORS_TABLE,
    HEADERS,
    OPTIONAL,
    Column,
    TableRecord,
    as_items,
    as_key,
    as_lines,
    as_text,
    code_and_name,
    table_record,
    undefused,
)
from catalog.output.exports import TRUNCATED, truncate

ROWS_AT_A_TIME = 100  # written together: cases that are there are kept from others for so long
KEY, BODIES, PREFECTURES = "識別名", "団体コード", "都道府県"
TITLE, PLACE = "題名", "ページ内の順番"
STATUS = EDITORS_COLUMNS[0].header
EXAMPLE = "（記入例）"  # begins the slug of a row that shows how to fill in the template
ERROR_VALUE = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!)")
BODY_PARTS = {"body_id", "answered_by_id"}
NOT_FILLED_IN = (
    "記入例のほかに、書かれた行がありません。「事例」のシートの記入例の下に書いて保存し、"
    "もう一度選んでください。"
)
NO_TEXT = re.compile(r"TRUE|FALSE|-?[0-9]+\.[0-9]+")
KEPT = "いまの値を残します。CSVは「CSV UTF-8（コンマ区切り）」で保存してください。"
SAME_SLUG = (
    "{}{}と同じ識別名です。どちらかだけを残してください（1つの事例の改訂案も、一度に取り込めるのは1つです）。"
)
SAME_PLACE = (
    "{}{}と同じ出典・ページ・順番です。ページか順番のどちらかを直し、出典の同じ場所に1件だけにしてください。"
)
WAITING = "同じ内容の改訂案がすでにあります（{}）。新しい改訂案は作りません。"
UNREADABLE = object()  # the value of a cell that cannot be read

Fields = dict[str, str]  # of a row that belongs to a case, by name


def read_cases(content: bytes) -> list[TableRow]:
    """The rows of a CSV file, or of the first sheet of a workbook that has the column of slugs; of one in the
    form of the state's data model what they say; else of the very first. Raises UnreadableTable.
    """
    if ds451.is_json(content):
        return ds451.table_of_json(content)
    sheets = []
    for sheet in read_sheets(content):
        if sheet.rows and KEY in map(plain, sheet.rows[0].cells):
            return sheet.rows
        sheets.append(sheet)
    return ds451.table_of_sheets(sheets) or sheets[0].rows


Waiting = Callable[[Collection[Case]], Callable[[Case], str]]


@dataclass(frozen=True)
class Proposing:
    """How proposals are made of what is not to be changed at once.

    `make` makes one for the case of what is written to it within, with this reason. `waiting` reads what the
    open proposals of these cases propose; what it gives tells, of a case to which something has been written,
    the state of one that proposes just that, or nothing.
    """

    make: Callable[[Case, str], AbstractContextManager[None]]
    waiting: Waiting


@dataclass(frozen=True)
class Origin:
    """Where a table comes from, as the history tells it. `by` is None at the command line."""

    by: AbstractBaseUser | None = None
    file_name: str = ""
    reason: str = ""

    @property
    def may_publish(self) -> bool:
        return self.by is None or self.by.has_perm("catalog.publish_case")  # type: ignore[attr-defined]

    @property
    def comment(self) -> str:
        told = f"{history.IMPORTED}：{self.file_name}" if self.file_name else history.IMPORTED
        return f"{self.reason}（{told}）" if self.reason else told


def import_cases(
    table: list[TableRow],
    *,
    dry_run: bool,
    progress: Progress = iter,
    expected: str | None = None,
    by: AbstractBaseUser | None = None,
    file_name: str = "",
    reason: str = "",
    propose: Proposing | None = None,
) -> Report:
    """Makes and changes cases after a table with the columns of `columns.EDITORS_TABLE`, in any order.

    A case is known by its slug; one without gets the slug that its form would propose. A column that is not
    there leaves what it sets as it is; rows of a case that are not in its cell go. New cases are drafts and
    others keep their status, unless the table has one. The history names `by`, `file_name` and `reason`.
    What is or was public is changed by who may publish; of what others change of it `propose` makes
    proposals, and without that it is refused. `by` is None for the operator, at the command line. Raises
    UnreadableTable where the header is wrong; see `all_or_nothing`.
    """
    header, *rows = table
    columns = _columns_of(header)
    if not rows:
        raise UnreadableTable("見出しのほかに行がありません。")
    at_key = [plain(cell) for cell in header.cells].index(KEY)
    if all("".join(row.cells[at_key : at_key + 1]).startswith(EXAMPLE) for row in rows):
        raise UnreadableTable(NOT_FILLED_IN)
    origin = Origin(by, file_name, reason)
    planned: list[CaseTable] = []

    def plan() -> Report:
        planned[:] = [CaseTable(columns, rows, origin, propose)]
        return planned[0].report(progress)

    return all_or_nothing(plan, lambda: planned[0].write(), dry_run=dry_run, expected=expected)


def _columns_of(header: TableRow) -> list[Column | None]:
    """The column of each cell of the header; None for an empty cell. Raises UnreadableTable."""
    known = {column.header: column for column in EDITORS_TABLE}
    labels = [plain(cell) for cell in header.cells]
    if KEY not in labels:
        raise UnreadableTable(
            f"{header.number}行目に「{KEY}」の列がありません。事例の一覧から保存したCSVかXLSXと同じ見出しに"
            "してください（文字が化けているときは「CSV UTF-8」で保存し直してください）。"
        )
    wrong = [label for label in labels if label and label not in known]
    if wrong:
        raise UnreadableTable(f"{header.number}行目：「{'」「'.join(wrong)}」という列はありません。")
    twice = [label for label in known if labels.count(label) > 1]
    if twice:
        raise UnreadableTable(f"{header.number}行目：「{'」「'.join(twice)}」の列が2つ以上あります。")
    _refuse_parted(header, labels)
    return [known.get(label) for label in labels]


def _refuse_parted(header: TableRow, labels: list[str]) -> None:
    """Columns that tell one list line by line stand in a table together, or not at all.

    Those of OPTIONAL may lack, all together.
    """
    for column in COLUMNS:
        beside = {other.header for other in COLUMNS if column.parts and other.sets == column.sets}
        needed = beside if column.header in OPTIONAL else beside - OPTIONAL
        missing = [label for label in HEADERS if label in needed and label not in labels]
        if column.header in labels and missing:
            raise UnreadableTable(
                f"{header.number}行目：「{column.header}」の列があるのに「{'」「'.join(missing)}」の列が"
                "ありません。そろえるか、どちらも除いてください。"
            )


def batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The items in lists of this size; the last may be shorter."""
    left = iter(items)
    return iter(lambda: list(islice(left, size)), [])


@contextmanager
def undone_at_once() -> Iterator[None]:
    """Undoes what is written within, and gives its locks back; the version of the catalogue is not locked."""
    with writing_many_rows():
        yield
        transaction.set_rollback(True)


def defer_places() -> None:
    """Lets cases have one place for a while, as where two change theirs, until `check_places`."""
    _set_places("DEFERRED")


def check_places() -> None:
    """Raises IntegrityError where two cases have one place."""
    _set_places("IMMEDIATE")


def _set_places(when: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {', '.join(PLACE_CONSTRAINTS)} {when}")


class CaseTable:
    """A table of cases, with all that its cells refer to: first what each row does, then that it is done."""

    def __init__(
        self,
        columns: list[Column | None],
        rows: list[TableRow],
        origin: Origin,
        propose: Proposing | None,
    ) -> None:
        self.origin, self.propose = origin, propose
        self.may_publish = origin.may_publish
        self.headers = {index: column.header for index, column in enumerate(columns) if column}
        self.examples = [row.number for row in rows if self._is_example(row)]
        self.rows = [row for row in rows if row.number not in self.examples]
        self.columns = [column for column in columns if column and column.sets]
        self.sections = {section.pk: section for section in Section.objects.all()}
        topics = Topic.objects.select_related("merged_into")
        self.topics = {topic.title: topic.merged_into or topic for topic in topics}
        self.sources = _with_unique_names(Source.objects.all())
        self.bodies = set(Body.objects.values_list("pk", flat=True))
        self.codes = self._codes()
        self.cases = self._named_cases()
        self.versions = {case.pk: case.version for case in self.cases.values()}
        self.slugs = set(Case.objects.values_list("slug", flat=True)) | self._names()
        self.documents = {
            document.key: document for document in read_documents(case.pk for case in self.cases.values())
        }
        self.first_with: dict[str, int] = {}  # the number of the row, by slug
        self.slugs_with = self._titles()

    def report(self, progress: Progress) -> Report:
        """What each row does. Nothing is changed, nor is a case kept from others for longer than a moment."""
        self.lines: list[CaseLine] = []
        for rows in batched(progress(self.rows), ROWS_AT_A_TIME):
            lines = [CaseLine(self, row) for row in rows]
            for line in lines:
                line.plan()
            with undone_at_once():
                defer_places()
                self._try(lines)
                self._warn(lines)
            self.lines += lines
        self._check_places()
        report = Report([line.result for line in self.lines])
        if self.examples:
            report.skipped["記入例"] = self.examples
        return report

    def _try(self, lines: list[CaseLine]) -> None:
        """Writes together what the lines change, to see what the database says; else one after the other."""
        written = [line for line in lines if line.touched]
        proposed = [line for line in written if line.result.is_proposal]
        waiting = (
            self.propose.waiting([line.case for line in proposed]) if self.propose and proposed else None
        )
        if not self._try_together(written):
            for line in written:
                line.check()
                if not line.result.problems:
                    line.try_alone()
        for line in proposed:
            if waiting and not line.result.problems and (state := waiting(line.case)):
                line.leave_to(state)

    def _try_together(self, lines: list[CaseLine]) -> bool:
        """Whether the database takes what all these lines change."""
        if any(line.result.problems for line in lines):
            return False
        try:
            with transaction.atomic():
                write_together(lines)
        except (IntegrityError, DataError):
            return False
        return True

    def _check_places(self) -> None:
        """Tells of places in a source that two would have, when all rows are done."""
        moved = [line for line in self.lines if line.moves and line.case.place]
        leaving = {line.case.pk for line in moved if not line.result.is_proposal}
        others = Case.objects.filter(
            source__in={line.case.source_id for line in moved}, order__in={line.case.order for line in moved}
        ).exclude(pk__in=leaving)
        taken = {case.place: case.pk for case in others.only("source", "page", "order", "status")}
        first_at: dict[Any, CaseLine] = {}
        for line in moved:
            if taken.get(line.case.place, line.case.pk) != line.case.pk:
                line.refuse(PLACE_TAKEN, PLACE)
            elif not line.result.is_proposal:
                first = first_at.setdefault(line.case.place, line)
                if first is not line:
                    line.refuse(SAME_PLACE.format(first.result.number, first.result.counted), PLACE)

    def write(self) -> None:
        """Does what was planned. Raises Overtaken where others changed a case or took a name or place."""
        comment, by = self.origin.comment, self.origin.by
        written = [line for line in self.lines if line.touched]
        for line in written:
            if line.result.is_proposal and self.propose:
                with self.propose.make(line.case, comment):
                    write_together([line])
        at_once = [line for line in written if not line.result.is_proposal]
        new = [line for line in at_once if line.result.is_new]
        changed = [line for line in at_once if not line.result.is_new]
        if any(line.case.is_unplaced() for line in new):
            name_many_drafts()
        defer_places()
        try:
            for lines in batched(new, ROWS_AT_A_TIME):
                write_together(lines)
                history.record_each([line.case.pk for line in lines], by, comment)
            for lines in batched(changed, ROWS_AT_A_TIME):
                history.ensure_each([line.case.pk for line in lines])
            self._lock([line.case.pk for line in changed])
            for lines in batched(changed, ROWS_AT_A_TIME):
                write_together(lines)
                history.record_each([line.case.pk for line in lines], by, comment)
            check_places()
        except (IntegrityError, DataError) as error:
            raise Overtaken from error
        for line in at_once:
            line.result.key = line.case.pk
            if line.sets_status and line.case.was_public:
                history.log_status(by, line.case)

    def _lock(self, keys: list[int]) -> None:
        """Keeps cases from others until the end. Raises Overtaken where one has changed since it was read."""
        locked = Case.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
        if dict(locked.values_list("pk", "version")) != {key: self.versions[key] for key in keys}:
            raise Overtaken

    def _is_example(self, row: TableRow) -> bool:
        return self.cells_of(row)[KEY].startswith(EXAMPLE)

    def cells_of(self, row: TableRow) -> dict[str, str]:
        """The texts of a row by header."""
        cells = dict(enumerate(row.cells))
        return {header: undefused(cells.get(index, "")) for index, header in self.headers.items()}

    def notices_of(self, row: TableRow) -> list[Problem]:
        """What was taken out of the cells because nobody sees it."""
        told = ((self.headers.get(index), notice) for index, notice in row.notices.items())
        return [Problem(notice, header) for header, notice in told if header]

    def problems_of(self, row: TableRow) -> list[Problem]:
        """What is wrong with the row before anything is made of it."""
        found = [
            Problem(message, self.headers.get(index, f"{column_name(index)}列"))
            for index, message in row.problems.items()
        ]
        width = max(self.headers) + 1
        if len(row.cells) < width:
            found.append(Problem(f"見出しは{width}列ですが、この行は{len(row.cells)}列です。{CUT_SHORT}"))
        if any(cell.strip() for index, cell in enumerate(row.cells) if index not in self.headers):
            found.append(Problem("見出しのない列に値があります。余分なコンマや列を消してください。"))
        return found

    def value_of(self, column: Column, cell: str) -> Any:
        """What the cell sets. Raises ValueError with what to do."""
        if cell.endswith(TRUNCATED):
            raise ValueError("書き出しで短くなった文です。全文を入れるか、この列を除いてください。")
        value = column.read(cell)
        if ERROR_VALUE.fullmatch(cell.strip()):
            raise ValueError(f"「{cell}」は表計算ソフトのエラーです。正しい値に直してください。")
        if column.sets in ("section", "source") and not value:
            return None
        if column.sets == "section":
            return _found(self.sections, value)
        if column.sets == "source":
            return _found(self.sources, value)
        if column.sets == "topics":
            found = {_found(self.topics, title) for title in value}  # of merged ones two may be one
            return sorted(found, key=lambda topic: topic.pk)
        if BODY_PARTS & {*column.parts}:
            typed = zip(value, as_lines(cell), strict=True)
            return [(self._body_code(code, line) if code else code,) for (code,), (line,) in typed]
        return value

    def _codes(self) -> BodyCodes:
        """Finds bodies by what the table has for codes."""
        headers = [column.header for column in self.columns if BODY_PARTS & {*column.parts}]
        cells = (cell for header in headers for cell in self._typed(header))
        lines = {line for cell in cells for (line,) in as_lines(cell)}
        return BodyCodes([NamedCode.of(*code_and_name(line)) for line in lines], Body.objects.all())

    def _body_code(self, code: str, typed: str) -> str:
        """The code of the body that the table has as `typed`. Raises ValueError."""
        if code in self.bodies:
            return code
        found = self.codes.find(NamedCode.of(*code_and_name(typed)))
        if found.body:
            return found.body.code
        if found.code in self.bodies:
            raise ValueError(found.problem)
        if not re.fullmatch("[0-9]{6}", found.code) or found.code in self.codes.wrong:
            raise ValueError(f"「{typed}」は検査数字の合う6桁の全国地方公共団体コードではありません。")
        raise ValueError(f"コード「{typed}」の団体は登録されていません。")

    def _typed(self, header: str) -> set[str]:
        """What stands in the column, but for what no text of the database holds, which is refused."""
        cells = (self.cells_of(row).get(header, "") for row in self.rows)
        return {cell for cell in cells if "\0" not in cell}

    def _names(self) -> set[str]:
        return {*map(as_key, self._typed(KEY))}

    def _named_cases(self) -> dict[str, Case]:
        """The cases that the table names."""
        cases = Case.objects.filter(slug__in=self._names()).order_by("pk")
        return {case.slug: case for case in cases.select_related("section", "source")}

    def _titles(self) -> dict[str, list[str]]:
        """The slugs of the cases by those titles that the table has."""
        titles = self._typed(TITLE)
        found = defaultdict[str, list[str]](list)
        for title, slug in Case.objects.filter(title__in=titles).order_by("pk").values_list("title", "slug"):
            found[title].append(slug)
        return found

    def slug_for(self, case: Case) -> None:
        """Gives the case its slug, which no other row gets."""
        case.settle_slug(self.slugs)
        self.slugs.add(case.slug)

    def _warn(self, lines: list[CaseLine]) -> None:
        """Tells where a cell that follows from others disagrees with them: one of the two is a slip."""
        kept = [line for line in lines if not (line.result.problems or line.result.is_proposal)]
        written = {document.key: document for document in as_written([line.case.pk for line in kept])}
        for line in kept:
            record = table_record(written[line.case.pk], str)
            line.result.warnings += _disagreements(record, self.cells_of(line.row))


class CaseLine:
    """One row of the table: what it says of a case, and what that changes."""

    def __init__(self, table: CaseTable, row: TableRow) -> None:
        self.table, self.row = table, row
        self.touched: list[Column] = []
        self.wanted: dict[str, list[Fields]] = {}
        self.cells = table.cells_of(row)
        self.result = RowReport(row.number, as_key(self.cells[KEY]), problems=table.problems_of(row))
        self.result.warnings = table.notices_of(row)
        self.of_line = "セルの{}行目："  # before what is told of one of several values
        if row.is_object:
            self.result.counted, self.of_line = "件目", "{}件目："
        self.case = table.cases.get(self.result.name, Case())
        self.result.is_new = self.case.pk is None
        self.result.is_public = self.case.was_public
        self.texts = {} if self.result.is_new else self._texts()
        self.cells |= {header: self._as_known(header, text) for header, text in self.texts.items()}
        self.values = {column.header: self._value(column) for column in table.columns}

    def plan(self) -> None:
        """Sets the fields of the case, and tells what that changes; or tells all that is wrong but for what
        the database alone knows.
        """
        self._check_slug()
        self.touched = [column for column in self.table.columns if self._is_touched(column)]
        self.result.changes = [self._change(column) for column in self.touched if self._is_shown(column)]
        if self.touched:
            self._check_publisher(self.touched)
            self._set(self.touched)
            self._warn_of_losses(self.touched)
        self.result.key = self.case.pk

    def forget_key(self) -> None:
        """Makes a new case new again: what was written of it is undone."""
        if self.result.is_new:
            self.case.pk, self.case._state.adding = None, True

    @property
    def sets_status(self) -> bool:
        return any(column.header == STATUS for column in self.touched)

    @property
    def moves(self) -> bool:
        """Whether the case takes a place in a source, or another than it has."""
        return any(column.sets in ("source", "page", "order", "status") for column in self.touched)

    def check(self) -> None:
        """Tells all that is wrong with the case, by its constraints too."""
        self.forget_key()
        self._tell_problems(self.case.full_clean)

    def try_alone(self) -> None:
        """Writes the case, or tells why the database refuses it."""
        try:
            with transaction.atomic():
                write_together([self])
        except (IntegrityError, DataError) as error:
            self.refuse(f"データの決まりに合わないため保存できません（{error}）。")

    def leave_to(self, state: str) -> None:
        """Leaves what the line changes to a proposal in this state, which proposes the same."""
        self.touched, self.result.changes = [], []
        self.result.warnings.append(Problem(WAITING.format(state)))

    def _warn_of_losses(self, touched: list[Column]) -> None:
        """Of texts that the table empties, and of what a spreadsheet may have made of a text."""
        refused = {problem.column for problem in self.result.problems}
        for column in touched:
            cell, text = self.cells[column.header], self.texts.get(column.header, "")
            if column.header in refused:
                continue
            if text and not cell.strip():
                cause = "" if self.row.is_object else "セルの結合や消し忘れで、"
                self._warn(f"空になります。{cause}文が消えていないか確かめてください。", column.header)
            elif column.read in (as_text, as_items) and NO_TEXT.fullmatch(cell.strip()):
                self._warn(f"「{cell}」は文ではなく、表計算ソフトの値のようです。", column.header)

    def refuse(self, message: str, header: str = "") -> None:
        self.result.problems.append(Problem(message, header))

    def _texts(self) -> dict[str, str]:
        """The cells of the case as an export writes them, in full."""
        record = table_record(self.table.documents[self.case.pk], str)
        return {column.header: with_plain_breaks(column.text(record)) for column in self.table.columns}

    def _as_known(self, header: str, text: str) -> str:
        """The cell; or the text that is there, where CP932 alone makes them differ. A lost letter is told."""
        cell, known = self.cells[header], truncate(text)
        if look_alike(cell, known) or (header == STATUS and not cell.strip()):
            return known
        if is_what_is_left(cell, known):
            self._warn(
                f"「{cell}」は、文字コードがシフトJISのため「?」になった文字を含みます。{KEPT}", header
            )
            return known
        if may_have_lost(cell, known):
            self._warn("シフトJISにない文字が「?」になったようです。元の文字を入れ直してください。", header)
        return cell

    def _warn(self, message: str, header: str) -> None:
        self.result.warnings.append(Problem(message.replace("\n", "、"), header))

    def _value(self, column: Column) -> Any:
        """What the cell sets; UNREADABLE where it says nothing, which is reported."""
        cell, text = self.cells[column.header], self.texts.get(column.header, "")
        try:
            return self.table.value_of(column, text if cell == truncate(text) else cell)
        except ValueError as error:
            self.refuse(str(error), column.header)
            return UNREADABLE

    def _is_touched(self, column: Column) -> bool:
        """Whether the column sets something: of a new case, each does."""
        value, text = self.values[column.header], self.texts.get(column.header)
        if value is UNREADABLE or text is None:
            return value is not UNREADABLE
        return self.cells[column.header] != truncate(text) and value != self._known_value(column, text)

    def _known_value(self, column: Column, text: str) -> Any:
        """What the case has; UNREADABLE where its text does not tell, as the name that two sources share."""
        try:
            return self.table.value_of(column, text)
        except ValueError:
            return UNREADABLE

    def _is_shown(self, column: Column) -> bool:
        return not self.result.is_new or bool(self.cells[column.header])

    def _change(self, column: Column) -> Change:
        return Change(column.header, self.texts.get(column.header, ""), self.cells[column.header])

    def _check_slug(self) -> None:
        first = self.table.first_with.setdefault(self.result.name, self.result.number)
        if self.result.name and first != self.result.number:
            self.refuse(SAME_SLUG.format(first, self.result.counted), KEY)

    def _check_publisher(self, touched: list[Column]) -> None:
        may_publish, is_public = self.table.may_publish, self.case.was_public
        status = self.values.get(STATUS) if any(column.header == STATUS for column in touched) else None
        self.result.is_proposal = is_public and not may_publish and self.table.propose is not None
        if is_public and not may_publish and not self.table.propose:
            self.refuse("公開した事例を変えられるのは公開担当者だけです。この行を除くか、依頼してください。")
        elif status == Case.Status.WITHDRAWN:
            self.refuse("取り下げは、理由を書くため、事例の画面で行います。", STATUS)
        elif status and not may_publish and (is_public or status != Case.Status.DRAFT):
            self.refuse("状態を変えられるのは公開担当者だけです。今の状態のままにしてください。", STATUS)

    def _set(self, touched: list[Column]) -> None:
        """Sets the fields of the case, and tells all that is wrong with it and the rows it will have."""
        for column in touched:
            if not column.parts and column.sets != "topics":
                setattr(self.case, column.sets, self.values[column.header])
        self.wanted = {
            name: self._rows_wanted(name) for name in dict.fromkeys(one.sets for one in touched if one.parts)
        }
        is_read = all(
            self.values[column.header] is not UNREADABLE for column in self._columns_of("case_bodies")
        )
        is_published = self.case.status == Case.Status.PUBLISHED
        if is_published and is_read and not self._has_bodies():
            self.refuse("団体を1つ以上入力してください。", BODIES)
        self.table.slug_for(self.case)
        self.result.name = self.case.slug
        if any(column.header == TITLE for column in touched):
            self._warn_of_same_title()
        self._tell_problems(self._clean)

    def _warn_of_same_title(self) -> None:
        slugs, own = self.table.slugs_with[self.case.title], self.case.slug
        if others := [slug for slug in slugs if slug != own]:
            self._warn(SAME_TITLE.format("、".join(others[:MAX_SAME_TITLES])), TITLE)
        slugs.append(own)

    def _clean(self) -> None:
        """As `full_clean` but for what takes a query; section and source are of those there are."""
        errors: dict[str, Any] = {}
        for check in (lambda: self.case.clean_fields(exclude={"section", "source"}), self.case.clean):
            try:
                check()
            except ValidationError as error:
                errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _tell_problems(self, check: Callable[[], None]) -> None:
        """What the check finds, but of columns of which something is told already."""
        headers = {column.sets: column.header for column in EDITORS_TABLE}
        try:
            check()
        except ValidationError as error:
            told = {problem.column for problem in self.result.problems if problem.column}
            found = _problems_of(error, headers)
            self.result.problems += [
                problem
                for problem in found
                if problem.column not in told
                and problem not in self.result.problems
                and problem.message != PLACE_TAKEN  # which is asked of all rows together
            ]

    def _has_bodies(self) -> bool:
        if "case_bodies" in self.wanted:
            return bool(self.wanted["case_bodies"])
        return not self.result.is_new and self.case.case_bodies.exists()

    def _rows_wanted(self, name: str) -> list[Fields]:
        """The rows that the case is to have, from the lines of the cells beside each other."""
        columns = self._columns_of(name)
        cells = [self.values[column.header] for column in columns]
        if UNREADABLE in cells:
            return []
        parts = [part for column in columns for part in column.parts]
        wanted = [dict(zip(parts, _joined(columns, line), strict=True)) for line in zip_longest(*cells)]
        self.result.problems += _problems_of_rows(_model_of(name), wanted, columns, self.of_line)
        return wanted

    def _columns_of(self, name: str) -> list[Column]:
        """The columns that set the rows which a case has under the name."""
        return [column for column in self.table.columns if column.sets == name]


def _with_unique_names(sources: Iterable[Source]) -> dict[str, Source]:
    """The sources by what a table calls them; without those that share it, since no table tells which."""
    named = [(as_key(str(source)), source) for source in sources]
    times = Counter(name for name, _ in named)
    return {name: source for name, source in named if times[name] == 1}


def _found(known: Mapping[str, Any], name: str) -> Any:
    """What is known under the name. Raises ValueError with the names that there are."""
    if name not in known:
        raise ValueError(f"「{name}」はありません。使えるのは次のとおりです：{'、'.join(known)}")
    return known[name]


def _problems_of(error: ValidationError, headers: Mapping[str, str], before: str = "") -> list[Problem]:
    return [
        Problem(f"{before}{message}", headers.get(name, ""))
        for name, errors in error.error_dict.items()
        for message in in_our_words(errors)
    ]


def _model_of(name: str) -> type[CaseRow]:
    """The model of the rows that a case has under the name."""
    return Case._meta.get_field(name).related_model  # type: ignore[return-value]


def _joined(columns: list[Column], line: Iterable[tuple[Any, ...] | None]) -> list[Any]:
    """The values of one line of several cells; of a cell that ends before it, empty ones."""
    given = zip(columns, line, strict=True)
    return [text for column, texts in given for text in texts or [column.nothing] * len(column.parts)]


def _problems_of_rows(
    model: type[CaseRow], wanted: list[Fields], columns: list[Column], of_line: str
) -> list[Problem]:
    headers = {part: column.header for column in columns for part in column.parts}
    key_header = headers[model.key_field]
    found = []
    for number, fields in enumerate(wanted, start=1):
        try:
            row = model(**fields)
            row.clean_fields(exclude={"case", "body", "answered_by", "position"})
            row.clean()
        except ValidationError as error:
            found += _problems_of(error, headers, of_line.format(number))
        if "body_id" in fields and not fields["body_id"]:
            message = "コードがありません。ほかの列と数をそろえてください。"
            found.append(Problem(f"{of_line.format(number)}{message}", key_header))
    times = Counter(fields[model.key_field] for fields in wanted)
    return found + [Problem(f"「{key}」が{n}回あります。", key_header) for key, n in times.items() if n > 1]


def write_together(lines: Sequence[CaseLine]) -> None:
    """Writes the cases of these lines with their rows, in this order; saves and deletes only what differs."""
    new = [line.case for line in lines if line.result.is_new]
    for line in lines:
        line.forget_key()
    Case.objects.bulk_create(new)
    changed = [line.case for line in lines if not line.result.is_new]
    for case in changed:
        case.save()
    topics = Case.topics.through
    made = []
    for line in lines:
        wanted = next((line.values[one.header] for one in line.touched if one.sets == "topics"), None)
        if wanted is not None and line.result.is_new:
            made += [topics(case=line.case, topic=topic) for topic in dict.fromkeys(wanted)]
        elif wanted is not None:
            line.case.topics.set(wanted)
    topics.objects.bulk_create(made)
    for name in history.ROW_NAMES:
        _write_rows(
            _model_of(name), [(line.case, line.wanted[name]) for line in lines if name in line.wanted]
        )


def _write_rows(model: type[CaseRow], wanted: list[tuple[Case, list[Fields]]]) -> None:
    """Makes the rows of each case those wanted, in that order; saves and deletes only what differs."""
    there = {
        (row.case_id, getattr(row, model.key_field)): row  # type: ignore[attr-defined]
        for row in model._default_manager.filter(case__in=[case.pk for case, _ in wanted])  # type: ignore[misc]
    }
    kept = {(case.pk, fields[model.key_field]) for case, rows in wanted for fields in rows}
    model.objects.filter(pk__in=[row.pk for key, row in there.items() if key not in kept]).delete()
    made = []
    for case, rows in wanted:
        for position, fields in enumerate(rows, start=1):
            values = {**fields, "case_id": case.pk, "position": position}
            row = there.get((case.pk, fields[model.key_field]))
            if row is None:
                made.append(model(**values))
            elif any(getattr(row, field) != value for field, value in values.items()):
                for field, value in values.items():
                    setattr(row, field, value)
                row.save()
    model.objects.bulk_create(made)


def _disagreements(record: TableRecord, cells: Mapping[str, str]) -> list[Problem]:
    problems = []
    for column in COLUMNS:
        cell, text = cells.get(column.header, ""), with_plain_breaks(column.text(record))
        if look_alike(cell, text) or is_what_is_left(cell, text):
            continue
        if column.follows and cell.strip() and _names_in(column, cell) != _names_in(column, text):
            message = (
                f"「{cell}」とありますが、コードや番号からは「{text}」です。この列は取り込みません。"
                "コードや番号に誤りがないか確かめてください。"
            )
            problems.append(Problem(message.replace("\n", "、"), column.header))
    return problems


def _names_in(column: Column, cell: str) -> list[str]:
    """The names of the cell, alike for two ways of writing one: of prefectures without 都, 府 or 県."""
    names = [same_name(plain(line)) for (line,) in as_lines(cell)]
    return [re.sub("(?<=..)[都府県]$", "", name) for name in names] if column.header == PREFECTURES else names
