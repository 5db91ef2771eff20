"""What is deleted with a row and is in no version of it, such as the confirmations of a draft.

It is found by the relations of the models alone, so that none that is added later is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from reversion.models import Version

from catalog.models import Confirmation, Remains, Sender

Keys = dict[type[models.Model], set[Any]]


def keep(row: models.Model, version: Version, in_version: Set[type[models.Model]]) -> None:
    """Keeps what is about to be deleted with a row, but for rows of the models that its version holds."""
    many_to_many: list[Any] = list(row._meta.many_to_many)
    in_version = {*in_version, *(field.remote_field.through for field in many_to_many)}
    keys = deleted_with(row, in_version)
    rows = [[model._meta.label, values_of(one)] for model in keys for one in rows_with(model, keys[model])]
    pointers = list(pointers_to({type(row): {row.pk}, **keys}))
    if rows or pointers:
        Remains.objects.create(version=version, rows=rows, pointers=pointers)


def bring_back(version: Version) -> None:
    """Puts back what was kept, as it was; what points to what is gone since points to nothing."""
    kept = Remains.objects.filter(version=version).first()
    if kept is None:
        return
    for label, values in kept.rows:
        model = apps.get_model(label)
        fields = {field.attname: field for field in model._meta.concrete_fields}
        known = {name: fields[name].to_python(value) for name, value in values.items() if name in fields}
        model(**known).save_base(raw=True, force_insert=True)
    for label, _ in kept.rows:
        let_go_of_what_is_gone(apps.get_model(label))
    for label, name, key in kept.pointers:
        pointing = apps.get_model(label)._base_manager.filter(**{"pk": key[0], f"{name}__isnull": True})
        pointing.update(**{name: key[1]})
    kept.delete()


def forget_senders(before: datetime) -> int:
    """Empties the personal data of answers before this time. Returns of how many."""
    forgotten = 0
    for kept in Remains.objects.select_for_update():
        answers = [values for label, values in kept.rows if label == Confirmation._meta.label]
        known = [one for one in answers if any(one[name] for name in Sender.PERSONAL)]
        known = [one for one in known if datetime.fromisoformat(one["answered_at"]) < before]
        for one in known:
            one |= dict.fromkeys(Sender.PERSONAL, "")
        if known:
            kept.save()
            forgotten += len(known)
    return forgotten


def deleted_with(row: models.Model, but_for: Set[type[models.Model]]) -> Keys:
    """By model the keys of the rows that are deleted with a row, and with these in turn."""
    found: Keys = {}
    new: list[tuple[type[models.Model], set[Any]]] = [(type(row), {row.pk})]
    while new:
        owner, owners = new.pop()
        for relation in relations_to(owner, models.CASCADE):
            model = relation.related_model
            pointing = model._base_manager.filter(**{f"{relation.field.name}__in": owners})
            keys = {*pointing.values_list("pk", flat=True)} - found.get(model, set())
            if keys and model not in but_for:
                found.setdefault(model, set()).update(keys)
                new.append((model, keys))
    return found


def pointers_to(keys: Keys) -> Iterator[tuple[str, str, tuple[Any, Any]]]:
    """The rows that stay and point to one of these: model, field, and the keys of both."""
    for owner, owners in keys.items():
        for relation in relations_to(owner, models.SET_NULL):
            model, field = relation.related_model, relation.field
            pointing = model._base_manager.filter(**{f"{field.name}__in": owners})
            for pair in pointing.exclude(pk__in=keys.get(model, ())).values_list("pk", field.attname):
                yield model._meta.label, field.attname, pair


def relations_to(model: type[models.Model], on_delete: Any) -> list[Any]:
    """The foreign keys of other rows to a model, also those without a name there, that do this."""
    fields: list[Any] = model._meta.get_fields(include_hidden=True)
    pointing = (field for field in fields if field.auto_created and not field.concrete)
    return [one for one in pointing if not one.many_to_many and one.on_delete is on_delete]


def rows_with(model: type[models.Model], keys: set[Any]) -> models.QuerySet[Any]:
    return model._base_manager.filter(pk__in=keys).order_by("pk")


def values_of(row: models.Model) -> dict[str, Any]:
    """The values of a row for JSON, to the microsecond."""
    values = ((field.attname, getattr(row, field.attname)) for field in row._meta.concrete_fields)
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values}


def let_go_of_what_is_gone(model: type[models.Model]) -> None:
    """Empties pointers of rows just put back to rows that were deleted since, as that would have done."""
    fields: list[Any] = list(model._meta.concrete_fields)
    for field in fields:
        if field.remote_field and field.remote_field.on_delete is models.SET_NULL:
            there = field.related_model._base_manager.filter(pk=models.OuterRef(field.attname))
            lost = model._base_manager.filter(~models.Exists(there), **{f"{field.attname}__isnull": False})
            lost.update(**{field.attname: None})
