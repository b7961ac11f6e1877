"""Journeys to their ends by Tab, Enter, Space and arrows alone, and all of them without a script (interface.md, rule 12)."""

from typing import Any, Callable, ContextManager

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import states
from tests.browser.relying_party import RelyingParty
from tests.browser.test_pages import REQUESTS, WEIGHT
from tests.browser.visitor import Visitor, visit

Visit = Callable[..., ContextManager[Visitor]]
# the last page of each journey that a member can begin
ENDS = (
    "home_signed_in", "signed_out", "consent", "done", "recovery_done", "reset_changed", "closing_done", "device_connected", "code_mail",
    "sent", "codes_shown", "email_code", "account_confirm", "account_nickname", "devices", "exists", "end_session",
)  # fmt: skip
MOST = 90  # presses of Tab on one page
AT = "([wanted, nth]) => document.activeElement === [...document.querySelectorAll(wanted)].filter((one) => one.checkVisibility())[nth]"
GROUP = "([wanted, nth]) => { const one = document.querySelectorAll(wanted)[nth]; return one.type == 'radio' ? `[name='${one.name}']` : ''; }"


class Keys:
    """A window whose page is worked by the keyboard alone; whatever else is asked of it is the window's own."""

    def __init__(self, page: Page):
        self._page = page
        self.pressed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._page, name)

    def _press(self, key: str) -> None:
        self._page.keyboard.press(key)
        self.pressed += 1

    def _reach(self, wanted: str, nth: int = 0) -> None:
        self._page.wait_for_selector(wanted)
        for _ in range(MOST):
            if self._page.evaluate(AT, [wanted, nth]):
                return
            self._press("Tab")
        raise AssertionError(f"Tab does not reach {wanted} on {self._page.url}")

    def fill(self, wanted: str, value: str) -> None:
        """Go to the field and type over what stands there."""
        self._reach(wanted)
        self._press("Control+A")
        self._press("Delete")
        self._page.keyboard.type(value)

    def click(self, wanted: str) -> None:
        """Go to the button or link and press Enter."""
        self._reach(wanted)
        self._press("Enter")

    def check(self, wanted: str, nth: int = 0) -> None:
        """Tick the box by Space, or go to the choice by the arrows."""
        box = self._page.locator(wanted).nth(nth)
        if group := self._page.evaluate(GROUP, [wanted, nth]):
            names = self._page.locator(group)
            while not any(self._page.evaluate(AT, [group, place]) for place in range(names.count())):
                self._press("Tab")
            self._press("Space")
            for _ in range(names.count()):
                if not box.is_checked():
                    self._press("ArrowDown")
        elif not box.is_checked():
            self._reach(wanted, nth)
            self._press("Space")
        assert box.is_checked()

    def locator(self, wanted: str) -> Any:
        """What is found there; it is ticked by the keyboard as well."""
        return _Found(self, self._page.locator(wanted), wanted)


class _Found:
    def __init__(self, keys: Keys, found: Any, wanted: str, place: int = 0):
        self._keys, self._found, self._wanted, self._place = keys, found, wanted, place

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found, name)

    def nth(self, place: int) -> "_Found":
        return _Found(self._keys, self._found.nth(place), self._wanted, place)

    def check(self) -> None:
        self._keys.check(self._wanted, self._place)


def heading(visitor: Visitor) -> str:
    """What the page is called; the portal's own by its address."""
    visitor.page.wait_for_load_state()
    return visitor.page.inner_text("h1") if visitor.page.url.startswith(visitor.party.idp.issuer) else "portal"


@pytest.mark.parametrize("name", ENDS)
def test_the_keyboard_comes_to_the_end_and_so_does_who_has_no_scripts(new_visit: Visit, name: str) -> None:
    with new_visit() as visitor:
        visitor.page = keys = Keys(visitor.page)  # type: ignore[assignment]
        states.STATES[name](visitor)
        by_keyboard = heading(visitor)
        assert keys.pressed > 5
    with new_visit(java_script_enabled=False) as visitor:
        states.STATES[name](visitor)
        assert heading(visitor) == by_keyboard


def test_a_button_that_tab_does_not_reach_would_be_found(new_visit: Visit) -> None:
    with new_visit() as visitor:
        visitor.arrive()
        visitor.page.evaluate("document.querySelector('button.primary').tabIndex = -1")
        with pytest.raises(AssertionError, match="Tab does not reach"):
            Keys(visitor.page).click("button.primary")


def test_the_first_page_comes_in_three_requests_and_weighs_little(browser: Browser, party: RelyingParty, members: dict[str, str]) -> None:
    with visit(browser, party, members, "ja-JP") as visitor:
        wire = visitor.page.context.new_cdp_session(visitor.page)
        wire.send("Network.enable")
        sent: dict[str, str] = {}
        weights: dict[str, float] = {}
        wire.on("Network.requestWillBeSent", lambda event: sent.update({event["requestId"]: event["request"]["url"]}))
        wire.on("Network.loadingFinished", lambda event: weights.update({event["requestId"]: event["encodedDataLength"]}))
        visitor.goto("/login")
        visitor.page.wait_for_load_state("networkidle")
        ours = {key: url for key, url in sent.items() if not url.startswith("data:")}
        assert len(ours) == REQUESTS and set(ours) <= set(weights), ours
        assert 5_000 < sum(weights[key] for key in ours) < WEIGHT
