"""Passkeys in Chromium, with its virtual authenticator (WebAuthn Level 3; CDP domain WebAuthn)."""

import base64
from typing import Any, Callable, ContextManager, Iterator

import pytest
from playwright.sync_api import Page

from idp import texts
from tests.browser.passkey_states import device
from tests.browser.test_comforts import tab_order
from tests.browser.visitor import Visitor
from tests.passkeys.person import ADD, LIST
from tests.running import new_name
from tests.settings.member import rows

Visit = Callable[..., ContextManager[Visitor]]
BUTTON = "button.passkey"


@pytest.fixture
def hana(new_visit: Visit) -> Iterator[tuple[Visitor, Any, str]]:
    """A visitor who has just made a passkey on the page for it: with the way to the device, and the device's id."""
    with new_visit() as visitor:
        name = new_name()
        visitor.members = visitor.members | {"hana": name}
        subject = visitor.party.idp.account(name)
        rows(visitor.party.idp, "UPDATE accounts SET offered_at = created_at WHERE id = :a", a=subject)
        session, which = device(visitor)
        visitor.goto(ADD)
        visitor.sign_in(name)
        press(visitor)
        assert texts.text("ja", "passkey.done.added") in visitor.words()
        yield visitor, session, which


def press(visitor: Visitor) -> None:
    """Press the passkey's button and wait for what comes."""
    with visitor.page.expect_navigation():
        visitor.page.click(BUTTON)


def out(visitor: Visitor) -> None:
    """As a browser that nobody has signed in with."""
    visitor.page.context.clear_cookies()


def without_autofill(visitor: Visitor) -> None:
    """The virtual authenticator would answer for a member who picks the passkey in the list, over and over."""
    visitor.page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false)")


def test_a_passkey_is_made_and_signs_in_by_the_button(hana: tuple[Visitor, Any, str]) -> None:
    visitor, session, which = hana
    [credential] = session.send("WebAuthn.getCredentials", {"authenticatorId": which})["credentials"]
    assert credential["isResidentCredential"] and credential["rpId"] == "localhost"
    out(visitor)
    session.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": which, "enabled": False})  # or the autofill is quicker
    visitor.arrive()
    assert visitor.page.get_attribute("#identifier", "autocomplete") == "username webauthn"
    session.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": which, "enabled": True})
    visitor.page.click(BUTTON)
    assert visitor.portal_says().startswith("Signed in: ")
    again = session.send("WebAuthn.getCredentials", {"authenticatorId": which})["credentials"][0]
    assert again["signCount"] > credential["signCount"]


def test_by_keyboard_alone(hana: tuple[Visitor, Any, str]) -> None:
    visitor, session, which = hana
    out(visitor)
    session.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": which, "enabled": False})
    visitor.arrive()
    visitor.page.wait_for_selector(BUTTON, state="visible")
    visitor.page.focus("#password")
    assert tab_order(visitor.page, 3)[-1] == "secondary passkey"
    session.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": which, "enabled": True})
    visitor.page.keyboard.press("Enter")
    assert visitor.portal_says().startswith("Signed in: ")


def test_a_device_that_does_not_verify_its_user_gets_nowhere(hana: tuple[Visitor, Any, str]) -> None:
    visitor, session, which = hana
    out(visitor)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": which, "isUserVerified": False})
    visitor.arrive()
    visitor.page.click(BUTTON)
    visitor.page.wait_for_selector(".stopped", state="visible")
    assert texts.text("ja", "passkey.stopped") in visitor.words() and "/login" in visitor.page.url


def test_a_copy_that_counts_less_is_refused(hana: tuple[Visitor, Any, str]) -> None:
    visitor, session, which = hana
    [credential] = session.send("WebAuthn.getCredentials", {"authenticatorId": which})["credentials"]
    rows(visitor.party.idp, "UPDATE passkeys SET counter = 1000 WHERE credential_id = :c", c=_named(credential))
    out(visitor)
    without_autofill(visitor)
    visitor.arrive()
    press(visitor)
    visitor.page.wait_for_selector("#error-summary")
    assert texts.text("ja", "passkey.err.no") in visitor.words()


def _named(credential: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(base64.b64decode(credential["credentialId"])).rstrip(b"=").decode()


def test_a_removed_passkey_is_refused(hana: tuple[Visitor, Any, str]) -> None:
    visitor, session, which = hana
    visitor.page.locator("main ul.devices a").last.click()
    with visitor.page.expect_navigation():
        visitor.page.click("button.danger")
    assert texts.text("ja", "passkey.done.removed") in visitor.words()
    assert len(session.send("WebAuthn.getCredentials", {"authenticatorId": which})["credentials"]) == 1, "the device still has it"
    out(visitor)
    without_autofill(visitor)
    visitor.arrive()
    press(visitor)
    visitor.page.wait_for_selector("#error-summary")
    assert texts.text("ja", "passkey.err.no") in visitor.words()


def test_the_autofill_signs_in_without_the_button(hana: tuple[Visitor, Any, str]) -> None:
    visitor, _, _ = hana
    out(visitor)
    visitor.arrive()  # the virtual authenticator answers for the member who picks the passkey in the list
    assert visitor.portal_says().startswith("Signed in: ")


def test_the_same_device_is_told_that_it_has_one(hana: tuple[Visitor, Any, str]) -> None:
    visitor, _, _ = hana
    visitor.goto(ADD)
    visitor.page.click(BUTTON)
    visitor.page.wait_for_selector(".stopped", state="visible")
    assert texts.text("ja", "passkey.known") in visitor.words()


def test_it_answers_for_a_stronger_proof(hana: tuple[Visitor, Any, str]) -> None:
    visitor, session, which = hana
    session.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": which, "enabled": False})
    out(visitor)
    visitor.arrive()
    visitor.sign_in(visitor.members["hana"])
    visitor.portal_says()
    visitor.arrive(acr_values="urn:x-idp:acr:3")
    assert visitor.page.inner_text("h1") == texts.text("ja", "passkey.use.title").replace("<wbr>", "")
    session.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": which, "enabled": True})
    visitor.page.click(BUTTON)
    assert visitor.portal_says().startswith("Signed in: ")


def test_it_is_offered_where_the_device_can(new_visit: Visit) -> None:
    with new_visit() as visitor:
        name = new_name()
        visitor.party.idp.account(name)
        device(visitor)
        visitor.arrive()
        visitor.page.wait_for_function("document.forms[0].elements.passkeys.value == 'yes'")
        visitor.sign_in(name)
        assert texts.text("ja", "passkey.offer.lead") in visitor.words()
        visitor.send()
        press_and_land(visitor)


def press_and_land(visitor: Visitor) -> None:
    """Make the passkey in the middle of the sign-in."""
    visitor.page.click(BUTTON)
    assert visitor.portal_says().startswith("Signed in: ")


@pytest.mark.parametrize("path", ["login", "add"])
def test_without_javascript_nothing_of_it_is_seen(new_visit: Visit, path: str) -> None:
    with new_visit(java_script_enabled=False) as visitor:
        if path == "login":
            visitor.arrive()
            assert texts.text("ja", "passkey.sign_in") not in visible(visitor.page)
            assert visitor.page.get_attribute("#identifier", "autocomplete") == "username"
        else:
            visitor.goto(ADD)
            visitor.sign_in(visitor.members["member"])
            assert texts.text("ja", "passkey.unable") in visible(visitor.page)
            assert texts.text("ja", "passkey.add.submit") not in visible(visitor.page)


def visible(page: Page) -> str:
    """What the page says."""
    return page.inner_text("body")


def test_a_browser_without_passkeys_sees_nothing_of_it(new_visit: Visit) -> None:
    with new_visit() as visitor:
        visitor.page.add_init_script("delete window.PublicKeyCredential")
        visitor.arrive()
        assert not visitor.page.is_visible(BUTTON) and visitor.page.get_attribute("#identifier", "autocomplete") == "username"
        visitor.goto(LIST)
        visitor.sign_in(visitor.members["member"])
        visitor.goto(ADD)
        assert texts.text("ja", "passkey.unable") in visitor.words() and not visitor.page.is_visible(BUTTON)
