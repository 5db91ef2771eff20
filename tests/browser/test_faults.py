"""The checks of access find the faults they are for: each is seeded into a page that has none."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.test_access import CLIPPED, FOCUS, SMALL_TARGETS, open_all_details, violations, width

pytestmark = pytest.mark.long

AXE_FAULTS = [
    ("label", "document.querySelector('label[for=id_q]').remove()"),
    ("color-contrast", "rule('.count { color: #bbb }')"),
    ("image-alt", "add('<img src=\"/static/catalog/favicon.svg\">')"),
    ("page-has-heading-one", "document.querySelector('h1').remove()"),
    ("html-has-lang", "document.documentElement.removeAttribute('lang')"),
    ("tabindex", "document.querySelector('.card a').tabIndex = 3"),
    ("landmark-no-duplicate-main", "add('<main>もう1つ</main>')"),
    ("link-name", "document.querySelector('.card a').textContent = ''"),
    ("heading-order", "document.querySelectorAll('main h2').forEach(node => node.remove())"),
    ("aria-valid-attr-value", "document.querySelector('#id_q').setAttribute('aria-expanded', 'maybe')"),
]
TOOLS = """
    const sheet = document.styleSheets[document.styleSheets.length - 1];
    const rule = text => sheet.insertRule(text, sheet.cssRules.length);
    const each = (where, change) => document.querySelectorAll(where).forEach(change);
    const add = html => document.querySelector('main').insertAdjacentHTML('beforeend', html);
"""


SHORT = "/cases/?step=0"  # a list of few cases, which axe is through with sooner
PICKED = f"{SHORT}&compare=dx2021-1-1&compare=dx2021-46-1"
CASE, COMPARED = "/cases/dx2021-31-1/", "/compare/?case=dx2021-17-1&case=dx2021-5-1"
# Of the parts that came later: the page, what the check says, and the fault.
FAULTS_OF_PARTS = {
    "a picked case without a name": (PICKED, "link-name", "each('#picked .chip > *', node => node.remove())"),
    "a tray wider than a phone": (
        PICKED,
        "wide",
        "rule('#picked li { flex: none; width: 400px; max-width: none }')",
    ),
    "a tick of a card without its label": (
        PICKED,
        "label",
        "each('label.card__compare', node => node.replaceWith(node.querySelector('input')))",
    ),
    "a tick of a card too small": (
        PICKED,
        "card__compare",
        "rule('label.card__compare { min-height: 0; height: 20px; padding: 0 }')",
    ),
    "a heading of the panel without words": (
        PICKED,
        "summary-name",
        "each('#filters > summary > *', one => one.remove())",
    ),
    "a key figure too pale": (CASE, "color-contrast", "rule('.case__key strong { color: #9ab }')"),
    "a side column that cuts off": (CASE, "<li", "rule('.glance li { height: 1em; overflow: hidden }')"),
    "a button to copy without words": (
        CASE,
        "button-name",
        "each('[data-copy]', one => { one.textContent = '' })",
    ),
    "rows of a comparison that are none": (
        COMPARED,
        "aria-required-",
        "each('.compare [role=row]', node => node.setAttribute('role', 'listitem'))",
    ),
    "a mark without an alternative": (
        "/about/",
        "image-alt",
        "each('.site-name__mark', one => one.removeAttribute('alt'))",
    ),
    "a search of a missing page without its label": (
        "/nothing-here/",
        "label",
        "each('label[for=id_q]', node => node.remove())",
    ),
}
FAULTS_OF_SUGGESTIONS = {
    "suggestions that are no options": (
        "aria-required-children",
        "each('[role=option]', node => node.setAttribute('role', 'button'))",
    ),
    "a box that names no list": ("aria-valid-attr-value", "each('[role=listbox]', node => { node.id = '' })"),
    "a suggestion too pale": ("color-contrast", "rule('.suggest__about { color: #bbb }')"),
}


def faults_in(page: Page) -> list[str]:
    """What all the checks say of the page as it stands."""
    wide = ["wide"] if width(page) > 320 else []
    return [*violations(page), *page.evaluate(SMALL_TARGETS), *page.evaluate(CLIPPED), *wide]


@pytest.fixture
def seed(tab: Page) -> Page:
    tab.set_viewport_size({"width": 320, "height": 800})
    tab.goto(SHORT)
    tab.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")
    return tab


def do(page: Page, fault: str) -> None:
    page.evaluate(f"() => {{ {TOOLS} {fault} }}")


@pytest.mark.parametrize(("rule", "fault"), AXE_FAULTS)
def test_axe_names_the_fault(seed: Page, rule: str, fault: str) -> None:
    do(seed, fault)
    assert rule in [found.split(":")[0] for found in violations(seed)]


@pytest.mark.parametrize("name", list(FAULTS_OF_PARTS))
def test_a_fault_of_a_part_is_caught(tab: Page, name: str) -> None:
    path, said, fault = FAULTS_OF_PARTS[name]
    tab.set_viewport_size({"width": 320, "height": 800})
    tab.goto(path)
    open_all_details(tab)
    assert faults_in(tab) == []
    do(tab, fault)
    assert any(said in found for found in faults_in(tab)), faults_in(tab)


@pytest.mark.parametrize("name", list(FAULTS_OF_SUGGESTIONS))
def test_a_fault_of_open_suggestions_is_caught(tab: Page, name: str) -> None:
    said, fault = FAULTS_OF_SUGGESTIONS[name]
    tab.goto("/")
    tab.locator("#id_q").press_sequentially("研修")
    tab.get_by_role("option").first.wait_for()
    assert violations(tab) == []
    do(tab, fault)
    assert any(found.startswith(said) for found in violations(tab)), violations(tab)


TABLE_FAULTS = [
    ("aria-valid-attr-value", "document.querySelector('.cases thead th').setAttribute('aria-sort', 'up')"),
    ("aria-required-parent", "document.querySelectorAll('.case-row').forEach(row => row.role = 'none')"),
    ("color-contrast", "rule('.cases caption { color: #aaa }')"),
    ("link-name", "document.querySelector('.cases thead a').textContent = ''"),
]


@pytest.mark.parametrize(("rule", "fault"), TABLE_FAULTS)
def test_axe_names_a_fault_of_the_table(tab: Page, rule: str, fault: str) -> None:
    tab.set_viewport_size({"width": 320, "height": 800})
    tab.goto("/cases/?view=table&step=1")
    assert violations(tab) == []
    do(tab, fault)
    assert rule in [found.split(":")[0] for found in violations(tab)]


def test_a_wide_table_is_caught(seed: Page) -> None:
    do(seed, "add('<table class=\"wide\"><tr><td>幅</td></tr></table>'); rule('.wide { width: 400px }')")
    assert width(seed) > 320


def test_cut_off_text_is_caught(seed: Page) -> None:
    do(seed, "rule('h1 { height: 1em; overflow: hidden }')")
    assert seed.evaluate(CLIPPED) != []


def test_a_small_target_is_caught(seed: Page) -> None:
    seed.goto("/cases/")  # which has pages
    assert seed.evaluate(SMALL_TARGETS) == []
    do(seed, "rule('.pagination a { min-height: 0; height: 20px; padding: 0 }')")
    assert any("page=2" in target for target in seed.evaluate(SMALL_TARGETS))


def test_a_hidden_focus_is_caught(seed: Page) -> None:
    seed.keyboard.press("Tab")
    assert seed.evaluate(FOCUS)["outline"] >= 2
    do(seed, "rule(':focus-visible { outline: none !important }')")
    assert seed.evaluate(FOCUS)["outline"] == 0


@pytest.mark.parametrize(
    "fault",
    [
        "add('<p style=\"color: red\">赤</p>')",
        "const s = document.createElement('script'); s.textContent = '1'; document.body.append(s)",
        "const s = document.createElement('script'); s.src = '//example.com/x.js'; document.body.append(s)",
        'add(\'<img alt="" src="https://example.com/x.png">\')',
    ],
)
def test_what_is_inline_or_from_elsewhere_is_caught(seed: Page, fault: str) -> None:
    said: list[str] = []
    seed.on("console", lambda message: said.append(message.text))
    do(seed, fault)
    seed.wait_for_timeout(200)
    assert any("Content Security Policy" in text for text in said)
