"""What holds on every page a member can see, in both languages, on a small phone and a wide screen (interface.md)."""

import itertools

import pytest
from playwright.sync_api import Browser

from idp import texts
from tests.browser.checks import LOOKS, VISIBLE, axe_source, cut_off, in_every_look, loaded, violations
from tests.browser.account_states import ACCOUNT_TOKENS
from tests.browser.conftest import LANGUAGES
from tests.browser.mine_states import MINE_TOKENS
from tests.browser.passkey_states import PASSKEY_TOKENS
from tests.browser.recovery_states import RECOVERY_TOKENS
from tests.browser.relying_party import RelyingParty
from tests.browser.states import STATES, WITH_ERRORS
from tests.browser.visitor import DESKTOP, PHONE, Visitor, visit

WEIGHT, REQUESTS = 60_000, 3
# the tokens of interface.md, in the order of the page; the other pages have no fields
TOKENS = {
    "login": ["username webauthn", "current-password"],
    "first": ["username", "new-password"],
    "edit": ["email", "tel-national"],
    "sent": ["one-time-code"],
    "scan": ["one-time-code"],
    "code": ["one-time-code"],
    "register": ["off", "tel-national", "off"],
    "details": ["username", "new-password", "email", "nickname"],
    "finish": ["current-password"],
    "device": ["off"],
}
NO_FIELDS = ("code_ways", "code_send", "code_none", "device_confirm", "device_done", "device_connected", "device_refused")
NO_MAIN = ("letter",)  # what is to be done next is done in the mailbox
EQUAL = ("device_confirm",)  # yes and no look alike: nobody is to be led to either
TYPED = "input:not([type=hidden], [type=checkbox], [type=radio])"
SHOWN = [pytest.param((name, locale), id=f"{name}-{locale}") for name in STATES for locale in LANGUAGES]


@pytest.fixture(scope="module", params=SHOWN)
def shown(request: pytest.FixtureRequest, visitors: dict[str, Visitor]) -> tuple[str, str, Visitor]:
    """Each page in turn: its name, its language, and the visitor before it."""
    name, locale = request.param
    visitor = visitors[locale]
    visitor.page.context.clear_cookies()
    visitor.page.unroute_all()
    STATES[name](visitor)
    visitor.page.evaluate(axe_source())
    return name, locale, visitor


def test_the_accessibility_checker_finds_nothing(shown: tuple[str, str, Visitor]) -> None:
    _, locale, visitor = shown
    # the other language has the same elements in the same colours
    assert in_every_look(visitor.page, LOOKS if locale == "ja" else LOOKS[:1]) == {}


def test_the_checks_see_what_is_wrong(browser: Browser, party: RelyingParty, members: dict[str, str]) -> None:
    with visit(browser, party, members, "ja-JP") as visitor:
        visitor.arrive()
        visitor.page.evaluate(axe_source())
        visitor.page.evaluate(
            "document.querySelector('h1').style.color = '#999'; document.querySelector('label').remove();"
            "document.documentElement.lang = ''"
        )
        assert {rule for rule, _ in violations(visitor.page)} == {"color-contrast", "html-has-lang", "label"}
        visitor.page.evaluate(
            "new Promise((done) => { const far = new Image(); far.onerror = done; far.src = 'https://elsewhere.example/'; })"
        )
        assert "Content Security Policy" in visitor.complaints[0] and visitor.foreign() == ["https://elsewhere.example/"]
        visitor.complaints.clear()
        visitor.seen.clear()


def test_nothing_is_cut_off_or_sticks_out(shown: tuple[str, str, Visitor]) -> None:
    looks = itertools.product((PHONE, DESKTOP), ("100%", "200%"))
    assert {(size["width"], zoom): cut for size, zoom in looks if (cut := cut_off(shown[2].page, size, zoom))} == {}


def test_the_page_says_its_language_its_task_and_whether_something_is_wrong(shown: tuple[str, str, Visitor]) -> None:
    name, locale, visitor = shown
    page = visitor.page
    assert page.get_attribute("html", "lang") == locale
    prefix = texts.text(locale, "common.error.title_prefix") if name in WITH_ERRORS else ""
    assert page.title() == f"{prefix}{page.text_content('h1')} - My ひかりページ"
    assert page.locator("h1").count() == 1
    assert page.locator("[role=alert]").count() == (name in WITH_ERRORS)
    main = "main button" if name in EQUAL else "button.primary, a.button, button.danger"
    assert page.locator("form").count() <= 1 and page.locator(main).count() == (2 if name in EQUAL else name not in NO_MAIN)
    assert name not in EQUAL or len({one.get_attribute("class") for one in page.locator(main).all()}) == 1


def test_enter_presses_the_main_button_or_one_that_is_there_for_it(shown: tuple[str, str, Visitor]) -> None:
    # of several buttons the first in the form is the one that Enter presses (HTML, implicit submission)
    others = shown[2].page.evaluate(
        "(typed) => [...document.forms].filter((one) => one.querySelector(typed)).map((one) => one.querySelector('[type=submit]'))"
        ".filter((one) => one && !one.matches('.primary, .danger, .visually-hidden')).map((one) => one.outerHTML)",
        TYPED,
    )
    assert others == []


def test_the_order_is_the_same_everywhere(shown: tuple[str, str, Visitor]) -> None:
    parts = [".skip", ".language", ".brand", "nav.back", ".error-summary", "h1", "form", ".help", "footer"]
    places = shown[2].page.evaluate(
        "(parts) => { const all = [...document.querySelectorAll('*')];"
        " return parts.map((part) => all.indexOf(document.querySelector(part))).filter((place) => place >= 0); }",
        parts,
    )
    assert places == sorted(places)


def test_fields_have_labels_and_the_tokens_that_password_managers_know(shown: tuple[str, str, Visitor]) -> None:
    name, _, visitor = shown
    fields = visitor.page.evaluate(
        "(typed) => [...document.querySelectorAll(typed)].map((one) => ({token: one.autocomplete,"
        " label: one.labels.length || one.ariaHidden == 'true', type: one.type, login: one.value, bare: !one.placeholder"
        " && !one.hasAttribute('maxlength') && (one.readOnly || one.autocapitalize == 'none' && !one.spellcheck)}))",
        TYPED,
    )
    wanted = TOKENS.get(name.split("_")[0], []) if name not in NO_FIELDS else []
    assert [one["token"] for one in fields] == (RECOVERY_TOKENS | ACCOUNT_TOKENS | MINE_TOKENS | PASSKEY_TOKENS).get(name, wanted)
    assert all(one["label"] and one["bare"] for one in fields)
    assert all((one["type"] == "password") == one["token"].endswith("password") for one in fields)
    ticks = visitor.page.evaluate("[...document.querySelectorAll('[type=checkbox], [type=radio]')].every((one) => one.labels.length)")
    assert ticks
    if name.startswith("first"):
        assert fields[0]["login"] == visitor.members["letter"]  # so that a manager knows whose password it keeps


def test_errors_stand_in_the_summary_and_at_their_fields_in_the_same_words(shown: tuple[str, str, Visitor]) -> None:
    name, locale, visitor = shown
    page = visitor.page
    summary = page.locator(".error-summary a").evaluate_all("(all) => all.map((one) => [one.hash.slice(1), one.textContent])")
    beside: list[list[str]] = []
    for field in page.locator("[aria-invalid=true], fieldset[aria-describedby$=-errors]").all():
        ids = (field.get_attribute("aria-describedby") or "").split()
        word = texts.text(locale, "common.error.title_prefix").strip()
        lines = page.locator(f"#{ids[-1]} .error").all_text_contents()
        assert lines[0].startswith(word) and ids[-1].endswith("-errors")
        beside += [[field.get_attribute("id") or "", line.removeprefix(word).strip()] for line in lines]
    assert sorted(summary) == sorted(beside) and bool(summary) == (name in WITH_ERRORS)


def test_what_is_to_be_tapped_is_large_enough(shown: tuple[str, str, Visitor]) -> None:
    page = shown[2].page
    page.set_viewport_size(PHONE)
    tall = VISIBLE + " visible('%s').filter((one) => one.offsetHeight < %d).map((one) => one.outerHTML)"
    assert page.evaluate(tall % (f"{TYPED}, button, .button", 56)) == []
    # a link inside a sentence may be as high as its line
    assert page.evaluate(tall % ("a:not(.skip, .error-summary a), summary, .tick", 44)) == []
    assert page.evaluate(VISIBLE + " visible('.primary, .secondary, .danger, .link, .button').every((one) => one.offsetWidth == 288)")


def test_buttons_and_fields_are_seen_in_colours_of_the_systems_own(shown: tuple[str, str, Visitor]) -> None:
    page = shown[2].page
    page.emulate_media(forced_colors="active")
    flat = page.evaluate(
        VISIBLE + " visible('button, .button, input:not([type=checkbox], [type=radio])').filter((one) => { const style = getComputedStyle(one);"
        " return style.borderTopStyle != 'solid' || parseFloat(style.borderTopWidth) < 1"
        " || style.borderTopColor == getComputedStyle(document.body).backgroundColor; }).map((one) => one.outerHTML)"
    )
    page.emulate_media(forced_colors="none")
    assert flat == []


def test_the_page_is_light(shown: tuple[str, str, Visitor]) -> None:
    sizes = loaded(shown[2].page)
    assert len(sizes) <= REQUESTS and sum(sizes.values()) < WEIGHT, sizes
