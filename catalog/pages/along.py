"""What the address of a list carries along to other lists, beside its query."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from django.db.models import TextChoices
from django.http import HttpRequest

from catalog.documents.addresses import parameter_of
from catalog.pages.notes import carried
from catalog.pages.picks import PARAMETER, Picks


class View(TextChoices):
    """How a list shows its cases; as cards if the address does not say."""

    CARDS = "", "カード"
    TABLE = "table", "表"
    SIZES = "sizes", "規模の図"

    @classmethod
    def of(cls, request: HttpRequest) -> View:
        """A view that there is not is ignored, as an unknown parameter is."""
        given = request.GET.get("view", "")
        return cls(given) if given in cls.values else cls.CARDS


@dataclass(frozen=True)
class Along:
    """The cases picked, what is written on them in a dossier, by parameter, and the view.

    None is a condition, so files, feed and API have none.
    """

    picks: Picks
    view: View
    notes: dict[str, str]

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        picks = Picks.of(request)
        return cls(picks, View.of(request), carried(request.GET, picks.slugs))

    @cached_property
    def parameters(self) -> dict[str, list[str] | str]:
        """As `query_url` takes them."""
        return {PARAMETER: self.picks.slugs, "view": self.view.value, **self.notes}

    def beside(self, query: str) -> str:
        """The query string with the parameters behind it."""
        picked = [parameter_of(PARAMETER, slug) for slug in self.picks.slugs]
        view = parameter_of("view", self.view.value) if self.view else ""
        notes = [parameter_of(name, text) for name, text in self.notes.items()]
        return "&".join(filter(None, [query, *picked, view, *notes]))
