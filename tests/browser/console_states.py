"""Pages of the console, and those behind an invitation, by name: how to get there."""

import itertools
from typing import Callable

from idp.cli.common import hasher
from idp.services import console_sessions, desk, invitations, members
from tests.browser.visitor import Visitor
from tests.running import new_name
from tests.settings.member import inside

_turn = itertools.count(1)


def _open(visitor: Visitor, path: str) -> str:
    """As an administrator who has just come in; whose subject `{who}` in the path stands for."""
    idp = visitor.party.idp
    subject = idp.account(new_name(), "--role", "administrator", "--email", f"boss{next(_turn)}@example.jp")
    with inside(idp) as deps:
        account = members.find(deps, subject)
        assert account
        cookie = console_sessions.start(deps, account, "sid-" + subject, deps.now(), "token")
        desk.note(deps, account, "role_changed", "over", target=subject, detail={"from": "desk", "to": "viewer", "reason": "<b>長い理由</b>" * 9})
    visitor.page.context.add_cookies([{"name": "idp-console", "value": cookie, "url": idp.issuer}])
    visitor.goto(path.format(who=subject))
    return subject


def audit(visitor: Visitor) -> None:
    """The record, and what somebody wrote in it."""
    _open(visitor, "/console/audit?whom={who}")


def audit_nobody(visitor: Visitor) -> None:
    """A name that nobody has."""
    _open(visitor, "/console/audit")
    visitor.page.fill("#who", "だれでもない")
    visitor.send()


def audit_chain(visitor: Visitor) -> None:
    """The state of the chain, just proven."""
    _open(visitor, "/console/audit/chain")
    visitor.send()


def audit_export(visitor: Visitor) -> None:
    """What is to be exported."""
    _open(visitor, "/console/audit/export")


def audit_export_refused(visitor: Visitor) -> None:
    """No days, and no reason."""
    audit_export(visitor)
    visitor.send()


def staff(visitor: Visitor) -> None:
    """Everybody."""
    _open(visitor, "/console/staff")


def staff_oneself(visitor: Visitor) -> None:
    """Nothing to be done about oneself."""
    _open(visitor, "/console/staff/{who}")


def staff_person(visitor: Visitor) -> None:
    """Somebody else, with what can be done."""
    other = visitor.party.idp.account(new_name(), "--role", "desk")
    _open(visitor, f"/console/staff/{other}")


def staff_role(visitor: Visitor) -> None:
    """Another role."""
    other = visitor.party.idp.account(new_name(), "--role", "desk")
    _open(visitor, f"/console/staff/{other}/role")


def staff_anew(visitor: Visitor) -> None:
    """The way back of somebody who has lost the device."""
    name = new_name()
    other = visitor.party.idp.account(name, "--role", "desk", "--email", f"{name}@mail.example.ne.jp")
    _open(visitor, f"/console/staff/{other}/anew")


def staff_role_refused(visitor: Visitor) -> None:
    """Without a reason."""
    staff_role(visitor)
    visitor.send()


def staff_invite_refused(visitor: Visitor) -> None:
    """An invitation of nobody."""
    _open(visitor, "/console/staff/invite")
    visitor.send()


def invited(visitor: Visitor) -> None:
    """Behind the link of an invitation."""
    with inside(visitor.party.idp) as deps:
        _, address = invitations.by_hand(deps, hasher(deps), "cli:0", new_name(), "boss@example.jp", "ja")
    visitor.page.goto(address)


def invited_refused(visitor: Visitor) -> None:
    """A password that will not do."""
    invited(visitor)
    visitor.page.fill("[autocomplete=new-password]", "hanako")
    visitor.send()


def invited_done(visitor: Visitor) -> None:
    """One that will."""
    invited(visitor)
    visitor.page.fill("[autocomplete=new-password]", "Kiiro7Tanpopo")
    visitor.send()


def invited_again(visitor: Visitor) -> None:
    """A link that is spent."""
    visitor.goto("/console/invited/link/" + "x" * 43)


CONSOLE: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state
    for state in (
        audit, audit_nobody, audit_chain, audit_export, audit_export_refused, staff, staff_oneself, staff_person, staff_role,
        staff_anew, staff_role_refused, staff_invite_refused, invited, invited_refused, invited_done, invited_again,
    )
}  # fmt: skip
CONSOLE_WITH_ERRORS = frozenset({"audit_nobody", "audit_export_refused", "staff_role_refused", "staff_invite_refused", "invited_refused"})
