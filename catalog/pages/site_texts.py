"""What editors write of the site itself, as the pages show it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from jinja2 import pass_context
from jinja2.runtime import Context

from catalog.finding.index import Index, index_of
from catalog.models import Source, SourceKind, in_brackets
from catalog.models.site_texts import PLACEHOLDER
from catalog.pages.text import prose

LINK = re.compile(r"[\[［]([^\[\]［］]+)[\]］][(（](https?://[^\s()（）]+|/(?!/)[^\s()（）]*)[)）]")
MAX_NAMED = 3  # sources, beyond which the others are not named


@pass_context
def site_text(context: Context, place: str) -> SafeString:
    """The text of a place as HTML: paragraphs, lists and links; empty where there is none."""
    index = index_of(getattr(context["request"], "catalogue_version", None))
    text = index.lists.site_texts.get(place, "")
    return prose(filled(text, index), with_links) if text else mark_safe("")


def filled(text: str, index: Index) -> str:
    """The text with facts in the place of braces, without the lines that speak of what there is not."""
    facts = facts_of(index)
    lines = [line for line in text.splitlines() if all(facts.get(name) for name in PLACEHOLDER.findall(line))]
    return "\n".join(PLACEHOLDER.sub(lambda match: facts[match[1]], line) for line in lines)


def facts_of(index: Index) -> dict[str, str]:
    """What may stand for the names of `SiteText.FACTS`; empty where no case is public."""
    sources = index.lists.sources_in_use
    named = named_sources(sources)
    publishers = "・".join(dict.fromkeys(source.publisher for source in named))
    titles = "、".join(f"{source.publisher}{in_brackets(str(source), source.kind)}" for source in named)
    others = "ほか" if len(named) < len(sources) else ""
    return {
        "出典": f"{titles}{others}",
        "発行者": publishers,
        "件数": str(len(index.cases)) if sources else "",
    }


def named_sources(sources: list[Source]) -> list[Source]:
    """The casebooks; where there is none, the first of the sources."""
    casebooks = [source for source in sources if source.kind == SourceKind.CASEBOOK]
    return (casebooks or sources)[:MAX_NAMED]


def with_links(line: str) -> SafeString:
    """A line as HTML, [name](address) in it as a link."""
    return format_html_join("", "{}", ((piece,) for piece in pieces_of(line)))


def pieces_of(line: str) -> Iterator[SafeString]:
    at = 0
    for match in LINK.finditer(line):
        yield conditional_escape(line[at : match.start()])
        is_own = match[2].startswith("/")
        rel = "" if is_own else mark_safe(' rel="external noreferrer"')
        yield format_html('<a href="{}"{}>{}</a>', match[2], rel, match[1])
        at = match.end()
    yield conditional_escape(line[at:])
