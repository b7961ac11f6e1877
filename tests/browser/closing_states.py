"""The pages of one's own data and of closing, by name: how to get there."""

from typing import Callable

from tests.browser.visitor import Visitor
from tests.running import new_name


def _open(visitor: Visitor, path: str, name: str = "") -> None:
    visitor.goto("/account")
    visitor.sign_in(name or visitor.members["member"])
    visitor.goto(path)


def data(visitor: Visitor) -> None:
    """What is kept about the member."""
    _open(visitor, "/account/data")


def closing(visitor: Visitor) -> None:
    """What closing means."""
    _open(visitor, "/account/close")


def closing_unread(visitor: Visitor) -> None:
    """Sent without the tick."""
    closing(visitor)
    with visitor.page.expect_navigation():
        visitor.page.click("button.danger")


def closing_done(visitor: Visitor) -> None:
    """The account is closed, and until when that can be undone."""
    name = new_name()
    visitor.party.idp.account(name)
    _open(visitor, "/account/close", name)
    visitor.page.check("[name=read]")
    with visitor.page.expect_navigation():
        visitor.page.click("button.danger")


CLOSING: dict[str, Callable[[Visitor], None]] = {state.__name__: state for state in (data, closing, closing_unread, closing_done)}
CLOSING_WITH_ERRORS = frozenset({"closing_unread"})
