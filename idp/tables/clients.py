"""Registered relying parties."""

import json
from typing import Any, Sequence

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import IntegrityError

from idp.domain.client import Client
from idp.tables.schema import clients, consents, refresh_families, session_clients


def _values(client: Client) -> dict[str, Any]:
    return {
        "metadata": json.dumps(dict(client.metadata), ensure_ascii=False, sort_keys=True),
        "secret_hash": client.secret_hash,
        "old_secret_hash": client.old_secret_hash,
        "old_secret_until": client.old_secret_until,
        "event_token": client.event_token,
        "registration_hash": client.registration_hash,
        "registration_limits": client.registration_limits,
        "updated_at": client.updated_at,
    }


def put(connection: Connection, client: Client) -> None:
    """Insert or replace a client."""
    values = _values(client)
    if connection.execute(update(clients).where(clients.c.id == client.id).values(**values)).rowcount == 0:
        connection.execute(clients.insert(), {"id": client.id, "created_at": client.created_at, **values})


def add(connection: Connection, client: Client) -> bool:
    """Insert a client; false if there is one of this client_id."""
    try:
        with connection.begin_nested():
            connection.execute(clients.insert(), {"id": client.id, "created_at": client.created_at, **_values(client)})
    except IntegrityError:
        return False
    return True


def page(connection: Connection, after: str, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` clients behind the client_id `after`, in the order of these, each as in `rows`."""
    found = connection.execute(select(clients).where(clients.c.id > after).order_by(clients.c.id).limit(limit)).mappings()
    return [{**row, "metadata": json.loads(row["metadata"])} for row in found]


def replace(connection: Connection, client: Client) -> bool:
    """Replace a client that looks after itself; false if it is gone, or does so no more."""
    mine = (clients.c.id == client.id, clients.c.registration_hash == client.registration_hash)
    return connection.execute(update(clients).where(*mine).values(**_values(client))).rowcount == 1


def rows(connection: Connection) -> list[dict[str, Any]]:
    """Every client: id, metadata (parsed), secret_hash, old_secret_hash, old_secret_until, event_token, registration_hash,
    registration_limits, used_at, disabled_at, created_at, updated_at."""
    found = connection.execute(select(clients).order_by(clients.c.id)).mappings()
    return [{**row, "metadata": json.loads(row["metadata"])} for row in found]


def one(connection: Connection, client_id: str) -> dict[str, Any] | None:
    """The same of one client, as it is this moment, or None."""
    row = connection.execute(select(clients).where(clients.c.id == client_id)).mappings().first()
    return {**row, "metadata": json.loads(row["metadata"])} if row else None


def receivers(connection: Connection, client_ids: Sequence[str]) -> list[str]:
    """Those of the clients that have an address for events."""
    found = connection.execute(select(clients.c.id, clients.c.metadata).where(clients.c.id.in_(client_ids)).order_by(clients.c.id))
    return [row.id for row in found if json.loads(row.metadata).get("event_delivery_uri")]


def told_of_logout(connection: Connection, client_ids: Sequence[str]) -> dict[str, bool]:
    """Those of the clients that have an address for logout tokens, and whether each token has to name a session."""
    found = connection.execute(select(clients.c.id, clients.c.metadata).where(clients.c.id.in_(client_ids)).order_by(clients.c.id))
    said = {row.id: json.loads(row.metadata) for row in found}
    return {
        client_id: one.get("backchannel_logout_session_required", False)
        for client_id, one in said.items()
        if one.get("backchannel_logout_uri")
    }


def set_secret(connection: Connection, client_id: str, secret_hash: str, now: int, old_until: int) -> bool:
    """Replace the secret of a client that has one; the one before counts until `old_until` (Unix seconds)."""
    done = connection.execute(
        update(clients)
        .where(clients.c.id == client_id, clients.c.secret_hash.is_not(None))
        .values(secret_hash=secret_hash, old_secret_hash=clients.c.secret_hash, old_secret_until=old_until, updated_at=now)
    )
    return done.rowcount == 1


def used(connection: Connection, client_id: str, now: int) -> None:
    """The client has had tokens."""
    connection.execute(update(clients).where(clients.c.id == client_id, clients.c.used_at < now).values(used_at=now))


def disable(connection: Connection, client_id: str, at: int) -> bool:
    """Switch the client off from this time (Unix seconds), 0: on again; false if there is none, or it is so already."""
    other = clients.c.disabled_at > 0 if at == 0 else clients.c.disabled_at == 0
    return connection.execute(update(clients).where(clients.c.id == client_id, other).values(disabled_at=at)).rowcount == 1


def change(connection: Connection, client: Client, seen: int) -> bool:
    """Replace a client that nobody has changed since `seen` (its `updated_at`); false if somebody has."""
    same = (clients.c.id == client.id, clients.c.updated_at == seen)
    return connection.execute(update(clients).where(*same).values(**_values(client))).rowcount == 1


def remove(connection: Connection, client_id: str) -> bool:
    """Remove a client with its refresh tokens, its consents and its part in sessions, so that another one of that name never
    has them; true if there was one."""
    for table in (refresh_families, consents, session_clients):
        connection.execute(delete(table).where(table.c.client_id == client_id))
    return connection.execute(delete(clients).where(clients.c.id == client_id)).rowcount == 1
