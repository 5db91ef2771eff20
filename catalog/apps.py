from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "事例カタログ"

    def ready(self) -> None:
        from catalog import history  # noqa: F401 – tells django-reversion which tables have versions
        from catalog.editing import (  # noqa: F401 – register the editors' pages
            admin,
            case_admin,
            proposal_admin,
            report_admin,
            trouble_admin,
        )
        from catalog.editing.roles import make_roles
        from dxcases import access_log  # noqa: F401 – connects its receivers
        from dxcases.postgres.checks import check_databases

        register(Tags.database)(check_databases)
        post_migrate.connect(make_roles, sender=self)
