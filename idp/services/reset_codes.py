"""Codes by SMS that open the way to a new password (flows.md P3): bound to the browser's request and not to an account, so
that a code is looked at in the same way whether anything was sent or not (requirements RC-01, MF-02)."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

from idp.deps import Deps
from idp.domain import folding
from idp.domain.account import Account
from idp.domain.kept import read_as
from idp.domain.policy import Backoff, Seconds
from idp.services import drafts
from idp.tables import failures

DAY = 86_400
REMEMBERED = 1_800  # an expired code is remembered so long, to be told from a wrong one
_PROVEN, PROVEN_SECONDS = "reset-code", 1_800

Result = Literal["ok", "empty", "format", "wrong", "expired", "locked"]


@dataclass(frozen=True)
class Proven:
    """Whose code was typed: the account, its epoch when the code was sent, and the request that it was sent for."""

    account_id: str
    epoch: int
    attempt: str


def _key(deps: Deps, attempt: str, code: str, key_id: str | None = None) -> str:
    return "reset-code:" + deps.vault.keyed_hash("reset-code", f"{attempt}|{code}", key_id)


def put(deps: Deps, attempt: str, code: str, account: Account, until: int) -> None:
    """Keep the code of this request until then (Unix seconds). Raises `Unavailable`."""
    held = {"account_id": account.id, "epoch": account.epoch, "until": until}
    deps.ephemeral.put(_key(deps, attempt, code), json.dumps(held).encode(), until - deps.now() + REMEMBERED)


def check(deps: Deps, attempt: str, typed: str) -> tuple[Result, Proven | None]:
    """Take the code that was typed for this request; of many parallel callers one gets it. It is counted as wrong before it
    is looked at, known accounts and unknown ones alike; after `recovery.code_tries` the request is worth nothing any more.
    Raises `Unavailable`."""
    if not typed.strip():
        return "empty", None
    code = folding.code(typed)
    if code is None:
        return "format", None
    bucket, tries = f"reset:{attempt}", deps.policy.recovery.code_tries
    waits = Backoff(tries, Seconds(DAY), tries + 1, Seconds(DAY), Seconds(DAY))
    with deps.database.write() as connection:
        reserved = failures.reserve(connection, bucket, waits, deps.now())
    if not reserved.allowed:
        return "locked", None
    taken = (deps.ephemeral.take(_key(deps, attempt, code, key_id)) for key_id in deps.vault.key_ids)
    held = next((one for one in taken if one is not None), None)
    if held is None:
        return "locked" if reserved.wait_until > deps.now() else "wrong", None
    found = json.loads(held)
    if found["until"] <= deps.now():
        return "expired", None
    return "ok", Proven(found["account_id"], found["epoch"], attempt)


def keep(deps: Deps, owner: str, proven: Proven) -> None:
    """Let the journey `owner` go on with what `check` proved. Raises `Unavailable`."""
    drafts.put(deps, _PROVEN, owner, asdict(proven), PROVEN_SECONDS)


def kept(deps: Deps, owner: str) -> Proven | None:
    """What `keep` kept for this journey, or None. Raises `Unavailable`."""
    found = drafts.get(deps, _PROVEN, owner)
    return read_as(Proven, found) if found else None
