"""The catalogue's settings with the benchmark's own database and its page to compare with."""

from dxcases.settings import *  # noqa: F403
from dxcases.settings import DATABASES

ROOT_URLCONF = "bench.urls"
ALLOWED_HOSTS = ["testserver"]
SECURE_SSL_REDIRECT = False
DATABASES["default"]["NAME"] = "dxcases_bench"
