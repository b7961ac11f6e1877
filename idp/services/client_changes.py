"""What staff do to registered clients: change, new secrets, switch off and on, remove; each on record with who did it."""

import json
from dataclasses import replace
from typing import Any, Mapping

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.problem import Problem
from idp.ports import Fetcher
from idp.services import client_registration, records
from idp.services.client_registration import Rejected
from idp.tables import clients as table
from idp.tables import stamps
from idp.tables.database import Connection


UNSHOWN = ("jwks",)  # of what proves a client the record holds only that it has changed
LONGEST = 200  # characters of a value in the record


def _note(connection: Connection, deps: Deps, event: str, actor: Account, client_id: str, address: str | None, **detail: Any) -> None:
    records.add(connection, deps, event, client_id=client_id, actor=actor.id, address=address, detail=detail)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[str] | None]:
    """What of the metadata is not as before, by name: what was and what is, of lists what went and what came, cut short; None for
    what is not shown (requirement AD-06)."""
    found: dict[str, list[str] | None] = {}
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if name in UNSHOWN:
            found |= {name: None} if old != new else {}
        elif old != new:
            found[name] = [_written(_beyond(old, new)), _written(_beyond(new, old))]
    return found


def _beyond(one: Any, other: Any) -> Any:
    if not isinstance(one, list) or not isinstance(other, list):
        return one
    return [item for item in one if item not in other]


def _written(value: Any) -> str:
    if value is None or value == []:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


class Taken(Rejected):
    """There is a client of this client_id."""


def create(
    deps: Deps, actor: Account, text: str | dict[str, Any], fetcher: Fetcher, address: str | None = None, **why: str
) -> dict[str, Any]:
    """Register a client of a name that none has; the answer holds its secret, which is shown this once. Of several at once with
    one name one does. Raises `Rejected`."""
    data = client_registration.checked(deps, client_registration.shape(text), fetcher)
    client_id = data.pop("client_id", None) or vault.random_id(20)
    client, answer = client_registration.made(deps, data, client_id, data.pop("client_secret", None))
    with deps.database.write() as connection:
        if not table.add(connection, client):
            raise Taken([("client_id", Problem("taken", "there is a client of this name"))])
        stamps.raise_stamp(connection, "clients")
        changed = differences({}, client.metadata)
        _note(connection, deps, "client_registered", actor, client_id, address, changed=changed, **why)
    return answer


class Meanwhile(Rejected):
    """Somebody else has changed it."""


def change(
    deps: Deps, actor: Account, client_id: str, seen: int, text: str | dict[str, Any], fetcher: Fetcher, address: str | None = None, **why: str
) -> dict[str, Any]:
    """Put these metadata in the place of all that were registered, unless somebody has changed them since `seen` (their
    `updated_at`). Secrets stay as far as there are to be any, and so does the token of its events while their address does;
    the answer holds a secret only if one had to be made. Raises `Rejected`."""
    data = client_registration.checked(deps, client_registration.shape(text), fetcher)
    with deps.database.read() as connection:
        row = table.one(connection, client_id)
    if row is None or data.pop("client_id", client_id) != client_id:
        raise Rejected([("client_id", Problem("id_stays", "it cannot be changed; register another client"))])
    if data.pop("client_secret", None):
        raise Rejected([("client_secret", Problem("secret_apart", "give the client a new one by itself"))])
    before = client_registration.client_from(row["metadata"], client_id)
    client, answer = client_registration.made(deps, data, client_id, known=row["secret_hash"] is not None)
    client_registration.check_names(before, client)
    secrets = {"client_secret": client.secret_hash, "event_delivery_token": client.event_token}
    changed = differences(before.metadata, client.metadata) | {name: None for name, new in secrets.items() if new}
    kept = ("registration_hash", "registration_limits", "created_at")
    kept += ("secret_hash", "old_secret_hash", "old_secret_until") if client.has_secret and not client.secret_hash else ()
    kept += ("event_token",) if client.event_delivery_uri == before.event_delivery_uri and not client.event_token else ()
    client = replace(client, **{name: row[name] for name in kept}, updated_at=max(deps.now(), row["updated_at"] + 1))
    with deps.database.write() as connection:
        if not table.change(connection, client, seen):
            raise Meanwhile([("", Problem("meanwhile", "Somebody else has changed it in the meantime: look at it again"))])
        stamps.raise_stamp(connection, "clients")
        _note(connection, deps, "client_changed", actor, client_id, address, changed=changed, **why)
    return answer


def rotate_secret(deps: Deps, actor: Account, client_id: str, keep: int, reason: str, ticket: str, address: str | None = None) -> str | None:
    """A new secret; the one before counts for `keep` seconds more. None for a client without one."""
    secret = client_registration.rotate_secret(deps, client_id, keep)
    if secret is not None:
        with deps.database.write() as connection:
            _note(connection, deps, "client_secret_rotated", actor, client_id, address, keep=keep, reason=reason, ticket=ticket)
    return secret


def switch(deps: Deps, actor: Account, client_id: str, off: bool, reason: str, ticket: str, address: str | None = None) -> bool:
    """Switch the client off, so that nobody knows it and its sign-ins and tokens end within a second or two, or on again.
    False if it is so already."""
    with deps.database.write() as connection:
        if not table.disable(connection, client_id, deps.now() if off else 0):
            return False
        stamps.raise_stamp(connection, "clients")
        _note(connection, deps, "client_disabled" if off else "client_enabled", actor, client_id, address, reason=reason, ticket=ticket)
    return True


def remove(deps: Deps, actor: Account, client_id: str, reason: str, ticket: str, address: str | None = None) -> bool:
    """Remove the client with all that it has; false if there is none."""
    with deps.database.write() as connection:
        if not table.remove(connection, client_id):
            return False
        stamps.raise_stamp(connection, "clients")
        _note(connection, deps, "client_removed", actor, client_id, address, reason=reason, ticket=ticket)
    return True
