"""All that is known of the population of a body, as its page tells it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from catalog.models import Population
from catalog.models.days import in_japanese

ROUNDING = 500  # persons by which the casebook's whole thousands may be off


@dataclass(frozen=True)
class KnownPopulation:
    """A population with the one before it by the same source, if there is one."""

    row: Population
    earlier: Population | None

    @property
    def growth(self) -> str:
        """For example 2019年1月1日から1.2％減; empty for the first of its source."""
        if self.earlier is None:
            return ""
        percent = (self.row.persons / self.earlier.persons - 1) * 100
        change = f"{abs(percent):.1f}％{'増' if percent > 0 else '減'}"
        return f"{in_japanese(self.earlier.as_of)}から{'0.1％未満の増減' if abs(percent) < 0.05 else change}"


def known_populations(code: str) -> list[KnownPopulation]:
    """Those of a body, newest first; of those of a day the one that the site uses first."""
    rows = list(Population.objects.filter(body=code).select_related("source"))
    return [
        KnownPopulation(row, next((one for one in rows[at:] if is_earlier(one, row)), None))
        for at, row in enumerate(rows)
    ]


def is_earlier(one: Population, other: Population) -> bool:
    return one.source_id == other.source_id and one.as_of < other.as_of


def disagreements(known: list[KnownPopulation]) -> list[str]:
    """A sentence for each day for which sources differ by more than rounding."""
    by_day = [
        (as_of, [one.row for one in of_day])
        for as_of, of_day in groupby(known, key=lambda one: one.row.as_of)
    ]
    return [
        f"{in_japanese(as_of)}の人口は、出典によって異なります。このサイトは「{rows[0].source}」の人口を使っています。"
        for as_of, rows in by_day
        if max(row.persons for row in rows) - min(row.persons for row in rows) > ROUNDING
    ]
