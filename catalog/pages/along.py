"""What the address of a list carries along to other lists, beside its query."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from django.db.models import TextChoices
from django.http import HttpRequest

from catalog.documents.addresses import parameter_of
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
    """The cases picked for a comparison and the view: no condition, so files, feed and API have neither."""

    picks: Picks
    view: View

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        return cls(Picks.of(request), View.of(request))

    @cached_property
    def parameters(self) -> dict[str, list[str] | str]:
        """As `query_url` takes them."""
        return {PARAMETER: self.picks.slugs, "view": self.view.value}

    def beside(self, query: str) -> str:
        """The query string with the parameters behind it."""
        picked = [parameter_of(PARAMETER, slug) for slug in self.picks.slugs]
        view = parameter_of("view", self.view.value) if self.view else ""
        return "&".join(filter(None, [query, *picked, view]))
