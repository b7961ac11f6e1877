"""The pages of passkeys, by name: how to get there. The browser's authenticator is Chromium's virtual one."""

from typing import Any, Callable

from playwright.sync_api import CDPSession

from idp.tables import passkeys as table
from tests.browser.visitor import Visitor
from tests.passkeys.person import ADD, LIST
from tests.settings.member import inside, rows

AUTHENTICATOR = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
KEY = "passkeyofthepage"


def device(visitor: Visitor, **changes: Any) -> tuple[CDPSession, str]:
    """A device that holds passkeys for the visitor's window: the session to speak with it, and its id."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR | changes})
    return session, str(made["authenticatorId"])


def _has_one(visitor: Visitor) -> None:
    """A passkey that nobody can sign in with, for the pages that show it."""
    with inside(visitor.party.idp) as deps, deps.database.write() as connection:
        [(subject,)] = rows(visitor.party.idp, "SELECT id FROM accounts WHERE login_id_key = :l", l=visitor.members["passkeyed"])
        if not table.of_account(connection, subject):
            name = "リビングのパソコン・Google Chrome（家族で使うもの）"
            one = table.Passkey(KEY, subject, KEY, "pQ", 0, "internal", True, True, name, "windows.chrome", deps.now())
            table.add(connection, one)


def _at(visitor: Visitor, path: str) -> None:
    _has_one(visitor)
    visitor.goto(path)
    visitor.sign_in(visitor.members["passkeyed"])


def passkeys_none(visitor: Visitor) -> None:
    """There are none yet."""
    visitor.goto(LIST)
    visitor.sign_in(visitor.members["member"])


def passkeys_list(visitor: Visitor) -> None:
    """There is one."""
    _at(visitor, LIST)


def passkey_add(visitor: Visitor) -> None:
    """Where one is made."""
    visitor.goto(ADD)
    visitor.sign_in(visitor.members["member"])


def passkey_add_refused(visitor: Visitor) -> None:
    """What came back was none."""
    passkey_add(visitor)
    with visitor.page.expect_navigation():
        visitor.page.evaluate("document.querySelector('main form').submit()")


def passkey_named(visitor: Visitor) -> None:
    """Another name."""
    _at(visitor, f"{LIST}/{KEY}")


def passkey_removed(visitor: Visitor) -> None:
    """Whether it should go."""
    _at(visitor, f"{LIST}/{KEY}/remove")


def passkey_offer(visitor: Visitor) -> None:
    """One sentence on the way to the portal."""
    rows(visitor.party.idp, "UPDATE accounts SET passkey_offered_at = 0 WHERE login_id_key = :l", l=visitor.members["member"])
    visitor.arrive()
    visitor.type_in(visitor.members["member"])
    visitor.page.evaluate("document.forms[0].elements.passkeys.value = 'yes'")
    visitor.send()


def passkey_code(visitor: Visitor) -> None:
    """In place of a code."""
    _has_one(visitor)
    visitor.arrive(acr_values="urn:x-idp:acr:3")
    visitor.sign_in(visitor.members["passkeyed"])


def passkey_code_wrong(visitor: Visitor) -> None:
    """It proved nothing."""
    passkey_code(visitor)
    rows(visitor.party.idp, "DELETE FROM failures WHERE bucket LIKE 'passkey:%'")
    with visitor.page.expect_navigation():
        visitor.page.evaluate("const form = document.querySelector('main form'); form.elements.credential.value = '{}'; form.submit()")


def login_passkey_wrong(visitor: Visitor) -> None:
    """The same at the sign-in form."""
    visitor.arrive()
    with visitor.page.expect_navigation():
        visitor.page.evaluate("const form = document.querySelector('main form'); form.elements.credential.value = '{}'; form.action = '/login/passkey'; form.submit()")


State = Callable[[Visitor], None]
PASSKEYS: dict[str, State] = {
    state.__name__: state
    for state in (
        passkeys_none, passkeys_list, passkey_add, passkey_add_refused, passkey_named, passkey_removed, passkey_offer, passkey_code,
        passkey_code_wrong, login_passkey_wrong,
    )
}  # fmt: skip
PASSKEYS_WITH_ERRORS = frozenset({"passkey_add_refused", "passkey_code_wrong", "login_passkey_wrong"})
PASSKEY_TOKENS = {"passkey_add": ["off"], "passkey_add_refused": ["off"], "passkey_named": ["off"]}
