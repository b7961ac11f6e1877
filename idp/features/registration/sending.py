"""The provisional registration: stored with its letter in one transaction, sent again, never twice at once (flows.md R3, R4)."""

from dataclasses import dataclass, replace
from typing import Literal

from idp.deps import Deps
from idp.domain.journey import Journey
from idp.domain.kept import read_as
from idp.features.registration import flow
from idp.features.registration.flow import Draft
from idp.services import records, registering
from idp.tables import accounts, quotas, registrations
from idp.tables.database import Connection
from idp.tables.registrations import Registration

HOUR = 3_600


@dataclass(frozen=True)
class Begun:
    """What came of it; `again_at`: the Unix time from which it may be tried again."""

    result: Literal["sent", "taken", "exists", "limit", "wait", "gone"]
    again_at: int = 0


class _Refused(Exception):
    """Takes the transaction back."""

    def __init__(self, begun: Begun):
        super().__init__(begun.result)
        self.begun = begun


def begin(deps: Deps, journey: Journey, draft: Draft, locale: str, address: str) -> Begun:
    """Make the accepted form the contract's provisional registration, in place of an older one, and write its letter. Each
    accepted form does so once, however often it is sent. Raises `Unavailable`."""
    details = draft.details
    claim = "registration-sent:" + details["id"]
    if not deps.ephemeral.add(claim, b"1", registering.longest(deps)):
        return Begun("sent")
    try:
        registering.begin_here(deps, journey, details["id"])
        flow.keep(deps, journey, replace(draft, sent=details["id"]))
        with deps.database.write() as connection:
            _store(connection, deps, _registration(deps, journey, draft, locale))
            records.add(connection, deps, flow.BEGUN, client_id=journey.client_id, address=address)
        return Begun("sent")
    except _Refused as refused:
        found = refused.begun
    except registrations.Taken:
        found = Begun("taken")
    except Exception:
        deps.ephemeral.drop(claim)
        raise
    deps.ephemeral.drop(claim)
    flow.keep(deps, journey, replace(draft, contract={}, exists=True) if found.result == "exists" else draft)
    return found


def _registration(deps: Deps, journey: Journey, draft: Draft, locale: str) -> Registration:
    now, contract, details = deps.now(), draft.contract, draft.details
    decided = {
        "contract_key": contract["key"],
        "contractor_id": contract["id"],
        "contract_type": contract["type"],
        "locale": locale,
        "client_id": journey.client_id,
        "letter": "",
        "sends": 1,
        "sent_at": now,
        "created_at": now,
        "expires_at": now + registering.longest(deps),
    }
    return read_as(Registration, {**details, **decided})


def _store(connection: Connection, deps: Deps, new: Registration) -> None:
    if accounts.by_contract(connection, new.contract_key, new.contractor_id):
        raise _Refused(Begun("exists"))
    if registering.login_id_taken(connection, deps, new.login_id, new.contract_key):
        raise _Refused(Begun("taken"))
    rule = deps.policy.registration
    contract = "registrations:" + deps.vault.keyed_hash("registrations", new.contract_key)
    _spend(connection, deps, new, [(contract, rule.sends, rule.valid)])
    # its end has passed to the second, or the check above would have refused
    if holder := registrations.holder(connection, new.login_id_key, new.contract_key, deps.now()):
        registrations.drop(connection, holder.id)
    registrations.put(connection, new)
    registrations.change(connection, new.id, letter=registering.write(connection, deps, new))


def _spend(connection: Connection, deps: Deps, registration: Registration, more: list[tuple[str, int, int]]) -> None:
    """Nobody's mailbox gets more letters in an hour than it may get codes."""
    to = "registration-mail:" + deps.vault.keyed_hash("registration-mail", registration.email.lower())
    again_at = quotas.spend(connection, [(to, deps.policy.codes.per_destination_per_hour, HOUR), *more], deps.now())
    if again_at is not None:
        raise _Refused(Begun("limit", again_at))


def send_again(deps: Deps, registration_id: str) -> Begun:
    """Write the letter once more with another link; those of earlier letters stay good. Of two at once one is sent. Raises
    `Unavailable`."""
    rule, now = deps.policy.registration, deps.now()
    known = registering.sending(deps, registration_id)
    if known is None:
        return Begun("gone")
    if known.registration.sends >= rule.sends:
        return Begun("limit", known.ends_at)
    if now < known.again_at:
        return Begun("wait", known.again_at)
    try:
        with deps.database.write() as connection:
            if not registrations.send_again(connection, known.registration, now, now + registering.longest(deps)):
                return Begun("wait", now + rule.resend)
            new = replace(known.registration, sends=known.registration.sends + 1, sent_at=now)
            _spend(connection, deps, new, [])
            registrations.change(connection, new.id, letter=registering.write(connection, deps, new))
    except _Refused as refused:
        return refused.begun
    return Begun("sent")


def finished(deps: Deps, draft: Draft) -> bool:
    """Whether the contract that was proven here has got its account."""
    with deps.database.read() as connection:
        return accounts.by_contract(connection, draft.contract["key"], draft.contract["id"]) is not None
