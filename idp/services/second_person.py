"""What one of the staff asks for and another one does: kept for an hour, done once (requirement AD-04)."""

import json
from dataclasses import dataclass

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.kept import read_as

LIFE = 3_600


@dataclass(frozen=True)
class Asked:
    """Who asked (subject), when (Unix seconds), and why."""

    actor: str
    at: int
    reason: str
    ticket: str


def _key(what: str) -> str:
    return f"second-person:{what}"


def ask(deps: Deps, what: str, actor: Account, reason: str, ticket: str) -> None:
    """Ask somebody else to do it; a later request takes the place of an earlier one. Raises `Unavailable`."""
    deps.ephemeral.put(_key(what), json.dumps(vars(Asked(actor.id, deps.now(), reason, ticket))).encode(), LIFE)


def asked(deps: Deps, what: str) -> Asked | None:
    """The request that waits, or None. Raises `Unavailable`."""
    data = deps.ephemeral.get(_key(what))
    return read_as(Asked, json.loads(data)) if data else None


def take(deps: Deps, what: str, actor: Account) -> Asked | None:
    """The request, for whoever is to do it: to one of many parallel callers, and never to who asked. Raises `Unavailable`."""
    waiting = asked(deps, what)
    if waiting is None or waiting.actor == actor.id:
        return None
    data = deps.ephemeral.take(_key(what))
    taken = read_as(Asked, json.loads(data)) if data else None
    return taken if taken and taken.actor != actor.id else None


def withdraw(deps: Deps, what: str) -> None:
    """Nobody asks for it any more. Raises `Unavailable`."""
    deps.ephemeral.drop(_key(what))
