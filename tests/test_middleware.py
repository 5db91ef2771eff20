import pytest
from django.test import Client


@pytest.mark.parametrize(
    "path", ["/cases/?q=%00", "/cases/?%00=1", "/cases/a%00b/", "/cases.json?step=%00", "/%00"]
)
def test_nul_is_refused_before_any_view(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 400
    assert "扱えない文字" in response.text


def test_undecodable_bytes_are_answered_like_any_other_text(client: Client) -> None:
    assert client.get("/cases-%ff/").status_code == 404
