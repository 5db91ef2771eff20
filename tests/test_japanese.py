"""The editors' pages are in Japanese: what they show, what they say of bad input, what scripts say."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from catalog import history
from catalog.models import Case, Guideline, Indicator, SearchSynonym, Topic
from tests.filling import ADD, a_publisher, an_editor, change_url, logged_in, new_case, opened
from tests.making import HIDAKA, make_case
from tests.quick import one_in

pytestmark = pytest.mark.django_db

MODELS = ("body", "case", "guideline", "searchsynonym", "source", "topic")
# Names and codes that Japanese has no other word for.
NAMES = {
    *("AI", "API", "BPR", "DX", "ICT", "ID", "IT", "LDAP", "NPO", "NUL", "PDCA", "RPA", "SSO", "URL"),
    *("Cookie", "Control", "Command", "Excel", "Mac", "pbkdf", "sha"),
}
ADDRESS_OR_CODE = re.compile(
    r"[A-Z]+_FORMS|https?://\S+|\S+\*+|\S+@\S+|dx20\d\d[-\w]*|[a-z0-9-]+(?:\.[a-z0-9-]+)+|[a-z]+(-[a-z0-9]+)+"
)
TOLD_BY = ("alt", "aria-label", "placeholder", "title")


class ShownText(HTMLParser):
    """Collects the text that a page shows, its labels and its buttons; not what editors wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.hidden: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "textarea"):
            self.hidden.append(tag)
        given = dict(attributes)
        self.texts += [given[name] or "" for name in TOLD_BY if name in given]
        if tag == "input" and given.get("type") in ("submit", "button", "reset"):
            self.texts.append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.hidden:
            self.hidden.remove(tag)

    def handle_data(self, text: str) -> None:
        if not self.hidden:
            self.texts.append(text)


def english_on(response: Any) -> list[str]:
    """The words of Latin letters that a page shows, but for names, addresses and codes."""
    parser = ShownText()
    parser.feed(response.text)
    text = ADDRESS_OR_CODE.sub(" ", "\n".join(parser.texts))
    return [word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in NAMES]


@pytest.fixture(scope="class")
def case(rows_of_class: None) -> Case:
    """The only case, with a version to go back to; what else is listed has no English of its own."""
    for model in (Case, Indicator, Guideline, SearchSynonym, Topic):
        model.objects.all().delete()
    SearchSynonym.objects.create(words=["研修", "講習"])
    Topic.objects.create(slug="t-1", title="研修", position=1)
    Guideline.objects.create(title="手引き", published_on="2021-01-01", position=1)
    made = make_case("dx2021-1-1", title="題名", status="draft", points=["一", "二"])
    history.record(made, None, "最初")
    Case.objects.filter(pk=made.pk).update(title="次の題名")
    return made


def pages(client: Client, case: Case) -> Iterator[Any]:
    """Every page an editor reaches by a link, as (address, response)."""
    addresses = ["/admin/", "/admin/catalog/", "/admin/password_change/", "/admin/password_change/done/"]
    for model in MODELS:
        listed = f"/admin/catalog/{model}/"
        addresses += [listed, f"{listed}add/", f"{listed}?q=該当なし"]
        key = HIDAKA if model == "body" else case.pk if model == "case" else ""
        found = re.search(rf'href="({listed}[^/"]+)/change/', client.get(listed).text)
        row = f"{listed}{key}" if key else found[1] if found else ""
        addresses += [f"{row}/change/", f"{row}/history/", f"{row}/delete/"]
    version = history.versions_of(case)[0].pk
    of_case = f"/admin/catalog/case/{case.pk}"
    addresses += [f"{of_case}/preview/", f"{of_case}/history/compare/?before={version}"]
    addresses += [f"{of_case}/history/{version}/revert/", "/admin/catalog/case/0/change/", "/admin/nothing/"]
    for address in addresses:
        yield address, client.get(address, follow=True)


WRONG = [
    {"title": "", "slug": "大文字", "section": "9", "source": "0", "page": "x", "order": "-1", "points": ""},
    {"title": "長" * 300, "page": "99999999", "order": "0", "heading": "長" * 300, "topics": ["0"]},
    {"title": "a\x07b", "points": "a\x07b", "background": "a\x07b", "status": "不明"},
    {"links-0-url": "ftp://例", "links-0-label": "", "figures-0-label": "", "case_bodies-0-position": "x"},
    {"links-0-url": "https://" + "a" * 600 + ".jp/", "case_bodies-0-body": "0", "similar_bodies-0-body": ""},
    {"case_bodies-TOTAL_FORMS": "0"},
    {"case_bodies-TOTAL_FORMS": "x"},
    {"slug": "dx2021-1-1", "page": "1001", "withdrawn_pointer": "javascript:x", "status": "withdrawn"},
]


class TestOfACase:
    """Pages and complaints about one case."""

    @pytest.mark.long
    @pytest.mark.parametrize("account", [a_publisher, an_editor, lambda: logged_in("管理")])
    def test_no_page_of_the_admin_shows_english(self, account: Any, case: Case) -> None:
        found = {address: words for address, page in pages(account(), case) if (words := english_on(page))}
        assert found == {}

    @pytest.mark.parametrize("sent", one_in(2, WRONG))
    def test_no_complaint_about_a_case_is_in_english(self, case: Case, sent: dict[str, str]) -> None:
        response = logged_in("管理").post(ADD, new_case(**sent))
        assert response.status_code == 200
        assert english_on(response) == []

    @pytest.mark.long
    def test_conflict_refusal_and_questions_show_no_english(self, case: Case) -> None:
        publisher, editor = a_publisher("公開"), an_editor("編集")
        typed = opened(editor, case)
        publisher.post(change_url(case), {**opened(publisher, case), "title": "別の題名"})
        assert english_on(editor.post(change_url(case), typed)) == []
        asked = publisher.post("/admin/catalog/case/", {"action": "publish", "_selected_action": [case.pk]})
        assert english_on(asked) == []
        assert english_on(publisher.post("/admin/catalog/case/", {"action": "publish"}, follow=True)) == []
        Case.objects.filter(pk=case.pk).update(status="published")
        assert english_on(editor.post(change_url(case), typed)) == []


def test_pages_of_accounts_show_no_english() -> None:
    client = logged_in("管理")
    client.post("/admin/auth/user/add/", {"username": "x"})
    listed = "/admin/auth/user/"
    key = client.get(listed).context["cl"].result_list[0].pk
    addresses = [listed, f"{listed}add/", f"{listed}{key}/change/", f"{listed}{key}/password/"]
    assert {address: english_on(client.get(address)) for address in addresses} == {
        address: [] for address in addresses
    }


def test_the_door_shows_no_english(client: Client) -> None:
    wrong = client.post("/admin/login/", {"username": "x", "password": "y"})
    for page in (client.get("/admin/login/"), wrong, logged_in("管理").post("/admin/logout/")):
        assert english_on(page) == []


def test_password_complaints_show_no_english(client: Client) -> None:
    user = User.objects.create_user("編集", password="a long enough password", is_staff=True)
    client.force_login(user)
    for old, new, again in (("x", "password", "other"), ("a long enough password", "123", "123")):
        sent = {"old_password": old, "new_password1": new, "new_password2": again}
        assert english_on(client.post("/admin/password_change/", sent)) == []


def test_what_scripts_say_is_translated() -> None:
    catalogue = logged_in("管理").get("/admin/jsi18n/").text
    said = re.findall(r'^\s+"([^"]+)": ("[^"]*"|\[[^\\]]*\\])', catalogue, re.MULTILINE)
    left = [source for source, told in said if not re.search(r"\\u|[^\x00-\x7f]", told)]
    assert [source for source in left if re.search("[A-Za-z]{3,} [A-Za-z]", source)] == []


def test_the_compiled_wordings_are_those_of_the_source() -> None:
    folder = Path(settings.LOCALE_PATHS[0]) / "ja" / "LC_MESSAGES"
    source = (folder / "django.po").read_text(encoding="utf-8")
    written = re.findall(
        r'^msgid "(.+)"\n(?:msgid_plural ".+"\n)?msgstr(?:\[0\\])? "(.+)"$', source, re.MULTILINE
    )
    with (folder / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert [(one, compiled.gettext(one)) for one, _ in written] == written
