"""What an editor writes of a body and its populations, and of their sources."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.utils import flatten_fieldsets
from django.test import Client

from catalog import history
from catalog.editing.admin import BodyAdmin
from catalog.models import Body, Population, PopulationSource
from tests.filling import a_publisher, an_editor, errors, sent_by
from tests.making import FUNAGATA, HIDAKA, KASHIHARA

pytestmark = pytest.mark.django_db

URL = f"/admin/catalog/body/{HIDAKA}/change/"
SOURCES = "/admin/catalog/populationsource/"


@pytest.fixture
def publisher() -> Client:
    return a_publisher()


def opened(client: Client) -> dict[str, Any]:
    """What the page of 日高村 would send if nothing were changed on it: it has two populations of one day."""
    sent = sent_by(client.get(URL))
    assert [sent[f"populations-{row}-persons"] for row in (0, 1)] == [5_000, 5_008]
    return sent


def with_population(sent: dict[str, Any], persons: str, as_of: str, source: str) -> dict[str, Any]:
    """The same with a third row."""
    row = {"id": "", "body": HIDAKA, "persons": persons, "as_of": as_of, "source": source}
    filled = {f"populations-2-{name}": value for name, value in row.items()}
    return {**sent, **filled, "populations-TOTAL_FORMS": "3"}


def errors_of_rows(response: Any) -> list[dict[str, list[str]]]:
    (inline,) = response.context["inline_admin_formsets"]
    return inline.formset.errors


def test_a_new_row_is_the_population_from_then_on(publisher: Client) -> None:
    response = publisher.post(
        URL, with_population(opened(publisher), "4900", "2025-01-01", "resident-register")
    )
    assert response.status_code == 302, errors(response)
    body = Body.objects.get(pk=HIDAKA)
    assert (body.population, body.population_as_of, body.population_band, body.population_source_id) == (
        *(4_900, date(2025, 1, 1)),
        *("0-1", "resident-register"),
    )
    listed = publisher.get("/admin/catalog/body/?q=394106").text
    assert '<td class="field-population">4900</td>' in listed


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("0", "2025-01-01", "casebook"), {"persons": ["人口は1以上の人数を入力してください。"]}),
        (("4900", "2125-01-01", "casebook"), {"as_of": ["人口の基準日が未来の日付です。"]}),
        (("4900", "", "casebook"), {"as_of": ["この項目は必須です。"]}),
        (("4900", "2025-01-01", ""), {"source": ["この項目は必須です。"]}),
        (
            ("4900", "2020-01-01", "casebook"),
            {"__all__": ["下記の重複したデータを修正してください。"]},
        ),
    ],
)
def test_what_is_wrong_with_a_row_is_told_beside_its_field(
    publisher: Client, row: tuple[str, str, str], told: dict[str, list[str]]
) -> None:
    response = publisher.post(URL, with_population(opened(publisher), *row))
    assert errors_of_rows(response) == [{}, {}, told]


def test_the_same_day_and_source_twice_is_told_by_the_names_of_the_columns(publisher: Client) -> None:
    response = publisher.post(URL, with_population(opened(publisher), "4900", "2020-01-01", "casebook"))
    assert "基準日・出典が同じ行があります。1つにしてください。" in response.text


def test_a_row_that_another_has_added_meanwhile_is_told_too(publisher: Client) -> None:
    sent = with_population(opened(publisher), "4900", "2025-01-01", "casebook")
    Population.objects.create(body_id=HIDAKA, persons=4_901, as_of=date(2025, 1, 1), source_id="casebook")
    response = publisher.post(URL, sent)
    assert errors_of_rows(response) == [{}, {}, {"source": ["同じ日の同じ出典の人口が2回あります。"]}]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"website_checked_on": ""},
            {"website_checked_on": ["公式サイトと確認日は、両方入力するか両方空にしてください。"]},
        ),
        (
            {"telephone": "0889(24)5111", "telephone_checked_on": "2026-04-01"},
            {"telephone": ["電話番号は「03-1234-5678」のように、半角の数字とハイフンで入力してください。"]},
        ),
        (
            {"successor": KASHIHARA},
            {"successor": ["後継の団体を入力するときは、廃止日も入力してください。"]},
        ),
        (
            {"successor": HIDAKA, "abolished_on": "2026-04-01"},
            {"successor": ["後継の団体に、その団体自身は選べません。"]},
        ),
    ],
)
def test_what_is_wrong_with_a_body_is_told_beside_the_field(
    publisher: Client, changes: dict[str, str], told: dict[str, list[str]]
) -> None:
    response = publisher.post(URL, {**opened(publisher), **changes})
    assert response.context["adminform"].form.errors == told


def test_a_body_keeps_its_code_and_its_prefecture(publisher: Client) -> None:
    assert publisher.post(URL, {**opened(publisher), "code": "011002", "prefecture": "01"}).status_code == 302
    assert Body.objects.values_list("code", "prefecture").get(name="日高村") == (HIDAKA, "39")


def test_the_form_of_a_body_has_every_field_that_is_written() -> None:
    form = flatten_fieldsets(BodyAdmin.fieldsets)
    assert form == [field.name for field in history.written_fields(Body)]


def test_editors_see_the_populations_and_publishers_write_them() -> None:
    editor = an_editor()
    page = editor.get(URL)
    assert "5,008" in page.text
    assert 'name="populations-0-persons"' not in page.text
    assert editor.post(URL, opened(a_publisher())).status_code == 403
    assert editor.get(SOURCES).status_code == 200
    assert editor.get(f"{SOURCES}add/").status_code == 403


def test_a_source_keeps_its_slug_and_stays_while_there_are_populations_of_it(publisher: Client) -> None:
    url = f"{SOURCES}casebook/"
    sent = sent_by(publisher.get(f"{url}change/"))
    assert publisher.post(f"{url}change/", {**sent, "slug": "other", "position": "3"}).status_code == 302
    assert list(PopulationSource.objects.values_list("slug", "position")) == [
        ("resident-register", 2),
        ("casebook", 3),
    ]
    assert publisher.get(f"{url}delete/").status_code == 403
    assert "delete_selected" not in publisher.get(SOURCES).text
    PopulationSource.objects.create(slug="unused", title="国勢調査", publisher="総務省")
    assert publisher.post(f"{SOURCES}unused/delete/", {"post": "yes"}).status_code == 302
    assert PopulationSource.objects.count() == 2


def test_the_history_of_a_body_tells_of_its_populations(publisher: Client) -> None:
    sent = with_population(opened(publisher), "4900", "2025-01-01", "resident-register")
    assert publisher.post(URL, {**sent, "populations-0-DELETE": "on", "name": "新日高村"}).status_code == 302
    after, before = history.versions_of(Body.objects.get(pk=HIDAKA))
    told = history.differences(history.texts_in(before), history.texts_in(after))
    assert {
        one.label: ([line.text for line in one.before], [line.text for line in one.after]) for one in told
    } == {
        "名称": (["日高村"], ["新日高村"]),
        "人口": (
            [
                "人口：5000／基準日：2020年1月1日／出典：自治体DX推進手順書参考事例集",
                "人口：5008／基準日：2020年1月1日／出典：住民基本台帳に基づく人口、人口動態及び世帯数",
            ],
            [
                "人口：5008／基準日：2020年1月1日／出典：住民基本台帳に基づく人口、人口動態及び世帯数",
                "人口：4900／基準日：2025年1月1日／出典：住民基本台帳に基づく人口、人口動態及び世帯数",
            ],
        ),
    }
    assert "変わった項目：名称、人口<" in publisher.get(f"/admin/catalog/body/{HIDAKA}/history/").text
    assert history.texts_in(after) == history.texts_of(Body.objects.get(pk=HIDAKA))


def test_the_history_of_a_body_leaves_out_what_came_in_together_with_it(publisher: Client) -> None:
    history.record_together(Body.objects.filter(pk__in=[HIDAKA, FUNAGATA]), None, history.IMPORTED)
    (version,) = history.versions_of(Body.objects.get(pk=HIDAKA))
    assert len(history.texts_in(version)["人口"]) == 2
    assert history.texts_in(version) == history.texts_of(Body.objects.get(pk=HIDAKA))
