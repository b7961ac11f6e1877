"""Tells portals of sessions that have ended (OpenID Connect Back-Channel Logout 1.0): queued with the change that ends them,
signed and sent by the courier. A session that only expires is told to nobody."""

import json

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain import logout_token
from idp.domain.letter import URGENT, Letter
from idp.tables import clients, grants, outbox, sessions

LIFE = 86_400  # a portal that does not answer for a day has ended the session by itself


def ended(connection: Connection, deps: Deps, *sids: str) -> int:
    """These sessions have ended: queue it, in the caller's transaction, for every portal that each has reached; of many
    callers one does. A code that is still on its way is good for nothing, so that no portal begins what nobody would tell it the
    end of (requirements LO-05, SE-05). Returns for how many."""
    told, rule = 0, deps.policy.tokens
    for sid in sorted(sids):
        grants.revoke(connection, grants.session_id(sid), deps.now() + rule.code + rule.access)
    for account_id, sid in sessions.claim(connection, sids):
        reached = [client_id for _, client_id in sessions.reached(connection, [sid])]
        for client_id in clients.told_of_logout(connection, reached):
            _queue(connection, deps, account_id, client_id, sid)
            told += 1
    return told


def all_ended(connection: Connection, deps: Deps, account_id: str) -> int:
    """The same for all sessions of an account, as soon as its epoch is raised or it is closed. A portal that several have
    reached gets one token for all of them, without `sid`, unless it has to have one for each."""
    sids = sessions.claim_all(connection, account_id)
    reached: dict[str, list[str]] = {}
    for sid, client_id in sessions.reached(connection, sids):
        reached.setdefault(client_id, []).append(sid)
    told = 0
    for client_id, needs_sid in clients.told_of_logout(connection, list(reached)).items():
        ended_there = reached[client_id]
        for sid in ended_there if needs_sid or len(ended_there) == 1 else [None]:
            _queue(connection, deps, account_id, client_id, sid)
            told += 1
    return told


def _queue(connection: Connection, deps: Deps, account_id: str, client_id: str, sid: str | None) -> None:
    key, now = vault.random_id(), deps.now()
    sealed = deps.vault.seal(json.dumps({"sid": sid}).encode(), _place(key, client_id))
    letter = Letter(key, account_id, "event", client_id, logout_token.NAME, "en", sealed, URGENT, now, now + LIFE)
    outbox.queue(connection, letter, now)


def sid_of(deps: Deps, letter: Letter) -> str | None:
    """The session that a queued letter is about, None: all of them. Raises `VaultError` if it was changed or moved."""
    sid: str | None = json.loads(deps.vault.open(letter.facts or "", _place(letter.key, letter.recipient)))["sid"]
    return sid


def _place(key: str, client_id: str) -> str:
    return f"logout:{key}:{client_id}"
