"""The pages of my account, by name: how to get there."""

from typing import Callable

from tests.browser.visitor import Visitor
from tests.running import PASSWORD


def _open(visitor: Visitor, path: str) -> None:
    visitor.goto("/account")
    visitor.sign_in(visitor.members["member"])
    visitor.goto(path)


def account(visitor: Visitor) -> None:
    """What is set, and what has happened."""
    _open(visitor, "/account")


def account_history(visitor: Visitor) -> None:
    """The last 90 days."""
    _open(visitor, "/account/history")


def account_password(visitor: Visitor) -> None:
    """The password so far, and a new one."""
    _open(visitor, "/account/password")


def account_password_refused(visitor: Visitor) -> None:
    """The new one will not do."""
    account_password(visitor)
    visitor.page.fill("[autocomplete=current-password]", PASSWORD)
    visitor.page.fill("[autocomplete=new-password]", "hanako")
    visitor.send()


def account_login_id(visitor: Visitor) -> None:
    """Another login ID."""
    _open(visitor, "/account/login-id")


def account_login_id_taken(visitor: Visitor) -> None:
    """One that somebody has."""
    account_login_id(visitor)
    visitor.page.fill("[autocomplete~=username]", visitor.members["keyed"])
    visitor.send()


def account_login_id_free(visitor: Visitor) -> None:
    """One that nobody has."""
    account_login_id(visitor)
    visitor.page.fill("[autocomplete~=username]", "hanako-no-nagai.namae_2026")
    with visitor.page.expect_navigation():
        visitor.page.click("button[value=check]")


def account_confirm(visitor: Visitor) -> None:
    """Before it is changed."""
    account_login_id(visitor)
    visitor.page.fill("[autocomplete~=username]", "hanako-no-nagai.namae_2026")
    visitor.send()


def account_nickname(visitor: Visitor) -> None:
    """The name that portals show."""
    _open(visitor, "/account/nickname")


def account_card(visitor: Visitor) -> None:
    """To be printed."""
    _open(visitor, "/account/card")


def account_sessions(visitor: Visitor) -> None:
    """Where the member is signed in."""
    _open(visitor, "/account/sessions")


def account_not_me(visitor: Visitor) -> None:
    """Before something is said to be somebody else's doing."""
    _open(visitor, "/account/not-me")


def account_not_me_done(visitor: Visitor) -> None:
    """What to do next."""
    visitor.goto("/account/not-me/done")


def undo(visitor: Visitor) -> None:
    """The code that the old destination was sent."""
    visitor.goto("/undo")


def undo_refused(visitor: Visitor) -> None:
    """It is none."""
    undo(visitor)
    visitor.page.fill("[name=code]", "abcde-fghij")
    visitor.send()


def undo_done(visitor: Visitor) -> None:
    """The destination is as it was."""
    visitor.goto("/undo/done")


ACCOUNT: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state
    for state in (
        account, account_history, account_password, account_password_refused, account_login_id, account_login_id_taken,
        account_login_id_free, account_confirm, account_nickname, account_card, account_sessions, account_not_me,
        account_not_me_done, undo, undo_refused, undo_done,
    )
}  # fmt: skip
ACCOUNT_WITH_ERRORS = frozenset({"account_password_refused", "account_login_id_taken", "undo_refused"})
_PASSWORD = ["username", "current-password", "new-password"]
ACCOUNT_TOKENS = {
    "account_password": _PASSWORD,
    "account_password_refused": _PASSWORD,
    **dict.fromkeys(("account_login_id", "account_login_id_taken", "account_login_id_free"), ["username"]),
    "account_nickname": ["nickname"],
    **dict.fromkeys(("undo", "undo_refused"), ["off"]),
}
