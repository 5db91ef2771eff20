"""The addresses that tests ask for, in one place: each public one, and the variants of pages worth a look."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.urls import reverse

from catalog import urls
from tests.servers.addresses import PARAMETERS, name_of, page_addresses, public_addresses

# By name of the pattern; each is answered with 200.
PUBLIC = public_addresses()
HEALTH = {name_of(pattern): reverse(f"catalog:{pattern.name}") for pattern in urls.health}

# The same without a query.
PATHS = {name: urlsplit(address).path for name, address in (PUBLIC | HEALTH).items()}
REFUSED_WITHOUT_A_QUERY = {"compare"}

# Patterns whose parameters are texts, each with %s for the text: any text may be tried there.
WITH_A_NAME = [
    *(PATHS[name].replace(str(*given.values()), "%s") for name, given in PARAMETERS.items()),
    "/%s",
]

# Tells the minute it was made, so two are never the same.
TELLS_ITS_TIME = PUBLIC["case_list_xlsx"]

# Of pages, by name of the pattern: filtered, with nothing found, with bad input, a last page, rows that lack
# something or have very much of it. Empty for a page that looks one way.
VARIANTS: dict[str, list[str]] = {
    "case_list": [
        "/cases/?step=2&population=0-1&q=研修",
        "/cases/?step=0&section=4-3",
        "/cases/?q=研修&near=063631",
        "/cases/?q=議事録申請&step=3",
        "/cases/?population=abc&near_population=x",
        "/cases/?page=3",
        "/cases/?compare=dx2021-1-1",
    ],
    "near": ["/near/", "/near/?name="],
    "case_detail": ["/cases/dx2021-16-1/", "/cases/dx2021-26-1/"],
    "compare": [
        "/compare/?case=dx2021-17-1&case=dx2021-5-1&case=dx2021-14-1&case=dx2021-18-2&only=differences",
        "/compare/",
    ],
    "body_list": [
        "/bodies/?page=2",
        "/bodies/?name=ひだか",
        "/bodies/?name=どこにもない",
        "/bodies/?prefecture=99",
    ],
    "body_detail": ["/bodies/302058/", "/bodies/040002/"],
    "step_detail": ["/steps/3/"],
}
ERRORS = ["/nothing-here/", "/?q=%00"]
PAGES = [
    *(address for name, first in page_addresses().items() for address in (first, *VARIANTS.get(name, []))),
    *ERRORS,
]

# What search engines are not told of, with the reason; every other page is in the sitemap.
NOT_IN_THE_SITEMAP = {
    "near": "a form that leads to a list; the home page has it too",
    "compare": "has nothing to show until a reader has chosen cases",
}
# Pages and files that no page links to, with the reason.
LINKED_NOWHERE = {
    "robots": "robots ask for it by its name",
    "sitemap": "robots.txt tells of it",
}

# The lists of the admin, by model.
ADMIN_LISTS = ["case", "body", "topic", "source", "searchsynonym", "guideline"]
