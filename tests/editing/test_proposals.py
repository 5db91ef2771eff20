"""Changes of public cases: proposed, compared, returned and published, while readers see the old text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog import history
from catalog.editing.case_admin import CaseAdmin
from catalog.editing.roles import EDITORS
from catalog.models import Case, Figure, Followed, Link, Proposal, SimilarBody, Topic
from dxcases.sent_twice import SENT_TWICE
from tests.filling import a_publisher, an_editor, change_url, errors, opened, sent_by
from tests.making import HIDAKA, KASHIHARA, MIYAGI, make_case, make_fact

pytestmark = pytest.mark.django_db

NEW = "改めた題名"
PUBLIC = (
    *("/cases/?sort=-updated", "/cases/made/", "/cases.json", "/cases.csv", "/cases.atom", "/bodies/063631/"),
    *("/api/v1/cases/made/", "/api/v1/cases/?sort=-updated", "/compare/?case=made&case=dx2021-17-1"),
)


@pytest.fixture
def case() -> Case:
    """A published case with a row of each kind, its first version recorded."""
    made = make_case("made", title="元の題", topics=["training"], points=["一", "二"], background="背景")
    Link.objects.create(case=made, url="https://example.jp/", label="例")
    Figure.objects.create(case=made, label="回数", value="8回")
    SimilarBody.objects.create(case=made, body_id=KASHIHARA, note="研修")
    history.record(made, None, "最初")
    return made


def propose(client: Client, case: Case, **changes: Any) -> Proposal:
    sent = {**opened(client, case), "reason": "出典の改訂", "_propose": "1", **changes}
    response = client.post(change_url(case), sent)
    assert response.status_code == 302, errors(response)
    return Proposal.objects.latest("pk")


def url_of(proposal: Proposal) -> str:
    return f"/admin/catalog/proposal/{proposal.pk}/change/"


def edit_url(proposal: Proposal) -> str:
    return f"{change_url(proposal.case)}?proposal={proposal.pk}"


def step(client: Client, proposal: Proposal, wanted: str, note: str = "", **changes: Any) -> Any:
    """Opens the proposal and takes the step."""
    form = client.get(url_of(proposal)).context["form"]
    return client.post(
        url_of(proposal), {**form.initial, "step": wanted, "note": note, **changes}, follow=True
    )


def read(url: str) -> str:
    return b"".join(Client().get(url)).decode()


def told(differences: list[history.Difference]) -> dict[str, tuple[list[str], list[str]]]:
    return {
        one.label: ([line.text for line in one.before], [line.text for line in one.after])
        for one in differences
    }


def test_a_change_is_proposed_returned_proposed_again_and_published(case: Case) -> None:
    editor, publisher = an_editor(), a_publisher()
    before = {url: read(url) for url in PUBLIC}
    version = Case.objects.get(pk=case.pk).version
    proposal = propose(editor, case, title=NEW, background="新しい背景")
    assert (proposal.state, str(proposal.author), proposal.base_version) == ("writing", "編集", version)
    shown = editor.get(url_of(proposal))
    assert told(shown.context["outlook"].differences) == {
        "題名": (["元の題"], [NEW]), "背景": (["背景"], ["新しい背景"]),
    }  # fmt: skip
    step(editor, proposal, "asked", "見てください")
    assert "確認依頼のある改訂案：1件" in publisher.get("/admin/").text
    assert "見てください" in publisher.get(url_of(proposal)).text
    assert "差し戻すときは、直すところを書いてください。" in step(publisher, proposal, "returned").text
    step(publisher, proposal, "returned", "背景は元のままに")
    assert "作成中・差戻しの改訂案：1件" in editor.get("/admin/").text
    form = sent_by(editor.get(edit_url(proposal)))
    assert (form["title"], form["background"], form["reason"]) == (NEW, "新しい背景", "出典の改訂")
    assert editor.post(edit_url(proposal), {**form, "background": "背景"}).status_code == 302
    step(editor, proposal, "asked")
    assert {url: read(url) for url in PUBLIC} == before
    assert "公開しました。" in step(publisher, proposal, "published", "よい").text
    case.refresh_from_db()
    assert (case.title, case.background, case.status) == (NEW, "背景", "published")
    assert all(NEW in read(url) for url in PUBLIC)
    newest = history.versions_of(case)[0].revision
    assert (newest.user.username, newest.comment) == ("公開", "出典の改訂（改訂案の作成：編集）")
    proposal.refresh_from_db()
    assert (proposal.state, str(proposal.reviewer), proposal.is_open) == ("published", "公開", False)
    assert [note.state for note in proposal.notes.all()] == ["asked", "returned", "asked", "published"]
    assert "確認依頼のある改訂案：0件" in publisher.get("/admin/").text


@pytest.mark.long
def test_rows_are_proposed_edited_again_and_published(case: Case) -> None:
    editor = an_editor()
    proposal = propose(
        editor, case,
        **{"figures-0-value": "9回", "links-0-DELETE": "on", "similar_bodies-0-body": HIDAKA,
           "case_bodies-TOTAL_FORMS": "2", "case_bodies-1-body": MIYAGI, "case_bodies-1-position": "2"},
        topics=[Topic.objects.get(slug="bpr").pk],
    )  # fmt: skip
    version = Case.objects.get(pk=case.pk).version
    form = sent_by(editor.get(edit_url(proposal)))
    assert editor.post(edit_url(proposal), {**form, "figures-0-value": "10回"}).status_code == 302
    case.refresh_from_db()
    assert (case.version, case.links.count(), case.figures.get().value) == (version, 1, "8回")
    assert told(editor.get(url_of(proposal)).context["outlook"].differences) == {
        "テーマ": (["職員研修・人材育成"], ["業務改革（BPR）"]),
        "実施団体": (
            ["順番：1／団体：山形県舟形町"], ["順番：1／団体：山形県舟形町", "順番：2／団体：宮城県"],
        ),
        "数値": (["順番：1／項目：回数／値：8回"], ["順番：1／項目：回数／値：10回"]),
        "関連リンク": (["順番：1／URL：https://example.jp/／表示名：例"], []),
        "類似の取組を行っている団体": (
            ["順番：1／団体：奈良県橿原市／注記：研修"], ["順番：1／団体：高知県日高村／注記：研修"],
        ),
    }  # fmt: skip
    kept = list(case.case_bodies.values_list("pk", flat=True))
    step(a_publisher(), proposal, "published")
    assert list(case.case_bodies.values_list("pk", flat=True))[:1] == kept
    assert list(case.case_bodies.values_list("body", flat=True)) == ["063631", MIYAGI]
    assert list(case.figures.values_list("value", flat=True)) == ["10回"]
    assert not case.links.exists()
    assert [one.body_id for one in case.similar_bodies.all()] == [HIDAKA]
    assert [topic.slug for topic in case.topics.all()] == ["bpr"]


@pytest.mark.long
def test_the_preview_is_the_page_as_it_would_be_for_editors_alone(case: Case) -> None:
    editor = an_editor()
    proposal = propose(editor, case, title=NEW, **{"links-0-label": "新しい例"})
    url = f"/admin/catalog/proposal/{proposal.pk}/preview/"
    assert Client().post(url).headers["Location"].startswith("/admin/login/")
    assert editor.get(url).headers["Location"] == url_of(proposal)
    shown = editor.post(url)
    assert "改訂案のプレビュー" in shown.text
    assert "公開中のページは、まだ変わっていません。" in shown.text
    assert (shown["X-Robots-Tag"], shown["Cache-Control"]) == ("noindex", "no-store")
    article = shown.text.partition("<article")[2].partition("</article>")[0]
    assert NEW in article
    assert NEW not in read("/cases/made/")
    step(a_publisher(), proposal, "published")
    public = read("/cases/made/").partition("<article")[2].partition("</article>")[0]
    assert re.sub("更新日?.*", "", article) == re.sub("更新日?.*", "", public)


def test_saving_with_preview_leads_to_the_preview_of_the_proposal(case: Case) -> None:
    editor = an_editor()
    sent = {**opened(editor, case), "title": NEW, "reason": "改訂", "_preview": "1"}
    response = editor.post(change_url(case), sent)
    preview = f"/admin/catalog/proposal/{Proposal.objects.get().pk}/preview/"
    assert (response.status_code, response.headers["Location"]) == (307, preview)  # which sends the form on


def test_a_proposal_is_checked_as_a_case_is_and_wants_a_reason(case: Case) -> None:
    editor = an_editor()
    form = opened(editor, case)
    refused = editor.post(change_url(case), {**form, "title": "", "page": "1", "order": "1"})
    assert "この項目は必須です。" in errors(refused)
    assert "公開した事例を変えるときは、変更の理由を入力してください。" in errors(refused)
    refused = editor.post(change_url(case), {**form, "reason": "改訂", "case_bodies-0-DELETE": "on"})
    assert "公開するには、実施団体を1団体以上入力してください。" in refused.text
    assert not Proposal.objects.exists()


@pytest.mark.long
@pytest.mark.parametrize("status", ["published", "withdrawn", "draft"])
def test_an_editor_proposes_for_whatever_was_public_and_steers_nothing(case: Case, status: str) -> None:
    Case.objects.filter(pk=case.pk).update(status=status, withdrawn_reason="申し出")
    editor = an_editor()
    proposal = propose(editor, case, title=NEW, status="published", slug="other", withdrawn_reason="x")
    case.refresh_from_db()
    assert (case.title, case.status, case.slug, case.withdrawn_reason) == ("元の題", status, "made", "申し出")
    assert "公開する" not in editor.get(url_of(proposal)).text
    assert "この操作は、今はできません。" in step(editor, proposal, "published").text
    step(a_publisher(), proposal, "published")
    case.refresh_from_db()
    assert (case.title, case.status, case.slug, case.withdrawn_reason) == (NEW, status, "made", "申し出")


@pytest.mark.long
def test_a_publisher_may_propose_or_publish_at_once(case: Case) -> None:
    publisher = a_publisher()
    page = publisher.get(change_url(case)).text
    assert 'name="_save"' in page
    assert 'name="_propose"' in page
    propose(publisher, case, title=NEW, status="withdrawn", withdrawn_reason="申し出")
    case.refresh_from_db()
    assert (case.title, case.status) == ("元の題", "published")
    publisher.post(change_url(case), {**opened(publisher, case), "title": "すぐに", "reason": "誤記"})
    assert Case.objects.get(pk=case.pk).title == "すぐに"


def test_drafts_are_not_proposed() -> None:
    editor, draft = an_editor(), make_case(status="draft")
    assert 'name="_propose"' not in editor.get(change_url(draft)).text
    editor.post(change_url(draft), {**opened(editor, draft), "title": NEW, "_propose": "1"})
    assert Case.objects.get(pk=draft.pk).title == NEW
    assert not Proposal.objects.exists()


@pytest.mark.long
def test_two_proposals_for_a_case_are_seen_on_both_and_on_the_case(case: Case) -> None:
    first, second = an_editor("satou"), an_editor("suzuki")
    one, other = propose(first, case, title=NEW), propose(second, case, outcome="成果", reason="成果の追記")
    for shown, listed in ((one, other), (other, one)):
        assert f'<a href="{url_of(listed)}">' in first.get(url_of(shown)).text
    form = first.get(change_url(case)).text
    assert all(f'<a href="{url_of(proposal)}">' in form for proposal in (one, other))
    publisher = a_publisher()
    step(publisher, one, "published")
    step(publisher, other, "published")
    case.refresh_from_db()
    assert (case.title, case.outcome) == (NEW, "成果")


@pytest.mark.long
def test_what_changed_since_stays_and_what_both_changed_is_decided_by_an_editor(case: Case) -> None:
    editor, publisher = an_editor(), a_publisher()
    proposal = propose(editor, case, title=NEW)
    publisher.post(change_url(case), {
        **opened(publisher, case), "title": "先に直した題", "outcome": "先の成果",
        "figures-0-value": "9回", "reason": "先に",
    })  # fmt: skip
    refused = step(publisher, proposal, "published")
    assert "公開中の事例が、改訂案と同じ項目で変わりました（題名）。" in refused.text
    assert Case.objects.get(pk=case.pk).title == "先に直した題"
    page = editor.get(edit_url(proposal))
    assert "同じ項目（題名）で変わりました" in page.text
    form = sent_by(page)
    assert (form["title"], form["outcome"], form["figures-0-value"]) == (NEW, "先の成果", "9回")
    editor.post(edit_url(proposal), {**form, "title": "二人で決めた題"})
    assert told(editor.get(url_of(proposal)).context["outlook"].differences) == {
        "題名": (["先に直した題"], ["二人で決めた題"])
    }
    step(publisher, proposal, "published")
    case.refresh_from_db()
    assert (case.title, case.outcome, case.figures.get().value) == ("二人で決めた題", "先の成果", "9回")


@pytest.mark.long
def test_nobody_publishes_or_overwrites_what_they_have_not_seen(case: Case) -> None:
    editor, publisher = an_editor(), a_publisher()
    proposal = propose(editor, case, title=NEW)
    seen = publisher.get(url_of(proposal)).context["form"].initial
    first, second = (sent_by(client.get(edit_url(proposal))) for client in (editor, publisher))
    editor.post(edit_url(proposal), {**first, "title": "さらに改めた題"})
    refused = publisher.post(url_of(proposal), {**seen, "step": "published", "note": ""})
    assert "改訂案か事例が変わりました。" in refused.text
    refused = publisher.post(edit_url(proposal), {**second, "outcome": "成果"})
    assert "ほかの人がこの改訂案を保存しました。" in refused.text
    assert Case.objects.get(pk=case.pk).title == "元の題"
    assert Proposal.objects.get().content["case"]["title"] == "さらに改めた題"


@pytest.mark.long
def test_a_closed_proposal_is_read_only_and_still_shows_what_it_changed(case: Case) -> None:
    editor = an_editor()
    proposal = propose(editor, case, title=NEW)
    assert "公開中のページは変わっていません。" in step(editor, proposal, "dropped").text
    page = editor.get(url_of(proposal))
    assert told(page.context["outlook"].differences) == {"題名": (["元の題"], [NEW])}
    assert 'name="step"' not in page.text
    assert editor.get(edit_url(proposal)).headers["Location"] == url_of(proposal)
    assert Case.objects.get(pk=case.pk).title == "元の題"


@pytest.mark.long
def test_a_proposal_leaves_no_trace_where_readers_or_histories_are(case: Case) -> None:
    """Not the version of the case or the catalogue, no document, no entry of the history."""

    def stamp() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT stamp, number FROM catalog_catalogueversion")
            return cursor.fetchone()

    editor, versions = an_editor(), history.versions_of(case).count()
    before = stamp()
    proposal = propose(editor, case, title=NEW, **{"figures-0-value": "9回"})
    editor.get(edit_url(proposal))
    editor.post(f"/admin/catalog/proposal/{proposal.pk}/preview/")
    step(editor, proposal, "asked", "内緒の連絡")
    assert stamp() == before
    assert history.versions_of(case).count() == versions
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_casedocument WHERE folded LIKE %s", [f"%{NEW}%"])
        assert cursor.fetchone() == (0,)
    assert "内緒の連絡" not in editor.get(f"/admin/catalog/case/{case.pk}/history/").text


@pytest.mark.long
def test_exact_numbers_of_facts_are_proposed_compared_and_published(case: Case) -> None:
    fact = make_fact(case, "effect", "3.5", label="削減", text="3.5割")
    followed = {"body_id": KASHIHARA, "role": "follower", "note": "導入", "page": 1}
    Followed.objects.create(case=case, **followed)
    history.record(case, None, "事実")
    editor = an_editor()
    assert opened(editor, case)["facts-0-value"] == Decimal("3.5")
    unchanged = propose(editor, case, title=NEW)
    assert list(told(editor.get(url_of(unchanged)).context["outlook"].differences)) == ["題名"]
    proposal = propose(
        editor, case, **{"facts-0-value": "40", "facts-0-unit": "%", "followed-0-DELETE": "on"}
    )
    place, stated = "順番：1／出典のページ：1／", "／確かさ：実測値"
    assert told(editor.get(url_of(proposal)).context["outlook"].differences) == {
        "費用・体制・効果など": (
            [f"{place}種類：効果／項目：削減／値：3.5／単位：割／記載：3.5割{stated}"],
            [f"{place}種類：効果／項目：削減／値：40／単位：%／記載：3.5割{stated}"],
        ),
        "取り入れた団体・手本にした団体": (
            [f"{place}団体：奈良県橿原市／関係：取り入れた団体／記載：導入"],
            [],
        ),
    }
    make_fact(case, "cost_yearly", 5, position=2)  # what another adds meanwhile
    step(a_publisher(), proposal, "published")
    assert [(one.pk == fact.pk, str(one.value), one.unit) for one in case.facts.all()] == [
        (True, "40", "%"),
        (False, "5", "割"),
    ]
    assert not case.followed.exists()


@pytest.mark.long
def test_what_points_to_a_body_that_is_gone_is_told_and_not_published(case: Case) -> None:
    editor, publisher = an_editor(), a_publisher()
    proposal = propose(editor, case, **{"similar_bodies-0-body": HIDAKA})
    Proposal.objects.update(content={
        **proposal.content,
        "similar_bodies": [{**proposal.content["similar_bodies"][0], "body_id": "999999"}],
    })  # fmt: skip
    assert "データの決まりに合わないため公開できません。" in step(publisher, proposal, "published").text
    preview = publisher.post(f"/admin/catalog/proposal/{proposal.pk}/preview/", follow=True)
    where = "類似の取組を行っている団体の1行目の団体：今はないものを指しています。選び直してください。"
    assert where in preview.text
    assert where in publisher.get(url_of(proposal)).text


def test_strangers_and_readers_of_the_admin_do_nothing(case: Case) -> None:
    proposal = propose(an_editor(), case, title=NEW)
    for url in (url_of(proposal), edit_url(proposal), "/admin/catalog/proposal/"):
        assert Client().get(url).headers["Location"].startswith("/admin/login/")
    nobody = User.objects.create_user("誰か", is_staff=True)
    client = Client()
    client.force_login(nobody)
    assert [client.get(url).status_code for url in (url_of(proposal), edit_url(proposal))] == [403, 403]


@pytest.mark.long
def test_a_late_save_leaves_a_case_withdrawn_that_another_withdrew_meanwhile() -> None:
    case, one, other = make_case("made"), a_publisher("hitori"), a_publisher("futari")
    typed = {**opened(one, case), "title": "直した題", "reason": "誤記"}
    withdrawal = {"status": "withdrawn", "withdrawn_reason": "申し出により", "reason": "取り下げ"}
    assert other.post(change_url(case), {**opened(other, case), **withdrawal}).status_code == 302
    assert one.post(change_url(case), typed).status_code == 302
    case.refresh_from_db()
    assert (case.status, case.withdrawn_reason, case.title) == ("withdrawn", "申し出により", "直した題")
    assert Client().get("/cases/made/").status_code == 410


def test_a_proposal_sent_twice_is_one() -> None:
    case, editor = make_case("made"), an_editor()
    typed = {**opened(editor, case), "title": "直した題", "reason": "誤記", "_propose": "1"}
    first, second = editor.post(change_url(case), typed), editor.post(change_url(case), typed)
    assert (first.status_code, second["Location"]) == (302, first["Location"])
    assert Proposal.objects.filter(case=case).count() == 1


@pytest.mark.long
def test_a_proposal_whose_place_another_case_took_opens_says_so_is_corrected_and_published(
    case: Case,
) -> None:
    editor, publisher = an_editor(), a_publisher()
    proposal = propose(editor, case, title=NEW, page="9001", order="2")
    make_case("other", title="先に入った事例")
    Case.objects.filter(slug="other").update(page=9001, order=2)
    said = "その場所には、別の事例「先に入った事例」があります。"
    assert said in publisher.get(url_of(proposal)).text
    assert said in step(publisher, proposal, "published").text
    assert said in publisher.post(f"/admin/catalog/proposal/{proposal.pk}/preview/", follow=True).text
    form = sent_by(editor.get(edit_url(proposal)))
    assert (form["title"], form["page"], form["order"]) == (NEW, 9001, 2)
    refused = editor.post(edit_url(proposal), form)
    assert "同じ出典の同じページ・順番の事例がすでにあります。" in errors(refused)
    assert editor.post(edit_url(proposal), {**sent_by(refused), "order": "3"}).status_code == 302
    assert "公開しました。" in step(publisher, proposal, "published").text
    case.refresh_from_db()
    assert (case.title, case.page, case.order) == (NEW, 9001, 3)


@pytest.mark.long
def test_opening_a_proposal_writes_and_locks_nothing(case: Case) -> None:
    editor = an_editor()
    proposal = propose(editor, case, **{
        "figures-0-value": "9回", "links-0-DELETE": "on", "case_bodies-TOTAL_FORMS": "2",
        "case_bodies-1-body": MIYAGI, "case_bodies-1-position": "2",
    })  # fmt: skip
    editor.get(edit_url(proposal))
    for url in (url_of(proposal), edit_url(proposal), f"/admin/catalog/proposal/{proposal.pk}/preview/"):
        with CaptureQueriesContext(connection) as queries:
            editor.get(url)
        writes = re.compile("INSERT|UPDATE|DELETE|.* FOR (NO KEY )?(UPDATE|SHARE)", re.DOTALL)
        said = [query["sql"] for query in queries if writes.match(query["sql"])]
        assert [one for one in said if "session" not in one] == [], url
    form = sent_by(editor.get(edit_url(proposal)))
    assert (form["figures-0-value"], form["links-TOTAL_FORMS"], form["case_bodies-1-body"]) == (
        "9回",
        0,
        MIYAGI,
    )


@pytest.mark.long
def test_what_is_saved_to_a_proposal_that_ended_meanwhile_becomes_a_new_one(case: Case) -> None:
    editor, publisher = an_editor(), a_publisher()
    proposal = propose(editor, case, title=NEW)
    typed = {**sent_by(editor.get(edit_url(proposal))), "outcome": "長く書いた成果"}
    step(publisher, proposal, "published")
    refused = editor.post(edit_url(proposal), typed)
    assert "ほかの人がこの改訂案を公開にしました。まだ保存していません。" in refused.text
    again = sent_by(refused)
    assert again["outcome"] == "長く書いた成果"
    saved = editor.post(edit_url(proposal), again)
    assert saved.status_code == 302, errors(saved)
    new = Proposal.objects.get(closed_at=None)
    assert told(editor.get(url_of(new)).context["outlook"].differences) == {"成果": ([], ["長く書いた成果"])}


@pytest.mark.long
def test_what_was_kept_of_a_proposal_that_ended_is_shown(case: Case) -> None:
    editor = an_editor()
    proposal = propose(editor, case, title=NEW)
    typed = {**sent_by(editor.get(edit_url(proposal))), "outcome": "預けた成果"}
    data = {"page": edit_url(proposal), "data": urlencode(typed, doseq=True)}
    assert editor.post("/admin/autosave/", data).status_code == 200
    step(a_publisher(), proposal, "dropped")
    shown = editor.get(edit_url(proposal))
    assert "ほかの人がこの改訂案を取りやめにしました。" in shown.text
    assert sent_by(shown)["outcome"] == "預けた成果"


@pytest.mark.long
def test_no_step_is_taken_upon_a_note_or_state_that_was_not_seen(case: Case) -> None:
    editor, publisher = an_editor(), a_publisher("公開")
    proposal = propose(editor, case, title=NEW)
    seen = publisher.get(url_of(proposal)).context["form"].initial
    step(editor, proposal, "asked", "まだ公開しないでください")
    refused = publisher.post(url_of(proposal), {**seen, "step": "published", "note": "書いた連絡"})
    assert "編集さんが「確認依頼」にしました。まだ公開しないでください" in refused.text
    assert "書いた連絡" in refused.text
    assert Case.objects.get(pk=case.pk).title == "元の題"
    seen = publisher.get(url_of(proposal)).context["form"].initial
    step(editor, proposal, "dropped", "やめます")
    ended = publisher.post(url_of(proposal), {**seen, "step": "returned", "note": "書いた連絡"})
    assert "編集さんが「取りやめ」にしました。やめます" in ended.text
    assert "<blockquote>書いた連絡</blockquote>" in ended.text


@pytest.mark.long
def test_a_step_sent_twice_is_taken_once(case: Case) -> None:
    editor = an_editor()
    proposal = propose(editor, case, title=NEW)
    seen = editor.get(url_of(proposal)).context["form"].initial
    for _ in range(2):
        answer = editor.post(url_of(proposal), {**seen, "step": "asked", "note": ""})
        assert answer.headers["Location"] == url_of(proposal)
    assert SENT_TWICE in editor.get(url_of(proposal)).text
    assert [note.state for note in proposal.notes.all()] == ["asked"]


@pytest.mark.long
def test_who_wrote_each_edition_is_kept_and_shown(case: Case) -> None:
    first, second, publisher = an_editor("satou"), an_editor("suzuki"), a_publisher()
    proposal = propose(first, case, title=NEW)
    form = sent_by(second.get(edit_url(proposal)))
    second.post(edit_url(proposal), {**form, "outcome": "成果"})
    editions = [(edition.number, str(edition.author)) for edition in proposal.editions.all()]
    assert editions == [(1, "satou"), (2, "suzuki")]
    listed = publisher.get(url_of(proposal)).text.partition('class="editions"')[2].partition("</ol>")[0]
    assert re.findall("<li>(.*?)（", listed) == ["satou", "suzuki"]
    step(publisher, proposal, "published")
    assert history.versions_of(case)[0].revision.comment == "出典の改訂（改訂案の作成：satou、suzuki）"


@pytest.mark.long
def test_a_proposal_kept_before_a_field_came_or_went_is_read_as_far_as_it_goes(case: Case) -> None:
    """As where the catalogue is brought up to date while a proposal is open."""
    editor, publisher = an_editor(), a_publisher()
    proposal = propose(editor, case, title=NEW, **{"figures-0-value": "9回"})
    Case.objects.filter(pk=case.pk).update(outcome="成果")

    def of_before(content: Any) -> Any:
        case = {name: value for name, value in content["case"].items() if name != "outcome"}
        figures = [{"label": row["label"], "value": row["value"], "gone": 1} for row in content["figures"]]
        kept = {name: rows for name, rows in content.items() if name != "links"}
        return {**kept, "case": {**case, "gone": "x"}, "figures": figures, "gone": []}

    Proposal.objects.update(content=of_before(proposal.content), base=of_before(proposal.base))
    for url in (url_of(proposal), edit_url(proposal)):
        assert editor.get(url).status_code == 200
    assert "公開しました。" in step(publisher, proposal, "published").text
    case.refresh_from_db()
    assert (case.title, case.outcome, case.figures.get().value, case.links.count()) == (NEW, "成果", "9回", 1)


def test_proposals_are_for_those_who_may_see_them(case: Case) -> None:
    proposal = propose(an_editor(), case, title=NEW, reason="内緒の理由")
    client = an_editor("temporary")
    Group.objects.get(name=EDITORS).permissions.remove(Permission.objects.get(codename="view_proposal"))
    addresses = (url_of(proposal), edit_url(proposal), "/admin/catalog/proposal/")
    assert [client.get(url).status_code for url in addresses] == [403, 403, 403]
    assert client.post(f"/admin/catalog/proposal/{proposal.pk}/preview/").status_code == 403
    for url in (change_url(case), "/admin/"):
        page = client.get(url)
        assert (page.status_code, "内緒の理由" in page.text, "改訂案：" in page.text) == (200, False, False)


@pytest.mark.long
def test_a_state_that_a_proposal_does_not_take_along_is_told(case: Case) -> None:
    publisher = a_publisher()
    proposal = propose(publisher, case, title=NEW, status="withdrawn", withdrawn_reason="申し出")
    assert "状態と取り下げの内容は、改訂案では変えられない" in publisher.get(url_of(proposal)).text
    proposal = propose(publisher, case, title="さらに改めた題")
    assert "改訂案では変えられない" not in publisher.get(url_of(proposal)).text


@pytest.mark.long
def test_what_is_pointed_to_and_deleted_between_check_and_save_is_checked_anew(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database asks for its foreign keys within what handles its errors, not at the end alone."""
    publisher, topic = a_publisher(), Topic.objects.create(slug="gone", title="消える", position=99)
    sent = {**opened(publisher, case), "topics": [topic.pk], "reason": "分類"}
    save_related, calls = CaseAdmin.save_related, []

    def another_deletes_first(*args: Any) -> None:
        save_related(*args)
        calls.append(args)
        if len(calls) == 1:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM catalog_topic WHERE slug = 'gone'")

    monkeypatch.setattr(CaseAdmin, "save_related", another_deletes_first)
    assert publisher.post(change_url(case), sent).status_code == 302
    assert len(calls) == 2
    connection.check_constraints()
