"""How templates write addresses with a query."""

from urllib.parse import urlencode

from django import template

from catalog.finding.addresses import query_url

register = template.Library()
register.simple_tag(query_url)


@register.filter
def parameter(name: str, value: str) -> str:
    """A query string of one parameter, whose name the template has in a variable."""
    return urlencode({name: value})
