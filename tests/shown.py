"""What a public page shows, read from its HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def section_of(page: str, heading: str) -> str:
    """The section under the heading with this id."""
    (section,) = re.findall(rf'<section [^>]*aria-labelledby="{heading}".*?</section>', page, re.DOTALL)
    return str(section)


def linked_cases(html: str) -> list[str]:
    """The slugs of the cases that are linked to, in order and each once."""
    return list(dict.fromkeys(re.findall(r'href="/cases/([^/"?]+)/(?:\?q=[^"&]*)?"', html)))


def one_line(html: str) -> str:
    """The page with a blank for every run of blanks and line ends, as browsers show them."""
    return " ".join(html.split())


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.area = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "input" and (given.get("type") != "radio" or "checked" in given):
            self.values[given["name"]] = given.get("value", "")
        if tag == "textarea" and "name" in given:
            self.area = given["name"]
            self.values[self.area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""

    def handle_data(self, text: str) -> None:
        if self.area:
            self.values[self.area] += text


def form_of(page: str) -> dict[str, str]:
    """What the form of a page would send, if nothing were changed on it."""
    form = _Form()
    form.feed(main_of(page).replace("<textarea", "\n<textarea"))
    # A browser leaves out the line end behind a textarea's tag, and sends others as CR LF.
    return {
        name: value.removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n")
        for name, value in form.values.items()
    }
