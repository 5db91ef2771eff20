from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import global_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from dxcases import sign_in
from dxcases.sign_in import make_recovery_codes
from tests.quick import one_in
from tests.test_japanese import english_on

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"
ELSEWHERE = "203.0.113.9"


@pytest.fixture
def real_passwords(settings: Settings) -> None:
    """Passwords are hashed as on a server."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS


@pytest.fixture
def henshu() -> User:
    return User.objects.create_superuser("henshu", password=PASSWORD)


def log_in(client: Client, password: str = PASSWORD, **meta: Any) -> Any:
    form = {"username": "henshu", "password": password}
    return client.post("/admin/login/?next=/admin/", form, **meta)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


@pytest.mark.long
def test_after_five_failures_no_password_is_hashed_any_more(
    client: Client, real_passwords: None, henshu: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    encode = PBKDF2PasswordHasher.encode

    def counted(self: PBKDF2PasswordHasher, *args: object, **options: object) -> str:
        hashed.append(1)
        return encode(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counted)
    statuses = [log_in(client, "wrong").status_code for _ in range(5)]
    before = len(hashed)
    response = log_in(client)
    assert (statuses, response.status_code) == ([200, 200, 200, 200, 429], 429)
    assert len(hashed) == before
    assert "15分たってから" in response.content.decode()


def test_logins_beyond_those_that_may_wait_are_sent_away_unlooked_at(client: Client, henshu: User) -> None:
    with ExitStack() as others:
        for _ in range(sign_in.MAX_LOGINS):
            others.enter_context(sign_in._places)
        response = log_in(client, "wrong")
        assert (response.status_code, response["Retry-After"]) == (429, "10")
        assert "ただいまログインが混み合っています。" in response.text
        assert client.get("/admin/login/").status_code == 200
    assert not AccessAttempt.objects.exists()
    assert log_in(client).status_code == 302


def test_one_login_is_looked_at_at_a_time() -> None:
    request: Any = RequestFactory().post("/admin/login/")
    request.user, request._dont_enforce_csrf_checks = AnonymousUser(), True
    with ThreadPoolExecutor(1) as pool:
        with sign_in._turn:
            waiting = pool.submit(sign_in.log_in, request)
            with pytest.raises(TimeoutError):
                waiting.result(0.3)
        assert waiting.result().status_code == 200


def test_a_login_is_followed_by_a_rest_that_only_the_next_one_waits_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, slept = SimpleNamespace(now=100.0), list[float]()
    time = SimpleNamespace(monotonic=lambda: clock.now, sleep=slept.append)
    monkeypatch.setattr(sign_in, "time", time)
    turn = sign_in.Turn(rest=2)
    with turn:
        clock.now += 3
    clock.now += 1
    with turn:
        clock.now += 5  # the rest of the rest, slept away, and nothing else
    with turn:
        pass
    assert slept == [0, 5, 0]


@pytest.mark.long
def test_the_right_user_gets_in_from_elsewhere_meanwhile(
    client: Client, real_passwords: None, henshu: User
) -> None:
    for _ in range(6):
        log_in(client, "wrong")
    assert log_in(Client(), REMOTE_ADDR=ELSEWHERE).status_code == 302


def test_a_lock_ends_by_itself(client: Client, henshu: User) -> None:
    for _ in range(5):
        log_in(client, "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert log_in(client).status_code == 302


def test_a_forged_address_changes_nothing(client: Client, henshu: User, settings: Settings) -> None:
    for number in range(5):
        log_in(client, "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
    assert log_in(client, HTTP_X_FORWARDED_FOR="203.0.113.77").status_code == 429
    settings.BEHIND_PROXY = True  # which adds the true address at the end
    for number in range(5):
        log_in(client, "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 198.51.100.1")
    assert log_in(client, HTTP_X_FORWARDED_FOR="203.0.113.99, 198.51.100.1").status_code == 429
    assert log_in(client, HTTP_X_FORWARDED_FOR="198.51.100.1, 198.51.100.2").status_code == 302


def test_a_session_ends_an_hour_after_its_last_use(client: Client, henshu: User) -> None:
    client.force_login(henshu)
    session = Session.objects.get(pk=client.session.session_key)
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=5))
    assert is_in(client)
    session.refresh_from_db()
    assert session.expire_date > timezone.now() + timedelta(minutes=59)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)


def test_a_session_in_use_ends_after_twelve_hours(
    client: Client, henshu: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(henshu)
    assert is_in(client)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 12 * 60 * 60 - 5)
    assert is_in(client)
    monkeypatch.setattr(time, "time", lambda: now + 12 * 60 * 60 + 5)
    assert not is_in(client)


def test_a_session_that_began_while_the_clock_was_ahead_ends(
    henshu: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    for ahead, is_left in ((30, True), (90 * 24 * 60 * 60, False)):
        client = Client()
        client.force_login(henshu)
        monkeypatch.setattr(time, "time", lambda ahead=ahead: now + ahead)
        assert is_in(client)
        monkeypatch.setattr(time, "time", lambda: now)
        assert is_in(client) == is_left


def test_a_new_password_ends_the_other_sessions(client: Client, henshu: User) -> None:
    other = Client()
    for one in (client, other):
        one.force_login(henshu)
    new = "another long enough password"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/admin/password_change/", form).status_code == 302
    assert (is_in(client), is_in(other)) == (True, False)


GUESSABLE = (
    *("123456789012345", "password12345678", "hensyuhensyuhensyu", "passwordpassword", "aaaaaaaaaaaaaaaa"),
    *(
        "qwertyuiopasdfgh",
        "funagatamachi2026",
        "Yamagata-Kencho-2026!",
        "dxcases-kanri-2026",
        "zyxwvutsrqponmlk",
    ),
    *(
        "ｐａｓｓｗｏｒｄ１２３４５６７８",
        "henshu-henshu-9876",
        "abcabcabcabcabcabc",
        "jichitai.dx.jirei.2026",
        "jichitaidxjireikatarogu",
        "ＤＸ事例カタログdxcases2026",
    ),
)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short pass 123", "15 文字以上"),
        ("1q2w3e4r5t6y7u8i9o0p", "一般的すぎます"),
        *one_in(4, [(weak, "推測されやすいパスワードです。") for weak in GUESSABLE]),
        ("sunshine1sunshine1sunshine1", "一般的すぎます"),
        ("湯沢の冬は雪が深いので早起き", "15 文字以上"),
        *(
            (strong, "")
            for strong in (
                "another long enough password",
                "mikan-tsukue-8-aozora",
                "aikotoba wo kaeru",
                "青い机と蜜柑の木と、とても古い時計塔",
                "湯沢の冬は雪が深いので早起きする",
            )
        ),
    ],
)
def test_weak_passwords_are_refused(client: Client, henshu: User, password: str, message: str) -> None:
    client.force_login(henshu)
    form = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    response = client.post("/admin/password_change/", form)
    assert (response.status_code == 302) == (message == "")
    assert message in response.content.decode()


def test_a_command_ends_the_sessions_of_one_or_of_all(
    client: Client, henshu: User, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Client()
    client.force_login(henshu)
    other.force_login(User.objects.create_superuser("betsu", password=PASSWORD))
    call_command("end_sessions", "henshu")
    assert capsys.readouterr().out == "1件のログインを終わらせました。\n"
    assert (is_in(client), is_in(other)) == (False, True)
    call_command("end_sessions")
    assert not is_in(other)
    with pytest.raises(CommandError, match="「nai」という利用者はいません。"):
        call_command("end_sessions", "nai")


def token(device: TOTPDevice) -> str:
    return f"{TOTP(device.bin_key).token():06}"


def test_an_editor_sets_up_a_second_factor_and_then_gives_it_each_time(
    client: Client, henshu: User, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    log_in(client)
    response = client.get("/admin/catalog/case/?q=1")
    assert response["Location"] == "/admin/second-factor/?next=%2Fadmin%2Fcatalog%2Fcase%2F%3Fq%3D1"
    page = client.get(response["Location"])
    device = TOTPDevice.objects.get()
    assert 'src="/admin/second-factor/qr.svg"' in page.text
    image = client.get("/admin/second-factor/qr.svg")
    assert (image["Content-Type"], b"style" in image.content) == ("image/svg+xml", False)
    wrong = client.post(response["Location"], {"token": "000000"})
    assert "確認コードが違います" in wrong.text
    assert not is_in(client)
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    right = client.post(response["Location"], {"token": token(device)})
    assert right["Location"] == "/admin/second-factor/recovery-codes/"
    assert is_in(client)

    again = Client()
    log_in(again)
    assert not is_in(again)
    assert "qr.svg" not in again.get("/admin/second-factor/").text
    assert again.get("/admin/second-factor/qr.svg").status_code == 404


def test_a_recovery_code_opens_once_in_the_place_of_a_token(
    client: Client, henshu: User, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    device = TOTPDevice.objects.create(user=henshu)
    log_in(client)
    url = "/admin/second-factor/recovery-codes/"
    assert client.post(url)["Location"].startswith("/admin/second-factor/?next=")
    client.post("/admin/second-factor/", {"token": token(device)})
    codes = re.findall("<code>(\\w+)</code>", client.post(url).text)
    assert (len(codes), len(set(codes))) == (10, 10)
    page = client.get(url).text
    assert "今使える回復コード：10個" in page
    assert codes[0] not in page
    for code, opens in ((codes[0].upper(), True), (codes[0], False)):
        other = Client()
        log_in(other)
        other.post("/admin/second-factor/", {"token": f" {code[:4]}-{code[4:]}"})
        assert is_in(other) == opens
    for page in ("/admin/second-factor/", url):
        assert '<a href="/admin/">自治体DX事例カタログ 編集</a>' in client.get(page).text
        assert set(english_on(client.get(page))) <= {"henshu"}


def test_a_used_token_and_one_given_in_haste_are_refused(
    client: Client, henshu: User, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    device = TOTPDevice.objects.create(user=henshu)
    log_in(client)
    now = token(device)
    client.post("/admin/second-factor/", {"token": "000000"})
    client.post("/admin/second-factor/", {"token": now})
    assert not is_in(client)  # even the right one has to wait after a wrong one
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    client.post("/admin/second-factor/", {"token": now})
    assert is_in(client)
    other = Client()
    log_in(other)
    other.post("/admin/second-factor/", {"token": now})
    assert not is_in(other)


def test_codes_sent_at_once_are_looked_at_one_by_one(
    client: Client, henshu: User, settings: Settings
) -> None:
    """The editor's row is locked before the device is read: else none of a burst knows of the others."""
    settings.REQUIRE_SECOND_FACTOR = True
    device = TOTPDevice.objects.create(user=henshu)
    log_in(client)
    with CaptureQueriesContext(connection) as queries:
        client.post("/admin/second-factor/", {"token": token(device)})
    statements = [query["sql"] for query in queries]
    locking = next(at for at, sql in enumerate(statements) if "auth_user" in sql and "FOR UPDATE" in sql)
    assert locking < min(at for at, sql in enumerate(statements) if "otp_totp_totpdevice" in sql)


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "javascript:alert(1)", ""])
def test_after_the_second_factor_no_one_is_led_away(client: Client, henshu: User, target: str) -> None:
    device = TOTPDevice.objects.create(user=henshu)
    client.force_login(henshu)
    response = client.post(f"/admin/second-factor/?next={target}", {"token": token(device)})
    assert response["Location"] == "/admin/"


def test_a_lost_authenticator_is_forgotten_by_command(
    henshu: User, capsys: pytest.CaptureFixture[str]
) -> None:
    TOTPDevice.objects.create(user=henshu)
    make_recovery_codes(henshu)
    with pytest.raises(CommandError, match="利用者名を指定してください。"):
        call_command("end_sessions", forget_second_factor=True)
    call_command("end_sessions", "henshu", forget_second_factor=True)
    assert "次のログインで登録し直します。" in capsys.readouterr().out
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()
