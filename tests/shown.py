"""What a public page shows, read from its HTML."""

from __future__ import annotations

import re


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def section_of(page: str, heading: str) -> str:
    """The section under the heading with this id."""
    (section,) = re.findall(rf'<section [^>]*aria-labelledby="{heading}".*?</section>', page, re.DOTALL)
    return str(section)


def linked_cases(html: str) -> list[str]:
    """The slugs of the cases that are linked to, in order and each once."""
    return list(dict.fromkeys(re.findall(r'href="/cases/([^/"?]+)/"', html)))
