"""The benchmark's settings with a database of the comparison's own."""

from bench.settings import *  # noqa: F403
from bench.settings import DATABASES

DATABASES["default"]["NAME"] = "dxcases_peers"
