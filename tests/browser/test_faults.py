"""The checks of access find the faults they are for: each is seeded into a page that has none."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.test_access import CLIPPED, FOCUS, SMALL_TARGETS, violations, width
from tests.quick import one_in

AXE_FAULTS = [
    ("label", "document.querySelector('label[for=id_q]').remove()"),
    ("color-contrast", "rule('.count { color: #bbb }')"),
    ("image-alt", "add('<img src=\"/static/catalog/favicon.svg\">')"),
    ("page-has-heading-one", "document.querySelector('h1').remove()"),
    ("html-has-lang", "document.documentElement.removeAttribute('lang')"),
    ("tabindex", "document.querySelector('.card a').tabIndex = 3"),
    ("landmark-no-duplicate-main", "add('<main>もう1つ</main>')"),
    ("link-name", "document.querySelector('.card a').textContent = ''"),
    ("heading-order", "document.querySelectorAll('.case-group h2').forEach(node => node.remove())"),
    ("aria-valid-attr-value", "document.querySelector('#id_q').setAttribute('aria-expanded', 'maybe')"),
]
TOOLS = """
    const rule = text => document.styleSheets[0].insertRule(text, document.styleSheets[0].cssRules.length);
    const add = html => document.querySelector('main').insertAdjacentHTML('beforeend', html);
"""


@pytest.fixture
def seed(tab: Page) -> Page:
    tab.set_viewport_size({"width": 320, "height": 800})
    tab.goto("/cases/")
    tab.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")
    return tab


def do(page: Page, fault: str) -> None:
    page.evaluate(f"() => {{ {TOOLS} {fault} }}")


@pytest.mark.parametrize(("rule", "fault"), one_in(5, AXE_FAULTS))
def test_axe_names_the_fault(seed: Page, rule: str, fault: str) -> None:
    do(seed, fault)
    assert rule in [found.split(":")[0] for found in violations(seed)]


def test_a_wide_table_is_caught(seed: Page) -> None:
    do(seed, "add('<table class=\"wide\"><tr><td>幅</td></tr></table>'); rule('.wide { width: 400px }')")
    assert width(seed) > 320


def test_cut_off_text_is_caught(seed: Page) -> None:
    do(seed, "rule('h1 { height: 1em; overflow: hidden }')")
    assert seed.evaluate(CLIPPED) != []


def test_a_small_target_is_caught(seed: Page) -> None:
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
