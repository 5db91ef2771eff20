"""Form fields of editors' pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from catalog.models.days import read_day


class DayField(forms.DateField):
    """A day as people write it in Japan; where the year stands last it is refused: see `read_day`."""

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, date) or value in self.empty_values:
            return value or None
        try:
            return read_day(str(value))
        except ValueError as error:
            raise forms.ValidationError(str(error), code="invalid") from error
