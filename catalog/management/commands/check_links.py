"""`manage.py check_links`: whether the pages that published cases link to still answer."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from catalog.links.checks import Run, due
from catalog.links.network import Checker
from catalog.models import Case, LinkCheck

BAR = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}件（残り{remaining}）"


class Command(BaseCommand):
    """Meant to run daily; see `Run` for what is recorded and when.

    Exits with 1 where nothing answered, and with 130 when interrupted.
    """

    help = "公開している事例のリンクを確認し、結果を記録します。20時間以内に確認したリンクは省きます。"
    stealth_options = ("checker",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="最近確認したリンクも確認します。")

    def handle(self, *args: Any, **options: Any) -> None:
        linked = list(Case.objects.published().linked_urls())
        urls = linked if options["again"] else due(linked)
        run = Run(options.get("checker") or Checker())
        try:
            # Without a terminal, under cron, there is no bar.
            for _ in tqdm(run.check(urls), "確認中", len(urls), bar_format=BAR, disable=None):
                pass
        except KeyboardInterrupt as error:
            again = "もう一度実行すると、続きから確認します。"
            message = f"中断しました。{len(run.recorded)}件の結果を記録しました。{again}"
            raise CommandError(message, returncode=130) from error
        self.tell(run, len(urls), len(linked) - len(urls))

    def tell(self, run: Run, checked: int, skipped: int) -> None:
        if checked and not run.recorded:
            raise CommandError(
                "つながるリンクが1件もなかったため、何も記録しませんでした。"
                "ネットワークを確かめて、もう一度実行してください。"
            )
        self.stdout.write(f"{checked}件のリンクを確認しました（最近確認した{skipped}件は省きました）。")
        if run.recorded:
            self.stdout.write(run.summary)
        for check in run.recorded:
            if check.outcome != LinkCheck.Outcome.ALIVE:
                self.stdout.write(f"{check.get_outcome_display()}　{check.url}（{check.reason}）")
