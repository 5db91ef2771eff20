from __future__ import annotations

import pytest
from django.test.utils import override_script_prefix
from django.urls import reverse

from catalog import urls
from catalog.documents.addresses import query_url, url
from tests.servers.addresses import PARAMETERS


@pytest.mark.parametrize("prefix", ["/", "/catalogue/"])
def test_a_path_is_that_of_reverse(prefix: str) -> None:
    with override_script_prefix(prefix):
        for pattern in urls.public:
            name = f"catalog:{pattern.name}"
            arguments = list(PARAMETERS.get(str(pattern.name), {}).values())
            assert url(name, *arguments) == reverse(name, args=arguments)


def test_parameters_stand_behind_the_query_and_empty_ones_are_left_out() -> None:
    assert query_url("case_list") == "/cases/"
    assert query_url("case_list", "", page=None, q="") == "/cases/"
    assert query_url("case_list", "q=%E7%AA%93", step=0, case=["a", "", "b"]) == (
        "/cases/?q=%E7%AA%93&step=0&case=a&case=b"
    )
    assert query_url("case_list", q="窓口 &=") == "/cases/?q=%E7%AA%93%E5%8F%A3+%26%3D"
