"""What editors write of a case with its rows, as a value: read, compared, merged, written (decision 0021)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from catalog import history
from catalog.models import PUBLISHED_WITHOUT_BODY, Case, Topic
from catalog.models.base import as_short

# {"case": the values of its fields}, and by the name a case has for a kind of row a list of such values.
# They are named as in `history.values_of`; a date and an exact number are texts. What is kept at a revert is
# no part of it.
Content = dict[str, Any]
Row = dict[str, Any]

PLACE_TAKEN = "その場所には、別の事例「{}」があります。出典・ページ・順番を確かめてください。"
GONE = "今はないものを指しています。選び直してください。"

ROW_MODELS: dict[str, type[Any]] = {
    model._meta.get_field("case").remote_field.get_accessor_name(): model for model in history.CASE_ROWS
}
FIELDS = [field for field in history.written_fields(Case) if field.name not in history.KEPT_AT_REVERT]


def content_of(case: Case) -> Content:
    """What stands in the database."""
    now = Case.objects.get(pk=case.pk)
    values = history.values_of(now)
    made: Content = {"case": {field.attname: plain(values[field.attname]) for field in FIELDS}}
    made["case"]["topics"] = sorted(made["case"]["topics"])
    for name, model in ROW_MODELS.items():
        names = [field.attname for field in history.written_fields(model)]
        rows = [history.values_of(row) for row in model.objects.filter(case=now)]
        in_order = sorted(rows, key=lambda row: (row["position"], row["id"]))
        made[name] = [{one: plain(row[one]) for one in names} for row in in_order]
    return made


def plain(value: Any) -> Any:
    """The value as JSON has it: a date as in ISO 8601, an exact number as its digits."""
    if isinstance(value, Decimal):
        return str(as_short(value))
    return value.isoformat() if hasattr(value, "isoformat") else value


def as_now(stored: Content) -> Content:
    """A content kept before, perhaps under another code, with the fields and rows that there are today.

    What is new has its default, in `base` and `content` alike: so the merge takes what stands in the case.
    """
    rows = {
        name: [values_now(model, row) for row in stored.get(name, [])] for name, model in ROW_MODELS.items()
    }
    return {"case": values_now(Case, stored["case"]), **rows}


def values_now(model: type[models.Model], stored: Row) -> Row:
    fields = FIELDS if model is Case else history.written_fields(model)
    return {field.attname: stored.get(field.attname, default_of(field)) for field in fields}


def default_of(field: Any) -> Any:
    return [] if field.many_to_many else plain(field.get_default())


def texts_of(content: Content) -> history.Texts:
    """The content as editors read it, to be compared as versions are."""
    rows = [
        (model, {"id": number, **typed(model, row)})
        for name, model in ROW_MODELS.items()
        for number, row in enumerate(content[name])
    ]
    texts = history.as_texts(Case, typed(Case, content["case"]), rows, history.Names())
    return {label: lines for label, lines in texts.items() if label not in KEPT_LABELS}


KEPT_LABELS = {str(Case._meta.get_field(name).verbose_name) for name in history.KEPT_AT_REVERT}  # type: ignore[union-attr]


def typed(model: type[models.Model], values: Row) -> Row:
    """The values as Python has them: of dates and exact numbers, the texts are read again."""
    fields = {field.attname: field for field in history.written_fields(model)}
    return {
        name: value if value is None or fields[name].many_to_many else fields[name].to_python(value)
        for name, value in values.items()
    }


def differences(before: Content, after: Content) -> list[history.Difference]:
    return history.differences(texts_of(before), texts_of(after))


class Choice:
    """Three-way merge of values. Collects the labels of what is taken from others, and of true conflicts."""

    def __init__(self) -> None:
        self._taken: dict[str, None] = {}
        self._conflicts: dict[str, None] = {}

    @property
    def taken(self) -> list[str]:
        return list(self._taken)

    @property
    def conflicts(self) -> list[str]:
        return list(self._conflicts)

    def between(self, label: str, base: Any, mine: Any, theirs: Any) -> Any:
        """What both made of `base`: theirs where I left it as it was; mine where both changed it."""
        if mine == theirs:
            return mine
        if mine == base:
            self._taken[label] = None
            return theirs
        if theirs != base:
            self._conflicts[label] = None
        return mine


def merge(base: Content, mine: Content, theirs: Content) -> tuple[Content, list[str]]:
    """What both made of `base`; and the labels of what both changed differently, where mine stands."""
    choice = Choice()
    merged: Content = {"case": {}}
    for field in FIELDS:
        values = (one["case"][field.attname] for one in (base, mine, theirs))
        merged["case"][field.attname] = choice.between(str(field.verbose_name), *values)
    for name, model in ROW_MODELS.items():
        known = [{row[model.key_field]: row for row in one[name]} for one in (base, mine, theirs)]
        keys = dict.fromkeys([*known[2], *known[1]])
        label = str(model._meta.verbose_name)
        rows = []
        for key in keys:
            three: list[Any] = [rows_by_key.get(key) for rows_by_key in known]
            if None in three:
                rows.append(choice.between(label, *three))
            else:
                rows.append({one: choice.between(label, *(row[one] for row in three)) for one in three[0]})
        merged[name] = sorted((row for row in rows if row is not None), key=lambda row: row["position"])
    return merged, choice.conflicts


def obstacles(case: Case, content: Content) -> list[str]:
    """What keeps the content from being written to the case today, and where; nothing is written to know."""
    values = typed(Case, content["case"])
    topics = values.pop("topics")
    tried = Case.objects.get(pk=case.pk)
    set_values(tried, values)
    told = complaints(tried)
    if other := tried.other_at_its_place():
        told.append(PLACE_TAKEN.format(other))
    if Topic.objects.filter(pk__in=topics).count() < len(topics):
        told.append(f"{Case._meta.get_field('topics').verbose_name}：{GONE}")
    for name, model in ROW_MODELS.items():
        there = {getattr(row, model.key_field): row for row in model.objects.filter(case=case)}
        for number, row in enumerate(content[name], start=1):
            written = there.get(row[model.key_field]) or model(case=case)
            set_values(written, typed(model, row))
            told += [f"{model._meta.verbose_name}の{number}行目の{one}" for one in complaints(written)]
    if tried.status == Case.Status.PUBLISHED and not content["case_bodies"]:
        told.append(PUBLISHED_WITHOUT_BODY)
    return told


def complaints(row: models.Model) -> list[str]:
    """What is wrong with a row, each with the label of its field."""
    try:
        row.full_clean(exclude=["case"])
    except ValidationError as error:
        found = ((name, one) for name, errors in error.error_dict.items() for one in errors)
        return [complaint(row, name, one) for name, one in found]
    return []


def complaint(row: models.Model, name: str, error: ValidationError) -> str:
    if name == NON_FIELD_ERRORS:
        return error.messages[0]
    field: Any = row._meta.get_field(name)
    is_gone = field.is_relation and error.code == "invalid"
    return f"{field.verbose_name}：{GONE if is_gone else error.messages[0]}"


def write(case: Case, content: Content) -> None:
    """Makes the case and its rows this in the database; rows that stay keep their keys."""
    values = typed(Case, content["case"])
    topics = values.pop("topics")
    set_values(case, values)
    case.save()
    case.topics.set(topics)
    history.use_merged_topics(case)
    for name, model in ROW_MODELS.items():
        leave_out_rows(case, name, content)
        write_rows(case, model, [typed(model, row) for row in content[name]])


def leave_out_rows(case: Case, name: str, content: Content) -> None:
    """Deletes the rows of this name that the content does not have."""
    model = ROW_MODELS[name]
    kept = [row[model.key_field] for row in content[name]]
    model.objects.filter(case=case).exclude(**{f"{model.key_field}__in": kept}).delete()


def write_rows(case: Case, model: Any, wanted: list[Row]) -> None:
    there = {getattr(row, model.key_field): row for row in model.objects.filter(case=case)}
    for values in wanted:
        row = there.get(values[model.key_field])
        if row is None:
            model.objects.create(case=case, **values)
        elif any(getattr(row, name) != value for name, value in values.items()):
            set_values(row, values)
            row.save()


def set_values(row: models.Model, values: Row) -> None:
    for name, value in values.items():
        setattr(row, name, value)


class _Undo(Exception):
    """Leaves a block of the database without what was done in it."""


@contextmanager
def undone() -> Iterator[None]:
    """Undoes in the end what is written within, to see what a case would be. Gives locks back, too."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass
