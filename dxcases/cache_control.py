"""How long caches may keep an answer: the only values of Cache-Control that the site sends."""

from __future__ import annotations

from pathlib import Path
from wsgiref.headers import Headers

from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control

NO_STORE = "no-store"
FRESH_SECONDS = 5  # in a cache that many share; a browser asks each time and mostly gets 304
STALE_IF_ERROR_SECONDS = 86_400  # a cache may still serve a copy as old where the site fails


def let_caches_keep(response: HttpResponseBase) -> None:
    """Caches that many share may answer with it for a moment; a browser has to ask each time."""
    patch_cache_control(
        response,
        public=True,
        max_age=0,
        s_maxage=FRESH_SECONDS,
        stale_if_error=STALE_IF_ERROR_SECONDS,
    )


def tag_static_file(headers: Headers, path: str, url: str) -> None:
    """An ETag for WhiteNoise: weak, since it has one for the file as it is and compressed."""
    about = Path(path).stat()
    headers["ETag"] = f'W/"{about.st_mtime_ns:x}-{about.st_size:x}"'
