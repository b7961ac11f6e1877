"""What helps people with a keyboard, a screen reader or a stuck Caps Lock."""

from typing import Callable, ContextManager

import pytest
from playwright.sync_api import Page

from idp import texts
from idp.web.compiled import plain
from tests.browser import states
from tests.browser.visitor import Visitor
from tests.running import PASSWORD, new_name

Visit = Callable[..., ContextManager[Visitor]]
FOCUS = "((one) => one.id || one.className || one.tagName + ':' + one.textContent.trim())(document.activeElement)"


def tab_order(page: Page, count: int) -> list[str]:
    """What has the focus after each of so many presses of Tab."""
    found = []
    for _ in range(count):
        page.keyboard.press("Tab")
        found.append(page.evaluate(FOCUS))
    return found


def test_tab_goes_through_the_page_from_top_to_bottom(new_visit: Visit) -> None:
    with new_visit() as visitor:
        visitor.arrive()
        visitor.page.wait_for_selector("button.passkey", state="visible")
        found = tab_order(visitor.page, 17)
        assert found[:3] == ["skip", "A:English", "A:" + texts.text("ja", "gentle.on")] and found.pop(3) == "A:戻る"
        assert found[3:8] == ["identifier", "password", "show", "primary", "secondary passkey"]
        words = [texts.text("ja", key) for key in ("login.forgot_id", "login.forgot_pw", "login.register", "undo.title")]
        assert found[8:13] == [*(f"A:{word}" for word in words), "SUMMARY:" + texts.text("ja", "common.help.title")]
        assert found[13:] == [f"A:{texts.text('ja', f'footer.{name}')}" for name in ("privacy", "accessibility", "terms")]


def test_what_has_the_focus_has_a_thick_frame(new_visit: Visit) -> None:
    with new_visit() as visitor:
        visitor.arrive()
        for _ in range(8):
            visitor.page.keyboard.press("Tab")
            frame = visitor.page.evaluate(
                "(() => { const style = getComputedStyle(document.activeElement);"
                " return [style.outlineWidth, style.outlineStyle, style.outlineColor]; })()"
            )
            assert frame == ["4px", "solid", "rgb(0, 0, 0)"]


def test_a_whole_sign_in_by_keyboard(new_visit: Visit) -> None:
    with new_visit() as visitor:
        visitor.arrive()
        page = visitor.page
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # skip to the form
        page.keyboard.press("Tab")
        page.keyboard.type(visitor.members["member"])
        page.keyboard.press("Enter")  # sends the form, with a field still empty
        page.wait_for_selector("#error-summary")
        assert page.evaluate(FOCUS) == "error-summary"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # the error leads to its field
        assert page.evaluate(FOCUS) == "password"
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        assert visitor.portal_says().startswith("Signed in: ")


def test_enter_goes_on_from_what_to_sign_in_with_and_does_not_ask_about_the_id(new_visit: Visit) -> None:
    with new_visit() as visitor:
        states.STATES["details"](visitor)
        page, name = visitor.page, new_name()
        for field, value in {"login_id": name, "email": f"{name}@mail.example", "nickname": "はなこ", "new_password": PASSWORD}.items():
            page.fill(f"[name={field}]", value)
        with page.expect_navigation():
            page.press("[name=nickname]", "Enter")
        assert page.inner_text("h1") == plain(texts.text("ja", "reg.s3.title")), visitor.words()


@pytest.mark.parametrize("state", sorted(states.WITH_ERRORS))
def test_the_list_of_errors_has_the_focus(new_visit: Visit, state: str) -> None:
    with new_visit() as visitor:
        states.STATES[state](visitor)
        assert visitor.page.evaluate(FOCUS) == "error-summary"


@pytest.mark.parametrize("locale", ["ja-JP", "en-GB"])
def test_the_password_can_be_shown_and_hides_itself_when_sent(new_visit: Visit, locale: str) -> None:
    words = texts.catalog(locale[:2])
    with new_visit(locale) as visitor:
        visitor.arrive()
        page = visitor.page
        password, show, status = page.locator("#password"), page.locator(".show"), page.locator("[role=status]")
        password.fill("Wrong1wrong")
        assert (show.inner_text(), show.get_attribute("aria-label")) == (words["common.pw.show"], words["common.pw.show.aria"])
        show.press("Enter")
        assert password.get_attribute("type") == "text" and password.input_value() == "Wrong1wrong"
        assert (show.inner_text(), show.get_attribute("aria-label")) == (words["common.pw.hide"], words["common.pw.hide.aria"])
        assert status.text_content() == words["common.pw.announce.shown"]
        show.click()
        assert password.get_attribute("type") == "password" and status.text_content() == words["common.pw.announce.hidden"]
        show.click()
        page.evaluate("addEventListener('submit', (event) => { event.preventDefault(); window.kind = password.type; })")
        page.click("button.primary")
        assert page.evaluate("window.kind") == "password"


def test_caps_lock_is_pointed_out(new_visit: Visit) -> None:
    with new_visit() as visitor:
        visitor.arrive()
        hint, password = visitor.page.locator(".caps"), visitor.page.locator("#password")
        assert not hint.is_visible()
        password.dispatch_event("keyup", {"key": "A", "modifierCapsLock": True})
        assert hint.inner_text() == texts.text("ja", "common.capslock")
        assert visitor.page.text_content("[role=status]") == texts.text("ja", "common.capslock")
        password.dispatch_event("keyup", {"key": "a"})
        assert not hint.is_visible()


def test_a_long_password_can_be_pasted_whole(new_visit: Visit) -> None:
    with new_visit() as visitor:
        visitor.arrive()
        page = visitor.page
        page.focus("#password")
        page.keyboard.insert_text("p" * 600)  # as the clipboard does
        assert len(page.input_value("#password")) == 600
