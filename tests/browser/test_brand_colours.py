"""Pages in colours of an operator, by the accessibility checker; and the heaviest logo on the first page."""

from typing import Callable, ContextManager

import pytest

from idp import brand
from tests.browser import states
from tests.browser.checks import CONTRAST, axe_source, violations
from tests.browser.test_pages import WEIGHT
from tests.browser.visitor import DESKTOP, Visitor

Visit = Callable[..., ContextManager[Visitor]]
ADOPT = "(css) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }"
SIZES = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map((one) => one.decodedBodySize)"


@pytest.mark.parametrize("colour", ["#e60012", "#767676", "#00833e"])
@pytest.mark.parametrize("state", ["login_few_left", "account", "details_free"])
def test_words_can_be_read_in_the_operators_colour(new_visit: Visit, colour: str, state: str) -> None:
    with new_visit(size=DESKTOP) as visitor:
        states.STATES[state](visitor)
        page = visitor.page
        page.evaluate(axe_source())
        page.evaluate(ADOPT, brand.colours(colour))
        rgb = "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))
        assert page.locator("button.primary, a.button").first.evaluate("(one) => getComputedStyle(one).backgroundColor") == rgb
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert violations(page, CONTRAST) == [], scheme


def test_a_pale_colour_would_be_found(new_visit: Visit) -> None:
    with new_visit(size=DESKTOP) as visitor:
        visitor.arrive()
        visitor.page.evaluate(axe_source())
        visitor.page.evaluate(ADOPT, ":root{--primary:#ffcc00;--link:#ffcc00}")
        assert violations(visitor.page, CONTRAST) != []


def test_the_heaviest_logo_leaves_the_first_page_light(new_visit: Visit) -> None:
    with new_visit() as visitor:
        visitor.goto("/login")
        assert sum(visitor.page.evaluate(SIZES)) + brand.MOST * 4 / 3 + 200 < WEIGHT
