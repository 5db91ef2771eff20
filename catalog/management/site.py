"""The address of the site, which commands that answer outside a request are told."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.http.request import validate_host


def add_site_argument(parser: CommandParser) -> None:
    host = settings.ALLOWED_HOSTS[0]
    site = f"https://{host}" if settings.SECURE_SSL_REDIRECT else f"http://{host}:8000"
    parser.add_argument("--site", default=site, help=f"サイトのアドレス。リンクに使います（既定：{site}）")


def site_of(given: str) -> str:
    """Scheme and host of the site alone. Raises CommandError where it is none of ours."""
    site = urlsplit(given)
    if site.scheme not in ("http", "https") or not validate_host(site.hostname or "", settings.ALLOWED_HOSTS):
        hosts = "、".join(settings.ALLOWED_HOSTS)
        raise CommandError(f"--site には、次のいずれかのサイトのアドレスを指定してください：{hosts}")
    return f"{site.scheme}://{site.netloc}"
