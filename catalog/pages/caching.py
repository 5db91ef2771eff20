"""Public answers that know by the catalogue's version whether the reader has them already (decision 0009)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from typing import Any, cast

from django.conf import settings
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.http import condition

from catalog.documents.snapshot import one_snapshot
from catalog.documents.version import Version, current_version
from catalog.output.data import bundle_came_or_went_at, has_bundle
from dxcases.cache_control import NO_STORE, let_caches_keep
from dxcases.postgres import replicas

View = Callable[..., HttpResponseBase]

SOURCE_FILES = ("catalog/**/*.py", "dxcases/**/*.py", "templates/**/*", "static/**/*", "requirements.txt")
LAST_MODIFIED_STEP = timedelta(seconds=1)  # what HTTP dates can tell apart


def by_version(pattern: URLPattern) -> URLPattern:
    """The URL, its answers with ETag, Last-Modified and Cache-Control, or 304 without calling the view."""
    pattern.callback = answer_by_version(pattern.callback)
    return pattern


def answer_by_version(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        version = replicas.ask_primary_first(current_version)
        request.catalogue_version = version  # type: ignore[attr-defined]

        def make() -> HttpResponseBase:
            with ExitStack() as snapshot:
                snapshot.enter_context(one_snapshot())
                response = replicas.rendered(view(request, *args, **kwargs))
                # What is made while it is sent is of the same state of the catalogue; a file is made already.
                if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
                    parts = cast("Iterator[bytes]", response.streaming_content)
                    response.streaming_content = within(snapshot.pop_all(), parts)
                return response

        def read(request: HttpRequest) -> HttpResponseBase:
            return replicas.render_on_standby(lambda: current_version() == version, make)

        # Who works on templates wants to see every change at once.
        if settings.DEBUG:
            return read(request)
        etag, last_modified = etag_of(request, version), last_modified_of(version)
        conditional = condition(lambda request: etag, lambda request: last_modified)(read)
        return with_cache_headers(conditional(request))

    return answer


def within(context: AbstractContextManager[Any], parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts, of which the last leaves the context.

    Where a reader leaves before, Django closes what an answer is made of in turn: the parts, then this.
    """
    with context:
        yield from parts


def with_cache_headers(response: HttpResponseBase) -> HttpResponseBase:
    """The response with how long caches may keep it; one that refuses, or says itself that it is not to be
    kept, is not and has no validators.
    """
    if response.status_code in (200, 304) and response.get("Cache-Control") != NO_STORE:
        let_caches_keep(response)
    else:
        del response.headers["ETag"], response.headers["Last-Modified"]
    return response


def etag_of(request: HttpRequest, version: Version) -> str:
    """Of all an answer depends on: catalogue, code, contact, is there a bundle, address as printed, the date.

    Weak, as a workbook tells the minute it was made.
    """
    address = request.build_absolute_uri(request.get_full_path())
    today = str(timezone.localdate())
    parts = (version.stamp, code().digest, settings.CONTACT, str(has_bundle()), address, today)
    return f'W/"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"'


def last_modified_of(version: Version) -> datetime | None:
    """When catalogue, code, bundle or printed date last changed; None while another change could be then."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    changed_at = max(version.changed_at, code().changed_at, bundle_came_or_went_at() or midnight, midnight)
    return changed_at if timezone.now() - changed_at > LAST_MODIFIED_STEP else None


@dataclass(frozen=True)
class Code:
    """What pages are made with: a digest that is the same on every machine, and the youngest file's time."""

    digest: str
    changed_at: datetime


@cache
def code() -> Code:
    files = sorted(
        file for pattern in SOURCE_FILES for file in settings.BASE_DIR.glob(pattern) if file.is_file()
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(settings.BASE_DIR)}\0".encode())
        digest.update(file.read_bytes())
    return Code(digest.hexdigest(), datetime.fromtimestamp(max(file.stat().st_mtime for file in files), UTC))
