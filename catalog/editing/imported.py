"""What an import needs of the editors' side: proposals for cases that are public, and its page by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin

from catalog.editing.contents import Content, content_of, undone
from catalog.editing.proposals import keep, outlook
from catalog.importing import runs
from catalog.importing.pages import ImportPage
from catalog.models import Case, ImportRun, Proposal


@contextmanager
def proposing(case: Case, reason: str, by: Any) -> Iterator[None]:
    """Makes a proposal for the case of what is written to it within; the case stays as it is."""
    now = content_of(case)
    with undone():
        yield
        then = content_of(case)
    keep(None, case, then, now, reason, by)


def waiting(cases: Collection[Case]) -> Callable[[Case], str]:
    """Reads what the open proposals of these cases would make of them; what it gives tells, of a case to
    which something has been written, the state of one that would make just that, or nothing.
    """
    proposed = defaultdict[int, list[tuple[Content, str]]](list)
    for proposal in (
        Proposal.objects.still_open().filter(case__in=cases).select_related("case").order_by("pk")
    ):
        then = outlook(proposal).then
        proposed[proposal.case_id].append((then, proposal.get_state_display()))

    def state_of(case: Case) -> str:
        now = content_of(case) if case.pk in proposed else None
        return next((state for then, state in proposed.get(case.pk, []) if then == now), "")

    return state_of


def page_of(run: ImportRun) -> ImportPage:
    """The page on which the file of the run was sent."""
    admins = admin.site._registry.values()
    pages = (page for one in admins if hasattr(one, "import_pages") for page in one.import_pages())
    return next(page for page in pages if page.name == run.page)


def perform(key: int) -> None:
    """Works on a run that waits, as its maker would on its page."""
    runs.perform(key, lambda run, progress: page_of(run).work(run, progress))
