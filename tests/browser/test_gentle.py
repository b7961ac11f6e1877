"""The gentle mode: every page in it, and that it is chosen once, remembered, and left again."""

import re
from typing import Callable, ContextManager

import pytest

from idp import texts
from idp.web.compiled import plain, read_aloud
from tests.browser.checks import VISIBLE, axe_source, cut_off, in_every_look, loaded
from tests.browser.states import STATES
from tests.browser.test_pages import REQUESTS, SHOWN, WEIGHT
from tests.browser.visitor import PHONE, Visitor
from tests.running import PASSWORD

Visit = Callable[..., ContextManager[Visitor]]
ONCE = ("form_post", "codes_shown")  # pages that cannot be asked for twice have no switch
ANSWERS = ("no_cookies", *ONCE)  # what answers a form is gone once the switch asks for the address
ENGLISH = ("login_few_left", "code", "account", "details", "recovery")
PAGES = [one for one in SHOWN if one.values[0][0] not in ANSWERS and (one.values[0][1] == "ja" or one.values[0][0] in ENGLISH)]


@pytest.fixture(scope="module", params=PAGES)
def shown(request: pytest.FixtureRequest, visitors: dict[str, Visitor]) -> tuple[str, str, Visitor]:
    """Each page in turn, changed to the gentle mode by its own link."""
    name, locale = request.param
    visitor = visitors[locale]
    page = visitor.page
    page.context.clear_cookies()
    page.unroute_all()
    STATES[name](visitor)
    title = page.text_content("h1")
    page.click(".look a")
    assert page.locator("html.gentle").count() == 1 and plain(page.inner_html("h1")) == title
    page.evaluate(axe_source())
    return name, locale, visitor


def test_the_accessibility_checker_finds_nothing(shown: tuple[str, str, Visitor]) -> None:
    page = shown[2].page
    opened = page.evaluate_handle("[...document.querySelectorAll('details:not([open])')].map((one) => { one.open = true; return one; })")
    found = in_every_look(page)
    opened.evaluate("(all) => { for (const one of all) one.open = false; }")
    assert found == {}


def test_nothing_is_cut_off_or_sticks_out(shown: tuple[str, str, Visitor]) -> None:
    assert {zoom: cut for zoom in ("125%", "250%") if (cut := cut_off(shown[2].page, PHONE, zoom))} == {}


def test_readings_stand_over_words_and_nowhere_else(shown: tuple[str, str, Visitor]) -> None:
    _, locale, visitor = shown
    page = visitor.page
    assert "<rt>" not in page.title() and not re.search("ruby|&lt;rt", page.locator("body").inner_text())
    inside = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap((one) => [...one.attributes].map((part) => part.value)).filter((value) => /<rt|ruby/.test(value))"
    )
    assert inside == []
    readings = dict(page.locator("ruby").evaluate_all("(all) => all.map((one) => [one.firstChild.data, one.lastChild.textContent])"))
    words, _ = texts.gentle(locale)
    assert all(words[word] == reading for word, reading in readings.items()) and bool(words) == (locale == "ja")
    seen = page.evaluate(VISIBLE + " visible('ruby').filter((one) => !one.closest('.visually-hidden')).map((one) => one.firstChild.data)")
    assert len(seen) == len(set(seen)), "each once"


def test_what_is_beside_the_task_is_folded_away(shown: tuple[str, str, Visitor]) -> None:
    page = shown[2].page
    # what the page itself tells to press when no code comes
    outside = page.locator(".links").evaluate_all("(all) => all.filter((one) => !one.closest('.fold')).length")
    assert outside == page.locator(".links:not(.fold .links):has(button:is([value=send], [value=resend], [value=other]))").count()
    assert page.locator(".fold button[value=send], .fold button[value=resend]").count() == 0
    # where something went wrong the page tells what to press
    wrong = page.locator(".error-summary").count() > 0
    assert page.locator("details.fold[open]").count() == (page.locator("details.fold").count() if wrong else 0)


def test_the_page_is_light(shown: tuple[str, str, Visitor]) -> None:
    sizes = loaded(shown[2].page)
    assert len(sizes) <= REQUESTS and 5_000 < sum(sizes.values()) < WEIGHT, sizes


@pytest.mark.parametrize("name", ONCE)
def test_a_page_that_is_shown_once_has_no_switch_that_would_lose_it(new_visit: Visit, name: str) -> None:
    with new_visit() as visitor:
        STATES[name](visitor)
        assert visitor.page.locator("h1").count() == 1 and visitor.page.locator(".look, .language").count() == 0


def test_it_is_remembered_until_it_is_left(new_visit: Visit) -> None:
    with new_visit(java_script_enabled=False) as visitor:
        page = visitor.page
        visitor.arrive()
        page.click(".look a")
        assert not page.locator(".fold a").first.is_visible()
        page.click(".fold summary")
        assert page.locator(".fold a").first.is_visible()
        visitor.sign_in("somebody", "")
        assert page.locator("rt").count() and page.input_value("[autocomplete=username]") == "somebody"
        assert page.locator(".fold a").first.is_visible(), "who is told to do something sees where"
        visitor.sign_in(visitor.members["member"], PASSWORD)
        visitor.portal_says()
        visitor.goto("/account")
        assert page.locator("html.gentle").count() == 1
        page.click(".look a")
        assert page.locator("html.gentle, ruby").count() == 0
        visitor.goto("/account/history")
        assert page.locator("html.gentle").count() == 0


def test_letters_are_a_quarter_larger_and_have_room_for_their_readings(new_visit: Visit) -> None:
    size = "parseFloat(getComputedStyle(document.querySelector('label'))['%s'])"
    with new_visit() as visitor:
        visitor.arrive()
        before = visitor.page.evaluate(size % "fontSize")
        visitor.page.click(".look a")
        after = visitor.page.evaluate(size % "fontSize")
        assert (before, after) == (18, 22.5) and visitor.page.evaluate(size % "lineHeight") >= 2 * after
        assert visitor.page.locator("rt").first.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)") >= 12


def test_the_longest_word_is_read_and_a_word_inside_it_is_not_read_again() -> None:
    read = read_aloud({"契約": "けいやく", "契約者": "けいやくしゃ"})
    assert read("ご契約者の<wbr>契約 {契}") == (
        "ご<ruby>契約者<rt>けいやくしゃ</rt></ruby>の<wbr><ruby>契約<rt>けいやく</rt></ruby> {契}"
    )
    assert plain(read("ご契約者の<wbr>契約")) == "ご契約者の契約" and read_aloud({})("契約") == "契約"


@pytest.mark.parametrize("wish", ["?look=other", "?look=gentle&look=plain", "?look=%ff", "?look="])
def test_another_wish_is_none(new_visit: Visit, wish: str) -> None:
    with new_visit() as visitor:
        visitor.goto("/" + wish)
        assert visitor.page.locator("html.gentle").count() == 0
