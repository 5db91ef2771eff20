"""What an editor may have missed in a case that can be saved all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.editing.forms import LIST_MARK
from catalog.models import Case
from catalog.models.cases import MAX_SAME_TITLES, SAME_TITLE

NO_TOPIC = "テーマを選んでいません。テーマで絞り込む読者には出ません。"
ONE_POINT = "ポイントが1つだけです。2〜4行が目安です。"
NO_LIST = "{}の{}行目は「{}」で始まっています。箇条書きにするには、行頭を「・」にします。"
OWN_SIMILAR = "実施団体の{}が、類似の取組を行っている団体にも入っています。"


def hints(case: Case) -> list[str]:
    """Sentences for the editor, of a case as the database has it."""
    return [*of_fields(case), *of_rows(case)]


def of_fields(case: Case) -> Iterator[str]:
    if case.status == Case.Status.PUBLISHED:
        if not case.topics.exists():
            yield NO_TOPIC
        if len(case.points) == 1:
            yield ONE_POINT
    same_title = Case.objects.filter(title=case.title).exclude(pk=case.pk)
    if others := same_title.values_list("slug", flat=True)[:MAX_SAME_TITLES]:
        yield SAME_TITLE.format("、".join(others))
    for name in ("background", "approach", "outcome"):
        field: Any = Case._meta.get_field(name)
        yield from of_lists(str(field.verbose_name), getattr(case, name))


def of_lists(label: str, text: str) -> Iterator[str]:
    """The first line that looks like one of a list and will not be."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.startswith("・") and (mark := LIST_MARK.match(line)):
            yield NO_LIST.format(label, number, mark[0].strip())
            return


def of_rows(case: Case) -> Iterator[str]:
    similar = set(case.similar_bodies.values_list("body", flat=True))
    for row in case.case_bodies.select_related("body__prefecture"):
        if row.body_id in similar:
            yield OWN_SIMILAR.format(row.body.full_name)
