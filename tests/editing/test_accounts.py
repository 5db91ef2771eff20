"""Accounts: one choice says what someone may do, and the list tells who may get in."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, User

from catalog.editing.roles import EDITORS
from tests.filling import errors, logged_in

pytestmark = pytest.mark.django_db

USERS = "/admin/auth/user/"


def test_a_role_lets_into_the_admin_and_without_one_nobody_gets_in() -> None:
    client, role = logged_in("kanri"), Group.objects.get(name=EDITORS)
    password = "mikan-tsukue-8-aozora"
    new = {"username": "satou", "password1": password, "password2": password, "usable_password": "true"}
    added = client.post(f"{USERS}add/", {**new, "groups": [role.pk]})
    assert added.status_code == 302, errors(added)
    satou = User.objects.get(username="satou")
    assert (satou.is_staff, [str(group) for group in satou.groups.all()]) == (True, [EDITORS])
    page = client.get(f"{USERS}{satou.pk}/change/").text
    assert "is_staff" not in page
    client.post(f"{USERS}{satou.pk}/change/", {"username": "satou", "is_active": "on"})
    satou.refresh_from_db()
    assert (satou.is_staff, satou.is_active) == (False, True)
    heads = re.findall(r'class="[^"]*column-(\w+)', client.get(USERS).text)
    assert heads == ["username", "last_name", "first_name", "roles", "may_log_in", "last_login"]
    assert "できない（役割なし）" in client.get(USERS).text
