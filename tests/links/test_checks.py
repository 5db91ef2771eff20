from __future__ import annotations

from datetime import date, datetime

import pytest

from catalog.links.checks import record, taking_turns
from catalog.links.network import Finding, Outcome
from catalog.models import LinkCheck


def test_addresses_of_one_host_are_kept_apart() -> None:
    urls = [f"http://{name}/{number}" for name in "ab" for number in (1, 2)] + ["https://c/1"]
    assert taking_turns(urls) == ["http://a/1", "http://b/1", "https://c/1", "http://a/2", "http://b/2"]


def test_every_outcome_of_a_check_can_be_recorded() -> None:
    assert set(map(str, Outcome)) == set(LinkCheck.Outcome.values) - {LinkCheck.Outcome.DEAD}


def found(outcome: str, moment: str) -> Finding:
    """A finding about one address, at a moment of the catalogue's time zone in November 2026."""
    at = datetime.strptime(f"2026-11-{moment}+0900", "%Y-%m-%d %H:%M%z")
    return Finding("https://example.jp/", Outcome(outcome), checked_at=at)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("findings", "outcome", "days", "since"),
    [
        (["alive 01 12:00"], "alive", 0, None),
        (["failing 01 12:00"], "failing", 1, 1),
        (["failing 01 00:00", "failing 01 12:00", "failing 01 23:59"], "failing", 1, 1),
        (["failing 01 23:59", "failing 02 00:00", "failing 02 23:59"], "failing", 2, 1),
        (["failing 01 12:00", "failing 02 12:00", "failing 03 12:00"], "dead", 3, 1),
        (["failing 01 12:00", "failing 10 12:00", "failing 20 12:00"], "dead", 3, 1),
        (["failing 01 12:00", "failing 02 12:00", "failing 03 12:00", "failing 03 13:00"], "dead", 3, 1),
        (["failing 01 12:00", "failing 02 12:00", "alive 03 12:00", "failing 04 12:00"], "failing", 1, 4),
        (["failing 01 12:00", "failing 02 12:00", "unclear 03 12:00", "failing 04 12:00"], "failing", 1, 4),
        (["failing 01 12:00", "failing 02 12:00", "failing 03 12:00", "alive 03 13:00"], "alive", 0, None),
        (["failing 01 12:00", "refused 02 12:00"], "refused", 0, None),
    ],
)
def test_an_address_is_dead_after_failures_on_three_days_in_succession(
    findings: list[str], outcome: str, days: int, since: int | None
) -> None:
    for each in findings:
        record(found(*each.split(" ", 1)))
    check = LinkCheck.objects.get()
    assert (check.outcome, check.failed_days) == (outcome, days)
    assert check.first_failed_on == (date(2026, 11, since) if since else None)
