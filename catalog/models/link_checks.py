"""What the last check of an address has found."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject

from catalog.models.base import is_web_address, web_address
from catalog.models.cases import Case


class LinkCheckQuerySet(models.QuerySet["LinkCheck"]):
    def dead(self) -> LinkCheckQuerySet:
        """Dead addresses that a published case links to."""
        linked = Case.objects.published().linked_urls()
        return self.filter(outcome=LinkCheck.Outcome.DEAD, url__in=linked)

    def with_cases(self) -> LinkCheckQuerySet:
        """With `cases`, the pk and title of every case that links to the address."""
        linking = Q(links__url=OuterRef("url")) | Q(similar_bodies__url=OuterRef("url"))
        cases = Case.objects.filter(linking).order_by("pk").distinct("pk")
        return self.annotate(cases=ArraySubquery(cases.values(data=JSONObject(pk="pk", title="title"))))


class LinkCheck(models.Model):
    """What the last check of an address has found; of the address, so that it outlives edits of the rows.

    Failures are counted by day (of the catalogue's time zone), and any other outcome ends the count.
    """

    class Outcome(models.TextChoices):
        ALIVE = "alive", "つながる"
        FAILING = "failing", "つながらない"
        DEAD = "dead", "リンク切れ"
        UNCLEAR = "unclear", "確かめられない"
        REFUSED = "refused", "確認の対象外"

    url = web_address(unique=True)
    outcome = models.CharField("結果", max_length=10, choices=Outcome)
    http_status = models.PositiveSmallIntegerField("HTTPステータス", null=True, blank=True)
    reason = models.CharField("理由", max_length=100, blank=True)
    final_url = models.TextField("最後に応答したURL", blank=True)
    checked_at = models.DateTimeField("確認日時")
    first_failed_on = models.DateField("つながらなくなった日", null=True, blank=True)
    failed_days = models.PositiveSmallIntegerField("つながらなかった日数", default=0)

    objects = LinkCheckQuerySet.as_manager()

    # The pk and title of each case that links here; see `LinkCheckQuerySet.with_cases`.
    cases: list[dict[str, Any]]

    class Meta:
        verbose_name = verbose_name_plural = "リンクの確認"
        ordering = ("-checked_at", "url")
        constraints = (
            models.CheckConstraint(name="link_check_url_is_web_address", condition=is_web_address("url")),
            models.CheckConstraint(
                name="link_check_final_url_is_web_address",
                condition=Q(final_url="") | is_web_address("final_url"),
            ),
            models.CheckConstraint(
                name="link_check_status_has_three_digits",
                condition=Q(http_status=None) | Q(http_status__range=(100, 999)),
            ),
            models.CheckConstraint(
                name="link_check_is_dead_after_three_days",
                condition=Q(outcome__in=["alive", "unclear", "refused"], failed_days=0, first_failed_on=None)
                | Q(outcome="failing", failed_days__range=(1, 2), first_failed_on__isnull=False)
                | Q(outcome="dead", failed_days__gte=3, first_failed_on__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.url
