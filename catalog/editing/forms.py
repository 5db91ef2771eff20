"""The forms of the editors' pages."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.http import QueryDict

from catalog import history
from catalog.importing.tables import with_plain_breaks
from catalog.models import PUBLISHED_WITHOUT_BODY, Case

FORM_ONLY = ("reason", "seen_version", "seen_record")
REASON = "変更の理由"
REASON_MISSING = "公開した事例を変えるときは、変更の理由を入力してください。"
SAVED_MEANWHILE = (
    "あなたが開いた後に、ほかの人がこの事例を変えました。まだ保存していません。"
    "上の「ほかの人の変更」を見て、必要なら入力を直し、もう一度保存してください。"
)


class ProseField(forms.CharField):
    """A text of several lines, which end as the database has them whatever a browser sends."""

    widget = AdminTextareaWidget

    def to_python(self, value: Any) -> str:
        return with_plain_breaks(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial, with_plain_breaks(data or ""))


class LinesField(ProseField):
    """A list of texts, written one to a line; empty lines and blanks around a line are dropped."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).split("\n") if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class CaseForm(forms.ModelForm):
    """One case. Told what version the editor saw, it refuses to overwrite a later one unseen.

    `instance` must be locked while a form that was sent is checked and saved (see `CaseAdmin.get_object`).
    """

    reason = ProseField(
        label=REASON,
        required=False,
        help_text="何を、なぜ変えたか。公開した事例では必ず書きます。読者には見えず、履歴に残ります。",
        widget=AdminTextareaWidget(attrs={"rows": 2}),
    )
    seen_version = forms.IntegerField(label="開いたときの版", required=False, widget=forms.HiddenInput)
    seen_record = forms.IntegerField(label="開いたときの記録", required=False, widget=forms.HiddenInput)

    conflict: history.Conflict | None = None

    class Meta:
        model = Case
        fields = ()  # CaseAdmin names them, by its fieldsets

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.was_public = bool(self.instance.pk) and self.instance.status != Case.Status.DRAFT
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if self.instance.pk:
            self.initial = {**self.initial, **self.seen()}

    def seen(self) -> dict[str, int | None]:
        """What the form shows: the version of the case, and the newest that history has of it."""
        newest = history.versions_of(self.instance).first()
        return {"seen_version": self.instance.version, "seen_record": newest.pk if newest else None}

    @cached_property
    def changed_data(self) -> list[str]:
        """What of the case itself was changed."""
        return [name for name in super().changed_data if name not in FORM_ONLY]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.propose_slug(cleaned)
        if self.was_public and not cleaned.get("reason") and cleaned.get("status") != Case.Status.WITHDRAWN:
            self.add_error("reason", REASON_MISSING)
        if self.instance.pk and cleaned.get("seen_version") != self.instance.version:
            self.show_conflict(cleaned.get("seen_record"))
        return cleaned

    def propose_slug(self, cleaned: dict[str, Any]) -> None:
        place = {name: cleaned.get(name) for name in ("source", "page", "order")}
        if "slug" in self.fields and not cleaned.get("slug") and all(place.values()):
            cleaned["slug"] = Case(**place).proposed_slug()

    def show_conflict(self, seen_record: int | None) -> None:
        """Refuses the form once: shown again, it speaks of the version that the editor has then seen."""
        self.conflict = history.conflict(self.instance, seen_record)
        self.data = with_values(cast(QueryDict, self.data), self.seen())
        self.add_error(None, SAVED_MEANWHILE)


def with_values(data: QueryDict, values: dict[str, int | None]) -> QueryDict:
    changed = data.copy()
    for name, value in values.items():
        changed[name] = "" if value is None else str(value)
    return changed


class CaseBodyFormSet(forms.BaseInlineFormSet):
    """The bodies of a case: one at least before it is published."""

    def clean(self) -> None:
        super().clean()
        filled = [form for form in self.forms if form.has_changed() or form.instance.pk]
        left = [form for form in filled if not form.cleaned_data.get("DELETE")]
        if self.instance.status == Case.Status.PUBLISHED and not left:
            raise forms.ValidationError(PUBLISHED_WITHOUT_BODY)


def readd_deleted_rows(data: QueryDict, prefix: str, existing: set[str]) -> QueryDict:
    """Turn rows of a formset that another editor has deleted meanwhile into new ones: no text is lost.

    `existing`: the ids of the rows that there are.
    """
    ids = {
        int(match[1]): data[name]
        for name in data
        if (match := re.fullmatch(rf"{prefix}-(\d{{1,4}})-id", name))
    }
    vanished = [number for number, row_id in ids.items() if row_id and row_id not in existing]
    if not vanished:
        return data
    kept = [number for number, row_id in ids.items() if row_id and number not in vanished]
    order = {old: new for new, old in enumerate([*kept, *vanished, *(n for n in ids if not ids[n])])}
    renumbered = data.copy()
    for name in data:
        if (match := re.fullmatch(rf"{prefix}-(\d{{1,4}})-(\w+)", name)) and int(match[1]) in order:
            is_lost_id = match[2] == "id" and int(match[1]) in vanished
            new_name = f"{prefix}-{order[int(match[1])]}-{match[2]}"
            renumbered.setlist(new_name, [""] if is_lost_id else data.getlist(name))
    # A box that is not ticked is not sent, so a row that moved must not meet that of another.
    for name in [
        f"{prefix}-{new}-DELETE" for old, new in order.items() if f"{prefix}-{old}-DELETE" not in data
    ]:
        renumbered.pop(name, None)
    renumbered[f"{prefix}-INITIAL_FORMS"] = str(len(kept))
    return renumbered


class ReasonForm(forms.Form):
    """Why a public case is changed without its form: by an action or by taking it back to a version."""

    reason = ProseField(
        label=REASON,
        help_text="履歴に残ります。読者には見えません。",
        error_messages={"required": REASON_MISSING},
        widget=AdminTextareaWidget(attrs={"rows": 2}),
    )


class RevertForm(ReasonForm):
    """Why a case is taken back to a version. Refuses once where the case has changed since it was shown."""

    seen_version = forms.IntegerField(label="開いたときの版", widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, case: Case) -> None:
        super().__init__(data, initial={"seen_version": case.version})
        self.case = case

    def clean_seen_version(self) -> int:
        seen: int = self.cleaned_data["seen_version"]
        if seen != self.case.version:
            self.data = with_values(cast(QueryDict, self.data), {"seen_version": self.case.version})
            raise forms.ValidationError(
                "ほかの人がこの事例を変えました。下の違いをもう一度確かめてから、戻してください。"
            )
        return seen


class AccountPasswordForm(AdminPasswordChangeForm):
    """Django's own, whose warning is written in English alone."""

    usable_password_help_text = "「無効」にすると、ログインできなくなり、今のパスワードは失われます。"  # noqa: S105
