from __future__ import annotations

import pytest
from django.urls import URLPattern, reverse

from catalog import urls
from catalog.documents.addresses import identifier, query_url, url
from tests.servers.addresses import PARAMETERS


@pytest.mark.parametrize("pattern", urls.public, ids=lambda pattern: pattern.name)
def test_a_path_is_that_of_reverse(pattern: URLPattern) -> None:
    name = f"catalog:{pattern.name}"
    arguments = list(PARAMETERS.get(str(pattern.name), {}).values())
    assert url(name, *arguments) == reverse(name, args=arguments)


def test_parameters_stand_behind_the_query_and_empty_ones_are_left_out() -> None:
    assert query_url("case_list") == "/cases/"
    assert query_url("case_list", "", page=None, q="") == "/cases/"
    assert query_url("case_list", "q=%E7%AA%93", step=0, case=["a", "", "b"]) == (
        "/cases/?q=%E7%AA%93&step=0&case=a&case=b"
    )
    assert query_url("inquiry", argument="dx2021-1-1", near="") == "/inquiry/dx2021-1-1/"
    assert query_url("inquiry", argument="dx2021-1-1", near="1") == "/inquiry/dx2021-1-1/?near=1"
    assert query_url("case_list", q="窓口 &=") == "/cases/?q=%E7%AA%93%E5%8F%A3+%26%3D"


def test_the_name_of_a_path_is_a_uuid_that_never_changes() -> None:
    assert identifier("/cases/dx2021-1-1/") == "urn:uuid:956a1591-b2a6-5d67-bbdb-361d1b84ed1f"
    assert identifier("/cases/dx2021-1-2/") != identifier("/cases/dx2021-1-1/")
