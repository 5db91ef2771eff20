"""What every answer tells the browser, whatever its status and whoever made it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from pytest_django import Settings

from tests.addresses import ADMIN_LISTS, FORMS, PATHS, PUBLIC, REFUSED_WITHOUT_A_QUERY, TELLS_ITS_TIME
from tests.filling import a_publisher, an_editor
from tests.making import make_case
from tests.quick import one_in

pytestmark = pytest.mark.django_db

POLICY = {
    *("default-src 'none'", "base-uri 'none'", "connect-src 'self'", "form-action 'self'"),
    *("frame-ancestors 'none'", "img-src 'self'", "script-src 'self'", "style-src 'self'"),
}
HEADERS = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
DATA_HEADERS = {
    **HEADERS,
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
HTTPS = {"HTTP_X_FORWARDED_PROTO": "https"}
HSTS = "max-age=31536000; includeSubDomains; preload"


@pytest.fixture
def https(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


@pytest.fixture(scope="module", autouse=True)
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The static files where the web server looks for them, with the names that they have on a server."""
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "dxcases.static_files.ShortStyles"},
    }
    with override_settings(STATIC_ROOT=tmp_path_factory.mktemp("static"), STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


ANSWERS = [
    *((path, 400 if name in REFUSED_WITHOUT_A_QUERY else 200, {}) for name, path in PATHS.items()),
    *((path, 200, {}) for path in FORMS.values()),
    ("/report/?case=nope", 404, {}),
    ("/report/", 405, {"REQUEST_METHOD": "PUT"}),
    ("/report/", 400, {"REQUEST_METHOD": "POST"}),
    ("/nope/", 404, {}),
    ("/cases/?page=a", 400, {}),
    ("/cases/?q=%00", 400, {}),
    ("/cases.csv?nope=1", 400, {}),
    ("/admin/", 302, {}),
    ("/admin/login/", 200, {}),
    ("/static/catalog/site.css", 200, {}),
    ("/static/nope.css", 404, {}),
    ("/cases", 301, {}),
    ("/", 405, {"REQUEST_METHOD": "PUT"}),
    ("/", 400, {"HTTP_HOST": "evil.example"}),
    ("/cases/", 400, {"HTTP_HOST": "not a host"}),
    ("/api/v1/cases/nope/", 404, {}),
    ("/api/v1/cases/?format=json", 400, {}),
    ("/api/v1/cases/?q=%00", 400, {}),
    ("/cases.json", 405, {"REQUEST_METHOD": "PUT"}),
    ("/cases.json", 204, {"REQUEST_METHOD": "OPTIONS"}),
    ("/data/nope.json", 404, {}),
    ("/favicon.ico", 200, {}),
    ("/apple-touch-icon.png", 200, {}),
]


def has_every_header(response: Any) -> bool:
    policy = set(response["Content-Security-Policy"].split("; "))
    path = response.request["PATH_INFO"]
    is_data = path.startswith(settings.DATA_PATHS)
    expected = DATA_HEADERS if is_data else {**HEADERS, "Access-Control-Allow-Origin": None}
    return policy == POLICY and {name: response.headers.get(name) for name in expected} == expected


@pytest.mark.parametrize(("path", "status", "meta"), one_in(3, ANSWERS))
def test_every_answer_has_every_header(
    client: Client, https: None, path: str, status: int, meta: dict[str, str]
) -> None:
    response = client.get(path, **HTTPS, **meta)  # type: ignore[arg-type]
    assert response.status_code == status
    assert has_every_header(response)
    assert response["Strict-Transport-Security"] == HSTS


def not_modified(client: Client) -> Any:
    etag = client.get("/", **HTTPS).headers["ETag"]  # type: ignore[arg-type]
    return client.get("/", headers={"If-None-Match": etag}, **HTTPS)  # type: ignore[arg-type]


def without_token(client: Client) -> Any:
    return Client(enforce_csrf_checks=True).post("/admin/login/", **HTTPS)  # type: ignore[arg-type]


def withdrawn(client: Client) -> Any:
    make_case("gone", status="withdrawn", withdrawn_reason="申し出")
    return client.get("/cases/gone/", **HTTPS)  # type: ignore[arg-type]


def withdrawn_from_the_api(client: Client) -> Any:
    make_case("gone", status="withdrawn", withdrawn_reason="申し出")
    return client.get("/api/v1/cases/gone/", **HTTPS)  # type: ignore[arg-type]


def away(client: Client) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_casedocument RENAME TO late")
        cursor.execute("CREATE VIEW catalog_casedocument AS SELECT late.* FROM late, pg_sleep(2)")
        cursor.execute("SET LOCAL statement_timeout = 200")
    client.raise_request_exception = False
    return client.get("/api/v1/cases/dx2021-1-1/", **HTTPS)  # type: ignore[arg-type]


def guessed(client: Client) -> Any:
    form = {"username": "henshu", "password": "wrong"}
    return [client.post("/admin/login/", form, **HTTPS) for _ in range(5)][-1]  # type: ignore[arg-type]


def without_tables(client: Client) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_casedocument RENAME TO elsewhere")
    client.raise_request_exception = False
    return client.get("/cases/dx2021-1-1/", **HTTPS)  # type: ignore[arg-type]


def read_only(client: Client) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    client.raise_request_exception = False
    return client.post("/admin/login/", {"username": "henshu", "password": "wrong"}, **HTTPS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("provoke", "status"),
    [
        (not_modified, 304),
        (without_token, 403),
        (withdrawn, 410),
        (withdrawn_from_the_api, 410),
        (away, 503),
        (guessed, 429),
        (without_tables, 500),
        (read_only, 503),
    ],
)
def test_an_answer_that_takes_more_to_provoke_has_every_header(
    client: Client, https: None, provoke: Callable[[Client], Any], status: int
) -> None:
    response = provoke(client)
    assert response.status_code == status
    assert has_every_header(response)
    assert response["Strict-Transport-Security"] == HSTS
    assert "no-store" in response["Cache-Control"] or "max-age=0" in response["Cache-Control"]


@pytest.mark.parametrize(("host", "status"), [("testserver", 301), ("evil.example", 400)])
def test_plain_http_has_the_headers_but_the_one_that_only_https_may_have(
    client: Client, https: None, host: str, status: int
) -> None:
    """RFC 6797, 7.2: browsers ignore HSTS there, and a server must not send it."""
    response = client.get("/cases/", HTTP_HOST=host)
    assert response.status_code == status
    assert has_every_header(response)
    assert "Strict-Transport-Security" not in response


def test_before_a_script_of_another_site_asks_its_browser_may(client: Client) -> None:
    ask = {"Origin": "https://other.example", "Access-Control-Request-Headers": "x-own"}
    for path in ("/api/v1/cases/", "/api/v1/nope/", "/cases.csv", "/data/"):
        response = client.options(path, headers=ask)
        assert (response.status_code, response.content) == (204, b"")
        assert {name: value for name, value in response.headers.items() if name.startswith(("Ac", "Al"))} == {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "*",
            "Access-Control-Allow-Methods": "GET, HEAD",
            "Access-Control-Allow-Headers": "*",
            "Access-Control-Max-Age": "86400",
            "Allow": "GET, HEAD, OPTIONS",
        }


def test_no_header_of_a_request_changes_the_form_of_data(client: Client) -> None:
    headers = [
        {},
        {"Accept": "text/html"},
        {"Accept": "application/json; indent=4"},
        {"Origin": "https://other.example"},
        {"Accept-Language": "en", "X-Requested-With": "XMLHttpRequest", "HX-Request": "true"},
    ]
    for path in (
        "/api/v1/cases/",
        "/api/v1/cases/dx2021-1-1/",
        "/api/v1/schema/",
        "/cases.json",
        "/cases.csv",
    ):
        answers = [client.get(path, headers=one) for one in headers]
        forms = {(one.status_code, one.content, str(sorted(one.headers.items()))) for one in answers}
        assert len(forms) == 1, path
        assert "Vary" not in answers[0].headers


def test_a_static_file_has_a_weak_tag_as_it_is_the_same_compressed(client: Client) -> None:
    plain, packed = (
        client.get("/static/catalog/site.css", headers=one) for one in ({}, {"Accept-Encoding": "gzip"})
    )
    assert (packed["Content-Encoding"], packed["ETag"]) == ("gzip", plain["ETag"])
    assert plain["ETag"].startswith('W/"')
    known = client.get("/static/catalog/site.css", headers={"If-None-Match": plain["ETag"]})
    assert known.status_code == 304


def test_cookies_are_kept_to_the_admin_and_from_scripts(client: Client, https: None) -> None:
    User.objects.create_superuser("henshu", password="a long enough password")
    form = {"username": "henshu", "password": "a long enough password"}
    client.get("/admin/login/", **HTTPS)  # type: ignore[arg-type]
    client.post("/admin/login/", form, **HTTPS)  # type: ignore[arg-type]
    assert set(client.cookies) == {"csrftoken", "sessionid"}
    for cookie in client.cookies.values():
        kept = [cookie[name] for name in ("secure", "httponly", "samesite", "path")]
        assert kept == [True, True, "Lax", "/admin/"]


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/catalog/case/", "/admin/nope/"])
def test_what_editors_see_is_not_stored(client: Client, admin_client: Client, path: str) -> None:
    for one in (client, admin_client):
        assert one.get(path)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", one_in(3, sorted({*PUBLIC.values(), *PATHS.values()} - {TELLS_ITS_TIME})))
def test_public_pages_are_the_same_for_editors_and_set_no_cookie(admin_client: Client, path: str) -> None:
    make_case("himitsu", title="himitsu", status="draft")
    answers = [one.get(path) for one in (Client(), admin_client)]
    anonymous, editor = (
        b"".join(one.streaming_content) if one.streaming else one.content  # type: ignore[attr-defined]
        for one in answers
    )
    assert anonymous == editor
    assert b"himitsu" not in anonymous
    assert [one.cookies for one in answers] == [{}, {}]


def reader() -> Client:
    return Client()


def helper() -> Client:
    """One who may look at cases and no more."""
    user = User.objects.create_user("tetsudai", password="a long enough password", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_case"))
    return logged_in(user)


def superuser() -> Client:
    return logged_in(User.objects.create_superuser("kanri", password="a long enough password"))


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# What GET and POST without a form answer: to the reader, the helper, an editor, a publisher, the superuser.
TABLE = {
    "/admin/": ("302 302", "200 200", "200 200", "200 200", "200 200"),
    "/admin/catalog/case/": ("302 302", "200 200", "200 200", "200 200", "200 200"),
    "/admin/catalog/case/add/": ("302 302", "403 403", "200 200", "200 200", "200 200"),
    "/admin/catalog/case/import/": ("302 302", "403 403", "200 200", "200 200", "200 200"),
    "/admin/catalog/case/{case}/change/": ("302 302", "200 403", "200 200", "200 200", "200 200"),
    "/admin/catalog/case/trash/": ("302 302", "403 403", "403 403", "200 404", "200 404"),
    "/admin/catalog/topic/trash/": ("302 302", "403 403", "403 403", "200 404", "200 404"),
    "/admin/catalog/topic/1/merge/": ("302 302", "403 403", "403 403", "200 200", "200 200"),
    "/admin/autosave/": ("302 302", "200 400", "200 400", "200 400", "200 400"),
    "/admin/catalog/case/{case}/delete/": ("302 302", "403 403", "403 403", "403 403", "403 403"),
    "/admin/catalog/case/{draft}/change/": ("302 302", "200 403", "200 200", "200 200", "200 200"),
    "/admin/catalog/case/{case}/confirmations/": ("302 302", "200 403", "200 403", "200 404", "200 404"),
    "/admin/catalog/case/{case}/review/": ("302 302", "403 403", "200 302", "200 302", "200 302"),
    "/admin/catalog/case/{case}/schedule/": ("302 302", "403 403", "403 403", "200 200", "200 200"),
    "/report/": ("200 400",) * 5,
    "/confirm/nope/": ("404 404",) * 5,
    "/admin/catalog/case/{draft}/preview/": ("302 302", "200 200", "200 200", "200 200", "200 200"),
    "/admin/catalog/case/{draft}/delete/": ("302 302", "403 403", "403 403", "200 302", "200 302"),
    "/admin/catalog/body/import/": ("302 302", "403 403", "403 403", "200 200", "200 200"),
    "/admin/catalog/body/import-codes/": ("302 302", "403 403", "403 403", "200 200", "200 200"),
    "/admin/catalog/topic/add/": ("302 302", "403 403", "403 403", "200 200", "200 200"),
    **{
        f"/admin/catalog/{model}/": ("302 302", "403 403", "200 200", "200 200", "200 200")
        for model in (*ADMIN_LISTS, "linkcheck", "proposal", "report")
        if model != "case"
    },
    "/admin/autocomplete/?app_label=catalog&model_name=casebody&field_name=body": (
        *("302 302", "403 405", "200 405", "200 405", "200 405"),
    ),
    "/admin/auth/user/": ("302 302", "403 403", "403 403", "403 403", "200 200"),
    "/admin/auth/user/add/": ("302 302", "403 403", "403 403", "403 403", "200 200"),
    "/admin/password_change/": ("302 302", "200 200", "200 200", "200 200", "200 200"),
    "/admin/second-factor/": ("302 302", "200 200", "200 200", "200 200", "200 200"),
    "/cases/": ("200 405",) * 5,
    "/api/v1/cases/": ("200 405",) * 5,
}
ROLES = (reader, helper, an_editor, a_publisher, superuser)


@pytest.mark.parametrize("number", one_in(5, range(5)))
@pytest.mark.parametrize("path", one_in(3, TABLE))
def test_who_may_do_what(path: str, number: int) -> None:
    client = ROLES[number]()
    case, draft = make_case(), make_case(status="draft")
    given = path.replace("{case}", str(case.pk)).replace("{draft}", str(draft.pk))
    asked = client.get(given).status_code
    sent = client.post(given, {"post": "yes"}).status_code
    assert f"{asked} {sent}" == TABLE[path][number]


def test_forms_from_elsewhere_are_refused(admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    for path in ("/admin/catalog/case/add/", "/admin/second-factor/", "/admin/logout/"):
        assert client.post(path, {}).status_code == 403


# What the HTTP Observatory's published scoring adds to its 100 for what a page without penalties does well.
# The most that it gives is 145 ("Tests and scoring", developer.mozilla.org): 5 more are for a name that is on
# browsers' list of HTTPS sites. Public pages set no cookies, and where there is no script none has a hash.
BONUSES = {
    "policy without unsafe, default none": 10,
    "framing refused by policy": 5,
    "referrer kept": 5,
    "resources kept to the origin": 10,
    "cookies secure, from scripts and other sites": 5,
    "every script with its hash": 5,
}
SCRIPT = re.compile(r"<script (?!type=)[^>]*>")


@pytest.mark.parametrize(("path", "score"), [("/about/", 130), ("/cases/", 135), ("/admin/login/", 135)])
def test_the_observatory_would_give_an_a_plus(client: Client, https: None, path: str, score: int) -> None:
    response = client.get(path, **HTTPS)  # type: ignore[arg-type]
    policy = response["Content-Security-Policy"]
    scripts = SCRIPT.findall(response.text)
    earned = (
        "default-src 'none'" in policy and "unsafe" not in policy,
        "frame-ancestors 'none'" in policy,
        response["Referrer-Policy"] == "same-origin",
        response["Cross-Origin-Resource-Policy"] == "same-origin",
        bool(response.cookies)
        and all(one["secure"] and one["httponly"] and one["samesite"] for one in response.cookies.values()),
        bool(scripts) and all("integrity=" in script for script in scripts),
    )
    bonuses = (bonus for bonus, is_earned in zip(BONUSES.values(), earned, strict=True) if is_earned)
    assert 100 + sum(bonuses) == score


def test_a_script_has_the_hash_of_the_file_that_its_address_gives(client: Client) -> None:
    page = client.get("/cases/").text
    found = re.findall(r'<script src="([^"]+)" integrity="sha384-([^"]+)" type="module">', page)
    assert len(found) == len(SCRIPT.findall(page)) == 3
    for address, expected in found:
        content = b"".join(client.get(address).streaming_content)  # type: ignore[attr-defined]
        assert base64.b64encode(hashlib.sha384(content).digest()).decode() == expected
