from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from catalog.models import Case, Link, LinkCheck, SimilarBody
from tests.link_network import Network, running, says
from tests.making import KASHIHARA, make_case, without_cases

pytestmark = pytest.mark.django_db

OK, GONE = says("200 OK"), says("404 Not Found")


@pytest.fixture
def network() -> Iterator[Network]:
    """Two links, one of them of a similar body, and one of a draft, which is never asked."""
    without_cases()
    case, draft = make_case(), make_case(status=Case.Status.DRAFT)
    Link.objects.create(case=case, url="http://a.example/", label="甲")
    SimilarBody.objects.create(case=case, body_id=KASHIHARA, url="http://b.example/")
    Link.objects.create(case=draft, url="http://draft.example/", label="丙")
    with running() as network:
        network.pages |= {"a.example/": OK, "b.example/": GONE}
        yield network


def check(network: Network, *, again: bool = False) -> list[str]:
    """The lines that a run prints."""
    out = StringIO()
    call_command("check_links", again=again, checker=network.checker(), stdout=out)
    return out.getvalue().splitlines()


def results() -> dict[str, tuple[str, int]]:
    return {check.url: (check.outcome, check.failed_days) for check in LinkCheck.objects.all()}


def a_day_passes() -> None:
    day = timedelta(days=1)
    LinkCheck.objects.update(checked_at=F("checked_at") - day)
    LinkCheck.objects.exclude(first_failed_on=None).update(first_failed_on=F("first_failed_on") - day)


def test_a_run_records_and_tells_what_it_found(network: Network) -> None:
    assert check(network) == [
        "2件のリンクを確認しました（最近確認した0件は省きました）。",
        "つながる：1件、つながらない：1件",
        "つながらない　http://b.example/（サーバーの応答：404）",
    ]
    assert results() == {"http://a.example/": ("alive", 0), "http://b.example/": ("failing", 1)}


def test_a_link_is_dead_after_failures_on_three_days(network: Network) -> None:
    for days in (1, 2):
        check(network)
        check(network, again=True)
        assert results()["http://b.example/"] == ("failing", days)
        a_day_passes()
    assert not LinkCheck.objects.dead()
    assert check(network)[-1] == "リンク切れ　http://b.example/（サーバーの応答：404）"
    (dead,) = LinkCheck.objects.dead()
    assert (dead.url, dead.failed_days, dead.http_status) == ("http://b.example/", 3, 404)
    assert dead.first_failed_on == timezone.localdate(dead.checked_at) - timedelta(days=2)


def test_a_link_that_answers_again_is_alive_at_once(network: Network) -> None:
    for _ in range(3):
        check(network)
        a_day_passes()
    network.pages["b.example/"] = OK
    check(network)
    assert results()["http://b.example/"] == ("alive", 0)


def test_a_run_in_which_everything_fails_changes_nothing(network: Network) -> None:
    check(network)
    a_day_passes()
    before = list(LinkCheck.objects.values())
    network.pages |= {"a.example/": GONE, "b.example/": GONE}
    with pytest.raises(CommandError, match="何も記録しませんでした。ネットワークを確かめて"):
        check(network)
    assert list(LinkCheck.objects.values()) == before


def test_failures_before_the_first_answer_are_recorded_with_it(network: Network) -> None:
    network.pages |= {"a.example/": GONE, "b.example/": OK}
    check(network)
    assert results() == {"http://a.example/": ("failing", 1), "http://b.example/": ("alive", 0)}
    assert [request.host for request in network.requests] == ["a.example", "a.example", "b.example"]


def test_what_was_checked_a_short_while_ago_is_left_out_unless_asked_for(network: Network) -> None:
    check(network)
    asked = len(network.requests)
    assert check(network) == ["0件のリンクを確認しました（最近確認した2件は省きました）。"]
    assert len(network.requests) == asked
    assert check(network, again=True)[0] == "2件のリンクを確認しました（最近確認した0件は省きました）。"


def test_an_interrupted_run_keeps_what_it_has_done_and_goes_on_from_there(network: Network) -> None:
    def interrupt(host: str, port: int) -> list[str]:
        if host == "b.example":
            raise KeyboardInterrupt
        return network.resolve(host, port)

    checker = network.checker()
    checker.resolver = interrupt
    with pytest.raises(CommandError, match="中断しました。1件の結果を記録しました。") as error:
        call_command("check_links", checker=checker)
    assert error.value.returncode == 130
    assert results() == {"http://a.example/": ("alive", 0)}
    network.pages["b.example/"] = OK
    assert check(network)[0] == "1件のリンクを確認しました（最近確認した1件は省きました）。"
    assert set(results()) == {"http://a.example/", "http://b.example/"}


def test_a_check_changes_nothing_of_the_cases(network: Network) -> None:
    tables = (Case.objects, Link.objects, SimilarBody.objects)
    before = [list(table.order_by("pk").values()) for table in tables]
    check(network)
    assert [list(table.order_by("pk").values()) for table in tables] == before
