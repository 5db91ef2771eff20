"""A new draft with what another case says."""

from __future__ import annotations

from typing import Any

from catalog import history
from catalog.editing import contents
from catalog.models import Case

COPY = "（複製）"
MAX_TITLE = 200  # characters
DUPLICATED = "「{}」（{}）を複製"


def duplicate(case: Case, by: Any) -> Case:
    """A draft with the contents and rows of the case, and nothing of its state, its dates or its history.

    Its place in the source is left open, since that is taken: so its slug is one for the time being.
    """
    content = contents.content_of(case)
    title = content["case"]["title"][: MAX_TITLE - len(COPY)]
    content["case"] |= {"title": f"{title}{COPY}", "page": None, "order": 1}
    made = Case(title=title)
    made.slug = made.proposed_slug()
    made.save()
    contents.write(made, content)
    history.record(made, by, DUPLICATED.format(case, case.slug))
    return made
