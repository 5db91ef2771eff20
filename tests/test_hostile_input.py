"""What strangers send: every value at every address, and bytes that are hardly HTTP."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from urllib.parse import quote, quote_from_bytes

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django.plugin import DjangoDbBlocker

from catalog.finding.forms import CaseFilterForm
from catalog.finding.query import CaseFilter
from tests.addresses import ADMIN_LISTS, FORMS, PATHS, REFUSED_WITHOUT_A_QUERY, WITH_A_NAME
from tests.quick import one_in
from tests.servers.gunicorn import address_of_test_database, gunicorn_of_make_run

pytestmark = pytest.mark.django_db

# Queries sent to each address: few in make test, 20 in make test-all, 1000 in make drill.
EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES") or settings.default.max_examples // 5)  # type: ignore[union-attr]

# Percent-encoded. Nothing of these gets past the first look.
UNSTORABLE = [
    *("%00", "a%00b", "%00%00%00", "%E7%AA%93%00%E5%8F%A3", "2%00", "302058%00", "%ED%A0%80"),
    *("%ED%BF%BF", "a%ED%A0%BD", "%ED%A0%BD%ED%B8%80", "%ff", "%FE%FF", "%80", "%C0%80"),
    *("%C0%AE%C0%AE%2F", "%E0%80%AF", "%F5%80%80%80", "%E7%AA", "%f0%9f%98"),
    quote("窓口", encoding="cp932"),
    quote("窓口", encoding="euc-jp"),
    quote("窓口", encoding="utf-16-le"),
]  # fmt: skip
# No value of any parameter with a list of values, nor a number.
STORABLE = [
    *("'", '"', "';--", "' OR '1'='1", "1; DROP TABLE catalog_case", "1 UNION SELECT 1", "\\"),
    *("\\'", "$$", "%", "%%", "%s", "%(a)s", "_", "*", "?", "(", ")", "((((", "[a-", "a{9999}"),
    *("(a+)+$", "&", "|", "!", "<->", ":*", "a & ", "!!", "a:*b", "<script>alert(1)</script>"),
    *('"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{ 7*7 }}", "{% debug %}"),
    *("${7*7}", "#{7*7}", "../../../etc/passwd", "..\\..\\", "/etc/passwd", "file:///etc/passwd"),
    *("http://example.jp/", "//example.jp", "a\r\nSet-Cookie: a=b", "\n", "\t", "\x1b[31m"),
    *("\x7f", "\x85", "\u200b", "\u202e", "\ufeff", "\ufdd0", "\U0010ffff", "e\u0301" * 50),
    *("👨‍👩‍👧‍👦", "𠮷野家", "ｶﾞ", "㍿", "İ", "NaN", "Infinity", "-1", "1e9", "0x10", "1.5"),
    *("９" * 30, "99999999999999999999", "-0", "+", "null", "None", "true", "[]", "{}"),
    *("あ" * 10_000, "=1+1", "@SUM(1)"),
]  # fmt: skip
# make test tries every sixth value everywhere, make test-all each.
TRIED = STORABLE if EXAMPLES >= 20 else STORABLE[::6]

LONGEST_SEARCH = 200

CASES = ["case_list", "case_list_csv", "case_list_xlsx", "case_list_atom", "case_list_json", "api_case_list"]
BODIES = ["body_list", "api_body_list"]
READ_CASES = [PATHS[name] for name in CASES]
READ_BODIES = [PATHS[name] for name in BODIES]
# The others read no parameter, or one that is tried below.
DESCRIPTIONS = {"data_package", "case_schema", "data_catalog", "table_csv", "tables_xlsx"} | {
    "changes_json",
    "changes_atom",
}
READ_NOTHING = {
    path: 400
    if name in {*REFUSED_WITHOUT_A_QUERY, "api_case_detail", "api_body_detail", "api_schema"} | DESCRIPTIONS
    else 200
    for name, path in PATHS.items()
    if name not in {*CASES, *BODIES}
}
PUBLIC = list(PATHS.values())


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("henshu", password="a long enough password"))
    return client


def status(client: Client, address: str) -> int:
    response = client.get(address)
    if response.streaming:
        list(response.streaming_content)  # type: ignore[attr-defined]
    return response.status_code


def test_there_are_enough_values() -> None:
    assert len(UNSTORABLE) + len(set(STORABLE)) >= 70


@pytest.mark.parametrize(
    "path", one_in(4, [*PUBLIC, *FORMS.values(), "/confirm/a/", "/nope/", "/admin/login/"])
)
def test_what_no_text_can_hold_is_refused_at_every_address(client: Client, path: str) -> None:
    for value in UNSTORABLE:
        for query in (f"q={value}", f"x={value}", f"{value}=1", f"page={value}", f"step=1&step={value}"):
            assert status(client, f"{path}?{query}") == 400, query


@pytest.mark.parametrize("path", one_in(4, READ_NOTHING))
def test_what_a_page_does_not_read_it_ignores(client: Client, path: str) -> None:
    query = "&".join(
        f"x{number}={quote(value)}" for number, value in enumerate(STORABLE) if len(value) < 1000
    )
    assert status(client, f"{path}?{query}") == READ_NOTHING[path]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *((path, "step") for path in READ_CASES),
        *(("/cases.json", name) for name in ("page", "section", "body", "sort")),
    ],
)
def test_a_value_that_is_none_of_the_list_is_refused(client: Client, path: str, name: str) -> None:
    for value in TRIED:
        assert status(client, f"{path}?{name}={quote(value)}") == 400, value


@pytest.mark.parametrize("path", READ_BODIES)
def test_bodies_are_listed_by_values_of_the_list_alone(client: Client, path: str) -> None:
    for value in TRIED:
        assert status(client, f"{path}?prefecture={quote(value)}") == 400, value
        assert status(client, f"{path}?page={quote(value)}") == 400, value


def test_any_text_can_be_searched_for_up_to_its_length(client: Client) -> None:
    for value in TRIED:
        allowed = len(value.strip()) <= LONGEST_SEARCH
        assert status(client, f"/cases/?q={quote(value)}") == (200 if allowed else 400), value


def test_suggestions_are_made_for_any_text_up_to_its_length(client: Client) -> None:
    for value in TRIED:
        allowed = len(value.strip()) <= LONGEST_SEARCH
        assert status(client, f"/suggestions.json?q={quote(value)}") == (200 if allowed else 400), value
    assert status(client, "/suggestions.json?q=1&q=1") == 400


def test_any_text_can_be_looked_for_as_a_name(client: Client) -> None:
    for value in TRIED:
        allowed = 0 < len(value.strip()) <= 40
        assert status(client, f"/near/?name={quote(value)}") in ({200, 302} if allowed else {400}), value
        to_write = {200} if len(value.strip()) <= 40 else {400}
        assert status(client, f"{PATHS['inquiry']}?name={quote(value)}") in to_write, value


@pytest.mark.parametrize("name", ["near", "body"])
def test_a_letter_goes_from_and_to_bodies_alone(client: Client, name: str) -> None:
    for value in TRIED:
        allowed = not value.strip()
        assert status(client, f"{PATHS['inquiry']}?{name}={quote(value)}") == (200 if allowed else 400), value


@pytest.mark.parametrize("path", one_in(3, WITH_A_NAME))
def test_a_path_that_is_none_is_not_found(client: Client, path: str) -> None:
    for value in UNSTORABLE:
        assert status(client, path % value) in {400, 404}, value
    for value in TRIED:
        if not {*"./?"} & {*value} and value != "":
            assert status(client, path % quote(value, safe="")) == 404, value


@pytest.mark.parametrize("path", ["/cases/", "/cases.csv", "/api/v1/cases/", "/bodies/"])
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        *[("", 200), ("1", 200), ("01", 200), ("0", 400), ("-1", 400), ("1.0", 400), ("1.5", 400)],
        *[("999999", 404), ("1000000001", 400), ("9" * 400, 400), ("1&page=2", 400), ("last", 400)],
    ],
)
def test_odd_pages_are_answered_as_the_contract_says(
    client: Client, path: str, number: str, expected: int
) -> None:
    if path == "/cases.csv" and expected == 404:
        expected = 200  # the whole result: a page is checked and then of no effect
    assert status(client, f"{path}?page={number}") == expected


@pytest.mark.parametrize("name", ["q", "near", "near_population", "population_min", "sort", "page"])
def test_a_single_value_given_twice_is_refused(client: Client, name: str) -> None:
    for path in READ_CASES:
        assert status(client, f"{path}?{name}=1&{name}=1") == 400


@pytest.mark.parametrize("model", one_in(9, ADMIN_LISTS))
def test_lists_of_the_admin_take_any_text(editor: Client, model: str) -> None:
    path = reverse(f"admin:catalog_{model}_changelist")
    for value in UNSTORABLE:
        assert status(editor, f"{path}?q={value}") == 400, value
        assert status(editor, f"{path}{value}/change/") in {302, 400}, value
    for value in TRIED:
        if len(value) <= LONGEST_SEARCH:
            assert status(editor, f"{path}?q={quote(value)}") == 200, value


@pytest.mark.parametrize("name", one_in(2, ["p", "o", "id__exact", "nope", "_to_field"]))
def test_odd_parameters_of_a_list_of_the_admin_are_put_right(editor: Client, name: str) -> None:
    path = reverse("admin:catalog_source_changelist")
    for value in TRIED:
        assert status(editor, f"{path}?{name}={quote(value)}") in {200, 302, 400}, value


def test_the_autocomplete_takes_any_text(editor: Client) -> None:
    path = reverse("admin:autocomplete") + "?app_label=catalog&model_name=casebody&field_name=body&term="
    for value in UNSTORABLE:
        assert status(editor, path + value) == 400, value
    for value in TRIED:
        assert status(editor, path + quote(value)) == 200, value
        assert status(editor, path.replace("casebody", quote(value, safe=""))) == 403, value


@pytest.mark.parametrize("value", one_in(2, UNSTORABLE))
def test_forms_are_looked_at_too(client: Client, editor: Client, value: str) -> None:
    for query in (f"title={value}", f"{value}=1"):
        for path in ("/admin/login/", "/admin/password_change/"):
            response = editor.post(path, query, content_type="application/x-www-form-urlencoded")
            assert response.status_code == 400
    boundary = b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\n\xff\0\r\n--b--\r\n'
    response = editor.post("/admin/login/", boundary, content_type="multipart/form-data; boundary=b")
    assert response.status_code == 400


def test_a_session_key_that_is_no_text_is_refused(client: Client) -> None:
    client.cookies["sessionid"] = "a\0b"
    assert client.get("/admin/").status_code == 400


@pytest.mark.parametrize("body", ["{", '{"a": "\0"}', '{"a": "\\ud800"}', "[" * 10_000])
def test_json_is_accepted_nowhere(client: Client, body: str) -> None:
    for path in PUBLIC:
        assert client.post(path, body, content_type="application/json").status_code == 405


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "FOO"])
def test_methods_that_no_page_has_are_refused(editor: Client, method: str) -> None:
    for path in (*PUBLIC, "/nope/"):
        response = editor.generic(method, path)
        is_data = path.startswith(("/api/", "/cases.", "/changes.", "/data/", "/suggestions."))
        status = 204 if is_data and method == "OPTIONS" else 405
        allowed = "GET, HEAD, OPTIONS" if is_data else "GET, HEAD"
        assert (response.status_code, response["Allow"]) == (status, allowed), path
    for path in ("/admin/", "/admin/login/", "/admin/catalog/case/", "/report/", "/confirm/a/"):
        response = editor.generic(method, path)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST"), path


def test_public_addresses_take_no_forms(client: Client) -> None:
    for path in PUBLIC:
        assert client.post(path, {"a": "1"}).status_code == 405, path


@pytest.mark.parametrize(
    "host", ["evil.example", "", "a b", "localhost:port", "localhost@evil.example", "あ"]
)
def test_another_host_is_refused_in_japanese(client: Client, host: str) -> None:
    assert "このアドレスは読み取れません" in (page := client.get("/cases/", HTTP_HOST=host)).text
    assert page.status_code == 400
    data = client.get("/api/v1/cases/", HTTP_HOST=host)
    assert (data.status_code, list(data.json())) == (400, ["errors"])


def test_a_form_is_asked_for_by_the_address_of_the_api_alone(client: Client) -> None:
    for path in ("/api/v1/cases/", "/api/v1/cases/dx2021-1-1/", "/api/v1/bodies/", "/api/v1/bodies/063631/"):
        assert list(client.get(f"{path}?format=json").json()["errors"]) == ["format"]


def test_more_parameters_than_a_form_has_are_refused(client: Client) -> None:
    many = "&".join(f"a{number}=1" for number in range(5001))
    for path in PUBLIC:
        assert status(client, f"{path}?{many}") == 400, path
    assert client.post("/admin/login/", many, "application/x-www-form-urlencoded").status_code == 413


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "///evil.example",
        "/\\evil.example",
        "http:evil.example",
        "\\\\e",
    ],
)
def test_no_redirect_leaves_the_site(client: Client, target: str) -> None:
    User.objects.create_superuser("henshu", password="a long enough password")
    form = {"username": "henshu", "password": "a long enough password", "next": target}
    response = client.post(f"/admin/login/?next={quote(target)}", form)
    assert response["Location"] == "/admin/"
    for path in (f"/{target}", f"{target}/cases", f"//evil.example/cases?next={target}", f"/admin/{target}"):
        location = client.get(path).headers.get("Location", "/")
        assert location.startswith("/")
        assert location[1:2] not in {"/", "\\"}


names = st.sampled_from(
    [
        *CaseFilter.get_filters(),
        *CaseFilterForm.base_fields,
        "page_size",
        "bom",
        "name",
        "case",
        "compare",
        "x",
    ]
) | st.text(max_size=5)
values = (
    st.text(max_size=20)
    | st.binary(max_size=8).map(quote_from_bytes)
    | st.integers().map(str)
    | st.sampled_from(
        [*STORABLE, *UNSTORABLE, "1", "3-1", "5-10", "kanto", "26", "town", "302058", "document"]
    )
)


def encoded(text: str) -> str:
    return text if text.startswith("%") else quote(text, errors="surrogatepass")


queries = st.lists(st.tuples(names, values), min_size=1, max_size=4).map(
    lambda pairs: "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs)
)


@pytest.mark.parametrize(
    "path", [*PUBLIC, *FORMS.values(), "/confirm/a/", *(path % "a" for path in WITH_A_NAME)]
)
def test_any_query_is_answered_or_refused(client: Client, path: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(queries)
    def answered(query: str) -> None:
        assert status(client, f"{path}?{query}") in {200, 302, 400, 404}

    answered()


@pytest.fixture(scope="module")
def port(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    with django_db_blocker.unblock():
        database_url = address_of_test_database()
    with gunicorn_of_make_run(database_url) as (port, _):
        yield port


HOST = b"Host: localhost\r\nConnection: close\r\n"
RAW = {
    b"GET /cases/\xff/ HTTP/1.1\r\n" + HOST: {400, 404},
    b"GET /cases/\0/ HTTP/1.1\r\n" + HOST: {400, 404},
    b"GET /cases/?q=\xe7\xaa\x93 HTTP/1.1\r\n" + HOST: {200},
    b"GET /\xe7\xaa\x93/ HTTP/1.1\r\n" + HOST: {404},
    b"GET /cases/?q=\xff\xfe HTTP/1.1\r\n" + HOST: {400},
    b"GET /cases/?q=%00 HTTP/1.1\r\n" + HOST: {400},
    b"GET /about/?q=%GG%%% HTTP/1.1\r\n" + HOST: {200},
    b"GET /about/?" + b"a" * 50_000 + b" HTTP/1.1\r\n" + HOST: {400, 414},
    b"GET /" + b"a" * 50_000 + b" HTTP/1.1\r\n" + HOST: {400, 414},
    b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n": {400},
    b"GET / HTTP/1.1\r\nConnection: close\r\n": {200, 400},
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n": {400},
    b"GET /about/ HTTP/1.1\r\nContent-Type: text/plain; charset=rot13\r\n" + HOST: {200},
    b"GET /about/ HTTP/1.1\r\nContent-Type: text/plain; charset*=utf-8''base64\r\n" + HOST: {200},
    b"TRACE / HTTP/1.1\r\n" + HOST: {405},
    b"F\xffO / HTTP/1.1\r\n" + HOST: {400},
    b"get / HTTP/1.1\r\n" + HOST: {400, 405},
    b"GET / HTTP/9.9\r\n" + HOST: {400, 505},
    b"GET /admin/ HTTP/1.1\r\nCookie: sessionid=\"\\000\"\r\n" + HOST: {400},
    b"GET /about/ HTTP/1.1\r\nX: " + b"a" * 9_000 + b"\r\n" + HOST: {400, 431},
    b"GET /about/ HTTP/1.1\r\n" + b"X: a\r\n" * 200 + HOST: {400, 431},
    b"POST /admin/login/ HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n" + HOST: {400},
    b"POST /admin/login/ HTTP/1.1\r\nContent-Length: -1\r\n" + HOST: {400},
    b"GET http://evil.example/about/ HTTP/1.1\r\n" + HOST: {200, 400, 404},
    b"GET about HTTP/1.1\r\n" + HOST: {400, 404},
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("request_bytes", RAW)
def test_raw_bytes_are_answered_by_the_web_server(port: int, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request_bytes + b"\r\n")
        first_line = connection.makefile("rb").readline().decode("latin-1")
    assert int(first_line.split()[1]) in RAW[request_bytes], first_line
