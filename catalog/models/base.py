"""What tables that editors write have in common: plain texts, web addresses, natural keys, a look-up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from functools import partial, reduce
from operator import and_
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import F, Func, Q

# All but tab and line ends; `is_plain_text` (sql/0001_plain_text.sql) is the same for the database.
# U+FFFD stands for what could not be read.
CONTROL_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
REPLACEMENT_CHARACTER = "\ufffd"

# As one dials and writes it: 03-1234-5678, 0123-45-6789.
TELEPHONE = re.compile("^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$")
telephone_number = RegexValidator(
    TELEPHONE, "電話番号は「03-1234-5678」のように、半角の数字とハイフンで入力してください。"
)


def plain(text: str) -> str:
    """A label in the form in which labels are compared: half width, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split())


# What is typed for a hyphen, in half width: hyphens, dashes, the minus and the long vowel.
DASH_WITHIN = re.compile("(?<=[0-9A-Za-z])[‐‑‒–—―−─━ー](?=[0-9A-Za-z])")


def with_hyphens(text: str) -> str:
    """The text in half width, with a hyphen for each dash between letters or digits of ASCII."""
    return DASH_WITHIN.sub("-", unicodedata.normalize("NFKC", text))


def plain_code(text: str) -> str:
    """The digits of a body's code. Programs and people also write it as 131016.0, '131016 and 13101-6."""
    return re.sub(r"(?<=^[0-9]{5})-(?=[0-9]$)|^'|(?<=[0-9])\.0$", "", with_hyphens(plain(text)))


def place_in(text: str, at: int) -> str:
    """Where a character of the text stands, as people count."""
    before = text[:at].split("\n")
    line = f"{len(before)}行目の" if "\n" in text else ""
    return f"{line}{len(before[-1]) + 1}文字目"


# Letters of a host's name beyond ASCII that a Japanese name has: kana, kanji, and their full-width relatives.
FOREIGN_LETTER = re.compile("[^\x00-\x7f\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


def refuse_credentials(url: str) -> None:
    """Raises ValidationError for a URL that names a user or a password, or a host that looks like another.

    What cannot be taken apart is for `URLValidator` to refuse.
    """
    try:
        host = urlsplit(url).netloc
    except ValueError:
        return
    if "@" in host:
        raise ValidationError("URLにユーザー名やパスワード（@の前の部分）を含めないでください。")
    if found := FOREIGN_LETTER.search(host):
        raise ValidationError(
            f"ホスト名に、英字に似た別の文字（{found[0]}、U+{ord(found[0]):04X}）があります。"
            "正しいURLをブラウザーから写してください。"
        )


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


def dated(name: str, field: str, label: str) -> models.CheckConstraint:
    """The constraint that the text `field` and the day it was checked on stand together or not at all."""
    day = f"{field}_checked_on"
    return models.CheckConstraint(
        name=name,
        condition=Q((field, ""), (f"{day}__isnull", True)) | (~Q((field, "")) & Q((f"{day}__isnull", False))),
        violation_error_message=f"{label}と確認日は、両方入力するか両方空にしてください。",
    )


class CatalogueModel(models.Model):
    """Base of what editors write: refuses control characters, which pages and files cannot show, by field."""

    CONTROL_CHARACTER_ERROR: ClassVar[str] = (
        "目に見えない制御文字が含まれています。その文字を消すか、文を打ち直してください。"
    )
    CONTROL_CHARACTER_AT: ClassVar[str] = (
        "目に見えない制御文字が含まれています（{}）。その文字を消すか、文を打ち直してください。"
    )
    UNREADABLE_CHARACTER_AT: ClassVar[str] = (
        "読み取れない文字（\ufffd）が含まれています（{}）。元の文字を入れ直してください。"
    )

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        errors: dict[str, Any] = {}
        try:
            super().clean_fields(exclude=exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for name, message in self._control_characters():
            if name not in errors and name not in (exclude or ()):
                errors[name] = [ValidationError(message, code="control_character")]
        if errors:
            raise ValidationError(errors)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """As Django's, but an error stands beside a field: the last of those that the constraint is about."""
        errors: dict[str, Any] = {}
        for model, constraints in self.get_constraints():
            for constraint in constraints:
                try:
                    constraint.validate(model, self, exclude=set(exclude or ()))
                except ValidationError as error:
                    ValidationError({_last_field_of(constraint, model): error}).update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _control_characters(self) -> Iterator[tuple[str, str]]:
        """The fields that have such a character, with what to tell of the first; a list has a text a line."""
        for field in self._meta.concrete_fields:
            if field.generated:  # by the database, which a new row has not met yet
                continue
            value = getattr(self, field.attname)
            text = "\n".join(map(str, value)) if isinstance(value, list) else value
            if isinstance(text, str) and (found := CONTROL_CHARACTER.search(text)):
                is_unreadable = found[0] == REPLACEMENT_CHARACTER
                told = self.UNREADABLE_CHARACTER_AT if is_unreadable else self.CONTROL_CHARACTER_AT
                yield field.name, told.format(f"{place_in(text, found.start())}、U+{ord(found[0]):04X}")


def _last_field_of(constraint: Any, model: type[models.Model]) -> str:
    is_check = isinstance(constraint, models.CheckConstraint)
    names = constraint.condition.referenced_base_fields if is_check else constraint.fields
    return [field.name for field in model._meta.concrete_fields if field.name in names][-1]


class TypedField(models.CharField):
    """A code or number, which forms read by `read` before they check it; to the database a CharField."""

    def __init__(self, *args: Any, read: Callable[[str], str] = with_hyphens, **options: Any) -> None:
        self.read = read
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": partial(TypedFormField, self.read), **options})


class TypedFormField(forms.CharField):
    """The field of a form for a TypedField."""

    def __init__(self, read: Callable[[str], str], **options: Any) -> None:
        self.read = read
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        return self.read(super().to_python(value) or "")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Without an end to what may be typed, since less of it may be left."""
        return {name: one for name, one in super().widget_attrs(widget).items() if name != "maxlength"}


class DeferrableUnique(ExclusionConstraint):
    """That no two rows under a condition have the same in these fields, which can be deferred.

    A unique constraint under a condition is an index, and no index can be deferred. Django knows exclusion by
    GiST alone, which has no = for numbers and texts; that by B-tree has.
    """

    def __init__(self, *, fields: Sequence[str], **options: Any) -> None:
        self.fields = fields
        super().__init__(expressions=[(field, "=") for field in fields], **options)
        self.index_type = "BTREE"

    def deconstruct(self) -> Any:
        path, args, options = super().deconstruct()
        kept = {key: one for key, one in options.items() if key not in ("expressions", "index_type")}
        return path, args, {**kept, "fields": self.fields}

    def validate(self, *args: Any, **options: Any) -> None:
        """As the unique constraint that it is, which also knows what to do where a field is no valid one."""
        told = self.violation_error_message
        as_unique = models.UniqueConstraint(
            fields=self.fields, name=self.name, condition=self.condition, violation_error_message=told
        )
        as_unique.validate(*args, **options)


class NumberField(models.DecimalField):
    """A number as it is stated: exact, up to a trillion and to thousandths, read without zeros at its end."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_digits": 16, "decimal_places": 3, **options})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        kept = {key: one for key, one in options.items() if key not in ("max_digits", "decimal_places")}
        return name, path, args, kept

    def from_db_value(self, value: Decimal | None, *_: Any) -> Decimal | None:
        return None if value is None else as_short(value)


def as_short(number: Decimal) -> Decimal:
    """The same number without zeros at its end, and without an exponent."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


class SlugManager(models.Manager):
    """Fixtures name a row by its slug."""

    def get_by_natural_key(self, slug: str) -> Any:
        return self.get(slug=slug)


@models.CharField.register_lookup
@models.TextField.register_lookup
@ArrayField.register_lookup
class Folded(models.Lookup):
    """Whether a text, or one of a list of texts, has the value in it, both by `fold` as readers' searches."""

    lookup_name = "folded"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        text, values = self.process_lhs(compiler, connection)
        if isinstance(self.lhs.output_field, ArrayField):
            text = f"array_to_string({text}, chr(10))"
        return f"strpos(fold({text}), fold(%s)) > 0", (*values, str(self.rhs))
