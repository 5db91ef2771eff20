"""`manage.py create_editor`: an account for the admin."""

import os
import sys
from getpass import getpass
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

NO_TERMINAL = (
    "端末から実行してください。端末がないときは、--noinput を付け、"
    "DJANGO_SUPERUSER_USERNAME、DJANGO_SUPERUSER_EMAIL、DJANGO_SUPERUSER_PASSWORD で渡します。"
)


class Command(createsuperuser.Command):
    """Asks in Japanese, or with --noinput reads DJANGO_SUPERUSER_… from the environment.

    Django's own `createsuperuser` asks in English, lets a weak password pass for a "y", and does not check
    one from the environment.
    """

    help = "編集者のアカウントを作ります。"

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["interactive"]:
            check_password(os.environ.get("DJANGO_SUPERUSER_PASSWORD", ""))
            super().handle(*args, **{**options, "verbosity": 0})  # which says in English what we say below
            self.tell(User.objects.latest("pk"), options["verbosity"])
            return
        if not sys.stdin.isatty():
            raise CommandError(NO_TERMINAL)
        try:
            editor = self.ask_for_editor(options["username"], options["email"])
        except (KeyboardInterrupt, EOFError):
            raise CommandError("中止しました。何も登録していません。") from None
        self.tell(editor, options["verbosity"])

    def tell(self, editor: User, verbosity: int) -> None:
        if verbosity:
            self.stdout.write(
                f"編集者「{editor.username}」を登録しました。管理画面（/admin/）にログインできます。"
            )

    def ask_for_editor(self, username: str | None, email: str | None) -> User:
        """Asks for what is not given until it is right, and makes the account."""
        editor = User(is_staff=True, is_superuser=True)
        self.ask_for(editor, "username", "利用者名（半角の英字、数字、@.+-_）：", username)
        self.ask_for(editor, "email", "メールアドレス（空でもかまいません）：", email)
        self.stdout.write("".join(f"・{text}\n" for text in password_validators_help_texts()))
        while not self.has_taken_password(editor):
            pass
        editor.save()
        return editor

    def ask_for(self, editor: User, name: str, question: str, given: str | None) -> None:
        while True:
            setattr(editor, name, input(question).strip() if given is None else given)
            others = [field.name for field in User._meta.fields if field.name != name]
            try:
                editor.full_clean(exclude=others)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                given = None
            else:
                return

    def has_taken_password(self, editor: User) -> bool:
        """Asks twice for the password; says why where it cannot be taken."""
        password = getpass("パスワード（15文字以上。表示されません）：")
        if password != getpass("パスワード（もう一度）："):
            self.stderr.write("2つのパスワードが違います。もう一度入力してください。")
            return False
        try:
            validate_password(password, editor)
        except ValidationError as error:
            self.stderr.write("\n".join(error.messages))
            return False
        editor.set_password(password)
        return True


def check_password(password: str) -> None:
    """Raises CommandError with every reason why the settings refuse the password."""
    try:
        validate_password(password)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
