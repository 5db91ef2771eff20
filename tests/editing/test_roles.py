from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from catalog.editing.roles import EDITORS, EDITORS_MAY, PUBLISHERS, PUBLISHERS_MAY, make_roles

pytestmark = pytest.mark.django_db


def permissions_of(name: str) -> set[str]:
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_migrating_makes_both_groups() -> None:
    Group.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert permissions_of(EDITORS) == EDITORS_MAY
    assert permissions_of(PUBLISHERS) == PUBLISHERS_MAY


def test_every_permission_named_exists() -> None:
    named = EDITORS_MAY | PUBLISHERS_MAY
    found = Permission.objects.filter(content_type__app_label="catalog", codename__in=named)
    assert set(found.values_list("codename", flat=True)) == named


def test_only_publishers_publish_and_change_what_is_public_at_once() -> None:
    assert "publish_case" not in EDITORS_MAY
    assert {"change_body", "change_topic", "change_source", "delete_case"} <= PUBLISHERS_MAY - EDITORS_MAY


def test_making_them_again_restores_what_is_missing_and_keeps_what_was_added() -> None:
    group = Group.objects.get(name=EDITORS)
    added = Permission.objects.get(codename="view_user")
    group.permissions.add(added)
    group.permissions.remove(Permission.objects.get(codename="add_case"))
    make_roles(using="default", apps=apps)
    assert permissions_of(EDITORS) == {*EDITORS_MAY, "view_user"}
    assert Group.objects.count() == 2
