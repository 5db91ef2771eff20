"""How the pages write populations and addresses."""

from urllib.parse import urlsplit

from django import template

register = template.Library()


@register.filter
def persons(population: int | None) -> str:
    """A population in persons as readers say it: 万人 with one decimal, as printed; below 1,000 人."""
    if population is None:
        return "人口不明"
    if population < 1_000:
        return f"{population}人"
    return f"{population / 10_000:,.1f}万人"


@register.filter
def host(url: str) -> str:
    """The host that an address leads to."""
    return urlsplit(url).hostname or ""
