"""Clients by RFC 7591 metadata. Whoever has access to this API is registered and changed by the operator's shell alone, so that
no client can give itself or another one more than it has (requirement AD-04)."""

from typing import Any

from idp import vault
from idp.domain import admin
from idp.features.admin_api.calls import Call, Problem
from idp.services import client_changes, client_registration, console_client, records
from idp.services.client_registration import Rejected, client_from
from idp.tables import clients, stamps
from idp.tables.database import Connection

Row = dict[str, Any]


def _managed(call: Call, row: Row) -> str:
    if row["id"] == console_client.CLIENT_ID or admin.reaches(row["metadata"], call.house.deps.settings.issuer):
        return "shell"
    return "itself" if row["registration_hash"] else "operator"


def _told(call: Call, row: Row) -> dict[str, Any]:
    described = client_registration.describe(client_from(row["metadata"], row["id"]))
    return {"client_id": row["id"], "client_id_issued_at": row["created_at"], **described, "managed": _managed(call, row)}


def listed(call: Call) -> dict[str, Any]:
    """A page of them, in the order of their ids."""
    after, limit = call.query["after"], call.query["limit"]
    with call.house.deps.database.read() as connection:
        found = clients.page(connection, after, limit + 1)
    return {"clients": [_told(call, row) for row in found[:limit]], "next": found[limit - 1]["id"] if len(found) > limit else None}


def _row(call: Call, connection: Connection) -> Row:
    row = clients.one(connection, call.named["client_id"])
    if row is None:
        raise Problem(404, "not_found", "there is no such client")
    return row


def _own(call: Call, connection: Connection) -> Row:
    """The client if it is one that may be changed here. Raises `Problem`."""
    row = _row(call, connection)
    if _managed(call, row) == "shell":
        raise Problem(403, "not_allowed", "this client has access to this API, or is the console: the operator's shell changes it")
    return row


def show(call: Call) -> dict[str, Any]:
    """One, without its secret."""
    with call.house.deps.database.read() as connection:
        return _told(call, _row(call, connection))


def _metadata(call: Call) -> dict[str, Any]:
    """What was sent, if it asks for nothing that is not to be had here. Raises `Problem`."""
    sent = dict(call.body["metadata"])
    if admin.reaches(sent, call.house.deps.settings.issuer):
        raise Problem(403, "not_allowed", "the operator's shell alone gives access to this API: idp client add")
    try:
        return client_registration.checked(call.house.deps, sent, call.house.fetcher)
    except Rejected as error:
        raise _rejected(error) from None


def _rejected(error: Rejected) -> Problem:
    return Problem(400, "invalid_client_metadata", "see problems", tuple(error.problems))


def _note(call: Call, connection: Connection, event: str, client_id: str) -> None:
    """`client_id` of the row is the client that the act is about; who acted is its actor."""
    detail = {**call.why, "by": call.client.id}
    deps, address = call.house.deps, call.request.address
    records.add(connection, deps, event, client_id=client_id, actor=call.actor.id, address=address, detail=detail)
    stamps.raise_stamp(connection, "clients")


def create(call: Call) -> dict[str, Any]:
    """Register one; a client_id that is in use is refused."""
    data = _metadata(call)
    client_id = data.pop("client_id", None) or vault.random_id(20)
    client, told = client_registration.made(call.house.deps, data, client_id, data.pop("client_secret", None))
    with call.house.deps.database.write() as connection:
        if not clients.add(connection, client):
            raise Problem(409, "client_id_taken", "there is a client of this client_id")
        _note(call, connection, "client_registered", client_id)
    return {**told, "managed": "operator"}


def update(call: Call) -> dict[str, Any]:
    """Put these metadata in the place of all that were registered; the secret stays, as far as there is to be one. From then on
    the operator looks after the client."""
    data, client_id = _metadata(call), call.named["client_id"]
    if data.pop("client_id", client_id) != client_id or "client_secret" in data:
        raise Problem(400, "invalid_client_metadata", "see problems", ("client_id: it stays as it is; client_secret: rotate it",))
    deps = call.house.deps
    with deps.database.read() as connection:
        row = _own(call, connection)
    try:
        client, told = client_changes.changed(deps, row, data)
    except Rejected as error:
        raise _rejected(error) from None
    with deps.database.write() as connection:
        if not clients.swap(connection, row, client):
            raise Problem(409, "changed_meanwhile", "somebody has changed the client: read it anew")
        _note(call, connection, "client_changed", client_id)
    return {**told, "client_id_issued_at": row["created_at"], "managed": "operator"}


def rotate(call: Call) -> dict[str, Any]:
    """A new secret; the one before counts for a while if that is asked for."""
    client_id, deps = call.named["client_id"], call.house.deps
    with deps.database.read() as connection:
        row = _own(call, connection)
    if not client_from(row["metadata"], client_id).has_secret:
        raise Problem(409, "no_secret", "the client proves itself without a secret")
    secret = client_registration.rotate_secret(deps, client_id, call.body["keep_seconds"])
    if secret is None:
        raise Problem(404, "not_found", "there is no such client")
    with deps.database.write() as connection:
        _note(call, connection, "client_secret_rotated", client_id)
    return {"client_id": client_id, "client_secret": secret, "client_secret_expires_at": 0}


def remove(call: Call) -> dict[str, Any]:
    """It is gone, and its tokens, consents and part in sessions with it."""
    client_id = call.named["client_id"]
    with call.house.deps.database.write() as connection:
        _own(call, connection)
        clients.remove(connection, client_id)
        _note(call, connection, "client_removed", client_id)
    return {"done": "remove"}
