"""How the pages write names, populations, days and texts."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from catalog.models import Kind

NOT_IN_SCRIPT = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
BREAK = mark_safe("<br>")


def persons(population: int | None) -> str:
    """A population in persons as readers say it: 万人 with one decimal, as printed; below 1,000 人."""
    if population is None:
        return "人口不明"
    if population < 1_000:
        return f"{population}人"
    return f"{population / 10_000:,.1f}万人"


def kind_label(kind: str) -> str:
    return str(Kind(kind).label)


def day(given: date | str) -> str:
    """A day as readers write it, of a date, or of a date or time in ISO 8601."""
    one = datetime.fromisoformat(given) if isinstance(given, str) else given
    return f"{one.year}年{one.month}月{one.day}日"


def month(written: str) -> str:
    date = datetime.fromisoformat(written)
    return f"{date.year}年{date.month}月"


def json_ld(data: dict[str, Any] | list[dict[str, Any]]) -> SafeString:
    """Data for search engines as a script element that no browser runs; what could end it is escaped."""
    text = json.dumps(data, ensure_ascii=False).translate(NOT_IN_SCRIPT)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 – escaped above


def host(url: str) -> str:
    """The host that an address leads to."""
    return urlsplit(url).hostname or ""


def archive_copy(url: str) -> str:
    """Where the Internet Archive's Wayback Machine shows its latest copy of an address."""
    return f"https://web.archive.org/web/{url}"


def prose(text: str) -> SafeString:
    """Plain text as HTML: an empty line ends a paragraph; lines that start with ・ are a list."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return format_html_join("", "{}", ((html,) for block in blocks for html in block_html(block)))


def block_html(block: str) -> Iterator[SafeString]:
    """The paragraphs and lists of a block of lines."""
    for is_list, lines in groupby(block.splitlines(), key=lambda line: line.startswith("・")):
        if is_list:
            items = format_html_join("", "<li>{}</li>", ((line.removeprefix("・"),) for line in lines))
            yield format_html("<ul>{}</ul>", items)
        else:
            text = format_html_join(BREAK, "{}", ((line,) for line in lines))
            yield format_html("<p>{}</p>", text)
