"""What proves nothing is refused in Chromium, too, in words and with a way out (requirement MF-10; CDP domain WebAuthn)."""

import json
from typing import Any, Callable, ContextManager

import pytest

from idp import texts
from tests.browser.passkey_states import device
from tests.browser.test_passkeys import BUTTON, hana, out, press, without_autofill  # noqa: F401  # a fixture
from tests.browser.visitor import Visitor
from tests.passkeys.person import ADD
from tests.running import new_name
from tests.settings.member import rows

Visit = Callable[..., ContextManager[Visitor]]
Hana = tuple[Visitor, Any, str]
ASK = """async (options) => (await navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)})).toJSON()"""
GIVE = """(said) => { const form = document.querySelector('main form'), button = form.querySelector('button.passkey');
  form.elements.credential.value = said; form.action = button.dataset.action; form.submit(); }"""


def asked(visitor: Visitor) -> dict[str, Any]:
    """What the page would hand to the browser."""
    found: dict[str, Any] = json.loads(visitor.page.get_attribute(BUTTON, "data-options") or "")
    return found


def give(visitor: Visitor, said: Any) -> None:
    """Send the page's form with this answer."""
    with visitor.page.expect_navigation():
        visitor.page.evaluate(GIVE, json.dumps(said))


def refused(visitor: Visitor, key: str = "passkey.err.no") -> None:
    """The page says so, and goes on."""
    visitor.page.wait_for_selector("#error-summary")
    words = visitor.words()
    assert texts.text("ja", key) in words and visitor.page.is_visible(BUTTON)
    assert texts.text("ja", "common.help.title") in words, "and somebody can be called"


@pytest.mark.parametrize("wrong", ["isBogusSignature", "isBadUV", "isBadUP"])
def test_a_false_answer_of_the_device(hana: Hana, wrong: str) -> None:  # noqa: F811
    visitor, session, which = hana
    out(visitor)
    without_autofill(visitor)
    visitor.arrive()
    session.send("WebAuthn.setResponseOverrideBits", {"authenticatorId": which, wrong: True})
    press(visitor)
    refused(visitor)
    session.send("WebAuthn.setResponseOverrideBits", {"authenticatorId": which, wrong: False})
    visitor.page.click(BUTTON)
    assert visitor.portal_says().startswith("Signed in: "), "the same page goes on"


def test_an_answer_that_another_origin_was_given(hana: Hana) -> None:  # noqa: F811
    visitor, _, _ = hana
    out(visitor)
    without_autofill(visitor)
    visitor.arrive()
    address, options = visitor.page.url, asked(visitor)
    visitor.page.goto(visitor.party.address)  # another port of the same host, so that the browser lets it ask
    said = visitor.page.evaluate(ASK, options)
    visitor.page.goto(address)
    assert asked(visitor)["challenge"] == options["challenge"]
    give(visitor, said)
    refused(visitor)


def test_an_answer_that_was_used_before(hana: Hana) -> None:  # noqa: F811
    visitor, _, _ = hana
    out(visitor)
    without_autofill(visitor)
    visitor.arrive()
    said = visitor.page.evaluate(ASK, asked(visitor))
    with visitor.page.expect_navigation():
        visitor.page.evaluate(GIVE, json.dumps(said))
    assert visitor.portal_says().startswith("Signed in: ")
    out(visitor)
    visitor.arrive()
    give(visitor, said)
    refused(visitor)


def test_the_passkey_of_somebody_else_in_place_of_a_code(hana: Hana) -> None:  # noqa: F811
    visitor, _, _ = hana
    name = new_name()
    subject = visitor.party.idp.account(name)
    rows(visitor.party.idp, "UPDATE accounts SET offered_at = created_at, passkey_offered_at = created_at WHERE id = :a", a=subject)
    other, _ = device(visitor, transport="usb")
    out(visitor)
    without_autofill(visitor)
    visitor.goto(ADD)
    visitor.sign_in(name)
    press(visitor)
    out(visitor)
    visitor.arrive(acr_values="urn:x-idp:acr:3")
    visitor.sign_in(name)
    options = asked(visitor)
    hers = rows(visitor.party.idp, "SELECT credential_id FROM passkeys WHERE account_id <> :a ORDER BY created_at DESC", a=subject)[0][0]
    allowed = [{"type": "public-key", "id": hers, "transports": ["internal"]}]
    give(visitor, visitor.page.evaluate(ASK, {**options, "allowCredentials": allowed}))
    refused(visitor, "passkey.err.code")
    assert texts.text("ja", "passkey.trouble") in visitor.words()


def test_whoever_gives_it_up_reads_what_to_do(hana: Hana) -> None:  # noqa: F811
    visitor, session, which = hana
    out(visitor)
    without_autofill(visitor)
    session.send("WebAuthn.clearCredentials", {"authenticatorId": which})  # then Chromium answers as when it is given up
    visitor.arrive()
    visitor.page.click(BUTTON)
    visitor.page.wait_for_selector(".stopped", state="visible")
    assert texts.text("ja", "passkey.stopped") in visitor.words() and visitor.page.is_enabled(BUTTON)
    visitor.sign_in(visitor.members["hana"])
    assert visitor.portal_says().startswith("Signed in: "), "the password goes on"
