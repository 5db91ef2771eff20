"""The forms of the editors' pages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.core.validators import RegexValidator
from django.forms.models import ModelChoiceIterator
from django.http import QueryDict
from django.utils import timezone

from catalog import history
from catalog.importing.fields import DayField
from catalog.importing.tables import with_plain_breaks
from catalog.models import (
    POPULATION_TWICE,
    PUBLISHED_UNFINISHED,
    PUBLISHED_WITHOUT_BODY,
    WITHDRAWN_WITHOUT_REASON,
    Case,
    Population,
    Proposal,
    Review,
    Schedule,
    Section,
    Topic,
)
from catalog.models.days import in_japanese

FORM_ONLY = ("reason", "seen_version", "seen_record", "seen_edition")
REASON = "変更の理由"
REASON_MISSING = "公開した事例を変えるときは、変更の理由を入力してください。"
SAVED_MEANWHILE = (
    "あなたが開いた後に、ほかの人がこの事例を変えました。まだ保存していません。"
    "上の「ほかの人の変更」を見て、必要なら入力を直し、もう一度保存してください。"
)

RESTORED = "書きかけの入力を復元しました。まだ保存していません。内容を確かめて、保存してください。"
OTHERS_WRITE = (
    "ほかの人が取り込み中か、同じものを保存中です。まだ保存していません。"
    "入力はこの画面に残っています。少し待ってから、もう一度保存してください。"
)
ROW_SAVED_MEANWHILE = (
    "あなたが開いた後に、ほかの人が変えました。まだ保存していません。"
    "上の「ほかの人の変更」を見て、残したいものは入力に書き写し、もう一度保存してください。"
)
PROPOSAL_SAVED_MEANWHILE = (
    "あなたが開いた後に、ほかの人がこの改訂案を保存しました。まだ保存していません。"
    "改訂案の画面で内容を確かめてください。もう一度保存すると、この画面の内容になります。"
)
PROPOSAL_CLOSED_MEANWHILE = (
    "あなたが開いた後に、ほかの人がこの改訂案を{}にしました。まだ保存していません。"
    "入力はこの画面に残っています。もう一度保存すると、新しい改訂案になります。"
)
STEP_CHANGED = "あなたが開いた後に、改訂案か事例が変わりました。下の違いをもう一度確かめてください。"
STEP_TOLD = "あなたが開いた後に、{}さんが「{}」にしました。{}"


# A hyphen or an asterisk is one only before a blank.
LIST_MARK = re.compile(r"^\s*(?:[・･•‣◦●○■□◆◇▪▫]|[-*–—]\s)\s*")
SLUG_IS_PLAIN = "識別名は半角の英小文字・数字・ハイフンで付けてください（例：dx2021-17-1）。"


class ProseField(forms.CharField):
    """A text of several lines, which end as the database has them whatever a browser sends."""

    widget = AdminTextareaWidget

    def to_python(self, value: Any) -> str:
        return with_plain_breaks(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial, with_plain_breaks(data or ""))


class LinesField(ProseField):
    """A list of texts, written one to a line.

    Empty lines, blanks around a line and the mark of a list before it are dropped: pages put their own.
    """

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = (LIST_MARK.sub("", line).strip() for line in super().clean(value).split("\n"))
        return [line for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class SectionsBySource(ModelChoiceIterator):
    """The sections, grouped by the source that they are of."""

    def __iter__(self) -> Iterator[Any]:
        yield ("", self.field.empty_label)
        sections = self.queryset.select_related("source").order_by("source_id", "position")
        for source, of_source in groupby(sections, key=lambda section: section.source):
            yield str(source), [self.choice(section) for section in of_source]


class SectionField(forms.ModelChoiceField):
    iterator = SectionsBySource


class RecordedForm(forms.ModelForm):
    """What editors write of one row. It is refused once where another saved since it was shown."""

    conflict: ClassVar[history.Conflict | None] = None
    waited_in_vain: ClassVar[bool] = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.waited_in_vain:
            self.add_error(None, OTHERS_WRITE)
        if self.conflict:
            self.add_error(None, ROW_SAVED_MEANWHILE)
        return cleaned


class CaseForm(forms.ModelForm):
    """One case. Told what version the editor saw, it refuses to overwrite a later one unseen.

    `instance` must be locked while a form that was sent is checked (see `RecordedAdmin.get_object`).
    """

    reason = ProseField(
        label=REASON,
        required=False,
        help_text="何を、なぜ変えたか。公開した事例では必ず書きます。読者には見えず、履歴に残ります。",
        widget=AdminTextareaWidget(attrs={"rows": 2}),
    )
    seen_version = forms.IntegerField(label="開いたときの版", required=False, widget=forms.HiddenInput)
    seen_record = forms.IntegerField(label="開いたときの記録", required=False, widget=forms.HiddenInput)
    seen_edition = forms.IntegerField(label="開いたときの改訂案", required=False, widget=forms.HiddenInput)

    # What the admin knows of the case as it stands, before a proposal is tried on it (`case_admin.Writing`).
    stands: ClassVar[dict[str, Any]] = {}
    conflict: ClassVar[history.Conflict | None] = None
    is_restored: ClassVar[bool] = False
    waited_in_vain: ClassVar[bool] = False
    edition_refused: ClassVar[str] = PROPOSAL_SAVED_MEANWHILE

    class Meta:
        model = Case
        fields = ()  # CaseAdmin names them, by its fieldsets

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.was_public = self.instance.was_public
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].validators = [RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", SLUG_IS_PLAIN)]
        self.initial = {**self.initial, **self.stands}

    @cached_property
    def changed_data(self) -> list[str]:
        """What of the case itself was changed."""
        return [name for name in super().changed_data if name not in FORM_ONLY]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.propose_slug(cleaned)
        if self.was_public and not cleaned.get("reason") and cleaned.get("status") != Case.Status.WITHDRAWN:
            self.add_error("reason", REASON_MISSING)
        if self.is_restored:
            self.add_error(None, RESTORED)
        if self.waited_in_vain:
            self.add_error(None, OTHERS_WRITE)
        if self.conflict:
            self.refuse_once(SAVED_MEANWHILE)
        if cleaned.get("seen_edition") != self.stands.get("seen_edition"):
            self.refuse_once(self.edition_refused)
        return cleaned

    def _post_clean(self) -> None:
        """Names together, beside what stands at each field, all that a case lacks to be published."""
        super()._post_clean()  # type: ignore[misc]
        errors = self.errors.as_data()
        needed = [name for name in errors if any(error.code == "needed" for error in errors[name])]
        if needed:
            labels = "、".join(str(self.fields[name].label) for name in needed)
            self.add_error(None, PUBLISHED_UNFINISHED.format(labels))

    def refuse_once(self, message: str) -> None:
        """Shown again, the form speaks of what the editor has then seen."""
        seen = {name: value for name, value in self.stands.items() if name.startswith("seen_")}
        self.data = with_values(cast(QueryDict, self.data), seen)
        self.add_error(None, message)

    def propose_slug(self, cleaned: dict[str, Any]) -> None:
        """Where none is given, or one stood in for it until the place in the source was known."""
        if "slug" not in self.fields or {"slug", "source", "page", "order"} & self.errors.keys():
            return
        case = Case(**{name: cleaned.get(name) for name in ("source", "page", "order")})
        case.slug = cleaned.get("slug") or ""
        case.settle_slug()
        cleaned["slug"] = case.slug


def with_values(data: QueryDict, values: Mapping[str, int | None]) -> QueryDict:
    changed = data.copy()
    for name, value in values.items():
        changed[name] = "" if value is None else str(value)
    return changed


class RowFormSet(forms.BaseInlineFormSet):
    """The rows of one row of another model.

    `proposed` are the values that they shall have, by their keys, to be shown before they are sent.
    """

    def __init__(
        self, *args: Any, proposed: Mapping[Any, dict[str, Any]] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        if proposed is not None:
            self.show(proposed)

    def show(self, proposed: Mapping[Any, dict[str, Any]]) -> None:
        key_field = cast(Any, self.model).key_field
        there = {getattr(row, key_field): row for row in self.get_queryset()}
        kept = [key for key in proposed if key in there]
        for key in kept:
            for name, value in proposed[key].items():
                setattr(there[key], name, value)
        self._queryset = [there[key] for key in kept]
        added = [values for key, values in proposed.items() if key not in there]
        names = {field.attname: field.name for field in cast(Any, self.model)._meta.concrete_fields}
        self.initial_extra = [{names[name]: value for name, value in row.items()} for row in added]
        self.extra = len(added)

    def get_unique_error_message(self, unique_check: Sequence[str]) -> str:
        fields = self.empty_form.fields
        labels = [str(fields[name].label) for name in unique_check if name != self.fk.name]
        return f"{'・'.join(labels)}が同じ行があります。1つにしてください。"


class PopulationFormSet(RowFormSet):
    """The populations of a body."""

    def clean(self) -> None:
        """Refuses also a day and source that an import or another editor has written meanwhile."""
        super().clean()
        shown = [form.instance.pk for form in self.initial_forms]
        others = Population.objects.filter(body=self.instance.pk).exclude(pk__in=shown)
        taken = set(others.values_list("as_of", "source"))
        for form in self.forms:
            if (form.instance.as_of, form.instance.source_id) in taken:
                form.add_error("source", POPULATION_TWICE)


class CaseBodyFormSet(RowFormSet):
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


class WithdrawalForm(ReasonForm):
    """Why several cases are withdrawn, for editors and for readers."""

    withdrawn_reason = ProseField(
        label="取り下げの理由",
        help_text="読者に見せます。選んだすべての事例に同じ理由が出ます。",
        error_messages={"required": WITHDRAWN_WITHOUT_REASON},
        widget=AdminTextareaWidget(attrs={"rows": 2}),
    )


class SortingForm(ReasonForm):
    """Under what several cases are to stand: topics to add and to take away, a section."""

    add = forms.ModelMultipleChoiceField(
        Topic.objects.in_use(),
        label="加えるテーマ",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    remove = forms.ModelMultipleChoiceField(
        Topic.objects.in_use(),
        label="外すテーマ",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    section = forms.ModelChoiceField(
        Section.objects.all(), label="区分", required=False, empty_label="変えない"
    )
    field_order = ("add", "remove", "section", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        added, removed = (set(cleaned.get(name, ())) for name in ("add", "remove"))
        if added & removed:
            self.add_error("remove", "加えるテーマと同じテーマは外せません。")
        elif not (added or removed or cleaned.get("section")):
            self.add_error(None, "加えるテーマ、外すテーマ、区分のどれかを選んでください。")
        return cleaned

    def concerns(self, case: Case) -> bool:
        """Whether the case would change."""
        section, topics = self.cleaned_data["section"], set(case.topics.all())
        return (
            (section is not None and case.section_id != section.pk)
            or not topics.issuperset(self.cleaned_data["add"])
            or not topics.isdisjoint(self.cleaned_data["remove"])
        )

    def apply(self, case: Case) -> None:
        """Writes the topics, and sets the section of the case, which is to be saved."""
        case.section = self.cleaned_data["section"] or case.section
        case.topics.add(*self.cleaned_data["add"])
        case.topics.remove(*self.cleaned_data["remove"])


class ScheduleForm(forms.ModelForm):
    """When a case is to be published or withdrawn, and why."""

    reason = ProseField(
        label=REASON,
        help_text="履歴に残ります。読者には見えません。",
        widget=AdminTextareaWidget(attrs={"rows": 2}),
    )
    withdrawn_reason = ProseField(
        label="取り下げの理由",
        required=False,
        help_text="取り下げるときに、読者に見せます。",
        widget=AdminTextareaWidget(attrs={"rows": 2}),
    )

    class Meta:
        model = Schedule
        fields = ("status", "due_at", "reason", "withdrawn_reason")
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "due_at": forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        }

    def __init__(self, data: Any = None, *, case: Case, by: Any) -> None:
        super().__init__(data, instance=Schedule(case=case, made_by=by))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        status, due_at = cleaned.get("status"), cleaned.get("due_at")
        case = self.instance.case
        if due_at and due_at <= timezone.now():
            self.add_error("due_at", "これからの日時を入力してください。")
        if status == case.status:
            self.add_error("status", f"この事例は、すでに「{case.get_status_display()}」です。")
        if status == Case.Status.PUBLISHED and case.status == Case.Status.WITHDRAWN:
            self.add_error("status", "取り下げた事例は、予約では公開できません。事例の画面から公開します。")
        is_to_be_published = case.schedules.waiting().filter(status=Case.Status.PUBLISHED).exists()
        if status == Case.Status.WITHDRAWN and case.status == Case.Status.DRAFT and not is_to_be_published:
            self.add_error("status", "下書きは取り下げられません。先に公開を予約してください。")
        if status and case.schedules.waiting().filter(status=status).exists():
            self.add_error("status", "同じ予約がすでにあります。先に取り消してください。")
        return cleaned


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


class ReviewForm(forms.Form):
    """The day by which a case is to be looked at again; empty where none is set."""

    due_on = DayField(
        label="見直しの期限",
        required=False,
        help_text="内容が今も正しいかを、いつまでに確かめるか（例：2027/4/1）。空にすると、期限を外します。",
    )

    def __init__(self, data: Any = None, *, case: Case) -> None:
        self.case, self.there = case, Review.objects.filter(case=case).first()
        super().__init__(data, initial={"due_on": self.there and self.there.due_on})

    def save(self, by: Any) -> str:
        """Sets the day or takes it away, with a version in the case's history. Returns what was done."""
        day = self.cleaned_data["due_on"]
        if day == self.initial["due_on"]:
            return "見直しの期限は変わっていません。"
        history.ensure_version(self.case)
        if day:
            Review.objects.update_or_create(case=self.case, defaults={"due_on": day})
        elif self.there:
            self.there.delete()
        told = f"見直しの期限を{in_japanese(day)}にしました。" if day else "見直しの期限を外しました。"
        history.record(self.case, by, told)
        return told


class MergeForm(forms.Form):
    """The topic that shall stand for another from now on."""

    into = forms.ModelChoiceField(
        Topic.objects.none(),
        label="統合先のテーマ",
        help_text="事例のテーマがこれに変わります。今までのアドレス（?topic=…）も、統合先の一覧を開きます。",
    )

    def __init__(self, data: Any = None, *, topic: Topic) -> None:
        super().__init__(data)
        field = cast(forms.ModelChoiceField, self.fields["into"])
        field.queryset = Topic.objects.in_use().exclude(pk=topic.pk)


class StepForm(forms.Form):
    """What becomes of a proposal, and what to tell others. Refuses a proposal or case changed since seen."""

    step = forms.ChoiceField(choices=Proposal.State)
    note = ProseField(
        label="編集者どうしの連絡",
        required=False,
        help_text="読者には見えません。差し戻すときは、直すところを書きます。",
        widget=AdminTextareaWidget(attrs={"rows": 3}),
    )
    seen_edition = forms.IntegerField(widget=forms.HiddenInput)
    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    seen_notes = forms.IntegerField(widget=forms.HiddenInput)  # each step leaves one

    def __init__(self, data: Any = None, *, proposal: Proposal, steps: Collection[str]) -> None:
        self.notes = list(proposal.notes.select_related("author"))
        self.seen = {
            "seen_edition": proposal.edition,
            "seen_version": proposal.case.version,
            "seen_notes": len(self.notes),
        }
        super().__init__(data, initial=self.seen)
        self.steps = steps

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        news = self.news(cleaned)
        if news:
            self.data = with_values(cast(QueryDict, self.data), self.seen)
            self.add_error(None, news)
        elif cleaned.get("step") not in self.steps:
            self.add_error(None, "この操作は、今はできません。下の状態を確かめてください。")
        elif cleaned["step"] == Proposal.State.RETURNED and not cleaned.get("note"):
            self.add_error("note", "差し戻すときは、直すところを書いてください。")
        return cleaned

    def news(self, cleaned: dict[str, Any]) -> list[str]:
        """What has become of the proposal since it was shown."""
        seen = cleaned.get("seen_notes") or 0
        told = [
            STEP_TOLD.format(history.name_of(note.author), note.get_state_display(), note.text)
            for note in self.notes[seen:]
        ]
        is_as_seen = all(cleaned.get(name) == value for name, value in self.seen.items())
        return told if is_as_seen else [STEP_CHANGED, *told]


class AccountPasswordForm(AdminPasswordChangeForm):
    """Django's own, whose warning is written in English alone."""

    usable_password_help_text = "「無効」にすると、ログインできなくなり、今のパスワードは失われます。"  # noqa: S105
