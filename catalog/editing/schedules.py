"""Publishing and withdrawing at a time set before, in the name of who set it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from catalog import history
from catalog.models import Case, Schedule

BY_SCHEDULE = "予約による{}：{}"
# From which state a schedule brings a case to its own; what was withdrawn waits for a person.
COMES_FROM = {Case.Status.PUBLISHED: Case.Status.DRAFT, Case.Status.WITHDRAWN: Case.Status.PUBLISHED}
STANDS_OTHERWISE = "この事例は今「{}」です。予約を取り消すか、事例の画面で状態を変えてください。"
NOBODY_MAY = "予約した人に、今は事例を公開する権限がありません。予約し直してください。"


def apply_due() -> Iterator[Schedule]:
    """Does what is due, each once and apart from the others, and hands it on; what cannot be stays due."""
    for key in Schedule.objects.due().values_list("pk", flat=True):
        if schedule := apply_one(key):
            yield schedule


@transaction.atomic
def apply_one(key: int) -> Schedule | None:
    """Does it and closes it, or keeps why it cannot be done. None where it is closed meanwhile."""
    # The case first, as where its form is saved.
    case = Case.objects.select_for_update(of=("self",)).filter(schedules=key).first()
    schedule = Schedule.objects.due().select_for_update().filter(pk=key).first()
    if case is None or schedule is None:
        return None
    try:
        with transaction.atomic():
            change(case, schedule)
        schedule.failure, schedule.closed_at = "", timezone.now()
    except ValidationError as error:
        schedule.failure = "".join(error.messages)
    schedule.save(update_fields=["failure", "closed_at"])
    return schedule


def change(case: Case, schedule: Schedule) -> None:
    """Gives the case the state. Raises ValidationError. One that has it already is left as it is."""
    user: Any = schedule.made_by
    if user is None or not user.is_active or not user.has_perm("catalog.publish_case"):
        raise ValidationError(NOBODY_MAY)
    if case.status == schedule.status:
        return
    if case.status != COMES_FROM[Case.Status(schedule.status)]:
        raise ValidationError(STANDS_OTHERWISE.format(case.get_status_display()))
    history.ensure_version(case)
    case.settle_slug()
    case.status = schedule.status
    if case.status == Case.Status.WITHDRAWN:
        case.withdrawn_reason = schedule.withdrawn_reason
    case.check_publishable()
    case.full_clean()
    case.save()
    status = Case.Status(case.status)
    reason = BY_SCHEDULE.format(status.label, schedule.reason)
    history.record(case, user, reason)
    LogEntry.objects.log_actions(str(user.pk), [case], CHANGE, reason)
    history.log_status(user, case)
