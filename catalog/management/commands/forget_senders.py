"""`manage.py forget_senders`: who reported or answered is forgotten after a time; what was told stays."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from catalog import remains
from catalog.models import Confirmation, Report, forget


class Command(BaseCommand):
    """Meant to run daily."""

    help = "情報を寄せた人と確認した団体の所属・メール・電話を、SENDER_DAYSの日数を過ぎたら消します。"

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        before = now - timedelta(days=settings.SENDER_DAYS)
        reports = forget(Report.objects.older_than(before))
        answers = forget(Confirmation.objects.older_than(before))
        answers += remains.forget_senders(before)  # those of cases in the trash
        Report.objects.older_than(now - timedelta(days=1)).exclude(origin="").update(origin="")
        self.stdout.write(
            f"{settings.SENDER_DAYS}日を過ぎた、寄せられた情報{reports}件と団体の回答{answers}件の連絡先を消しました。"
        )
