"""The pages of a registration, by name: how to get there."""

from pathlib import Path
from typing import Callable

from tests.browser.visitor import Visitor
from tests.contractor.files import contract
from tests.registration.applicant import PASSWORD, facts, import_contracts, link_in
from tests.running import new_name
from tests.settings.member import rows

_MOST = 250
_used: dict[Path, int] = {}


def _contract(visitor: Visitor) -> dict[str, str]:
    """One that nobody has used yet."""
    idp = visitor.party.idp
    if idp.folder not in _used:
        import_contracts(idp, [contract(number) for number in range(1, _MOST)])
    _used[idp.folder] = _used.get(idp.folder, 0) + 1
    return contract(_used[idp.folder])


def _fill(visitor: Visitor, values: dict[str, str]) -> None:
    for name, value in values.items():
        visitor.page.fill(f"[name={name}]", value)


def register(visitor: Visitor) -> None:
    """What proves the contract."""
    visitor.arrive()
    with visitor.page.expect_navigation():
        visitor.page.click("a[href^='/register']")


def register_formats(visitor: Visitor) -> None:
    """Nothing of it can be right."""
    register(visitor)
    visitor.send()


def register_mismatch(visitor: Visitor) -> None:
    """Three times it did not match."""
    register(visitor)
    for _ in range(3):
        _fill(visitor, facts(contract(900_000)))
        visitor.send()


def _verified(visitor: Visitor) -> dict[str, str]:
    row = _contract(visitor)
    register(visitor)
    _fill(visitor, facts(row))
    visitor.send()
    return row


def details(visitor: Visitor) -> None:
    """What to sign in with."""
    _verified(visitor)


def details_free(visitor: Visitor) -> None:
    """The login ID can be had."""
    details(visitor)
    visitor.page.fill("[name=login_id]", new_name())
    with visitor.page.expect_navigation():
        visitor.page.click("button[value=check]")


def details_refused(visitor: Visitor) -> None:
    """Nothing of it right."""
    details(visitor)
    _fill(visitor, {"login_id": visitor.members["member"], "email": "hanako", "new_password": "hanako"})
    visitor.send()


def _confirm(visitor: Visitor) -> tuple[dict[str, str], str]:
    row, name = _verified(visitor), new_name()
    email = f"{name}.yamada@nagai.mail.example.co.jp"
    _fill(visitor, {"login_id": name, "email": email, "nickname": "はなこ", "new_password": PASSWORD})
    visitor.send()
    return row, email


def confirm(visitor: Visitor) -> None:
    """Everything once more, before the letter."""
    _confirm(visitor)


def letter(visitor: Visitor) -> None:
    """It has been sent."""
    _confirm(visitor)
    visitor.send()


def letter_lost(visitor: Visitor) -> None:
    """It has come back."""
    _, email = _confirm(visitor)
    visitor.send()
    visitor.party.idp.wait_for_mails(email, 1)
    lost = "UPDATE outbox SET outcome = 'rejected' WHERE key = (SELECT letter FROM registrations WHERE email = :email)"
    rows(visitor.party.idp, lost, email=email)
    visitor.page.reload()


def pending(visitor: Visitor) -> None:
    """The same contract once more, before the link was used."""
    row, _ = _confirm(visitor)
    visitor.send()
    register(visitor)
    _fill(visitor, facts(row))
    visitor.send()


def _opened(visitor: Visitor) -> dict[str, str]:
    row, email = _confirm(visitor)
    visitor.send()
    visitor.page.goto(link_in(visitor.party.idp.wait_for_mails(email, 1)[0]))
    return row


def finish(visitor: Visitor) -> None:
    """The password, behind the link."""
    _opened(visitor)


def finish_wrong(visitor: Visitor) -> None:
    """Another one than was chosen."""
    finish(visitor)
    visitor.page.fill("[name=password]", "Wrong1wrong")
    visitor.send()


def done(visitor: Visitor) -> None:
    """A member now."""
    finish(visitor)
    visitor.page.fill("[name=password]", PASSWORD)
    visitor.send()


def exists(visitor: Visitor) -> None:
    """The same contract once more, afterwards."""
    row = _opened(visitor)
    visitor.page.fill("[name=password]", PASSWORD)
    visitor.send()
    register(visitor)
    _fill(visitor, facts(row))
    visitor.send()


def link_dead(visitor: Visitor) -> None:
    """A link that is not good, whyever."""
    visitor.goto("/register/open/" + "x" * 43)


REGISTRATION: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state
    for state in (
        register, register_formats, register_mismatch, details, details_free, details_refused, confirm, letter, letter_lost,
        pending, finish, finish_wrong, done, exists, link_dead,
    )
}  # fmt: skip
REGISTRATION_WITH_ERRORS = frozenset({"register_formats", "register_mismatch", "details_refused", "finish_wrong"})
