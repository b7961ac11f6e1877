"""The pages of the address to sign in by, of consents and agreements, and of the language, by name: how to get there."""

import itertools
from typing import Callable

from idp.features.email_sign_in import flow
from idp.services import sessions
from tests.browser.visitor import Visitor
from tests.settings.member import inside, rows

EMAIL = "/account/email-sign-in"
_addresses = itertools.count(1)  # a code is sent once a minute to the same one


def _open(visitor: Visitor, path: str, who: str = "member") -> None:
    visitor.goto("/account")
    visitor.sign_in(visitor.members[who])
    visitor.goto(path)


def _enter(visitor: Visitor, address: str) -> None:
    _open(visitor, f"{EMAIL}/address")
    visitor.page.fill("[autocomplete=email]", address)
    visitor.send()


def email(visitor: Visitor) -> None:
    """No address signs in."""
    _open(visitor, EMAIL)


def email_on(visitor: Visitor) -> None:
    """One does."""
    _open(visitor, EMAIL, "mailed")


def email_address(visitor: Visitor) -> None:
    """Which address it is to be."""
    _open(visitor, f"{EMAIL}/address")


def email_address_mailbox(visitor: Visitor) -> None:
    """The operator's own mailbox is offered."""
    _open(visitor, f"{EMAIL}/address", "mailed")


def email_address_refused(visitor: Visitor) -> None:
    """What was typed is none."""
    _enter(visitor, "ha..nako@docomo.ne.jp")


def email_code(visitor: Visitor) -> None:
    """A code is on its way, perhaps to a wrong address."""
    _enter(visitor, f"hanako-no-nagai-namae-{next(_addresses)}@docmo.ne.jp")


def email_code_wrong(visitor: Visitor) -> None:
    """A code that is none."""
    email_code(visitor)
    visitor.page.fill("[autocomplete=one-time-code]", "12345")
    visitor.send()


def email_proven(visitor: Visitor) -> None:
    """The code was right, and the proof of the person has become too old meanwhile."""
    email_code(visitor)
    cookie = next(one["value"] for one in visitor.page.context.cookies() if one["name"] == "idp-session")
    with inside(visitor.party.idp) as deps:
        found = sessions.find(deps, cookie)
        assert found
        flow.keep(deps, found.sid, flow.Draft("d", "hanako@example.ne.jp", "hanako@example.ne.jp", found.epoch, proven=True))
    visitor.goto(f"{EMAIL}/code")


def email_off(visitor: Visitor) -> None:
    """Before it is given up."""
    _open(visitor, f"{EMAIL}/off", "mailed")


def consents(visitor: Visitor) -> None:
    """What others may see."""
    idp, who = visitor.party.idp, visitor.members["mailed"]
    given = "INSERT OR REPLACE INTO consents SELECT id, :c, 'address contract email openid phone profile', 1800000000 FROM accounts WHERE login_id = :l"
    rows(idp, given, c=visitor.party.clients["third"]["client_id"], l=who)
    _open(visitor, "/account/consents", "mailed")


def consents_none(visitor: Visitor) -> None:
    """They may see nothing."""
    _open(visitor, "/account/consents")


def agreements(visitor: Visitor) -> None:
    """What was agreed to, and when."""
    agreed = "INSERT INTO agreements (account_id, kind, version, at, address) SELECT id, 'privacy', :v, 1800000000, '' FROM accounts WHERE login_id = :l"
    rows(visitor.party.idp, agreed, v="0123456789abcdef" * 4, l=visitor.members["mailed"])
    _open(visitor, "/account/agreements", "mailed")


def agreements_none(visitor: Visitor) -> None:
    """Nothing was."""
    _open(visitor, "/account/agreements")


def language(visitor: Visitor) -> None:
    """Which language it is to be."""
    _open(visitor, "/account/language")


def account_everything(visitor: Visitor) -> None:
    """All is set, and a portal led here."""
    _open(visitor, f"/account?client_id={visitor.party.clients['own']['client_id']}", "mailed")


MINE: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state
    for state in (
        email, email_on, email_address, email_address_mailbox, email_address_refused, email_code, email_code_wrong, email_proven, email_off,
        consents, consents_none, agreements, agreements_none, language, account_everything,
    )
}  # fmt: skip
MINE_WITH_ERRORS = frozenset({"email_address_refused", "email_code_wrong"})
MINE_TOKENS = {
    **dict.fromkeys(("email_address", "email_address_mailbox", "email_address_refused"), ["email"]),
    **dict.fromkeys(("email_code", "email_code_wrong"), ["one-time-code"]),
}
