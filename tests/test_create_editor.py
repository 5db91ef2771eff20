from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from catalog.management.commands import create_editor

pytestmark = pytest.mark.django_db


def create(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    call_command("create_editor", interactive=False, username="henshu", email="henshu@example.jp")


def test_an_editor_is_made_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create(monkeypatch, "a long enough password")
    told = "編集者「henshu」を登録しました。管理画面（/admin/）にログインできます。\n"
    assert capsys.readouterr().out == told
    editor = User.objects.get(username="henshu")
    assert editor.is_staff
    assert editor.check_password("a long enough password")


@pytest.mark.parametrize("password", ["", "too short"])
def test_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    with pytest.raises(CommandError, match="パスワード"):
        create(monkeypatch, password)
    assert not User.objects.exists()


def answer(monkeypatch: pytest.MonkeyPatch, *typed: str) -> list[str]:
    """Types these answers at a terminal; gives the questions."""
    answers, questions = iter(typed), list[str]()

    def asked(question: str) -> str:
        questions.append(question)
        return next(answers)

    monkeypatch.setattr("builtins.input", asked)
    monkeypatch.setattr(create_editor, "getpass", asked)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    call_command("create_editor")
    return questions


def test_an_editor_is_asked_in_japanese_until_all_is_right(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    User.objects.create_user("henshu")
    name, email = "利用者名（半角の英字、数字、@.+-_）：", "メールアドレス（空でもかまいません）："
    password, again = "パスワード（15文字以上。表示されません）：", "パスワード（もう一度）："
    good = "aikotoba wo kaeru"
    typed = (
        "henshu",
        "sato",
        "sato@",
        "",
        "aaaaaaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaaaaa",
        good,
        "x",
        good,
        good,
    )
    assert answer(monkeypatch, *typed) == [name, name, email, email, *(password, again) * 3]
    told = capsys.readouterr()
    for words in ("同じユーザー名", "メールアドレス", "推測されやすい", "2つのパスワードが違います"):
        assert words in told.err
    assert "編集者「sato」を登録しました" in told.out
    editor = User.objects.get(username="sato")
    assert (editor.is_staff, editor.is_superuser, editor.check_password(good)) == (True, True, True)


def test_without_a_terminal_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="--noinput"):
        call_command("create_editor")
