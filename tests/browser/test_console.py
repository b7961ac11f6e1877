"""What holds on the console's pages in both languages, on a telephone and a wide screen: accessible, nothing sticks out, errors
at the top and beside their fields, all of it by keyboard."""

from contextlib import ExitStack
from typing import Iterator

import pytest
from playwright.sync_api import Browser

from idp import texts
from tests.browser.checks import WCAG, axe_source, violations, width
from tests.browser.console_states import CONSOLE, CONSOLE_WITH_ERRORS
from tests.browser.relying_party import RelyingParty
from tests.browser.test_pages import LANGUAGES
from tests.browser.visitor import DESKTOP, PHONE, Visitor, visit

SHOWN = [pytest.param((name, locale), id=f"{name}-{locale}") for name in CONSOLE for locale in LANGUAGES]


@pytest.fixture(scope="module")
def visitors(browser: Browser, party: RelyingParty, members: dict[str, str]) -> Iterator[dict[str, Visitor]]:
    """One for each language, for all pages."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(visit(browser, party, members, tag)) for name, tag in LANGUAGES.items()}


@pytest.mark.parametrize("which", SHOWN)
def test_a_page_of_the_console(which: tuple[str, str], visitors: dict[str, Visitor]) -> None:
    name, locale = which
    visitor = visitors[locale]
    page = visitor.page
    page.context.clear_cookies()
    CONSOLE[name](visitor)
    page.evaluate(axe_source())
    wrong = name in CONSOLE_WITH_ERRORS
    assert page.get_attribute("html", "lang") == locale and page.locator("h1").count() == 1
    assert page.title().startswith(texts.text(locale, "common.error.title_prefix")) == wrong
    assert page.locator("[role=alert]").count() == wrong and page.locator("input[aria-invalid], select[aria-invalid]").count() >= wrong
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        assert violations(page, WCAG) == [] and width(page) == size["width"]
    _by_keyboard(visitor)


def _by_keyboard(visitor: Visitor) -> None:
    """Every field, link and button of the page is reached by the tabulator, in the order in which they stand."""
    page = visitor.page
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    wanted = page.locator("main :is(input:not([type=hidden], .visually-hidden), select, button, a):visible").count()
    reached = set()
    for _ in range(wanted + 60):
        page.keyboard.press("Tab")
        found = page.evaluate("(() => { const one = document.activeElement; return one.closest('main') ? [...document.querySelectorAll('main *')].indexOf(one) : -1 })()")
        reached |= {found} - {-1}
    assert len(reached) >= wanted
