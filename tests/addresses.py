"""The addresses that tests ask for, in one place: each public one, and the variants of pages worth a look."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.urls import reverse

from catalog import urls
from tests.servers.addresses import PARAMETERS, name_of, page_addresses, public_addresses

# By name of the pattern; each is answered with 200.
PUBLIC = public_addresses()
HEALTH = {name_of(pattern): reverse(f"catalog:{pattern.name}") for pattern in urls.health}

# What anybody may send a form to, and what follows: never cached, and no two are the same.
FORMS = {"report": "/report/", "report_thanks": "/report/thanks/"}

# The same without a query.
PATHS = {name: urlsplit(address).path for name, address in (PUBLIC | HEALTH).items()}
REFUSED_WITHOUT_A_QUERY = {"compare", "compare_xlsx", "dossier_xlsx"}

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
        "/cases/?near=141003&name=横浜市中区",
        "/cases/?q=議事録申請&step=3",
        "/cases/?population=abc&near_population=x",
        "/cases/?page=3",
        "/cases/?compare=dx2021-1-1&compare=dx2021-46-1",
        "/cases/?view=table&q=研修&near=063631",
        "/cases/?view=sizes&step=2&near=063631",
    ],
    "near": ["/near/", "/near/?name=", "/near/?name=だて"],
    "standing": ["/standing/?body=363421", "/standing/?name=美郷町", "/standing/?body=999999"],
    "case_detail": ["/cases/dx2021-16-1/", "/cases/dx2021-26-1/"],
    "compare": [
        "/compare/?case=dx2021-17-1&case=dx2021-5-1&case=dx2021-14-1&case=dx2021-18-2&only=differences",
        "/compare/",
    ],
    "dossier": [
        "/dossier/",
        "/dossier/?case=dx2021-17-1&case=dx2021-5-1&case=dx2021-14-1&case=dx2021-18-2&case=dx2021-36-1"
        "&note-dx2021-5-1=本課で照会する&title=推進体制の参考事例&step=2&find=窓口",
        "/dossier/?case=dx2021-17-1&case=nope&note-nope=残るメモ",
    ],
    "body_list": [
        "/bodies/?page=2",
        "/bodies/?name=ひだか",
        "/bodies/?name=どこにもない",
        "/bodies/?prefecture=99",
    ],
    "body_detail": ["/bodies/302058/", "/bodies/040002/"],
    "step_detail": ["/steps/3/"],
    "inquiry": [
        "/inquiry/dx2021-14-1/?near=063631",
        "/inquiry/dx2021-36-1/?name=府中市",
        "/inquiry/dx2021-36-1/?body=011002&near=1",
    ],
}
FORM_PAGES = [*FORMS.values(), "/report/?case=dx2021-17-1", "/report/?case=nope"]
ERRORS = ["/nothing-here/", "/cases/dx2021-17-9/", "/?q=%00", "/confirm/nothing/"]
PAGES = [
    *(address for name, first in page_addresses().items() for address in (first, *VARIANTS.get(name, []))),
    *FORM_PAGES,
    *ERRORS,
]

# What search engines are not told of, with the reason; every other page is in the sitemap.
NOT_IN_THE_SITEMAP = {
    "near": "a form that leads to a list; the home page has it too",
    "inquiry": "a draft to be filled in, which leads to nothing but its case",
    "compare": "has nothing to show until a reader has chosen cases",
    "dossier": "has nothing to show until a reader has chosen cases",
}
# Pages and files that no page links to, with the reason.
LINKED_NOWHERE = {
    "robots": "robots ask for it by its name",
    "sitemap": "robots.txt tells of it",
    "suggestions": "the script of the search box asks for it",
}

# The lists of the admin, by model.
ADMIN_LISTS = ["case", "body", "topic", "source", "searchsynonym", "guideline", "trouble"]
