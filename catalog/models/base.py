"""What every table that editors write has in common: plain texts, web addresses, natural keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import reduce
from operator import and_
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Func, Q

# All but tab and line ends; `is_plain_text` (sql/0001_plain_text.sql) is the same for the database.
CONTROL_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def refuse_credentials(url: str) -> None:
    """Raises ValidationError for a URL that names a user or a password."""
    if "@" in urlsplit(url).netloc:
        raise ValidationError("URLにユーザー名やパスワード（@の前の部分）を含めないでください。")


def web_address(label: str = "URL", **options: Any) -> models.URLField:
    """A URL field for http and https, without credentials; see `is_web_address` for the database."""
    return models.URLField(
        label,
        max_length=500,
        validators=[URLValidator(schemes=["http", "https"]), refuse_credentials],
        **options,
    )


def is_web_address(field: str) -> Q:
    """The condition that `field` starts like a web address and names no user before its host."""
    return Q((f"{field}__regex", r"^https?://[^\s/?#@\\]+([/?#]\S*)?$"))


def texts_are_plain(name: str, *fields: str) -> models.CheckConstraint:
    """The constraint that no text of `fields`, or of a list of texts, has a control character."""
    conditions = [
        Q(Func(F(field), function="is_plain_text", output_field=models.BooleanField())) for field in fields
    ]
    return models.CheckConstraint(
        name=name,
        condition=reduce(and_, conditions),
        violation_error_message=CatalogueModel.CONTROL_CHARACTER_ERROR,
    )


class CatalogueModel(models.Model):
    """Base of what editors write: refuses control characters, which pages and files cannot show, by field."""

    CONTROL_CHARACTER_ERROR: ClassVar[str] = (
        "目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。"
    )

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        errors: dict[str, Any] = {}
        try:
            super().clean_fields(exclude=exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for name in self._fields_with_control_characters():
            if name not in errors and name not in (exclude or ()):
                errors[name] = [ValidationError(self.CONTROL_CHARACTER_ERROR, code="control_character")]
        if errors:
            raise ValidationError(errors)

    def _fields_with_control_characters(self) -> Iterator[str]:
        for field in self._meta.concrete_fields:
            value = getattr(self, field.attname)
            texts = value if isinstance(value, list) else [value]
            if any(isinstance(text, str) and CONTROL_CHARACTER.search(text) for text in texts):
                yield field.name


class SlugManager(models.Manager):
    """Fixtures name a row by its slug."""

    def get_by_natural_key(self, slug: str) -> Any:
        return self.get(slug=slug)
