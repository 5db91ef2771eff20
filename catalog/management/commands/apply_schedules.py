"""`manage.py apply_schedules`: publishes and withdraws the cases whose time has come."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog.editing.schedules import apply_due


class Command(BaseCommand):
    """Meant to run every few minutes; safe to run twice at once, late, or not at all for a while.

    What cannot be done is printed, told on the editors' first page and tried again the next time; that is
    for editors to mend, so the exit code is 0.
    """

    help = "予約された公開・取り下げのうち、時刻の来たものを行います。"

    def handle(self, *args: Any, **options: Any) -> None:
        for schedule in apply_due():
            done = f"できませんでした（{schedule.failure}）" if schedule.failure else "行いました"
            self.stdout.write(f"{schedule}：{done}")
