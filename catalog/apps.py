from django.apps import AppConfig
from django.core.checks import Tags, register


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "事例カタログ"

    def ready(self) -> None:
        from dxcases import access_log  # noqa: F401 – connects its receivers
        from dxcases.database_check import check_databases

        register(Tags.database)(check_databases)
