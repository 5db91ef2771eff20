from __future__ import annotations

import re

import pytest
from django.test import Client

from catalog.models import Population
from catalog.pages.populations import disagreements, known_populations
from tests.making import FUNAGATA, set_population

pytestmark = pytest.mark.django_db

REGISTER = "住民基本台帳に基づく人口、人口動態及び世帯数"
CASEBOOK = "自治体DX推進手順書参考事例集"


@pytest.fixture
def known() -> None:
    """Three days by the register, and the casebook's figure of one of them."""
    set_population(FUNAGATA, 5_000)
    for persons, as_of in ((5_100, "2020-01-01"), (5_049, "2021-01-01"), (5_050, "2022-01-01")):
        Population.objects.create(
            body_id=FUNAGATA, persons=persons, as_of=as_of, source_id="resident-register"
        )


def listed(client: Client) -> list[str]:
    page = client.get(f"/bodies/{FUNAGATA}/").text
    (cell,) = re.findall(r"<dt>人口</dt><dd>(.*?)</dd>", page, re.S)
    return [line.strip() for line in cell.split("<br>")]


@pytest.mark.usefixtures("known")
def test_a_bodys_page_lists_all_its_populations_with_day_source_and_growth(client: Client) -> None:
    assert listed(client) == [
        f"5,050人（2022年1月1日現在、{REGISTER}）2021年1月1日から0.1％未満の増減",
        f"5,049人（2021年1月1日現在、{REGISTER}）2020年1月1日から1.0％減",
        f"0.5万人（2020年1月1日現在、{CASEBOOK}）",
        f"5,100人（2020年1月1日現在、{REGISTER}）",
    ]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("persons", "differs"), [(5_500, False), (5_501, True), (4_499, True)])
def test_sources_that_differ_by_more_than_rounding_are_told(
    client: Client, persons: int, differs: bool
) -> None:
    Population.objects.filter(body=FUNAGATA, as_of="2020-01-01", source="resident-register").update(
        persons=persons
    )
    sentence = (
        f"2020年1月1日の人口は、出典によって異なります。このサイトは「{CASEBOOK}」の人口を使っています。"
    )
    assert disagreements(known_populations(FUNAGATA)) == [sentence] * differs
    assert (sentence in client.get(f"/bodies/{FUNAGATA}/").text) == differs


def test_a_body_without_any_says_so(client: Client) -> None:
    set_population(FUNAGATA, None)
    assert listed(client) == ["登録がありません"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(10_000, 11_000, "10.0％増"), (10_000, 9_876, "1.2％減"), (10_000, 10_004, "0.1％未満の増減")],
)
def test_growth_is_told_in_words(before: int, after: int, told: str) -> None:
    set_population(FUNAGATA, before, "2019-01-01")
    Population.objects.create(body_id=FUNAGATA, persons=after, as_of="2020-01-01", source_id="casebook")
    assert [one.growth for one in known_populations(FUNAGATA)] == [f"2019年1月1日から{told}", ""]
