"""The page at an address that nothing has: it searches, and names the cases whose addresses are nearest."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from catalog.documents.addresses import parameter_of, query_url
from catalog.documents.reading import Document, read_public, slugs_beginning
from dxcases.errors import is_for_programs
from dxcases.errors import not_found as nothing_for_programs

MAX_NEAREST = 5
MAX_PATH = 300  # characters that are looked at; longer ones are none that we gave
MAX_WORDS = 40
OF_CASE = re.compile("/(?:cases|inquiry)/([^/]+)")
PARTS = re.compile("[a-z0-9]+")
MAX_PARTS = 5
JAPANESE = re.compile(r"[\u3041-\u30fe\u3400-\u9fff々ー]")
WORD = re.compile(r"[^\W_]+")
ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 with ways on; only for what looks like a case is the database asked."""
    if is_for_programs(request):
        return nothing_for_programs(request, exception)
    path = request.path_info[:MAX_PATH]
    words = words_in(path)
    context = {
        "words": words,
        "nearest": nearest_to(path),
        "bodies": query_url("body_list", parameter_of("name", words) if words else ""),
        "is_of_body": path.startswith("/bodies/"),
    }
    return render(request, "catalog/missing.html", context, status=404)


def words_in(path: str) -> str:
    """Words of the end of a path that may be looked for: Japanese ones, or a single one in Latin letters."""
    last = ENDING.sub("", path.rstrip("/").rpartition("/")[2])
    words = WORD.findall(unicodedata.normalize("NFKC", last))
    sensible = JAPANESE.search(last) or (len(words) == 1 and words[0].isalpha())
    return " ".join(words)[:MAX_WORDS] if sensible else ""


def nearest_to(path: str) -> list[Document]:
    """The public cases whose slugs begin as that of the path, of which the end may be wrong."""
    match = OF_CASE.match(path)
    parts = PARTS.findall(match[1].lower())[:MAX_PARTS] if match else []
    with suppress(Error):
        for end in range(len(parts), 1, -1):
            slug = "-".join(parts[:end])
            if found := read_public([slug, *slugs_beginning(f"{slug}-", MAX_NEAREST)]):
                return found
    return []
