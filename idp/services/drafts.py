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
NOTES = 16  # of one owner: whoever sends a form twice, or from several tabs, is told each time


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
    """Keep what the page after a redirect is to say; returns the name by which that page finds it. The newest few notes of an
    owner are kept, or forms sent over and over by strangers would fill the store (requirement SE-07)."""
    place = deps.ephemeral.hit("notes:" + fingerprint(owner), NOTE_LIFE) % NOTES
    name = f"{place:x}{vault.random_id(25)}"  # as long as any random id
    put(deps, f"note-{place:x}", owner, {"name": name, "said": dict(data)}, NOTE_LIFE)
    return name


def noted(deps: Deps, owner: str, name: str) -> dict[str, Any]:
    """What `note` kept for this owner under this name, however often the page is loaded; empty if there is nothing."""
    found = get(deps, f"note-{name[0]}", owner) if name.isascii() and name.isalnum() else None
    return dict(found["said"]) if found and found["name"] == name else {}
