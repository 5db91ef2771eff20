"""Versions of what editors write: who changed what, when and why; what differs; a case as it was.

django-reversion keeps them. A change is one revision; that of a case holds all its rows (decision 0008).
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import pairwise, zip_longest
from typing import Any

import reversion
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.serializers.base import DeserializationError
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from reversion.errors import RevertError
from reversion.models import Revision, Version
from reversion.revisions import _follow_relations, _get_options

from catalog import remains
from catalog.models import (
    PUBLISHED_UNFINISHED,
    Body,
    Case,
    CaseBody,
    Fact,
    Figure,
    Followed,
    Guideline,
    Indicator,
    IndicatorValue,
    Link,
    Population,
    PopulationSource,
    Review,
    SearchSynonym,
    Section,
    SimilarBody,
    SiteText,
    Source,
    Step,
    Topic,
    Trouble,
)
from dxcases import access_log

CASE_ROWS: tuple[type[Any], ...] = (CaseBody, Fact, Figure, Followed, Link, SimilarBody)
# The rows that a version holds besides the one it is of, in the order editors read them.
ROWS: dict[type[models.Model], tuple[type[Any], ...]] = {Case: (*CASE_ROWS, Review), Body: (Population,)}
# The field by which a row belongs to one.
OWNERS = {Population: "body"} | dict.fromkeys((*CASE_ROWS, Review), "case")
# A case that is taken back to a version keeps its address and stays as public as it is.
KEPT_AT_REVERT = ("slug", "status", "withdrawn_reason", "withdrawn_pointer", "created_at")
# What is marked as one: a number or a word of kanji, katakana or Latin letters, else a single character.
WORD = re.compile("[一-鿿々]+|[ァ-ヺー]+|[A-Za-zＡ-Ｚａ-ｚ]+|[0-9０-９]+|.", re.DOTALL)
MAX_PAIRS = 10_000_000  # of lines, and of words, that are compared of two texts; else it takes too long
ALIKE = 0.4  # share of the words, below which two lines are different ones
# What the log of accesses calls the change to a state.
STATUS_EVENTS = {
    Case.Status.PUBLISHED: "publish",
    Case.Status.WITHDRAWN: "withdraw",
    Case.Status.DRAFT: "return to draft",
}
CREATED = "新しく作成"
BEGUN = "記録を始めたときの内容"
UNRECORDED = "管理画面の外での変更"
IMPORTED = "ファイルからの取り込み"
TAKEN_BACK = "取り込みの取り消し"
BROUGHT_BACK = "削除の取り消し"
CANNOT_BRING_BACK = (
    "元に戻せません。指している出典・区分・団体などが今はないか、"
    "同じ識別名や同じ出典の同じ場所のものが別にあります。"
)
CANNOT_REVERT = (
    "この版には戻せません。版が指す出典・区分・団体・テーマが今はないか、同じ出典の同じ場所に別の事例があります。"
    "「比べる」で内容を見て、必要なところを写してください。"
)

# What one version holds, as editors read it: the lines of each field, by its label.
Texts = dict[str, list[str]]

ROW_NAMES = ("case_bodies", "facts", "figures", "followed", "links", "similar_bodies")  # of CASE_ROWS
reversion.register(Case, follow=(*ROW_NAMES, "review"))
for model in (
    *CASE_ROWS,
    Guideline,
    Indicator,
    IndicatorValue,
    Population,
    PopulationSource,
    Review,
    SearchSynonym,
    Section,
    SiteText,
    Source,
    Step,
    Topic,
    Trouble,
):
    reversion.register(model)
# What the database makes of the populations is no part of what was written.
reversion.register(
    Body,
    exclude=("population", "population_as_of", "population_source", "population_band"),
    follow=("populations",),
)


@dataclass(frozen=True)
class Part:
    text: str
    changed: bool


@dataclass(frozen=True)
class Line:
    """A line in parts, those marked that the other text has not there."""

    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)

    @property
    def changed(self) -> bool:
        return any(part.changed for part in self.parts)


@dataclass(frozen=True)
class Difference:
    """A field that two versions do not share: its lines in each, where the other has not what is marked."""

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


def ensure_each(keys: Collection[int]) -> None:
    """Does for each of the cases with these keys what `ensure_version` does, by a few queries."""
    latest = {int(version.object_id): version for version in newest_versions(keys)}
    kept = defaultdict(list)
    types = ContentType.objects.get_for_models(*ROWS[Case]).values()
    revisions = [version.revision_id for version in latest.values()]
    rows_of = Version.objects.filter(revision__in=revisions, content_type__in=types)
    for one in rows_of.select_related("content_type").order_by("pk"):
        kept[one.revision_id].append(one)
    names, changed = Names(), []
    for case in with_all(keys):
        version = latest.get(case.pk)
        if version:
            rows = [(type(row), values_of(row)) for row in _follow_relations(case)]
            now = as_texts(Case, values_of(case), rows, names)
            if texts_in(version, names, kept[version.revision_id]) != now:
                changed.append(case.pk)
    record_each(changed, None, UNRECORDED)
    record_each(set(keys) - latest.keys(), None, BEGUN)


def newest_versions(keys: Collection[int]) -> models.QuerySet[Version]:
    """Of each of the cases with these keys that has one the newest version."""
    versions = Version.objects.get_for_model(Case).filter(object_id__in=list(map(str, keys)))
    in_order = versions.select_related("content_type").order_by("object_id", "-pk")
    return in_order.distinct("object_id")


def with_all(keys: Collection[int]) -> models.QuerySet[Case]:
    """The cases with these keys and all that a version holds of them."""
    named = (f"{rows}__body__prefecture" for rows in ("case_bodies", "followed", "similar_bodies"))
    rows = ("topics", "facts", "figures", "links", *named)
    cases = Case.objects.select_related("review").prefetch_related(*rows)
    return cases.filter(pk__in=keys).order_by("pk")


def record_each(keys: Collection[int], user: AbstractBaseUser | None, reason: str) -> None:
    """Keeps the cases with these keys, each as `record` does, all by a few queries."""
    cases, moment = list(with_all(keys)), timezone.now()
    revisions = Revision.objects.bulk_create(
        Revision(date_created=moment, user=user, comment=reason) for _ in cases
    )
    Version.objects.bulk_create(
        version
        for case, revision in zip(cases, revisions, strict=True)
        for version in versions_in(revision, case)
    )


def record_rows(written: Collection[models.Model], user: AbstractBaseUser | None, reason: str) -> None:
    """Keeps rows as `record_together` does, by a few queries: an import may have tens of thousands."""
    if not written:
        return
    revision = Revision.objects.create(date_created=timezone.now(), user=user, comment=reason)
    versions = (version for row in written for version in versions_in(revision, row))
    Version.objects.bulk_create(versions, batch_size=2_000)


def versions_in(revision: Revision, written: models.Model) -> Iterator[Version]:
    """What a revision holds of a row, as django-reversion makes it: a version of it and of each of its."""
    options = _get_options(type(written))
    yield Version(
        revision=revision,
        content_type=ContentType.objects.get_for_model(written),
        object_id=str(written.pk),
        db=DEFAULT_DB_ALIAS,
        format=options.format,
        serialized_data=serializers.serialize(options.format, [written], fields=options.fields),
        object_repr=str(written),
    )
    for row in _follow_relations(written):
        yield from versions_in(revision, row)


def with_rows(bodies: models.QuerySet[Body]) -> models.QuerySet[Body]:
    """Bodies with all that a version of one asks for: of many together that takes two queries."""
    return bodies.select_related("prefecture").prefetch_related("populations__source")


def without_version(written: Iterable[models.Model]) -> list[models.Model]:
    """Those of the rows, all of one model, that no version has yet."""
    rows = list(written)
    if not rows:
        return []
    known = set(Version.objects.get_for_model(type(rows[0])).values_list("object_id", flat=True))
    return [row for row in rows if str(row.pk) not in known]


def log_status(user: Any, case: Case) -> None:
    """The line of the log of accesses about the state that a case was given; without a user by a command."""
    access_log.log_status(user, case.slug, STATUS_EVENTS[Case.Status(case.status)])


def versions_of(written: models.Model) -> models.QuerySet[Version]:
    """The versions of a row, newest first, each with its revision (time, user, reason)."""
    return Version.objects.get_for_object(written).select_related("revision__user")


def history_entries(versions: list[Version]) -> list[HistoryEntry]:
    """Versions, newest first, each with what it changed of the next in the list."""
    names = Names()
    texts = [texts_in(version, names) for version in versions]
    changes = [differences(before, after) for after, before in pairwise(texts)]
    return [HistoryEntry(*pair) for pair in zip(versions, [*changes, []], strict=False)]


def versions_since(written: models.Model, seen_record: int | None) -> tuple[Version | None, list[Version]]:
    """The version that an editor saw, `seen_record` as the newest or none, and those since, newest first."""
    versions = list(versions_of(written))
    since = [version for version in versions if version.pk > (seen_record or 0)]
    seen = next((version for version in versions if version.pk == seen_record), None)
    if seen is None and since:
        # Whoever saved first kept what stood there before.
        seen = since.pop()
    return seen, since


def conflict(written: models.Model, seen_record: int | None) -> Conflict:
    """What became of a row since an editor saw it, with `seen_record` as its newest version, or none."""
    seen, since = versions_since(written, seen_record)
    if seen is None:
        return Conflict([], [], known=False)
    return Conflict(since, differences(texts_in(seen), texts_of(written)), known=True)


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
    except (RevertError, DeserializationError, IntegrityError) as error:
        raise ValidationError(CANNOT_REVERT) from error
    record(case, user, reason)
    return case


def restore(case: Case, version: Version) -> None:
    for row in CASE_ROWS:
        row.objects.filter(case=case).delete()
    put_back(version, {name: getattr(case, name) for name in KEPT_AT_REVERT})
    for one in rows_of_version(version):
        if one.content_type.model_class() in CASE_ROWS:
            one.revert()
    use_merged_topics(case)
    Case.objects.filter(pk=case.pk).update(updated_at=timezone.now())
    case.refresh_from_db()


def put_back(version: Version, kept: Mapping[str, Any]) -> None:
    """Saves a case as it is in the version, but for the fields in `kept`.

    Raises ValidationError where it is public and lacks something in that version.
    """
    (row,) = serializers.deserialize(version.format, version.serialized_data, ignorenonexistent=True)
    case: Any = row.object
    for name, value in kept.items():
        setattr(case, name, value)
    lacking = case.lacking() if case.status == Case.Status.PUBLISHED else {}
    if lacking:
        raise ValidationError(PUBLISHED_UNFINISHED.format("、".join(lacking.values())))
    row.save()


def use_merged_topics(case: Case) -> None:
    """Gives the case in place of topics that have been merged since those that stand for them."""
    merged = case.topics.exclude(merged_into=None)
    case.topics.add(*Topic.objects.filter(merged__in=merged))
    case.topics.remove(*merged)


@transaction.atomic
def merge_topic(topic: Topic, into: Topic, user: AbstractBaseUser | None) -> int:
    """Makes `into` stand for a topic in cases, queries and files; records each case. Returns their number."""
    reason = f"テーマ「{topic}」を「{into}」に統合"
    cases = list(topic.cases.select_for_update(of=("self",)).order_by("pk"))
    ensure_version(topic)
    for case in cases:
        ensure_version(case)
    Topic.objects.filter(merged_into=topic).update(merged_into=into)
    Topic.objects.filter(pk=topic.pk).update(merged_into=into)
    for case in cases:
        use_merged_topics(case)
        Case.objects.filter(pk=case.pk).update(updated_at=timezone.now())
        record(case, user, reason)
    record(topic, user, reason)
    return len(cases)


def deleted_versions(model: type[models.Model]) -> models.QuerySet[Version]:
    """Of each row that is no more the newest version, those deleted last first.

    `deletion` is the key of the entry of the admin's log that tells who deleted it; none of other deletions.
    """
    entries = LogEntry.objects.filter(
        content_type=models.OuterRef("content_type"),
        object_id=models.OuterRef("object_id"),
        action_flag=DELETION,
    )
    newest = entries.order_by("-pk").values("pk")[:1]
    deleted = Version.objects.get_deleted(model).annotate(deletion=models.Subquery(newest))
    in_order = deleted.order_by(models.F("deletion").desc(nulls_last=True), "-pk")
    return in_order.select_related("revision__user")


@transaction.atomic
def delete(written: models.Model) -> None:
    """Deletes a row so that `bring_back` can make it anew with all that belonged to it."""
    ensure_version(written)
    newest = versions_of(written)[0]
    remains.keep(written, newest, set(ROWS.get(type(written), ())))
    written.delete()


@transaction.atomic
def bring_back(version: Version, user: AbstractBaseUser | None) -> models.Model:
    """Makes a row that was deleted, with what belonged to it, anew as in its version.

    Schedules whose time has passed meanwhile are held. Raises ValidationError.
    """
    model = version.content_type.model_class()
    try:
        with transaction.atomic():
            if model is Case:
                put_back(version, free_slug(version))
            else:
                version.revert()
            for one in rows_of_version(version):
                one.revert()
            remains.bring_back(version)
            connection.check_constraints()
    except (RevertError, DeserializationError, IntegrityError) as error:
        raise ValidationError(CANNOT_BRING_BACK) from error
    row = model._base_manager.get(pk=version.object_id)
    if isinstance(row, Case):
        use_merged_topics(row)
        row.schedules.hold_overdue()
    record(row, user, BROUGHT_BACK)
    return row


def free_slug(version: Version) -> dict[str, str]:
    """Another slug for the time being, where a draft of today has the one in the version."""
    was = Case(slug=version.field_dict["slug"])
    is_taken = was.is_unplaced() and Case.objects.filter(slug=was.slug).exists()
    return {"slug": was.proposed_slug()} if is_taken else {}


def differences(before: Texts, after: Texts) -> list[Difference]:
    """The fields in which two versions differ, in the order of the form."""
    labels = dict.fromkeys([*after, *before])
    pairs = ((label, before.get(label, []), after.get(label, [])) for label in labels)
    return [Difference(label, *marked(old, new)) for label, old, new in pairs if old != new]


def marked(before: list[str], after: list[str]) -> tuple[list[Line], list[Line]]:
    """Both texts by lines, in which the words and characters are marked that the other has not."""
    old: list[Line] = []
    new: list[Line] = []
    pairs_left = MAX_PAIRS
    for tag, i, j, k, m in compared_lines(before, after):
        if tag == "replace":
            for one, other in zip_longest(before[i:j], after[k:m]):
                parts = marked_words(one or "", other or "", pairs_left)
                pairs_left -= len(one or "") * len(other or "")
                old += [Line(parts[0])] if one is not None else []
                new += [Line(parts[1])] if other is not None else []
        else:
            old += [Line((Part(text, tag != "equal"),)) for text in before[i:j]]
            new += [Line((Part(text, tag != "equal"),)) for text in after[k:m]]
    return old, new


def compared_lines(before: list[str], after: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """What SequenceMatcher tells of two texts; of very long ones only where they begin and end to differ."""
    short = min(len(before), len(after))
    head = next((at for at in range(short) if before[at] != after[at]), short)
    most = short - head
    tail = next((at for at in range(most) if before[-1 - at] != after[-1 - at]), most)
    ends = len(before) - tail, len(after) - tail
    yield "equal", 0, head, 0, head
    if (ends[0] - head) * (ends[1] - head) > MAX_PAIRS:
        yield "replace", head, ends[0], head, ends[1]
    else:
        inner = SequenceMatcher(None, before[head : ends[0]], after[head : ends[1]], autojunk=False)
        for tag, i, j, k, m in inner.get_opcodes():
            yield tag, head + i, head + j, head + k, head + m
    yield "equal", ends[0], len(before), ends[1], len(after)


def marked_words(before: str, after: str, max_pairs: int) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Two lines in parts. Where little is the same each is one: single characters would tell nothing."""
    words = WORD.findall(before), WORD.findall(after)
    matcher = SequenceMatcher(None, *words, autojunk=False)
    if len(words[0]) * len(words[1]) > max_pairs or matcher.ratio() < ALIKE:
        return (Part(before, changed=True),), (Part(after, changed=True),)
    parts: tuple[list[Part], list[Part]] = ([], [])
    for tag, i, j, k, m in matcher.get_opcodes():
        for found, text in zip(parts, ("".join(words[0][i:j]), "".join(words[1][k:m])), strict=True):
            if text:
                found.append(Part(text, tag != "equal"))
    return tuple(parts[0]), tuple(parts[1])


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
    rows = [row for model in ROWS.get(type(now), ()) for row in model.objects.filter(**{OWNERS[model]: now})]
    return as_texts(type(now), values_of(now), [(type(row), values_of(row)) for row in rows], Names())


def state_of(written: models.Model) -> str:
    """A digest of what stands in the database now."""
    return hashlib.sha256(repr(texts_of(written)).encode()).hexdigest()[:32]


def texts_in(version: Version, names: Names | None = None, of_it: Iterable[Version] | None = None) -> Texts:
    """What a version holds; `of_it` are the versions of its rows, where they are known."""
    of_it = rows_of_version(version) if of_it is None else of_it
    rows = [(one.content_type.model_class(), one.field_dict) for one in of_it]
    return as_texts(version.content_type.model_class(), version.field_dict, rows, names or Names())


def rows_of_version(version: Version) -> models.QuerySet[Version]:
    """The rows that a version holds besides the one it is of."""
    model = version.content_type.model_class()
    types = ContentType.objects.get_for_models(*ROWS.get(model, ())).values()
    together = version.revision.version_set.filter(content_type__in=types).order_by("pk")
    # An import keeps very many rows in one revision: those that do not even name this one are left there.
    return together.filter(serialized_data__contains=f'"{version.object_id}"') if model is Body else together


def fresh(written: models.Model) -> models.Model:
    return type(written)._base_manager.get(pk=written.pk)


def values_of(row: models.Model) -> dict[str, Any]:
    """The values of a row as `Version.field_dict` gives them."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    for field in row._meta.many_to_many:
        values[field.attname] = [one.pk for one in getattr(row, field.name).all()]
    return values


def as_texts(
    model: type[models.Model],
    values: dict[str, Any],
    rows: Iterable[tuple[type[models.Model], dict[str, Any]]],
    names: Names,
) -> Texts:
    texts = {str(field.verbose_name): lines_of(field, values, names) for field in written_fields(model)}
    for row_model in ROWS.get(model, ()):
        of_model = [row for its_model, row in rows if its_model is row_model]
        of_model.sort(key=lambda row: (row.get("position", 0), row["id"]))
        texts[str(row_model._meta.verbose_name)] = [row_line(row_model, row, names) for row in of_model]
    return texts


def name_of(user: Any) -> str:
    """What an account is called; empty for one that is gone."""
    return (user.get_full_name() or user.get_username()) if user else ""


def key_in(text: str) -> int | None:
    """The key of a row, or a number, that was sent; None for what is none."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def written_fields(model: type[models.Model]) -> list[Any]:
    """The fields that editors write, in the order of the model."""
    fields = [*model._meta.concrete_fields, *model._meta.many_to_many]
    return [field for field in fields if field.editable and field.name not in ("id", OWNERS.get(model))]


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
