"""The settings with a database of its own, for programs that commit."""

from dxcases.settings import *  # noqa: F403
from dxcases.settings import DATABASES

NAME = "dxcases_scratch"
DATABASES = {**DATABASES, "default": {**DATABASES["default"], "NAME": NAME}}
