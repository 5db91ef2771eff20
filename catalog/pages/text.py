"""How the pages write names, populations, days and texts."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from catalog.documents.reading import Document
from catalog.documents.records import name_in_full
from catalog.models import Kind
from catalog.models.days import in_japanese

NOT_IN_SCRIPT = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
BREAK = mark_safe("<br>")


def persons(population: int | None) -> str:
    """A population in persons as readers say it: 万人 with one decimal, as printed; below 1,000 人."""
    if population is None:
        return "人口不明"
    if population < 1_000:
        return f"{population}人"
    return f"{population / 10_000:,.1f}万人"


def all_persons(population: int) -> str:
    """A population as exactly as it is known: of whole thousands, as the casebook rounds them, in 万人."""
    return f"{population:,}人" if population % 1_000 else persons(population)


def kind_label(kind: str) -> str:
    return str(Kind(kind).label)


def citation_of(document: Document, address: str, read_on: date) -> str:
    """How to cite the page of a case: bodies, title, source, address, and the day it was read."""
    record = document.record
    bodies = "・".join(map(name_in_full, record["bodies"]))
    of_source = f"{document.extra['publisher']}{document.source_title}{document.page}"
    read = f"（{'、'.join(document.read_at)}）" if document.read_at else ""
    return (
        f"{bodies}「{record['title']}」、{of_source}{read}を加工して作成。"
        f"自治体DX事例カタログ、{address}、{in_japanese(read_on)}閲覧。"
    )


def month(written: str) -> str:
    date = datetime.fromisoformat(written)
    return f"{date.year}年{date.month}月"


def json_ld(data: dict[str, Any] | list[dict[str, Any]]) -> SafeString:
    """Data for search engines as a script element that no browser runs."""
    return format_html('<script type="application/ld+json">{}</script>', json_in_script(data))


def json_in_script(data: Any) -> SafeString:
    """Data as JSON that stands within a script element.

    No text in it ends the element, nor begins a comment or a script, after which `</script>` ends nothing.
    """
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(NOT_IN_SCRIPT))  # noqa: S308 – escaped


def host(url: str) -> str:
    """The host that an address leads to."""
    return urlsplit(url).hostname or ""


def archive_copy(url: str) -> str:
    """Where the Internet Archive's Wayback Machine shows its latest copy of an address."""
    return f"https://web.archive.org/web/{url}"


def prose(text: str, mark: Callable[[str], SafeString] = escape) -> SafeString:
    """Plain text as HTML: an empty line ends a paragraph; lines that start with ・ are a list.

    `mark` makes a line HTML.
    """
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return format_html_join("", "{}", ((html,) for block in blocks for html in block_html(block, mark)))


def block_html(block: str, mark: Callable[[str], SafeString]) -> Iterator[SafeString]:
    """The paragraphs and lists of a block of lines."""
    for is_list, lines in groupby(block.splitlines(), key=lambda line: line.startswith("・")):
        if is_list:
            items = format_html_join("", "<li>{}</li>", ((mark(line.removeprefix("・")),) for line in lines))
            yield format_html("<ul>{}</ul>", items)
        else:
            text = format_html_join(BREAK, "{}", ((mark(line),) for line in lines))
            yield format_html("<p>{}</p>", text)
