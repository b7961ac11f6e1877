"""The pages around the code of a sign-in, by name: how to get there."""

from typing import Callable

from tests.browser.visitor import Visitor
from tests.settings.member import rows


def code(visitor: Visitor) -> None:
    """A code went to the usual destination by SMS; remembering is offered."""
    visitor.arrive()
    visitor.sign_in(visitor.members["coded"])


def code_wrong(visitor: Visitor) -> None:
    """A code that is none of those sent."""
    code(visitor)
    visitor.page.fill("[autocomplete=one-time-code]", "12345")
    visitor.send()


def code_empty(visitor: Visitor) -> None:
    """Nothing was typed."""
    code(visitor)
    visitor.send()


def code_ways(visitor: Visitor) -> None:
    """Another destination, the app or a printed code."""
    visitor.arrive()
    visitor.sign_in(visitor.members["several"])
    with visitor.page.expect_navigation():
        visitor.page.click("button[value=other]")


def _by(visitor: Visitor, place: int) -> None:
    code_ways(visitor)
    visitor.page.locator("[name=way]").nth(place).check()
    visitor.send()


def code_mail(visitor: Visitor) -> None:
    """It went by mail."""
    _by(visitor, 2)


def code_app(visitor: Visitor) -> None:
    """The digits of the app."""
    _by(visitor, 0)


def code_printed(visitor: Visitor) -> None:
    """One of the printed codes."""
    _by(visitor, 3)


def code_send(visitor: Visitor) -> None:
    """A portal asks for more than the session has proven; nothing is sent before the button is pressed."""
    rows(visitor.party.idp, "UPDATE accounts SET second_factor = 0 WHERE login_id = :name", name=visitor.members["coded"])
    visitor.arrive()
    visitor.sign_in(visitor.members["coded"])
    visitor.page.wait_for_url(visitor.party.address + "/**")
    rows(visitor.party.idp, "UPDATE accounts SET second_factor = 1 WHERE login_id = :name", name=visitor.members["coded"])
    visitor.arrive(acr_values="urn:x-idp:acr:2")


def code_none(visitor: Visitor) -> None:
    """The second factor is on, and nothing it could use is left."""
    visitor.arrive()
    visitor.sign_in(visitor.members["stranded"])


def offer(visitor: Visitor) -> None:
    """The second factor is recommended."""
    rows(visitor.party.idp, "UPDATE accounts SET offered_at = 0 WHERE login_id = :name", name=visitor.members["offered"])
    visitor.arrive()
    visitor.sign_in(visitor.members["offered"])


CODES: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state
    for state in (code, code_wrong, code_empty, code_ways, code_mail, code_app, code_printed, code_send, code_none, offer)
}
CODES_WITH_ERRORS = frozenset({"code_wrong", "code_empty"})
