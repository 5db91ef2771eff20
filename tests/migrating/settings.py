from dxcases.settings import *  # noqa: F403
from dxcases.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.migrating"]
