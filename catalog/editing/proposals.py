"""Proposals: what they would make of a case, and the steps from one editor to another (decision 0021)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from catalog import history
from catalog.documents.reading import Document, read_documents
from catalog.editing import contents
from catalog.editing.contents import Content
from catalog.models import Case, Proposal, content_of_case

State = Proposal.State
CHANGED_BY_BOTH = (
    "公開中の事例が、改訂案と同じ項目で変わりました（{}）。"
    "改訂案を開き、どちらの内容にするかを決めて保存してください。"
)
CANNOT_PUBLISH = "データの決まりに合わないため公開できません。改訂案を開いて確かめてください。"


@dataclass(frozen=True)
class Outlook:
    """What the case would be with the proposal now, and in what fields both have changed differently."""

    now: Content
    then: Content
    conflicts: list[str]
    obstacles: list[str] = field(default_factory=list)  # why it cannot be published as it is

    @property
    def differences(self) -> list[history.Difference]:
        return contents.differences(self.now, self.then)


def outlook(proposal: Proposal) -> Outlook:
    """Of an open proposal: upon the case as it stands. Of one that is closed: as it was when written."""
    base, proposed = contents.as_now(proposal.base), contents.as_now(proposal.content)
    if not proposal.is_open:
        return Outlook(base, proposed, [])
    now = contents.content_of(proposal.case)
    then, conflicts = contents.merge(base, proposed, now)
    return Outlook(now, then, conflicts, contents.obstacles(proposal.case, then))


def document_of(proposal: Proposal) -> Document:
    """What readers would read. Raises ValidationError where the data no longer allow it."""
    return document_and_content_of(proposal)[0]


def document_and_content_of(proposal: Proposal) -> tuple[Document, str]:
    """The same, with the digest of what the case would say."""
    read: list[tuple[Document, str]] = []
    with contents.undone():
        try_on(Case.objects.select_for_update().get(pk=proposal.case_id), outlook(proposal))
        read.append((read_documents([proposal.case_id])[0], content_of_case(proposal.case_id)))
    return read[0]


def try_on(case: Case, seen: Outlook) -> None:
    """Writes to the case what is proposed. Raises ValidationError, and changes nothing."""
    if seen.obstacles:
        raise ValidationError([CANNOT_PUBLISH, *seen.obstacles])
    try:
        with transaction.atomic():
            contents.write(case, seen.then)
            connection.check_constraints()
    except IntegrityError as error:
        raise ValidationError(CANNOT_PUBLISH) from error


def keep(
    proposal: Proposal | None, case: Case, content: Content, now: Content, reason: str, user: Any
) -> Proposal:
    """Saves what an editor proposes for a case that stands as `now`: a new proposal, or a new edition."""
    kept = proposal or Proposal(case=case, author=user)
    kept.content, kept.base, kept.base_version, kept.reason = content, now, case.version, reason
    kept.edition += 1 if proposal else 0
    kept.save()
    kept.editions.create(number=kept.edition, author=user)
    return kept


def steps_for(proposal: Proposal, *, may_publish: bool) -> list[str]:
    """The states that a user may give the proposal."""
    if not proposal.is_open:
        return []
    ask = [] if proposal.state == State.ASKED else [State.ASKED]
    return [*ask, *([State.PUBLISHED, State.RETURNED] if may_publish else []), State.DROPPED]


@transaction.atomic
def take(proposal: Proposal, step: str, note: str, user: User) -> None:
    """Gives the proposal its next state; publishes it. Raises ValidationError, and changes nothing."""
    if step == State.PUBLISHED:
        publish(proposal, user)
    if step in (State.RETURNED, State.PUBLISHED):
        proposal.reviewer = user
    if step in (State.PUBLISHED, State.DROPPED):
        proposal.closed_at = timezone.now()
    proposal.state = step
    proposal.save()
    proposal.notes.create(author=user, state=step, text=note)


def publish(proposal: Proposal, user: AbstractBaseUser) -> None:
    """Makes the case what is proposed, with what others have changed since: a version of its history."""
    case = Case.objects.select_for_update().get(pk=proposal.case_id)
    seen = outlook(proposal)
    if seen.conflicts:
        raise ValidationError(CHANGED_BY_BOTH.format("、".join(seen.conflicts)))
    history.ensure_version(case)
    try_on(case, seen)
    history.record(case, user, f"{proposal.reason}{authors_of(proposal)}")


def authors_of(proposal: Proposal) -> str:
    """Who has written the editions of a proposal, in brackets."""
    editions = proposal.editions.exclude(author=None).select_related("author")
    names = dict.fromkeys(history.name_of(edition.author) for edition in editions)
    return f"（改訂案の作成：{'、'.join(names)}）" if names else ""
