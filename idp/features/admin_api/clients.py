"""Clients by RFC 7591 metadata. Whoever has access to this API, or is believed about members, is registered and changed by people alone, so that no client can give
itself or another one more than it has (requirement AD-04)."""

from typing import Any

from idp.domain import admin
from idp.features.admin_api.calls import Call, Problem
from idp.services import client_changes, client_registration, console_client
from idp.services.client_registration import Rejected, client_from
from idp.tables import clients

Row = dict[str, Any]


def _managed(call: Call, row: Row) -> str:
    if row["id"] == console_client.CLIENT_ID or admin.reaches(row["metadata"], call.house.deps.settings.issuer):
        return "people"
    return "itself" if row["registration_hash"] else "operator"


def _told(call: Call, row: Row) -> dict[str, Any]:
    described = client_registration.describe(client_from(row["metadata"], row["id"]))
    return {"client_id": row["id"], "client_id_issued_at": row["created_at"], **described, "enabled": not row["disabled_at"], "managed": _managed(call, row)}


def listed(call: Call) -> dict[str, Any]:
    """A page of them, in the order of their ids."""
    after, limit = call.query["after"], call.query["limit"]
    with call.house.deps.database.read() as connection:
        found = clients.page(connection, after, limit + 1)
    return {"clients": [_told(call, row) for row in found[:limit]], "next": found[limit - 1]["id"] if len(found) > limit else None}


def _row(call: Call) -> Row:
    with call.house.deps.database.read() as connection:
        row = clients.one(connection, call.named["client_id"])
    if row is None:
        raise Problem(404, "not_found", "there is no such client")
    return row


def _own(call: Call) -> Row:
    """The client if it is one that may be changed here. Raises `Problem`."""
    row = _row(call)
    if _managed(call, row) == "people":
        raise Problem(403, "not_allowed", "this client has access to this API, is believed about members, or is the console: people alone change it")
    return row


def show(call: Call) -> dict[str, Any]:
    """One, without its secret."""
    return _told(call, _row(call))


def _metadata(call: Call) -> dict[str, Any]:
    """What was sent, if it asks for nothing that is not to be had here. Raises `Problem`."""
    sent: dict[str, Any] = call.body["metadata"]
    if admin.reaches(sent, call.house.deps.settings.issuer):
        raise Problem(403, "not_allowed", "people alone give access to this API, and may_send_events: idp client add, or the console")
    return sent


def _rejected(error: Rejected) -> Problem:
    return Problem(400, "invalid_client_metadata", "see problems", tuple(error.problems))


def create(call: Call) -> dict[str, Any]:
    """Register one; a client_id that is in use is refused."""
    metadata, house = _metadata(call), call.house
    try:
        told = client_changes.create(house.deps, call.actor, metadata, house.fetcher, call.request.address, **call.why)
    except client_changes.Taken:
        raise Problem(409, "client_id_taken", "there is a client of this client_id") from None
    except Rejected as error:
        raise _rejected(error) from None
    return {**told, "enabled": True, "managed": "operator"}


def update(call: Call) -> dict[str, Any]:
    """Put these metadata in the place of all that were registered; the secret stays, as far as there is to be one."""
    metadata, row, house = _metadata(call), _own(call), call.house
    try:
        told = client_changes.change(house.deps, call.actor, row["id"], row["updated_at"], metadata, house.fetcher, call.request.address, **call.why)
    except client_changes.Meanwhile:
        raise Problem(409, "changed_meanwhile", "somebody has changed the client: read it anew") from None
    except Rejected as error:
        raise _rejected(error) from None
    return {**_told(call, row), **told, "client_id_issued_at": row["created_at"]}


def rotate(call: Call) -> dict[str, Any]:
    """A new secret; the one before counts for a while if that is asked for."""
    row = _own(call)
    secret = None
    if client_from(row["metadata"], row["id"]).has_secret:
        secret = client_changes.rotate_secret(call.house.deps, call.actor, row["id"], call.body["keep_seconds"], address=call.request.address, **call.why)
    if secret is None:
        raise Problem(409, "no_secret", "the client proves itself without a secret")
    return {"client_id": row["id"], "client_secret": secret, "client_secret_expires_at": 0}


def remove(call: Call) -> dict[str, Any]:
    """It is gone, and its tokens, consents and part in sessions with it."""
    client_changes.remove(call.house.deps, call.actor, _own(call)["id"], address=call.request.address, **call.why)
    return {"done": "remove"}


def disable(call: Call) -> dict[str, Any]:
    """Nobody knows it, and its sign-ins and tokens end within a second or two."""
    client_changes.switch(call.house.deps, call.actor, _own(call)["id"], True, address=call.request.address, **call.why)
    return {"done": "disable"}


def enable(call: Call) -> dict[str, Any]:
    """It is back as it was."""
    client_changes.switch(call.house.deps, call.actor, _own(call)["id"], False, address=call.request.address, **call.why)
    return {"done": "enable"}
