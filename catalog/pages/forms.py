"""Forms of pages other than the list."""

from __future__ import annotations

from typing import Any

from django import forms

from catalog.documents.reading import Document, read_public
from catalog.finding.bodies import NamedBody
from catalog.finding.fields import BodyCodeField
from catalog.finding.forms import BODY_ERROR, StrictForm
from catalog.finding.index import Index
from catalog.finding.query import MAX_NAME_LENGTH, MAX_TEXT_LENGTH, NAME_ERROR, SEARCH_ERROR
from catalog.models import Body
from catalog.pages.picks import why_not_public

MIN_COMPARED, MAX_COMPARED = 2, 4
COMPARE_ERROR = f"事例を{MIN_COMPARED}〜{MAX_COMPARED}件選んでください。"


class BodyNameForm(forms.Form):
    """Looks for the reader's own body by name, kana or code."""

    name = forms.CharField(
        label="自団体の名称・よみ・コード",
        max_length=MAX_NAME_LENGTH,
        error_messages={
            "required": "名称、よみ、コードのどれかを入力してください。",
            "max_length": NAME_ERROR,
        },
    )

    def bodies(self, index: Index) -> list[NamedBody]:
        """The bodies that a valid name names, the best first."""
        return index.bodies_named(self.cleaned_data["name"]) if self.is_valid() else []


class StandingForm(StrictForm):
    """The body whose standing is asked for: by its code, or by what one calls it."""

    body = BodyCodeField(label="団体", required=False)
    name = forms.CharField(
        label="自団体の名称・よみ・コード",
        required=False,
        max_length=MAX_NAME_LENGTH,
        error_messages={"max_length": NAME_ERROR},
    )

    def __init__(self, given: Any, index: Index) -> None:
        self.index = index
        super().__init__(given)

    def clean_body(self) -> Body | None:
        code = self.cleaned_data["body"]
        body = self.index.body(code)
        if code and body is None:
            raise forms.ValidationError(BODY_ERROR)
        return body

    def found(self) -> list[NamedBody]:
        """The bodies that a valid name names, the best first."""
        name = self.cleaned_data.get("name") if self.is_valid() else ""
        return self.index.bodies_named(name) if name else []


class TypedTextForm(StrictForm):
    """What one has typed into a box so far, and whether it is for bodies alone."""

    only = forms.ChoiceField(
        required=False,
        choices=[("bodies", "団体だけ")],
        error_messages={"invalid_choice": "onlyにはbodiesだけを指定できます。"},
    )
    q = forms.CharField(
        required=False, max_length=MAX_TEXT_LENGTH, error_messages={"max_length": SEARCH_ERROR}
    )


class ComparedCasesField(forms.MultipleChoiceField):
    """Published cases by slug, in the order given, each once."""

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(super().to_python(value)))

    def validate(self, value: list[str]) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def clean(self, value: Any) -> list[Document]:
        slugs = super().clean(value)
        documents = {document.record["slug"]: document for document in read_public(slugs)}
        if missing := [slug for slug in slugs if slug not in documents]:
            raise forms.ValidationError(
                f"{why_not_public(missing)}一覧から選び直してください。", code="invalid_choice"
            )
        return [documents[slug] for slug in slugs]


class CompareForm(forms.Form):
    """Two to four cases to set side by side, and whether rows that are the same are left out."""

    case = ComparedCasesField(
        label="比べる事例",
        error_messages={"required": COMPARE_ERROR},
    )
    only = forms.ChoiceField(
        required=False,
        choices=[("differences", "違いのある行だけ")],
        error_messages={"invalid_choice": "onlyにはdifferencesだけを指定できます。"},
    )

    def clean_case(self) -> list[Document]:
        documents = self.cleaned_data["case"]
        if not MIN_COMPARED <= len(documents) <= MAX_COMPARED:
            raise forms.ValidationError(f"{COMPARE_ERROR}（今は{len(documents)}件です）")
        return documents
