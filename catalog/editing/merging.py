"""Two editors on one case: what one sent, with what another saved where only the other changed it."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import QueryDict

from catalog import history
from catalog.editing.contents import ROW_MODELS, Choice
from catalog.models import Case

Values = dict[str, Any]
# Of a case and each of its rows, by the name that the form has for it: "" and, as figures-12, those of a row.
State = dict[str, Values]

MOST_ROWS = 1_000  # more than a form takes


def state_now(case: Case) -> State:
    """The values that stand in the database."""
    rows = {
        f"{name}-{row.pk}": history.values_of(row)
        for name, model in ROW_MODELS.items()
        for row in model.objects.filter(case=case)
    }
    return {"": history.values_of(Case.objects.get(pk=case.pk)), **rows}


def state_in(version: history.Version) -> State:
    names = {model: name for name, model in ROW_MODELS.items()}
    rows = {
        f"{names[one.content_type.model_class()]}-{one.object_id}": one.field_dict
        for one in history.rows_of_version(version)
        if one.content_type.model_class() in names
    }
    return {"": version.field_dict, **rows}


def merged(sent: QueryDict, base: State, theirs: State) -> tuple[QueryDict, list[str], list[str]]:
    """What was sent by a form that showed `base`, with what others made of it where it was left as it was.

    Also the labels of the fields that were taken from the others, and of those that both changed differently.
    """
    data, choice = sent.copy(), Choice()
    for field in history.written_fields(Case):
        merge_field(data, "", field, str(field.verbose_name), base[""], theirs[""], choice)
    for name, model in ROW_MODELS.items():
        fields, label = history.written_fields(model), str(model._meta.verbose_name)
        for number, key in ids_sent(sent, name).items():
            row, prefix = f"{name}-{key}", f"{name}-{number}-"
            if row in base and row in theirs:
                for field in fields:
                    merge_field(data, prefix, field, label, base[row], theirs[row], choice)
            elif row in base:
                before = [as_compared(field, as_sent(field, base[row][field.attname])) for field in fields]
                mine = [as_compared(field, sent.getlist(prefix + field.name)) for field in fields]
                if choice.between(label, before, mine, None) is None:
                    leave_out(data, prefix, fields)
        came = [theirs[row] for row in theirs.keys() - base.keys() if row.startswith(f"{name}-")]
        for one in came:
            choice.between(label, None, None, one)
        keep_one_of_twins(data, name, model, came)
    return data, choice.taken, choice.conflicts


def merge_field(
    data: QueryDict, prefix: str, field: Any, label: str, base: Values, theirs: Values, choice: Choice
) -> None:
    name = prefix + field.name
    if not is_sent(data, name, field):
        return
    mine = as_compared(field, data.getlist(name))
    before, now = (as_compared(field, as_sent(field, one[field.attname])) for one in (base, theirs))
    if choice.between(label, before, mine, now) != mine:
        data.setlist(name, as_sent(field, theirs[field.attname]))


def is_sent(data: QueryDict, name: str, field: Any) -> bool:
    """Whether the form had the field; boxes that are not ticked are not sent."""
    return name in data or isinstance(field, models.BooleanField | models.ManyToManyField)


def as_sent(field: Any, value: Any) -> list[str]:
    """The value as a browser sends it."""
    if isinstance(field, models.BooleanField):
        return ["on"] if value else []
    if isinstance(field, models.ManyToManyField):
        return [str(key) for key in value]
    if isinstance(field, ArrayField):
        return ["\r\n".join(value)]
    return ["" if value is None else str(value).replace("\r\n", "\n").replace("\n", "\r\n")]


def as_compared(field: Any, sent: list[str]) -> Any:
    """What was sent, without what the form does not keep of it."""
    if isinstance(field, models.BooleanField):
        return bool(sent)
    if isinstance(field, models.ManyToManyField):
        return sorted(sent)
    text = "".join(sent[-1:]).replace("\r\n", "\n").strip()
    lines = [line.strip() for line in text.split("\n")]
    return [line for line in lines if line] if isinstance(field, ArrayField) else text


def ids_sent(data: QueryDict, name: str) -> dict[int, str]:
    """The keys of the rows sent, by their number in the form; of a new row, an empty one."""
    total = history.key_in(str(data.get(f"{name}-TOTAL_FORMS", ""))) or 0
    return {number: str(data.get(f"{name}-{number}-id", "")) for number in range(min(total, MOST_ROWS))}


def leave_out(data: QueryDict, prefix: str, fields: list[Any]) -> None:
    """Makes a row one that was never filled in."""
    for field in fields:
        data.setlist(prefix + field.name, as_sent(field, field.get_default()))


def keep_one_of_twins(data: QueryDict, name: str, model: Any, came: list[Values]) -> None:
    """Leaves out rows that were added here and by another as well: the other's stands."""
    keys = {str(row[model.key_field]) for row in came}
    key_name = model._meta.get_field(model.key_field).name
    for number, key in ids_sent(data, name).items():
        prefix = f"{name}-{number}-"
        if not key and data.get(prefix + key_name) in keys:
            leave_out(data, prefix, history.written_fields(model))
