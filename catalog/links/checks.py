"""Which links are checked and when, and what the findings mean for the catalogue (decision 0006)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import zip_longest

from django.db import transaction
from django.utils import timezone

from catalog.links.network import Checker, Finding, Outcome
from catalog.models import LinkCheck

RECENT = timedelta(hours=20)  # a daily run that starts a little earlier than yesterday's checks all
DAYS_TO_DEAD = 3  # as a constraint of the table has it


def due(urls: Iterable[str]) -> list[str]:
    """Those of `urls` that were not checked in the last `RECENT` time."""
    recent = LinkCheck.objects.filter(checked_at__gt=timezone.now() - RECENT)
    return list(set(urls) - set(recent.values_list("url", flat=True)))


@dataclass
class Run:
    """One pass over some addresses.

    Findings are held back until one is ALIVE, which shows that the network is there; from then on each is
    recorded at once. So a run in which nothing is alive records nothing, and a broken one keeps what it has.
    """

    checker: Checker
    recorded: list[LinkCheck] = field(default_factory=list, init=False)
    held_back: list[Finding] = field(default_factory=list, init=False)

    def check(self, urls: Iterable[str]) -> Iterator[str]:
        """Check one address after the other; yield each once that is done."""
        for url in taking_turns(urls):
            finding = self.checker.check(url)
            self.held_back.append(finding)
            if self.recorded or finding.outcome == Outcome.ALIVE:
                self.record()
            yield url

    def record(self) -> None:
        while self.held_back:
            self.recorded.append(record(self.held_back.pop(0)))

    @property
    def summary(self) -> str:
        """How many are recorded, of each outcome in the order of its choices."""
        counts = Counter(check.outcome for check in self.recorded)
        return "、".join(
            f"{outcome.label}：{counts[outcome]}件" for outcome in LinkCheck.Outcome if counts[outcome]
        )


def taking_turns(urls: Iterable[str]) -> list[str]:
    """The addresses in an order that keeps those of one host apart, so that pauses cost little time."""
    by_host: dict[str, list[str]] = defaultdict(list)
    for url in sorted(urls):
        by_host[url.split("/")[2]].append(url)
    return [url for turn in zip_longest(*by_host.values()) for url in turn if url]


def record(finding: Finding) -> LinkCheck:
    """Record what a check has found. Two runs at a time wait for each other, address by address."""
    unknown = {"outcome": LinkCheck.Outcome.UNCLEAR, "checked_at": finding.checked_at}
    with transaction.atomic():
        check, _ = LinkCheck.objects.select_for_update().get_or_create(url=finding.url, defaults=unknown)
        take_over(check, finding)
        check.save()
    return check


def take_over(check: LinkCheck, finding: Finding) -> None:
    failed = finding.outcome == Outcome.FAILING
    count_days(check, timezone.localdate(finding.checked_at) if failed else None)
    is_dead = check.failed_days >= DAYS_TO_DEAD
    check.outcome = LinkCheck.Outcome.DEAD if is_dead else LinkCheck.Outcome(finding.outcome)
    check.http_status, check.reason = finding.http_status, finding.reason
    check.final_url, check.checked_at = finding.final_url, finding.checked_at


def count_days(check: LinkCheck, failed_on: date | None) -> None:
    """Count a day of failure; None, no failure, ends the count. The check before is still on the row."""
    if failed_on is None:
        check.failed_days, check.first_failed_on = 0, None
    elif not check.failed_days:
        check.failed_days, check.first_failed_on = 1, failed_on
    elif failed_on > timezone.localdate(check.checked_at):
        check.failed_days += 1
