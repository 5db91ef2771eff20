"""`manage.py doctor`: whether this installation is fit, and what to do where it is not."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from dxcases.operating.doctor import Level, examine


class Command(BaseCommand):
    """Prints a line for each check. Exit code 1 where one of them is a fault, else 0."""

    help = "設定、データベース、ディスク、バックアップを点検し、することを示します。異常があれば終了コード1。"
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in examine():
            self.stdout.write(str(finding))
            findings.append(finding)
        if any(finding.level is Level.FAULT for finding in findings):
            sys.exit(1)
