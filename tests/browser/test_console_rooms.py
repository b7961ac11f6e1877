"""What holds on every page of the console's rooms, in both languages, on a small phone and a wide screen."""

from contextlib import ExitStack
from typing import Iterator

import pytest
from playwright.sync_api import Browser

from idp import texts
from tests.browser.checks import CONTRAST, axe_source, violations, width
from tests.browser.console_room_states import ROOMS as THEIRS
from tests.browser.console_room_states import WITH_ERRORS as THEIR_ERRORS
from tests.browser.console_sending_states import SENDING, SENDING_WITH_ERRORS
from tests.browser.relying_party import RelyingParty
from tests.browser.visitor import DESKTOP, PHONE, Visitor, visit

ROOMS, WITH_ERRORS = THEIRS | SENDING, THEIR_ERRORS | SENDING_WITH_ERRORS

LANGUAGES = {"ja": "ja-JP", "en": "en-GB"}
SHOWN = [pytest.param((name, locale), id=f"{name}-{locale}") for name in ROOMS for locale in LANGUAGES]
OUT_OF_REACH = (
    "[...document.querySelectorAll('main :is(a[href], button, select, textarea, input:not([type=hidden]), summary, .wide)')]"
    ".filter((one) => one.checkVisibility() && one.tabIndex < 0).map((one) => one.outerHTML)"
)
SMALL = (
    "[...document.querySelectorAll('main :is(button, .button, select, textarea, input:not([type=hidden], [type=checkbox], [type=radio]))')]"
    ".filter((one) => one.checkVisibility() && one.offsetHeight < 44).map((one) => one.outerHTML)"
)


@pytest.fixture(scope="module")
def visitors(browser: Browser, party: RelyingParty, members: dict[str, str]) -> Iterator[dict[str, Visitor]]:
    """One for each language."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(visit(browser, party, members, tag)) for name, tag in LANGUAGES.items()}


@pytest.mark.parametrize("shown", SHOWN)
def test_everybody_can_use_it(visitors: dict[str, Visitor], shown: tuple[str, str]) -> None:
    name, locale = shown
    visitor = visitors[locale]
    page = visitor.page
    page.context.clear_cookies()
    ROOMS[name](visitor)
    page.evaluate(axe_source())
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        assert violations(page) == [] and width(page) == size["width"]
    page.emulate_media(color_scheme="dark")
    dark = violations(page, CONTRAST)
    page.emulate_media(color_scheme="light")
    assert dark == []
    assert page.get_attribute("html", "lang") == locale and page.locator("h1").count() == 1
    assert page.locator("[role=alert]").count() == (name in WITH_ERRORS)
    prefix = texts.text(locale, "common.error.title_prefix") if name in WITH_ERRORS else ""
    assert page.title().startswith(f"{prefix}{page.text_content('h1')} - ")
    assert (page.evaluate(OUT_OF_REACH), page.evaluate(SMALL)) == ([], [])
