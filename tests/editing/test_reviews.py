"""The day by which a case is to be looked at again: for editors alone, so nothing public moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from catalog import history
from catalog.documents.version import current_version
from catalog.models import Case, Proposal, Review
from tests.filling import a_publisher, an_editor, change_url, errors, opened
from tests.making import make_case
from tests.quick import one_in

pytestmark = pytest.mark.django_db


def review_url(case: Case) -> str:
    return f"/admin/catalog/case/{case.pk}/review/"


def public_state(case: Case) -> dict[str, Any]:
    """The catalogue's version, and of answers with the case what they say and by what they are known."""
    addresses = [
        f"/cases/{case.slug}/",
        f"/api/v1/cases/{case.slug}/",
        "/cases/",
        "/cases.atom",
        "/sitemap.xml",
    ]
    answers = {address: Client().get(address) for address in addresses}
    told = {address: (one.getvalue(), one.headers["ETag"]) for address, one in answers.items()}
    return {"version": current_version(), **told}


@pytest.mark.parametrize("who", one_in(2, [an_editor, a_publisher]))
def test_it_is_set_and_taken_away_without_a_trace_in_public(who: Callable[[], Client]) -> None:
    client, case = who(), make_case("reviewed", title="題")
    history.record(case, None, "")
    updated_at, before, form = (
        Case.objects.get(pk=case.pk).updated_at,
        public_state(case),
        opened(client, case),
    )
    for typed, day, told in (
        ("2027/4/1", date(2027, 4, 1), "見直しの期限を2027年4月1日にしました。"),
        ("令和10年4月1日", date(2028, 4, 1), "見直しの期限を2028年4月1日にしました。"),
        ("", None, "見直しの期限を外しました。"),
    ):
        page = client.post(review_url(case), {"due_on": typed}, follow=True)
        assert told in page.text
        assert [one.due_on for one in Review.objects.filter(case=case)] == ([day] if day else [])
        newest, *_ = history.history_entries(list(history.versions_of(case)))
        assert (newest.version.revision.comment, newest.version.revision.user) == (told, page.context["user"])
        assert [one.label for one in newest.differences] == ["見直しの期限"]
        assert told in client.get(f"/admin/catalog/case/{case.pk}/history/").text
    assert public_state(case) == before
    assert (Case.objects.get(pk=case.pk).updated_at, Proposal.objects.count()) == (updated_at, 0)
    # Nor is it in the way of who has the form open.
    saved = client.post(change_url(case), {**form, "title": "新しい題", "reason": "誤記"}, follow=True)
    assert errors(saved) == []


def test_what_is_no_day_is_refused_and_the_same_day_is_no_change() -> None:
    client, case = an_editor(), make_case()
    assert "日付として読めません" in client.post(review_url(case), {"due_on": "4/1/2027"}).text
    client.post(review_url(case), {"due_on": "2027-04-01"})
    versions = history.versions_of(case).count()
    page = client.post(review_url(case), {"due_on": "2027年4月1日"}, follow=True)
    assert "見直しの期限は変わっていません。" in page.text
    assert history.versions_of(case).count() == versions


def test_a_case_taken_back_to_a_version_keeps_its_day() -> None:
    client, case = a_publisher(), make_case("reviewed", title="前の題")
    history.record(case, None, "")
    first = history.versions_of(case)[0]
    client.post(review_url(case), {"due_on": "2027/4/1"})
    Case.objects.filter(pk=case.pk).update(title="後の題")
    for version, day in ((first, date(2027, 4, 1)), (history.versions_of(case)[0], date(2030, 1, 1))):
        Review.objects.update(due_on=day)
        history.revert(version, page_user(client), "誤り")
        case.refresh_from_db()
        assert (case.title, case.review.due_on) == ("前の題", day)


def page_user(client: Client) -> Any:
    return client.get("/admin/").context["user"]


def test_only_who_may_change_a_case_sets_it() -> None:
    case = make_case()
    assert Client().get(review_url(case)).headers["Location"].startswith("/admin/login/")
    assert an_editor().get("/admin/catalog/case/0/review/").status_code == 404
