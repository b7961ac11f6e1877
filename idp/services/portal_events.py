"""Events that portals are told of (RFC 8417): queued as facts with the change that causes them, signed and sent by the courier."""

import json
from typing import Any

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain.letter import ORDINARY, Letter
from idp.domain.security_event import By, Event
from idp.tables import clients, outbox, sessions

LIFE = 7 * 86_400  # a portal that does not answer for a week has to ask


def tell(connection: Connection, deps: Deps, account_id: str, event: Event, by: By = "user", **facts: str) -> int:
    """Queue the event, in the caller's transaction, for every portal that this member has signed in to and that receives
    events; returns for how many. `by`: who did it; `facts`: `credential_type` and `change_type` of a changed credential."""
    used = sessions.clients_of(connection, account_id)
    receivers = clients.receivers(connection, used) if used else []
    for client_id in receivers:
        key, now = vault.random_id(), deps.now()
        sealed = deps.vault.seal(json.dumps({"at": now, "by": by, **facts}).encode(), _place(key, client_id, event))
        letter = Letter(key, account_id, "event", client_id, event, "en", sealed, ORDINARY, now, now + LIFE)
        outbox.queue(connection, letter, now)
    return len(receivers)


def facts_of(deps: Deps, letter: Letter) -> dict[str, Any]:
    """What `tell` was given, and `at` in Unix seconds. Raises `VaultError` if that was changed or moved."""
    found: dict[str, Any] = json.loads(deps.vault.open(letter.facts or "", _place(letter.key, letter.recipient, letter.template)))
    return found


def _place(key: str, client_id: str, event: str) -> str:
    return f"event:{key}:{event}:{client_id}"


def token_place(client_id: str) -> str:
    """Where the token that a client's receiver expects is sealed for."""
    return f"clients:{client_id}:event_token"
