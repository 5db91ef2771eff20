from datetime import date

import pytest

from catalog.documents.reading import read_documents
from catalog.pages.text import all_persons, archive_copy, citation_of, host, persons, prose
from tests.making import make_case


@pytest.mark.parametrize(
    ("population", "written"),
    [
        (None, "人口不明"),
        (999, "999人"),
        (3_000, "0.3万人"),
        (188_200, "18.8万人"),
        (13_835_000, "1,383.5万人"),
    ],
)
def test_populations_are_written_as_printed(population: int | None, written: str) -> None:
    assert persons(population) == written


@pytest.mark.parametrize(
    ("population", "written"), [(23_117, "23,117人"), (23_000, "2.3万人"), (168, "168人")]
)
def test_a_population_of_whole_thousands_is_written_as_the_casebook_rounds_it(
    population: int, written: str
) -> None:
    assert all_persons(population) == written


def test_the_host_of_an_address_is_where_the_link_leads() -> None:
    assert host("https://www.city.example.jp:8443/a?b=c") == "www.city.example.jp"


def test_a_copy_of_an_address_is_looked_for_in_the_web_archive() -> None:
    assert archive_copy("http://a.example/?b=c") == "https://web.archive.org/web/http://a.example/?b=c"


def test_prose_has_paragraphs_line_breaks_and_lists() -> None:
    assert prose("一\r\n二\n・甲\n・乙\n三\n\n四") == (
        "<p>一<br>二</p><ul><li>甲</li><li>乙</li></ul><p>三</p><p>四</p>"
    )


def test_prose_is_escaped() -> None:
    assert prose("<b>\n・<i>") == "<p>&lt;b&gt;</p><ul><li>&lt;i&gt;</li></ul>"


@pytest.mark.django_db
def test_the_citation_of_a_page_names_bodies_title_source_address_and_day() -> None:
    (document,) = read_documents([make_case(title="事例", page=99).pk])
    assert citation_of(document, "https://dx.example/cases/made/", date(2026, 11, 6)) == (
        "山形県舟形町「事例」、総務省『自治体DX推進手順書参考事例集』p.99を加工して作成。"
        "自治体DX事例カタログ、https://dx.example/cases/made/、2026年11月6日閲覧。"
    )
