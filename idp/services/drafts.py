"""What somebody is in the middle of setting up: kept sealed in the ephemeral store, lost without harm.

The owner of a draft is a session or a journey; nothing of another owner can be found or opened.
"""

import json
from typing import Any, Mapping

from idp import vault
from idp.deps import Deps
from idp.vault import VaultError, fingerprint

LIFE = 3_600
NOTE_LIFE = 600


def _key(kind: str, owner: str) -> str:
    return f"draft:{kind}:{fingerprint(owner)}"


def _opened(deps: Deps, kind: str, owner: str, sealed: bytes | None) -> dict[str, Any] | None:
    if sealed is None:
        return None
    try:
        found: dict[str, Any] = json.loads(deps.vault.open(sealed.decode(), _key(kind, owner)))
    except VaultError:  # the operator has changed the keys
        return None
    return found


def put(deps: Deps, kind: str, owner: str, data: Mapping[str, Any], seconds: int = LIFE) -> None:
    """Keep `data` (what JSON can hold) as the one draft of this kind. Raises `Unavailable`."""
    sealed = deps.vault.seal(json.dumps(dict(data)).encode(), _key(kind, owner))
    deps.ephemeral.put(_key(kind, owner), sealed.encode(), seconds)


def get(deps: Deps, kind: str, owner: str) -> dict[str, Any] | None:
    """The draft, or None. Raises `Unavailable`."""
    return _opened(deps, kind, owner, deps.ephemeral.get(_key(kind, owner)))


def take(deps: Deps, kind: str, owner: str) -> dict[str, Any] | None:
    """The draft, removed: exactly one of many parallel callers gets it. Raises `Unavailable`."""
    return _opened(deps, kind, owner, deps.ephemeral.take(_key(kind, owner)))


def note(deps: Deps, owner: str, data: Mapping[str, Any]) -> str:
    """Keep what the page after a redirect is to say; returns the name by which that page finds it."""
    name = vault.random_id()
    put(deps, f"note-{name}", owner, data, NOTE_LIFE)
    return name


def noted(deps: Deps, owner: str, name: str) -> dict[str, Any]:
    """What `note` kept for this owner under this name, however often the page is loaded; empty if there is nothing."""
    return (get(deps, f"note-{name}", owner) if name.isascii() and name.isalnum() and len(name) < 64 else None) or {}
