"""What holds on every page of the console in both languages, on a telephone and a wide screen: accessible, nothing sticks out, errors
at the top and beside their fields, all of it by keyboard."""

import pytest
from playwright.sync_api import Page

from idp import texts
from tests.browser import console_room_states, console_sending_states, console_states, desk_states
from tests.browser.checks import LOOKS, axe_source, cut_off, in_every_look
from tests.browser.conftest import LANGUAGES
from tests.browser.visitor import DESKTOP, PHONE, Visitor

PAGES = console_states.CONSOLE | desk_states.CONSOLE | console_room_states.ROOMS | console_sending_states.SENDING
WITH_ERRORS = console_states.CONSOLE_WITH_ERRORS | desk_states.WITH_ERRORS | console_room_states.WITH_ERRORS | console_sending_states.SENDING_WITH_ERRORS
SHOWN = [pytest.param((name, locale), id=f"{name}-{locale}") for name in PAGES for locale in LANGUAGES]
OUT_OF_REACH = (
    "[...document.querySelectorAll('main :is(a[href], button, select, textarea, input:not([type=hidden], [aria-hidden]), summary, .wide)')]"
    ".filter((one) => one.checkVisibility() && one.tabIndex < 0).map((one) => one.outerHTML)"
)
SMALL = (
    "[...document.querySelectorAll('main :is(button, .button, select, textarea, input:not([type=hidden], [aria-hidden], [type=checkbox], [type=radio]))')]"
    ".filter((one) => one.checkVisibility() && one.offsetHeight < 44).map((one) => one.outerHTML)"
)
FOCUSED = "(() => { const one = document.activeElement; return one.closest('main') ? [...document.querySelectorAll('main *')].indexOf(one) : -1 })()"


@pytest.mark.parametrize("shown", SHOWN)
def test_everybody_can_use_it(visitors: dict[str, Visitor], shown: tuple[str, str]) -> None:
    name, locale = shown
    visitor = visitors[locale]
    page = visitor.page
    page.context.clear_cookies()
    PAGES[name](visitor)
    page.evaluate(axe_source())
    # the other language has the same elements in the same colours
    assert in_every_look(page, LOOKS if locale == "ja" else LOOKS[:1]) == {}
    assert [cut for size in (PHONE, DESKTOP) for cut in cut_off(page, size, "100%") if cut.endswith(" px")] == []
    wrong = name in WITH_ERRORS
    assert page.get_attribute("html", "lang") == locale and page.locator("h1").count() == 1
    assert page.locator("[role=alert]").count() == wrong
    prefix = texts.text(locale, "common.error.title_prefix") if wrong else ""
    assert page.title().startswith(f"{prefix}{page.text_content('h1')} - ")
    assert (page.evaluate(OUT_OF_REACH), page.evaluate(SMALL)) == ([], [])
    if locale == "ja" and name in console_states.CONSOLE:
        by_keyboard(page)


def by_keyboard(page: Page) -> None:
    """Every field, link and button of the page is reached by the tabulator."""
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    wanted = page.locator("main :is(input:not([type=hidden], .visually-hidden), select, button, a):visible").count()
    reached: set[int] = set()
    for _ in range(wanted + 60):
        page.keyboard.press("Tab")
        reached |= {page.evaluate(FOCUSED)} - {-1}
        if len(reached) >= wanted:
            return
    assert len(reached) >= wanted
