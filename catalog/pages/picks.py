"""The cases that a reader has picked in lists, to compare them or to put them into a dossier.

Addresses of lists carry them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from catalog.documents.reading import Document, read_public
from catalog.models import Case

PARAMETER = "compare"
ORDER = "order"  # of what was picked before, which the ticks of a list do not tell
MAX_NAMED = 5  # of cases that are not public
MAX_PICKED = 30  # more than a dossier takes, so that a reader sees which to take away


@dataclass(frozen=True)
class Picks:
    """Public cases in the order in which they were picked, each once; a slug without a case is none."""

    documents: list[Document]

    @classmethod
    def of(cls, request: HttpRequest) -> Picks:
        slugs = dict.fromkeys(request.GET.getlist(PARAMETER)[:MAX_PICKED])
        return cls(read_public(slugs))

    @property
    def slugs(self) -> list[str]:
        return [document.record["slug"] for document in self.documents]

    def without(self, slug: str) -> list[str]:
        return [one for one in self.slugs if one != slug]


def withdrawn_among(slugs: Collection[str]) -> set[str]:
    """Those of the slugs whose case was public and is withdrawn."""
    return (
        {*Case.objects.withdrawn().filter(slug__in=slugs).values_list("slug", flat=True)} if slugs else set()
    )


def why_not_public(slugs: list[str]) -> str:
    """What readers are told of slugs without a public case, of the first of them where there are many."""
    first = slugs[:MAX_NAMED]
    withdrawn = withdrawn_among(first)
    told = {
        "は取り下げられました。": [slug for slug in first if slug in withdrawn],
        "という事例はありません。": [slug for slug in first if slug not in withdrawn],
    }
    return "".join(
        f"「{'」「'.join(slug[:50] for slug in some)}」{text}" for text, some in told.items() if some
    )


def compared_once_picked(
    view: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Lead from the address that a list's form sends to that of the comparison, or of the dossier."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if PARAMETER not in request.GET:
            return view(request)
        kept = request.GET.copy()
        order = {slug: place for place, slug in enumerate(kept.pop(ORDER, []))}
        picked = [slug for slug in kept.pop(PARAMETER) if slug]
        picked.sort(key=lambda slug: order.get(slug, len(order)))
        kept.setlist("case", [*dict.fromkeys([*kept.getlist("case"), *picked])])
        return HttpResponseRedirect(f"{request.path}?{kept.urlencode()}")

    return answer
