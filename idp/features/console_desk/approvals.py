"""Acts that take two people (flows.md 2.12: S5 and S9): proposed by one, approved by another, carried out once, and only if the
account is still what it was."""

import json
from dataclasses import dataclass
from typing import Any, Callable, Literal, Mapping

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain import staff
from idp.domain.account import Account, Destination
from idp.domain.desk import OPERATIONS, REQUEST_SECONDS
from idp.domain.device import Caller
from idp.features.console_desk import removing
from idp.features.console_desk.acting import Acting, Refused, Result, as_it_is, record, tell, wrong
from idp.services import desk, factor_changes
from idp.services.desk import Because
from idp.tables import accounts, desk_requests, factors
from idp.tables.desk_requests import Request
from idp.vault import VaultError

Outcome = Literal["approved", "rejected", "withdrawn", "void", "late", "over", "taken"]


@dataclass(frozen=True)
class Deciding:
    """`actor` decides the request at `address`, because of `why`."""

    actor: Account
    request: Request
    why: Because
    address: str


class _Void(Exception):
    """The account, or whoever proposed it, is not any more what it takes; takes the transaction back."""


class _Late(Exception):
    """Somebody else has decided it, or its time is over."""


def propose(deps: Deps, acting: Acting, name: str, facts: Mapping[str, Any]) -> tuple[Result, str]:
    """Keep it for a second person; returns "ok" and the request's id, or why not, which is on record. Raises `Unavailable`."""
    operation, now, request_id = OPERATIONS[name], deps.now(), vault.random_id()
    result = wrong(acting, operation)
    try:
        if result != "ok":
            raise Refused(result)
        sealed = deps.vault.seal(json.dumps(dict(facts)).encode(), f"desk:{request_id}")
        with deps.database.write() as connection:
            account = as_it_is(connection, acting, operation)
            if any(one.operation == name for one in desk_requests.of_account(connection, account.id, now)):
                raise Refused("waiting")
            why, until = acting.why, now + REQUEST_SECONDS
            request = Request(request_id, account.id, name, sealed, account.epoch, why.reason, why.ticket, acting.actor.id, now, until)
            desk_requests.add(connection, request)
            record(connection, deps, acting, "desk_proposed", operation=name)
    except Refused as refused:
        detail = {"operation": name, "level": acting.level}
        desk.note(deps, acting.actor, "console_refused", refused.result, target=acting.account.id, address=acting.address, detail=detail)
        return refused.result, ""
    return "ok", request_id


def facts_of(deps: Deps, request: Request) -> dict[str, Any] | None:
    """What it is to be afterwards; None if that was changed, or sealed with a key that is gone."""
    try:
        found: dict[str, Any] = json.loads(deps.vault.open(request.facts, f"desk:{request.id}"))
    except VaultError:
        return None
    return found


def refuse(deps: Deps, deciding: Deciding, decision: Literal["rejected", "withdrawn"]) -> Outcome:
    """It is not to be done. Raises `Unavailable`."""
    with deps.database.write() as connection:
        if desk_requests.decide(connection, deciding.request.id, decision, deciding.actor.id, deps.now()) is None:
            return "late"
        _decided(connection, deps, deciding, decision)
    return decision


def approve(deps: Deps, deciding: Deciding) -> Outcome:
    """Carry it out, exactly once. Raises `Unavailable`."""
    request, facts = deciding.request, facts_of(deps, deciding.request)
    with deps.database.read() as connection:
        account = accounts.by_id(connection, request.account_id, with_destinations=True)
    if account is None or request.proposed_by == deciding.actor.id or not staff.over(deciding.actor, account):
        desk.note(deps, deciding.actor, "console_refused", "over", target=request.account_id, address=deciding.address, detail={"operation": request.operation})
        return "over"
    try:
        if facts is None or account.epoch != request.epoch:
            raise _Void
        _EXECUTE[request.operation](deps, deciding, account, facts)
    except _Late:
        return "late"
    except accounts.Taken:
        return _void(deps, deciding, "taken")
    except _Void:
        return _void(deps, deciding, "void")
    return "approved"


def _void(deps: Deps, deciding: Deciding, outcome: Literal["void", "taken"]) -> Outcome:
    with deps.database.write() as connection:
        if desk_requests.decide(connection, deciding.request.id, "void", deciding.actor.id, deps.now()) is None:
            return "late"
        _decided(connection, deps, deciding, outcome)
    return outcome


def _decided(connection: Connection, deps: Deps, deciding: Deciding, outcome: str) -> None:
    request = deciding.request
    detail = {"operation": request.operation, "proposed_by": request.proposed_by, **deciding.why.detail}
    desk.add(connection, deps, deciding.actor, "desk_decided", outcome, target=request.account_id, address=deciding.address, detail=detail)


def _claim(connection: Connection, deps: Deps, deciding: Deciding, told: str = "", **more: Any) -> Account:
    """Take the request in the transaction that carries it out; the account as it is now. `told`: what the member reads of it,
    if that is more than its name; `more`: of the record. Raises `_Late`, `_Void`."""
    request = deciding.request
    if desk_requests.decide(connection, request.id, "approved", deciding.actor.id, deps.now()) is None:
        raise _Late
    desk_requests.hold_account(connection, request.account_id)
    account = accounts.by_id(connection, request.account_id, with_destinations=True)
    proposer = accounts.by_id(connection, request.proposed_by)
    if account is None or account.status not in OPERATIONS[request.operation].on:
        raise _Void
    if proposer is None or proposer.status != "active" or not staff.may(proposer.role, "desk.act") or not staff.over(proposer, account):
        raise _Void
    _decided(connection, deps, deciding, "approved")
    detail = {"proposed_by": request.proposed_by, "reason": request.reason, "ticket": request.ticket, **more}
    desk.add(connection, deps, deciding.actor, request.operation, target=account.id, address=deciding.address, detail=detail)
    tell(connection, deps, account, told or request.operation, ("email",) if request.operation != "desk_contract" else ("email", "sms"))
    return account


def _factors(
    deps: Deps, deciding: Deciding, account: Account, summary: str, change: Callable[[Connection], None], on: bool | None = None, **how: Any
) -> None:
    def work(connection: Connection) -> None:
        change(connection)
        # whoever talked two people into it cannot use it at the portals at once
        accounts.change(connection, account.id, deps.now(), held_until=deps.now() + deps.policy.recovery.hold)

    # the member's device is none of the console's
    if factor_changes.change(deps, account, summary, Caller(deciding.address), work, on, deciding.actor.id, **how) is None:
        raise _Void


def _factor_off(deps: Deps, deciding: Deciding, account: Account, facts: Mapping[str, Any]) -> None:
    # a passkey that comes or goes raises the epoch, so this is what there is when the change is made, or nothing is changed
    before = removing.read(deps, account)
    alone, kinds = before.only_passkeys(account), before.credentials
    told = "desk_factor_off_passkeys" if kinds else ""

    def change(connection: Connection) -> None:
        _claim(connection, deps, deciding, told, app=before.app, printed=before.printed, passkeys=len(before.passkeys))
        removing.remove(connection, deps, account.id, kinds[1:] if alone else kinds)

    if alone:
        how = {"template": "notice.passkey", "platform": kinds[0] == "fido2-platform"}
        _factors(deps, deciding, account, "passkey_removed", change, False, **how)
    else:
        _factors(deps, deciding, account, "off", change, False)


def after(account: Account, facts: Mapping[str, Any], now: int) -> list[Destination]:
    """The account's destinations once this one stands in the place of those of its kind; the operator's own mailbox stays."""
    new = Destination(vault.random_id(), account.id, facts["kind"], facts["address"], now, True)
    channel = account.channel_of(new)
    others = [item for item in account.destinations if account.channel_of(item) != channel]
    return [*(Destination(one.id, one.account_id, one.kind, one.address, one.verified_at, False) for one in others), new]


def _destination(deps: Deps, deciding: Deciding, account: Account, facts: Mapping[str, Any]) -> None:
    def change(connection: Connection) -> None:
        _claim(connection, deps, deciding)
        factors.replace_destinations(connection, account.id, after(account, facts, deps.now()), deps.now())

    _factors(deps, deciding, account, "destinations", change)


def _contract(deps: Deps, deciding: Deciding, account: Account, facts: Mapping[str, Any]) -> None:
    names = ("contractor_id", "contract_key", "contract_type")
    values: dict[str, Any] = {name: facts.get(name) for name in names}
    if facts.get("contract_key"):
        match = deps.contractors.match({"customer_number": facts["number"]})
        if match is None or match.contract_key != facts["contract_key"]:
            raise _Void
    with deps.database.write() as connection:
        now_there = _claim(connection, deps, deciding)
        if now_there.epoch != account.epoch or now_there.contractor_id != facts["before"]:
            raise _Void
        accounts.change(connection, account.id, deps.now(), closes_at=0, **values)


_EXECUTE = {"desk_factor_off": _factor_off, "desk_destination": _destination, "desk_contract": _contract}
