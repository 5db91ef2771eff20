"""How the pages name their scripts."""

import base64
import hashlib
from functools import cache

from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString


def script(path: str) -> SafeString:
    """A static file as a module, so run once the page is read, and with names that no other script sees.

    Where files have the hashes of their contents in their names, the browser is told the hash, too
    (Subresource Integrity): a file that something on the way or on the disk has changed does not run.
    """
    url = staticfiles_storage.url(path)
    if not isinstance(staticfiles_storage, ManifestFilesMixin):
        return format_html('<script src="{}" type="module"></script>', url)
    return format_html(
        '<script src="{}" integrity="{}" type="module"></script>',
        url,
        integrity(staticfiles_storage.stored_name(path)),
    )


@cache
def integrity(name: str) -> str:
    """The value of the attribute for a stored file; names change with contents, so it is read once."""
    with staticfiles_storage.open(name) as file:
        return f"sha384-{base64.b64encode(hashlib.sha384(file.read()).digest()).decode()}"
