"""What administrators do about the staff: invite, give another role, disable and enable, invite again, have begin anew
(requirement AD-04)."""

from dataclasses import dataclass
from typing import Any, Callable, Literal, Mapping, cast, get_args

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain import staff as rules
from idp.domain.account import Account, Role
from idp.services import accounts as account_service
from idp.services import console_client, invitations, logouts, notices, portal_events, records
from idp.services.accounts import NewAccount, Problem
from idp.services.passwords import Hasher
from idp.tables import accounts, factors, links, passkeys, staff, trusted_browsers

PAGE = 50
Act = Literal["role", "disable", "enable", "invite", "anew"]
ACTS: tuple[Act, ...] = get_args(Act)
ROLES: tuple[Role, ...] = ("viewer", "desk", "supervisor", "administrator")
Refusal = Literal["self", "over", "last", "same", "state"]
REFUSALS: tuple[Refusal, ...] = get_args(Refusal)


@dataclass(frozen=True)
class Listed:
    """A page of the staff, and the folded login ID to go on behind, if there are more."""

    people: tuple[Any, ...]
    further: str | None


@dataclass(frozen=True)
class Actor:
    """Who acts, from which network address, and why: `reason`, and `ticket` if there is one."""

    account: Account
    address: str
    why: Mapping[str, str]


def people(deps: Deps, after: str) -> Listed:
    """The staff in the order of their login IDs. Raises `Unavailable`."""
    with deps.database.read() as connection:
        found = staff.page(connection, after, PAGE + 1)
    return Listed(tuple(found[:PAGE]), found[PAGE - 1].login_id_key if len(found) > PAGE else None)


def find(deps: Deps, account_id: str) -> Account | None:
    """One of the staff, with their destinations. Raises `Unavailable`."""
    with deps.database.read() as connection:
        account = accounts.by_id(connection, account_id, with_destinations=True)
    return account if account and account.staff and account.status in ("active", "suspended") else None


def allowed(actor: Account, target: Account) -> tuple[Act, ...]:
    """What the actor may do about this account, as far as their roles and its state go."""
    if not rules.may(actor.role, "staff.change") or not rules.manages(actor, target):
        return ()
    state: Act = "disable" if target.status == "active" else "enable"
    if target.status != "active":
        return ("role", state)
    if target.password_state == "none":
        return ("role", state, "invite")
    proven = any(item.kind == "email" and item.verified_at for item in target.destinations)
    return ("role", state, "anew") if proven else ("role", state)


def invite(deps: Deps, hasher: Hasher, actor: Actor, login_id: str, email: str, role: str, locale: str) -> tuple[Problem, ...]:
    """Add somebody to the staff and send them the link. What is wrong with it as (field, verdict); none if it is done. Raises
    `Unavailable`."""
    if role not in ROLES or not rules.may_give(actor.account, cast(Role, role)):
        return (("role", "role"),)
    wish = NewAccount(login_id=login_id, email=email, role=role, locale=locale)
    try:
        new = account_service.new_account(deps, hasher, wish)
        with deps.database.write() as connection:
            account_service.store(connection, deps, new, actor.account.id, "invitation", actor.address)
            invitations.send(connection, deps, new, actor.account.id, console_client.CLIENT_ID, actor.address, **actor.why)
    except account_service.Rejected as error:
        return error.problems
    except accounts.Taken:
        return (("login_id", "taken"),)
    return ()


def act(deps: Deps, actor: Actor, target_id: str, what: Act, role: str = "") -> Refusal | None:
    """Do it, or say why not; either is on record. Who acts and on whom is read again while no administrator can change, so that
    of two who would take each other's role one is left. Raises `Unavailable`."""
    with deps.database.write() as connection:
        administrators = staff.hold_administrators(connection)
        me, target = accounts.by_id(connection, actor.account.id), accounts.by_id(connection, target_id, with_destinations=True)
        refusal = _refusal(me, target, administrators, what, role)
        if refusal or target is None:
            detail = {"what": what, **actor.why}
            _note(connection, deps, actor, "console_refused", target_id, {**detail, "why": refusal or "state"}, "over")
            return refusal or "state"
        _DOING[what](connection, deps, actor, target, cast(Role, role))
        return None


def _refusal(me: Account | None, target: Account | None, administrators: frozenset[str], what: Act, role: str) -> Refusal | None:
    if me is None or me.status != "active" or not rules.may(me.role, "staff.change"):
        return "over"
    if target is None or not target.staff:
        return "state"
    if me.id == target.id:
        return "self"
    if not rules.manages(me, target) or (what == "role" and (role not in get_args(Role) or not rules.may_give(me, cast(Role, role)))):
        return "over"
    if what == "role" and role == target.role:
        return "same"
    if (what == "disable" or what == "role") and administrators == {target.id}:
        return "last"
    return None if what in allowed(me, target) else "state"


def _note(
    connection: Connection, deps: Deps, actor: Actor, event: str, target: str, detail: Mapping[str, Any], result: str = "ok"
) -> None:
    records.add(
        connection, deps, event, result, account_id=target, client_id=console_client.CLIENT_ID, actor=actor.account.id,
        address=actor.address, detail=detail,
    )  # fmt: skip


def _role(connection: Connection, deps: Deps, actor: Actor, target: Account, role: Role) -> None:
    accounts.change(connection, target.id, deps.now(), role=role)
    accounts.raise_epoch(connection, target.id, deps.now())
    _note(connection, deps, actor, "role_changed", target.id, {"from": target.role, "to": role, **actor.why})
    portal_events.tell(connection, deps, target.id, "sessions_revoked", "admin")
    logouts.all_ended(connection, deps, target.id)
    notices.tell(connection, deps, target, "notice.staff", {"datetime": deps.now()}, kinds=("email",))


def _disable(connection: Connection, deps: Deps, actor: Actor, target: Account, role: Role) -> None:
    account_service.lock(connection, deps, target, actor.account.id)
    _note(connection, deps, actor, "staff_disabled", target.id, actor.why)


def _enable(connection: Connection, deps: Deps, actor: Actor, target: Account, role: Role) -> None:
    account_service.unlock(connection, deps, target, actor.account.id)
    accounts.raise_epoch(connection, target.id, deps.now())
    logouts.all_ended(connection, deps, target.id)
    _note(connection, deps, actor, "staff_enabled", target.id, actor.why)


def _invite(connection: Connection, deps: Deps, actor: Actor, target: Account, role: Role) -> None:
    invitations.send(connection, deps, target, actor.account.id, console_client.CLIENT_ID, actor.address, **actor.why)


def _anew(connection: Connection, deps: Deps, actor: Actor, target: Account, role: Role) -> None:
    """The way back of who has lost the device: everything they prove themselves with goes, and whoever reads their mail begins
    anew, as at the first invitation."""
    gone = {"passkeys": passkeys.count(connection, target.id)}
    factors.drop_app(connection, target.id)
    factors.drop_codes(connection, target.id)
    passkeys.drop(connection, target.id)
    trusted_browsers.remove(connection, target.id)
    links.drop(connection, target.id)
    accounts.change(connection, target.id, deps.now(), password_hash=None, password_state="none", second_factor=0)
    accounts.raise_epoch(connection, target.id, deps.now())
    _note(connection, deps, actor, "staff_begun_anew", target.id, {**gone, **actor.why})
    portal_events.tell(connection, deps, target.id, "sessions_revoked", "admin")
    logouts.all_ended(connection, deps, target.id)
    notices.tell(connection, deps, target, "notice.desk", {"datetime": deps.now(), "summary": "staff_begun_anew"})
    now_there = accounts.by_id(connection, target.id, with_destinations=True) or target
    invitations.send(connection, deps, now_there, actor.account.id, console_client.CLIENT_ID, actor.address, **actor.why)


_DOING: Mapping[Act, Callable[[Connection, Deps, Actor, Account, Role], None]] = {
    "role": _role,
    "disable": _disable,
    "enable": _enable,
    "invite": _invite,
    "anew": _anew,
}
