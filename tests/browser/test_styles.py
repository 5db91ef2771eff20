"""The style sheets: each page has those that speak of it, and short ones say what the written ones say."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page

from dxcases.static_files import shortened
from tests.addresses import PAGES
from tests.quick import one_in

SHEETS = sorted(path for path in Path(settings.BASE_DIR, "static", "catalog").glob("*.css"))
OF_READERS = {path.name: path.read_text(encoding="utf-8") for path in SHEETS if path.name != "admin.css"}

RULES = """css => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return [...sheet.cssRules].map(rule => rule.cssText);
}"""
# The selectors of a sheet that something on the page has, whatever its state.
SELECTED = """css => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    const all = rules => [...rules].flatMap(
        rule => rule.selectorText ? [rule.selectorText] : rule.cssRules ? all(rule.cssRules) : []);
    return all(sheet.cssRules).filter(selector => {
        const bare = selector.replace(/::[a-z-]+|:(hover|visited|focus|focus-visible)/g, '') || '*';
        return document.querySelector(bare);
    });
}"""


@pytest.mark.parametrize("path", one_in(4, SHEETS), ids=lambda path: path.name)
def test_a_short_sheet_says_the_same(tab: Page, path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    tab.goto("about:blank")
    rules = tab.evaluate(RULES, written)
    assert len(rules) > 5
    assert tab.evaluate(RULES, shortened(written)) == rules
    assert len(shortened(written)) < 0.9 * len(written)


def test_strings_comments_and_blanks_that_mean_something() -> None:
    written = """/* one, two */
a { content: " /* no */ ;  }" ; color : red; }
p  :is(b, i) > em + q { width: calc(1px + 2px); }
"""
    assert shortened(written) == (
        'a{content:" /* no */ ;  }";color :red}p :is(b,i) > em + q{width:calc(1px + 2px)}'
    )
    assert shortened(shortened(written)) == shortened(written)


@pytest.mark.parametrize("path", one_in(12, PAGES))
def test_no_sheet_that_speaks_of_a_page_is_missing(tab: Page, path: str) -> None:
    tab.goto(path)
    sheets = tab.locator("link[rel=stylesheet]").evaluate_all(
        "all => all.map(one => one.href.split('/').at(-1))"
    )
    missing = {name: tab.evaluate(SELECTED, css) for name, css in OF_READERS.items() if name not in sheets}
    assert {name: selectors for name, selectors in missing.items() if selectors} == {}
