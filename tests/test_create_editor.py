from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def create(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    call_command(
        "create_editor", interactive=False, username="henshu", email="henshu@example.jp", verbosity=0
    )


def test_an_editor_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    create(monkeypatch, "a long enough password")
    editor = User.objects.get(username="henshu")
    assert editor.is_staff
    assert editor.check_password("a long enough password")


@pytest.mark.parametrize("password", ["", "too short"])
def test_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    with pytest.raises(CommandError, match="パスワード"):
        create(monkeypatch, password)
    assert not User.objects.exists()
