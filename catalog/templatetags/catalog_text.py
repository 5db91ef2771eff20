"""How the pages write names, populations, days and texts."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from catalog.documents.records import CaseBodyRecord, SimilarBodyRecord, name_in_full
from catalog.finding.facets import Option
from catalog.models import Kind

register = template.Library()
NOT_IN_SCRIPT = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
BREAK = mark_safe("<br>")


@register.filter
def persons(population: int | None) -> str:
    """A population in persons as readers say it: 万人 with one decimal, as printed; below 1,000 人."""
    if population is None:
        return "人口不明"
    if population < 1_000:
        return f"{population}人"
    return f"{population / 10_000:,.1f}万人"


@register.filter
def full_name(body: CaseBodyRecord | SimilarBodyRecord) -> str:
    """The name of a body in a record, with that of its prefecture."""
    return name_in_full(body)


@register.filter
def kind_label(kind: str) -> str:
    return str(Kind(kind).label)


@register.filter
def day(written: str) -> str:
    """A day as readers write it, of a date or time in ISO 8601."""
    date = datetime.fromisoformat(written)
    return f"{date.year}年{date.month}月{date.day}日"


@register.filter
def month(written: str) -> str:
    date = datetime.fromisoformat(written)
    return f"{date.year}年{date.month}月"


@register.filter
def value_at(record: dict[str, Any], name: str) -> Any:
    """What a record has under the name."""
    return record.get(name)


@register.filter
def without(values: list[str], value: str) -> list[str]:
    """The list without one of its values."""
    return [one for one in values if one != value]


@register.filter
def checkboxes(options: list[Option], name: str) -> SafeString:
    """The options of the facet `name`. A page has a hundred, which as templates took half of its time."""
    return mark_safe("".join(checkbox(name, option) for option in options))  # noqa: S308 – escaped below


def checkbox(name: str, option: Option) -> str:
    value, label = escape(option.value), escape(option.label)
    dead, disabled = (" checkbox--dead", " disabled") if option.is_dead else ("", "")
    checked = " checked" if option.selected else ""
    count = (
        ""
        if option.count is None
        else f' <span class="checkbox__count">{option.count}<span class="visually-hidden">件</span></span>'
    )
    return (
        f'<label class="checkbox{dead}"><input type="checkbox" id="id_{name}_{value}" name="{name}" '
        f'value="{value}"{checked}{disabled}><span>{label}{count}</span></label>'
    )


@register.filter
def json_ld(data: dict[str, Any] | list[dict[str, Any]]) -> SafeString:
    """Data for search engines as a script element that no browser runs; what could end it is escaped."""
    text = json.dumps(data, ensure_ascii=False).translate(NOT_IN_SCRIPT)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 – escaped above


@register.filter
def host(url: str) -> str:
    """The host that an address leads to."""
    return urlsplit(url).hostname or ""


@register.filter
def archive_copy(url: str) -> str:
    """Where the Internet Archive's Wayback Machine shows its latest copy of an address."""
    return f"https://web.archive.org/web/{url}"


@register.filter
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
