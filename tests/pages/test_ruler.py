from __future__ import annotations

import re
from html import unescape
from itertools import pairwise

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from catalog.finding.index import current_index
from catalog.finding.query import CaseFilter
from catalog.models import Body
from catalog.pages.ruler import (
    LARGE,
    MAX_DOTS,
    SEVERAL,
    SMALL,
    Ruler,
    Size,
    piled,
    ruler_of,
    ruler_of_list,
    x_of,
)
from tests.making import (
    FUNAGATA,
    HIDAKA,
    KASHIHARA,
    MIYAGI,
    OSAKA,
    TAWARAMOTO,
    make_case,
    make_varied_cases,
    set_population,
    without_cases,
)
from tests.shown import section_of

pytestmark = pytest.mark.django_db


def of_list(query: str) -> Ruler:
    return ruler_of_list(CaseFilter(QueryDict(query)))


def of_all(size: Size = LARGE) -> Ruler:
    index = current_index()
    return ruler_of(index, size, index.cases)


def told(ruler: Ruler) -> list[tuple[str, int, str, str]]:
    return [(str(row.place.name), row.case_count, row.steps, row.mark) for row in ruler.rows]


@given(st.lists(st.integers(1, 20_000_000), min_size=2))
def test_a_larger_population_is_never_further_to_the_left(populations: list[int]) -> None:
    xs = [x_of(population) for population in sorted(populations)]
    assert xs == sorted(xs)
    assert all(0 <= x <= 100 for x in xs)


def test_tenfold_is_the_same_way_anywhere() -> None:
    places = [x_of(150 * 10**power) for power in range(6)]
    assert places == [0, 20, 40, 60, 80, 100]


@given(st.lists(st.floats(0, 100), max_size=60), st.floats(0.5, 20))
def test_dots_are_piled_without_one_on_another_and_on_no_more_rows_than_that_takes(
    xs: list[float], pitch: float
) -> None:
    xs.sort()
    rows = piled(xs, pitch)
    for row in set(rows):
        assert all(right - left >= pitch for left, right in pairwise(in_row(xs, rows, row)))
    closest = (sum(x - other < pitch for other in xs[: at + 1]) for at, x in enumerate(xs))
    assert len(set(rows)) == max(closest, default=0)


def in_row(xs: list[float], rows: list[int], row: int) -> list[float]:
    return [x for x, its_row in zip(xs, rows, strict=True) if its_row == row]


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_every_body_with_a_published_case_is_there_once_and_nobody_else(size: Size) -> None:
    make_case(status="draft", bodies=["131016"])
    with_case = Body.objects.filter(case_bodies__case__status="published").distinct()
    ruler = of_all(size)
    assert sorted(row.place.path for row in ruler.rows) == [body.get_absolute_url() for body in with_case]
    assert [dot.row for dot in ruler.dots] == ruler.rows
    assert (len(ruler.dots), ruler.columns) == (66, [])


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_dots_stand_by_population_in_the_picture_and_apart(size: Size) -> None:
    ruler = of_all(size)
    populations = [dot.row.place.population or 0 for dot in ruler.dots]
    assert populations == sorted(populations)
    assert [dot.x for dot in ruler.dots] == [x_of(population) for population in populations]
    narrow = [(dot.x / 100 * size.narrow, dot.narrow) for dot in ruler.dots]
    wide = [(dot.x / 100 * size.wide, dot.wide) for dot in ruler.dots]
    for dots, height in ((narrow, ruler.narrow), (wide, ruler.wide)):
        assert all(size.pitch / 2 - 1 < y < height for _, y in dots)
        for at, (x, y) in enumerate(dots):
            for other_x, other_y in dots[:at]:
                assert max(x - other_x, abs(y - other_y)) >= size.pitch - 0.001
    assert ruler.wide < ruler.narrow


def test_a_body_has_the_mark_of_its_step_or_that_of_several() -> None:
    without_cases()
    make_case(section="3-1", bodies=[FUNAGATA, KASHIHARA])
    make_case(section="3-2", bodies=[FUNAGATA])
    make_case(section="1", bodies=[KASHIHARA])
    make_case(section="4-1", bodies=[OSAKA])
    ruler = of_all()
    assert told(ruler) == [
        ("山形県舟形町", 2, "2", "2"),
        ("奈良県橿原市", 2, "0・2", SEVERAL),
        ("大阪府", 1, "3", "3"),
    ]
    assert ruler.marks == ["2", "3", SEVERAL]
    assert [row.place.band.value for row in ruler.rows] == ["0-1", "10-20", "100-"]


def test_a_body_of_an_unknown_population_is_in_the_table_alone() -> None:
    without_cases()
    make_case(bodies=[FUNAGATA, MIYAGI])
    set_population(FUNAGATA, None)
    ruler = of_all()
    assert [name for name, *_ in told(ruler)] == ["宮城県", "山形県舟形町"]
    assert [dot.row.place.name for dot in ruler.dots] == ["宮城県"]
    assert ruler.rows[1].place.band.value == "unknown"


def test_a_list_has_those_bodies_of_its_cases_that_it_asks_for_with_what_they_did_in_it() -> None:
    without_cases()
    make_case(section="3-1", bodies=[FUNAGATA, KASHIHARA])
    make_case(section="1", bodies=[FUNAGATA, HIDAKA])
    make_case(section="1", bodies=[TAWARAMOTO])
    assert told(of_list("step=2")) == [("山形県舟形町", 1, "2", "2"), ("奈良県橿原市", 1, "2", "2")]
    assert told(of_list("kind=town")) == [
        ("山形県舟形町", 2, "0・2", SEVERAL),
        ("奈良県田原本町", 1, "0", "0"),
    ]
    assert told(of_list("kind=town&prefecture=39")) == []


@pytest.mark.long
def test_more_bodies_than_one_can_tell_apart_become_columns_that_count_cases() -> None:
    make_varied_cases(60, list(Body.objects.values_list("code", flat=True)))
    index = current_index()
    assert len(index.with_cases) > MAX_DOTS
    for query in ("", "kind=town&kind=city&kind=village", "step=2&step=3&population_min=20000"):
        ruler = of_list(query)
        assert (ruler.rows, ruler.dots) == ([], [])
        for column in ruler.columns:
            of_band = CaseFilter(QueryDict(f"{query}&population={column.span.band.value}"))
            assert column.case_count == len(of_band.found())
        of_bands = {column.span.band.value for column in ruler.columns}
        assert len(of_bands) == len(ruler.columns)
        for band in {"0-1", "1-3", "100-", "unknown"} - of_bands:
            assert not CaseFilter(QueryDict(f"{query}&population={band}")).found()
    by_area = {round(one.span.width * one.height / one.case_count, 1) for one in of_list("").columns}
    assert max(by_area) - min(by_area) < 0.5
    assert max(column.height for column in of_list("").columns) == SMALL.height


def test_dots_that_would_be_piled_too_high_become_columns() -> None:
    without_cases()
    codes = list(Body.objects.filter(kind="village").values_list("code", flat=True)[:30])
    for code in codes:
        set_population(code, 5_000)
        make_case(bodies=[code])
    ruler = of_all()
    assert [(column.span.band.value, column.case_count) for column in ruler.columns] == [("0-1", 30)]


@pytest.mark.parametrize(
    ("query", "x", "beside"),
    [
        ("near_population=8000", x_of(8_000), ["福島県西会津町", "群馬県榛東村"]),
        ("near_population=100", 0, ["福島県磐梯町"]),
        ("near_population=20000000", 100, ["東京都"]),
        # The own body is not named as being near to itself.
        (f"near={KASHIHARA}", x_of(122_000), ["栃木県那須塩原市", "愛知県瀬戸市"]),
        (f"near={KASHIHARA}&near_population=8000", x_of(8_000), ["福島県西会津町", "群馬県榛東村"]),
        ("near_population=8000&step=1", x_of(8_000), ["長崎県佐世保市"]),
    ],
)
def test_the_readers_population_stands_between_the_nearest_bodies(
    query: str, x: float, beside: list[str]
) -> None:
    ruler = of_list(query)
    assert ruler.own is not None
    assert (ruler.own.x, [place.name for place in ruler.own.beside]) == (x, beside)
    assert [dot.row.place.name for dot in ruler.near] == beside


def test_any_list_can_be_looked_at_on_the_ruler(client: Client) -> None:
    text = client.get("/cases/?step=0&view=sizes").text
    shown = section_of(text, "ruler")
    names = [str(row.place.name) for row in of_list("step=0").rows]
    assert re.findall(r'tabindex="-1"><title>(.+?)（', shown) == names
    assert re.findall(r'<tr><td><a href="[^"]+">([^<]+)<', shown) == names
    assert 'id="ruler-table" open' in shown
    assert ('class="card' in text, 'class="pagination' in text) == (False, False)
    assert 'href="/cases/?step=0&amp;view=sizes" aria-current="true">規模の図</a>' in text
    assert 'id="ruler"' not in client.get("/cases/?step=0").text


def test_without_a_population_of_the_reader_there_is_no_line() -> None:
    set_population(TAWARAMOTO, None)
    assert [of_list(query).own for query in ("", f"near={TAWARAMOTO}")] == [None, None]


def test_the_dots_on_the_home_page_lead_to_the_bodies_and_say_who_they_are(client: Client) -> None:
    without_cases()
    make_case(section="3-1", bodies=[FUNAGATA, KASHIHARA])
    make_case(section="1", bodies=[FUNAGATA])
    shown = section_of(client.get("/").text, "ruler")
    dots = re.findall(r'<a href="([^"]+)" tabindex="-1"><title>(.+?)</title><use [^>]*#mark-(\w+)"', shown)
    assert dots == [
        ("/bodies/063631/", "山形県舟形町（0.5万人）2件", SEVERAL),
        ("/bodies/292052/", "奈良県橿原市（12.2万人）1件", "2"),
    ]
    cells = [re.sub("<[^>]+>", "|", row) for row in re.findall(r"<tr><td>.*?</tr>", shown)]
    assert [[cell for cell in row.split("|") if cell] for row in cells] == [
        ["山形県舟形町", "0.5万人", "0・2", "2件"],
        ["奈良県橿原市", "12.2万人", "2", "1件"],
    ]
    assert re.findall(r'href="(/cases/[^"]*)">([^<]+)<', shown) == [
        ("/cases/?population=0-1", "1万人未満"),
        ("/cases/?population=10-20", "10〜20万人"),
    ]
    assert "御団体" not in shown


def test_the_list_has_the_readers_line_and_names_who_is_nearest(client: Client) -> None:
    shown = section_of(client.get("/cases/?near_population=8000&step=2").text, "ruler")
    assert 'class="ruler__own" x1="34.5%"' in shown
    assert "縦の線が御団体（人口8,000人）です。" in shown
    assert '<a href="/bodies/074055/">福島県西会津町</a>（0.6万人）と' in shown
    assert shown.count("#mark-near") == 4  # two bodies in two layouts
    assert 'href="/cases/?step=2&near_population=8000&population=0-1"' in unescape(shown)


def test_a_list_has_a_ruler_where_a_size_is_told_and_cases_are_found(client: Client) -> None:
    set_population(TAWARAMOTO, None)
    told = ["near_population=8000", f"near={KASHIHARA}&step=2", "near_population=8000&sort=document"]
    others = [
        "",
        "step=2&population=0-1",
        f"near={TAWARAMOTO}",
        "near_population=8000&step=0&section=4-3",
        "population=abc",
    ]
    assert ['id="ruler"' in client.get(f"/cases/?{query}").text for query in told] == [True] * 3
    assert ['id="ruler"' in client.get(f"/cases/?{query}").text for query in others] == [False] * 5


def test_the_name_of_a_body_is_escaped(client: Client) -> None:
    Body.objects.filter(pk=FUNAGATA).update(name="<b>町")
    assert "山形県&lt;b&gt;町（0.5万人）2件</title>" in client.get("/").text
