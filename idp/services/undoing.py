"""A change of destinations can be taken back from the old one (requirement AC-02): by a code, as notices carry no links."""

import json
import re
from dataclasses import asdict

from idp import vault
from idp.deps import Deps
from idp.domain import folding
from idp.domain.account import Account, Destination
from idp.domain.device import Caller
from idp.domain.kept import read_as
from idp.services import alarms, notices, portal_events
from idp.services.limits import network_of
from idp.tables import accounts, factors, passkeys, undos
from idp.tables.database import Connection
from idp.tables.undos import Undo
from idp.vault import ALPHABET, VaultError

CODE = 10  # letters of 5 bits: with the limit of tries nobody guesses one in three days
HOUR = 3_600
_TYPED = re.compile(f"[{ALPHABET}]{{{CODE}}}")


def offer(connection: Connection, deps: Deps, before: Account, after: Account, who: Caller) -> None:
    """Tell every proven destination that the change has taken away, in the transaction of the change, by which code the
    change is taken back. Both accounts come with their destinations."""
    kept = {(item.kind, item.address) for item in after.destinations}
    state = {"second_factor": before.second_factor, "destinations": [asdict(item) for item in before.destinations]}
    now = deps.now()
    until = now + deps.policy.alarm.undo
    facts = {"datetime": now, "deadline": until, **who.device}
    for item in before.destinations:
        if item.verified_at is None or (item.kind, item.address) in kept:
            continue
        code = vault.random_id(CODE)
        hashed = _hashed(deps, code)
        undos.add(connection, Undo(hashed, before.id, deps.vault.seal(json.dumps(state).encode(), "undo:" + hashed), now, until))
        shown = f"{code[: CODE // 2]}-{code[CODE // 2 :]}"
        notices.tell(connection, deps, before, "notice.undo", facts | {"undo_code": shown}, [item], sms={"undo_code"})


def _hashed(deps: Deps, code: str) -> str:
    return deps.vault.keyed_hash("undo", code)


def allowed(deps: Deps, address: str) -> bool:
    """Count one code that was typed at this address. Raises `Unavailable`."""
    return deps.ephemeral.hit("undo:" + network_of(address), HOUR) <= deps.policy.alarm.tries_per_address_per_hour


def take_back(deps: Deps, typed: str, who: Caller) -> bool:
    """Make the destinations what they were before the change that this code belongs to. What was added to prove oneself by
    since then goes, all that is open ends, and old and new destinations are told. False if the code is none of ours, was
    used, or is too old; of many parallel callers one takes back."""
    code = folding.fold(typed).lower().replace("-", "").replace(" ", "")
    if not _TYPED.fullmatch(code):
        return False
    hashed = _hashed(deps, code)
    with deps.database.write() as connection:
        undo = undos.claim(connection, hashed, deps.now())
        account = accounts.by_id(connection, undo.account_id, with_destinations=True) if undo else None
        if undo is None or account is None or account.status in ("closing", "closed"):
            return False
        try:
            state = json.loads(deps.vault.open(undo.before, "undo:" + hashed))
        except VaultError:  # the operator has changed the keys
            return False
        before = [read_as(Destination, one) for one in state["destinations"]]
        _restore(connection, deps, account, undo, before, state["second_factor"], who)
        return True


def _restore(
    connection: Connection, deps: Deps, account: Account, undo: Undo, before: list[Destination], on: bool, who: Caller
) -> None:
    now = deps.now()
    factors.replace_destinations(connection, account.id, before, now)
    factors.drop_since(connection, account.id, undo.created_at)
    passkeys.drop_since(connection, account.id, undo.created_at)
    accounts.change(connection, account.id, now, second_factor=int(on))
    undos.drop(connection, account.id)
    alarms.raise_alarm(connection, deps, account, "change_undone", who.address)
    portal_events.tell(connection, deps, account.id, "credential_changed", credential_type="otp", change_type="update")
    told = (*account.destinations, *before)
    notices.tell(connection, deps, account, "notice.tfa", {"datetime": now, "summary": "change_undone", **who.device}, told)
