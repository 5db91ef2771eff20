"""Who saves a body, topic, source or synonym late is told what changed, and overwrites it knowingly."""

from __future__ import annotations

import re
from typing import Any

import pytest

from catalog.models import Body, Guideline, SearchSynonym, Source, Topic
from tests.filling import a_publisher, errors, sent_by
from tests.making import HIDAKA
from tests.quick import one_in

pytestmark = pytest.mark.django_db


def sent(page: Any) -> dict[str, Any]:
    hidden = re.findall(r'<input type="hidden" name="(seen_\w+)" value="(\w*)">', page.text)
    return {**sent_by(page), **dict(hidden)}


def synonym() -> Any:
    return SearchSynonym.objects.create(words=["一つ", "二つ"])


@pytest.mark.parametrize(
    ("model", "find", "by_first", "by_second", "label"),
    one_in(
        2,
        [
            (
                "body",
                lambda: Body.objects.get(pk=HIDAKA),
                {"name": "日高町"},
                {"kana": "ひだかちょう"},
                "名称",
            ),
            ("topic", lambda: Topic.objects.get(slug="bpr"), {"title": "新題"}, {"position": "9"}, "名称"),
            (
                "source",
                lambda: Source.objects.get(slug="dx2021"),
                {"title": "新書"},
                {"edition": "第9版"},
                "題名",
            ),
            ("guideline", lambda: Guideline.objects.all()[0], {"title": "新題"}, {"publisher": "国"}, "題名"),
            ("searchsynonym", synonym, {"words": "一つ\r\n三つ"}, {"words": "一つ\r\n四つ"}, "言葉"),
        ],
    ),
)
def test_a_late_save_is_refused_once_with_what_changed(
    model: str, find: Any, by_first: dict[str, str], by_second: dict[str, str], label: str
) -> None:
    first, second, row = a_publisher("suzuki"), a_publisher("tanaka"), find()
    url = f"/admin/catalog/{model}/{row.pk}/change/"
    typed = {**sent(second.get(url)), **by_second}
    saved = first.post(url, {**sent(first.get(url)), **by_first})
    assert saved.status_code == 302, errors(saved)
    refused = second.post(url, typed)
    assert refused.status_code == 200
    assert "ほかの人が変えました。まだ保存していません。" in refused.text
    conflict = refused.text.partition('class="conflict"')[2].partition("</section>")[0]
    assert "<strong>suzuki</strong>" in conflict
    assert f'<th scope="row">{label}</th>' in conflict
    again = sent(refused)
    name, value = next(iter(by_second.items()))
    assert again[name] == value
    assert second.post(url, again).status_code == 302
    row.refresh_from_db()
    stored = getattr(row, name)
    assert ("\r\n".join(stored) if isinstance(stored, list) else str(stored)) == value


def test_a_save_that_is_not_late_is_taken() -> None:
    client, topic = a_publisher(), Topic.objects.get(slug="bpr")
    url = f"/admin/catalog/topic/{topic.pk}/change/"
    assert client.post(url, {**sent(client.get(url)), "title": "新題"}).status_code == 302
    assert client.post(url, {**sent(client.get(url)), "title": "新々題"}).status_code == 302
    topic.refresh_from_db()
    assert topic.title == "新々題"
