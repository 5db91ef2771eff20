"""Taking back an import of populations as a whole: each row that it wrote becomes what it was, or goes."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from catalog import history
from catalog.documents.many import writing_many_rows
from catalog.importing.report import Change, Outcome, Report, RowReport
from catalog.importing.tables import Problem
from catalog.models import Body, Population, PopulationImport
from dxcases import access_log

SHOWN = ("人口", "人口の基準日", "人口の出典")
CHANGED_SINCE = "取り込みの後に変わったため、そのまま残します。"


def take_back(
    key: int, *, dry_run: bool, expected: str | None = None, by: AbstractBaseUser | None = None
) -> Report:
    """Takes back the import with this primary key. What was changed since stays, and is told.

    Raises ValidationError where it has been taken back before. With `expected`, the digest of a report that
    somebody agreed to, it is done only if this one tells the same.
    """
    with writing_many_rows():
        taking = TakingBack(key, by, keeps=not dry_run)
        report = taking.report()
        report.is_applied = not dry_run and expected in (None, report.digest)
        if report.is_applied:
            changed, left = (len(report.of(outcome)) for outcome in (Outcome.CHANGED, Outcome.SKIPPED))
            access_log.log_take_back(by, taking.made.file_name, changed, left)
        else:
            transaction.set_rollback(True)
    return report


@dataclass
class TakingBack:
    """An import within the transaction that takes it back. Only one that stays is kept in the history."""

    key: int
    by: AbstractBaseUser | None
    keeps: bool
    result: Report = field(default_factory=Report)

    def report(self) -> Report:
        self._lock()
        self.result.key = self.key
        self.result.facts = {"取り込み": str(self.made), "人口の出典": str(self.made.source)}
        shown = self._shown()
        self._write()
        now = self._shown()
        for code in self.made.changes:
            name = f"{code} {self.bodies.get(code, '（今はない団体）')}"
            if code in self.unchanged:
                changes = [
                    Change(label, old, new)
                    for label, old, new in zip(SHOWN, shown[code], now[code], strict=True)
                    if old != new
                ]
                self.result.rows.append(RowReport(0, name, changes=changes or self._hidden(code), key=code))
            else:
                left = [Problem(CHANGED_SINCE)]
                self.result.rows.append(RowReport(0, name, is_skipped=True, warnings=left))
        return self.result

    def _lock(self) -> None:
        """Finds what is to be written, and keeps it from others. Raises ValidationError for a second time."""
        imports = PopulationImport.objects.select_related("source")
        self.made = made = imports.select_for_update(of=("self",)).get(pk=self.key)
        if made.taken_back_at:
            moment = date_format(timezone.localtime(made.taken_back_at), "Y年n月j日 H:i")
            raise ValidationError(f"この取り込みは、{moment}に取り消されています。")
        locked = Body.objects.select_for_update(of=("self",), no_key=True).select_related("prefecture")
        self.bodies = locked.order_by("pk").in_bulk(list(made.changes))
        same = Population.objects.filter(as_of=made.as_of, source=made.source)
        self.rows = {row.body_id: row for row in same.filter(body__in=self.bodies)}
        later = PopulationImport.objects.filter(
            as_of=made.as_of, source=made.source, pk__gt=made.pk, taken_back_at=None
        )
        overwritten = {code for changes in later.values_list("changes", flat=True) for code in changes}
        self.unchanged = {
            code
            for code, (_, after) in made.changes.items()
            if code in self.rows and self.rows[code].persons == after and code not in overwritten
        }

    def _write(self) -> None:
        made, concerned = self.made, Body.objects.filter(pk__in=self.unchanged)
        if self.keeps:
            history.record_together(
                history.without_version(history.with_rows(concerned)), None, history.BEGUN
            )
        before = {self.rows[code]: made.changes[code][0] for code in self.unchanged}
        gone = [row.pk for row, persons in before.items() if persons is None]
        Population.objects.filter(pk__in=gone).delete()
        kept = [row for row, persons in before.items() if persons is not None]
        for row in kept:
            row.persons = before[row]
        Population.objects.bulk_update(kept, ["persons"])
        made.taken_back_at = timezone.now()
        made.save(update_fields=["taken_back_at"])
        if self.keeps:
            history.record_together(history.with_rows(concerned), self.by, f"{history.TAKEN_BACK}：{made}")

    def _shown(self) -> dict[str, tuple[str, ...]]:
        """What readers are shown of each body, in the order of `SHOWN`."""
        fields = ("population", "population_as_of", "population_source__title")
        shown = Body.objects.filter(pk__in=self.unchanged).values_list("code", *fields)
        return {code: tuple("" if one is None else str(one) for one in values) for code, *values in shown}

    def _hidden(self, code: str) -> list[Change]:
        """What becomes of a row that readers are not shown."""
        before, after = self.made.changes[code]
        return [Change(f"{self.made.as_of}の人口", str(after), "" if before is None else str(before))]
