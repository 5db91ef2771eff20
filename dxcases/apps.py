from django.contrib.admin.apps import AdminConfig


class EditorsAdminConfig(AdminConfig):
    """Django's admin with the editors' first page."""

    default_site = "catalog.editing.dashboard.EditorsSite"
