"""Versions of what editors write: who changed what, when and why; what differs; a case as it was.

django-reversion keeps them. A change is one revision; that of a case holds all its rows (decision 0008).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

import reversion
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from reversion.errors import RevertError
from reversion.models import Version

from catalog.models import (
    Body,
    Case,
    CaseBody,
    Figure,
    Guideline,
    Link,
    SearchSynonym,
    SimilarBody,
    Source,
    Topic,
)

ROWS: tuple[type[Any], ...] = (CaseBody, Figure, Link, SimilarBody)
# A case that is taken back to a version keeps its address and stays as public as it is.
KEPT_AT_REVERT = ("slug", "status", "withdrawn_reason", "withdrawn_pointer", "created_at")
CREATED = "新しく作成"
BEGUN = "記録を始めたときの内容"
UNRECORDED = "管理画面の外での変更"
IMPORTED = "ファイルからの取り込み"
CANNOT_REVERT = (
    "この版には戻せません。版が指す出典・区分・団体・テーマが今はないか、同じ出典の同じ場所に別の事例があります。"
    "「比べる」で内容を見て、必要なところを写してください。"
)

# What one version holds, as editors read it: the lines of each field, by its label.
Texts = dict[str, list[str]]

reversion.register(Case, follow=("case_bodies", "figures", "links", "similar_bodies"))
for model in (*ROWS, Guideline, SearchSynonym, Source, Topic):
    reversion.register(model)
reversion.register(Body, exclude=("population_band",))  # which the database makes of the population


@dataclass(frozen=True)
class Line:
    text: str
    changed: bool


@dataclass(frozen=True)
class Difference:
    """A field that two versions do not share: its lines in each, with those marked that the other has not."""

    label: str
    before: list[Line]
    after: list[Line]


@dataclass(frozen=True)
class HistoryEntry:
    """A version in the history, with what it changed of the one before; nothing for the first."""

    version: Version
    differences: list[Difference]


@dataclass(frozen=True)
class Conflict:
    """What others saved while an editor wrote. `known` is false where no record says what differs."""

    versions: list[Version]
    differences: list[Difference]
    known: bool


def record(written: models.Model, user: AbstractBaseUser | None, reason: str) -> None:
    """Keeps a row (a case with its own rows) as it now stands in the database. Call it after each change."""
    record_together([fresh(written)], user, reason)


def ensure_version(written: models.Model) -> None:
    """Keeps what stands in the database where no version has it yet: call it before a change.

    So nothing is lost of what came by fixtures, imports or SQL.
    """
    latest = versions_of(written).first()
    if latest is None:
        record(written, None, BEGUN)
    elif texts_in(latest) != texts_of(written):
        record(written, None, UNRECORDED)


def record_together(written: Iterable[models.Model], user: AbstractBaseUser | None, reason: str) -> None:
    """Keeps rows, which are as the database has them, as one revision; in it a case stands alone."""
    with reversion.create_revision(manage_manually=True):
        reversion.set_user(user)
        reversion.set_comment(reason)
        for row in written:
            reversion.add_to_revision(row)


def without_version(written: Iterable[models.Model]) -> list[models.Model]:
    """Those of the rows, all of one model, that no version has yet."""
    rows = list(written)
    if not rows:
        return []
    known = set(Version.objects.get_for_model(type(rows[0])).values_list("object_id", flat=True))
    return [row for row in rows if str(row.pk) not in known]


def versions_of(written: models.Model) -> models.QuerySet[Version]:
    """The versions of a row, newest first, each with its revision (time, user, reason)."""
    return Version.objects.get_for_object(written).select_related("revision__user")


def history_entries(versions: list[Version]) -> list[HistoryEntry]:
    """Versions, newest first, each with what it changed of the next in the list."""
    names = Names()
    texts = [texts_in(version, names) for version in versions]
    changes = [differences(before, after) for after, before in pairwise(texts)]
    return [HistoryEntry(*pair) for pair in zip(versions, [*changes, []], strict=False)]


def conflict(case: Case, seen_record: int | None) -> Conflict:
    """What became of a case since an editor saw it, with `seen_record` as its newest version, or none."""
    versions = list(versions_of(case))
    since = [version for version in versions if version.pk > (seen_record or 0)]
    seen = next((version for version in versions if version.pk == seen_record), None)
    if seen is None and since:
        # Whoever saved first kept what stood there before.
        seen = since.pop()
    if seen is None:
        return Conflict([], [], known=False)
    return Conflict(since, differences(texts_in(seen), texts_of(case)), known=True)


@transaction.atomic
def revert(version: Version, user: AbstractBaseUser, reason: str) -> Case:
    """Makes a case and its rows what they were in `version`, as a new version; see `KEPT_AT_REVERT`.

    Raises ValidationError, and changes nothing, where that is no longer possible.
    """
    case = Case.objects.select_for_update().get(pk=version.object_id)
    ensure_version(case)
    try:
        with transaction.atomic():
            restore(case, version)
            case.check_publishable()
            connection.check_constraints()
    except (RevertError, IntegrityError) as error:
        raise ValidationError(CANNOT_REVERT) from error
    record(case, user, reason)
    return case


def restore(case: Case, version: Version) -> None:
    for row in ROWS:
        row.objects.filter(case=case).delete()
    for one in version.revision.version_set.order_by("pk"):
        one.revert()
    kept = {name: getattr(case, name) for name in KEPT_AT_REVERT}
    Case.objects.filter(pk=case.pk).update(**kept, updated_at=timezone.now())


def differences(before: Texts, after: Texts) -> list[Difference]:
    """The fields in which two versions differ, in the order of the form."""
    labels = dict.fromkeys([*after, *before])
    pairs = ((label, before.get(label, []), after.get(label, [])) for label in labels)
    return [Difference(label, *marked(old, new)) for label, old, new in pairs if old != new]


def marked(before: list[str], after: list[str]) -> tuple[list[Line], list[Line]]:
    same_before, same_after = set[int](), set[int]()
    for match in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        same_before |= set(range(match.a, match.a + match.size))
        same_after |= set(range(match.b, match.b + match.size))
    return (
        [Line(text, number not in same_before) for number, text in enumerate(before)],
        [Line(text, number not in same_after) for number, text in enumerate(after)],
    )


class Names:
    """What rows that a version points to are called; each is asked for once."""

    def __init__(self) -> None:
        self.known: dict[tuple[type[models.Model], Any], str] = {}

    def __call__(self, model: type[models.Model], key: Any) -> str:
        if (model, key) not in self.known:
            found = model._base_manager.filter(pk=key).first()
            self.known[model, key] = str(found) if found else f"（今はないもの：{key}）"
        return self.known[model, key]


def texts_of(written: models.Model) -> Texts:
    """What stands in the database now."""
    now = fresh(written)
    rows = [row for model in ROWS for row in model.objects.filter(case=now)] if isinstance(now, Case) else []
    return as_texts(type(now), values_of(now), [(type(row), values_of(row)) for row in rows], Names())


def texts_in(version: Version, names: Names | None = None) -> Texts:
    """What a version holds."""
    rows: list[tuple[type[models.Model], dict[str, Any]]] = []
    for one in version.revision.version_set.select_related("content_type"):
        model = one.content_type.model_class()
        if model in ROWS:
            rows.append((model, one.field_dict))
    return as_texts(version.content_type.model_class(), version.field_dict, rows, names or Names())


def fresh(written: models.Model) -> models.Model:
    return type(written)._base_manager.get(pk=written.pk)


def values_of(row: models.Model) -> dict[str, Any]:
    """The values of a row as `Version.field_dict` gives them."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    for field in row._meta.many_to_many:
        values[field.attname] = list(getattr(row, field.name).values_list("pk", flat=True))
    return values


def as_texts(
    model: type[models.Model],
    values: dict[str, Any],
    rows: Iterable[tuple[type[models.Model], dict[str, Any]]],
    names: Names,
) -> Texts:
    texts = {str(field.verbose_name): lines_of(field, values, names) for field in written_fields(model)}
    for row_model in ROWS if model is Case else ():
        of_model = [row for its_model, row in rows if its_model is row_model]
        of_model.sort(key=lambda row: (row["position"], row["id"]))
        texts[str(row_model._meta.verbose_name)] = [row_line(row_model, row, names) for row in of_model]
    return texts


def written_fields(model: type[models.Model]) -> list[Any]:
    """The fields that editors write, in the order of the model."""
    fields = [*model._meta.concrete_fields, *model._meta.many_to_many]
    return [field for field in fields if field.editable and field.name not in ("id", "case")]


def row_line(model: type[models.Model], row: dict[str, Any], names: Names) -> str:
    parts = ((field.verbose_name, lines_of(field, row, names)) for field in written_fields(model))
    return "／".join(f"{label}：{' '.join(texts)}" for label, texts in parts if texts)


def lines_of(field: Any, values: dict[str, Any], names: Names) -> list[str]:
    """A value as lines of text; none for an empty one."""
    value = values.get(field.attname)
    if value is None or value == "":
        return []
    if field.many_to_many:
        return sorted(names(field.related_model, key) for key in value)
    if field.is_relation:
        return [names(field.related_model, value)]
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, bool):
        return ["はい" if value else "いいえ"]
    if isinstance(value, date):
        return [date_format(value)]
    return str(dict(field.flatchoices).get(value, value)).splitlines()
