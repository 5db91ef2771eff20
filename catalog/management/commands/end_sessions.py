from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dxcases.sign_in import forget_second_factor


class Command(BaseCommand):
    help = "編集者のログインを終わらせます。利用者名を省くと、全員のログインを終わらせます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", nargs="?", help="利用者名")
        parser.add_argument(
            "--forget-second-factor",
            action="store_true",
            help="認証アプリの登録も消します（端末をなくしたとき）。利用者名が要ります。",
        )

    def handle(self, *args: Any, user: str | None, forget_second_factor: bool, **options: Any) -> None:
        if forget_second_factor and not user:
            raise CommandError("利用者名を指定してください。")
        owner = named(user) if user else None
        ended = [session for session in Session.objects.all() if owner is None or is_of(session, owner)]
        for session in ended:
            session.delete()
        self.stdout.write(f"{len(ended)}件のログインを終わらせました。")
        if owner and forget_second_factor:
            self.forget(owner)

    def forget(self, owner: User) -> None:
        forget_second_factor(owner)
        self.stdout.write("認証アプリの登録を消しました。次のログインで登録し直します。")


def named(name: str) -> User:
    try:
        return User.objects.get(username=name)
    except User.DoesNotExist as error:
        raise CommandError(f"「{name}」という利用者はいません。") from error


def is_of(session: Session, owner: User) -> bool:
    return session.get_decoded().get(SESSION_KEY) == str(owner.pk)
