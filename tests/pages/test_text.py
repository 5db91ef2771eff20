import pytest

from catalog.pages.text import archive_copy, host, persons, prose


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
