"""Work that no page may be seen to wait for: kept sealed in the outbox, done by the courier, so that what came of it shows
neither in an answer nor in how long it took (requirement RC-01)."""

import json
from typing import Any, Mapping

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain.letter import ORDINARY, Letter
from idp.tables import outbox

NOBODY = "-"


def ask(connection: Connection, deps: Deps, what: str, facts: Mapping[str, Any], locale: str, seconds: int) -> str:
    """Queue the request `what` in the caller's transaction; after `seconds` it is forgotten. `facts`: what JSON can hold, at
    most a few KiB. Returns its key."""
    key, now = vault.random_id(), deps.now()
    sealed = deps.vault.seal(json.dumps(dict(facts)).encode(), _place(key, what))
    outbox.queue(connection, Letter(key, None, "request", NOBODY, what, locale, sealed, ORDINARY, now, now + seconds), now)
    return key


def facts_of(deps: Deps, request: Letter) -> dict[str, Any]:
    """What `ask` was given. Raises `VaultError` if that was changed or moved."""
    found: dict[str, Any] = json.loads(deps.vault.open(request.facts or "", _place(request.key, request.template)))
    return found


def _place(key: str, what: str) -> str:
    return f"request:{key}:{what}"
