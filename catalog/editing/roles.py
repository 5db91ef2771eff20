"""Who may do what in the admin: two groups, made with the tables (decision 0008)."""

from __future__ import annotations

from typing import Any

from django.apps import apps as installed

EDITORS = "編集者"
PUBLISHERS = "公開担当者"

ROWS_OF_CASE = ("casebody", "fact", "figure", "followed", "link", "similarbody")
# What the public sees as soon as it is saved.
SEEN_AT_ONCE = (
    *("body", "guideline", "indicator", "indicatorvalue", "population", "populationsource"),
    *("searchsynonym", "section", "sitetext", "source", "step", "topic", "trouble"),
)

EDITORS_MAY = {
    *("add_case", "change_case", "view_case"),
    *(f"{may}_{row}" for row in ROWS_OF_CASE for may in ("add", "change", "delete", "view")),
    *(f"view_{model}" for model in (*SEEN_AT_ONCE, "linkcheck", "populationimport", "proposal", "release")),
    *("change_report", "view_report"),
}
PUBLISHERS_MAY = {
    *EDITORS_MAY,
    *("delete_case", "publish_case", "view_sender", "add_release"),
    *(f"{may}_{model}" for model in SEEN_AT_ONCE for may in ("add", "change", "delete")),
}


def make_roles(using: str, apps: Any = installed, **signal: Any) -> None:
    """Gives both groups what they may; makes those that are missing. Runs after every migration.

    What an administrator has added to a group stays.
    """
    try:
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # only other apps have been migrated
        return
    for name, codenames in ((EDITORS, EDITORS_MAY), (PUBLISHERS, PUBLISHERS_MAY)):
        group, _ = group_model.objects.using(using).get_or_create(name=name)
        permissions = permission_model.objects.using(using).filter(content_type__app_label="catalog")
        group.permissions.add(*permissions.filter(codename__in=codenames))
