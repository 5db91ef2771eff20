"""The WSGI entry point that gunicorn serves."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

CHARSET = re.compile(r";\s*charset\s*\*?\s*=[^;]*", re.IGNORECASE)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dxcases.settings")
os.environ.setdefault("DEBUG", "off")  # who serves by this entry forgets a variable in favour of the public
os.environ.setdefault("DATABASE_STATEMENT_SECONDS", "5")  # commands may take as long as they need
answer = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, told of no encoding but UTF-8: a charset like rot13 makes it fail before any middleware."""
    environ["CONTENT_TYPE"] = CHARSET.sub("", environ.get("CONTENT_TYPE", ""))
    return answer(environ, start_response)
