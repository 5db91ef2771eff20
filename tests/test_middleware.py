import pytest
from django.test import Client

UNREADABLE = {
    "errors": {
        "detail": [
            "アドレスか入力に、扱えない文字が含まれています。"
            "日本語はUTF-8でパーセントエンコードしてください。"
        ]
    }
}


@pytest.mark.parametrize("path", ["/cases/?q=%00", "/cases/?%00=1", "/cases/a%00b/", "/%00"])
def test_nul_is_refused_before_any_view(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 400
    assert "扱えない文字" in response.text


@pytest.mark.parametrize("path", ["/cases.json?step=%00", "/cases.csv?%00", "/api/v1/cases/?q=%00"])
def test_nul_is_refused_as_data_where_data_is_asked_for(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 400
    assert response.json() == UNREADABLE


def test_a_path_that_is_not_utf8_is_not_found(client: Client) -> None:
    assert client.get("/cases-%ff/").status_code == 404
