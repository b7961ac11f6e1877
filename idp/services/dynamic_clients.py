"""Clients that register themselves, and look after their registration: within what their invitation allows, and nothing of it
makes them one of the operator's own (RFC 7591, RFC 7592; requirements DC-01 to DC-03)."""

import json
from dataclasses import dataclass, replace
from typing import Any, Callable, Sequence

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain import admin
from idp.domain.client import GRANT_TYPES, SCOPES, Client, with_member
from idp.ports import Fetcher
from idp.services import client_registration, records
from idp.services.client_registration import Rejected
from idp.tables import client_invitations, clients, stamps
from idp.vault import fingerprint

Text = Callable[[], str]  # metadata in JSON; called once it is known who sends them

MAX_USES = 1_000
USUAL_SCOPE, USUAL_GRANTS = ("openid", "profile", "email"), ("authorization_code",)
# what is the operator's to decide: as these are, they stay
FIXED = {"first_party": False, "require_pkce": True, "may_send_events": False}
# and what a client that registers itself does without: other people's tokens, words on our pages, events
DENIED = ("audiences", "resources", "operations", "event_delivery_uri", "event_delivery_token")


class NotAllowed(Exception):
    """The token is unknown, spent, expired, or for something else; nobody learns which."""


@dataclass(frozen=True)
class Limits:
    """The most that a client may be registered for."""

    scope: tuple[str, ...]
    grant_types: tuple[str, ...]

    def text(self) -> str:
        """What the row of an invitation or a client keeps."""
        return json.dumps(vars(self))

    @staticmethod
    def read(text: str) -> "Limits":
        """What `text` wrote."""
        return Limits(**{name: tuple(value) for name, value in json.loads(text).items()})


def invite(deps: Deps, uses: int, seconds: int, scope: Sequence[str], grants: Sequence[str]) -> str:
    """An initial access token (RFC 7591 section 1.2), good for `uses` clients within so many seconds; shown this once.
    Raises ValueError with a plain sentence."""
    if not 1 <= uses <= MAX_USES:
        raise ValueError(f"A token is good for 1 to {MAX_USES} clients.")
    if not set(grants) <= set(GRANT_TYPES):
        raise ValueError(f"Grants are {', '.join(GRANT_TYPES)}.")
    if own := [name for name in scope if name not in SCOPES and "client_credentials" not in grants]:
        raise ValueError(f"Scopes of your own, such as {own[0][:100]}, need the grant client_credentials.")
    if reserved := [name for name in scope if name.startswith(admin.PREFIX)]:
        raise ValueError(f"{reserved[0][:100]} is for clients that the operator registers: idp client add.")
    token, now = vault.random_token(), deps.now()
    with deps.database.write() as connection:
        client_invitations.add(connection, fingerprint(token), uses, now + seconds, Limits(tuple(scope), tuple(grants)).text(), now)
        records.add(connection, deps, "client_invited", actor="cli", detail={"uses": uses, "scope": " ".join(scope)})
    return token


def end_invitations(deps: Deps) -> int:
    """End every initial access token; returns how many were still good."""
    with deps.database.write() as connection:
        ended = client_invitations.end_all(connection, deps.now())
        records.add(connection, deps, "client_invitations_ended", actor="cli", detail={"ended": ended})
    return ended


def create(deps: Deps, token: str, text: Text, fetcher: Fetcher, address: str) -> tuple[dict[str, Any], str]:
    """Register a client with an initial access token, one use of which is spent if it succeeds; returns what is registered,
    with its secret, and the registration access token. `text` reads what was sent. Raises `NotAllowed` and `Rejected`."""
    mark, now = fingerprint(token), deps.now()
    with deps.database.read() as connection:
        allowed = client_invitations.limits(connection, mark, now)
    if allowed is None:
        raise NotAllowed  # before anything that was sent is looked at, or fetched
    data = client_registration.checked(deps, _within(text(), Limits.read(allowed)), fetcher)
    if named := [name for name in ("client_id", "client_secret") if name in data]:
        raise Rejected((), [f"{named[0]}: leave it out, it is made here."])
    client, answer = client_registration.made(deps, data, vault.random_id(20))
    own = vault.random_token()
    client = replace(client, registration_hash=fingerprint(own), registration_limits=allowed)
    with deps.database.write() as connection:
        if not client_invitations.claim(connection, mark, now):
            raise NotAllowed
        clients.put(connection, client)
        stamps.raise_stamp(connection, "clients")
        _note(connection, deps, "client_registered", client.id, address)
    return answer, own


def find(deps: Deps, client_id: str, token: str) -> dict[str, Any]:
    """The stored row of the client that this registration access token is for. Raises `NotAllowed`."""
    with deps.database.read() as connection:
        row = clients.one(connection, client_id)
    expected = (row or {}).get("registration_hash")
    if row is None or expected is None or not vault.equal(fingerprint(token), expected):
        raise NotAllowed
    return row


def read(deps: Deps, client_id: str, token: str) -> dict[str, Any]:
    """What is registered, without the secret, of which we know a hash only. Raises `NotAllowed`."""
    row = find(deps, client_id, token)
    return _told(row, client_registration.client_from(row["metadata"], client_id))


def change(deps: Deps, client_id: str, token: str, text: Text, fetcher: Fetcher, address: str) -> dict[str, Any]:
    """Put these metadata in the place of all that were registered (RFC 7592 section 2.2); the secret stays, as far as there
    is to be one. The token stays, too: one that changed with every answer would lock out who has not got the answer. Raises
    `NotAllowed` and `Rejected`."""
    row = find(deps, client_id, token)
    data = client_registration.checked(deps, _within(text(), Limits.read(row["registration_limits"])), fetcher)
    _named_rightly(deps, data, row)
    before = client_registration.client_from(row["metadata"], client_id)
    client, answer = client_registration.made(deps, data, client_id, known=row["secret_hash"] is not None)
    client_registration.check_names(before, client)
    kept = ("registration_hash", "registration_limits", "created_at")
    kept += ("secret_hash", "old_secret_hash", "old_secret_until") if client.has_secret and not client.secret_hash else ()
    client = replace(client, **{name: row[name] for name in kept})
    with deps.database.write() as connection:
        if not clients.replace(connection, client):
            raise NotAllowed  # gone in the meantime, or the operator's from now on
        stamps.raise_stamp(connection, "clients")
        _note(connection, deps, "client_changed", client_id, address)
    return {**answer, "client_id_issued_at": row["created_at"]}


def remove(deps: Deps, client_id: str, token: str, address: str) -> None:
    """Remove the client; its tokens, consents and part in sessions go with it (RFC 7592 section 2.3). Raises `NotAllowed`."""
    find(deps, client_id, token)
    with deps.database.write() as connection:
        row = clients.one(connection, client_id)
        if row is None or row["registration_hash"] != fingerprint(token) or not clients.remove(connection, client_id):
            raise NotAllowed
        stamps.raise_stamp(connection, "clients")
        _note(connection, deps, "client_removed", client_id, address)


def _told(row: dict[str, Any], client: Client) -> dict[str, Any]:
    return {"client_id": client.id, "client_id_issued_at": row["created_at"], **client_registration.describe(client)}


def _note(connection: Connection, deps: Deps, event: str, client_id: str, address: str) -> None:
    records.add(connection, deps, event, client_id=client_id, actor="client", address=address)


def _named_rightly(deps: Deps, data: dict[str, Any], row: dict[str, Any]) -> None:
    """Who changes a registration names the client, and its secret not wrongly (RFC 7592 section 2.2)."""
    if data.pop("client_id", None) != row["id"]:
        raise Rejected((), ["client_id: name the client that is changed."])
    secret = data.pop("client_secret", None)
    if secret is not None and not deps.vault.matches("client_secret", secret, row["secret_hash"] or ""):
        raise Rejected((), ["client_secret: leave it out, or name the one there is."])


def _within(text: str, limits: Limits) -> dict[str, Any]:
    """Metadata of the right shape that ask for no more than is allowed, with what is fixed filled in."""
    data = client_registration.shape(text, null_is_nothing=True)
    problems = [f"{name}: this is for the operator to decide." for name, value in FIXED.items() if data.get(name, value) != value]
    problems += [f"{name}: a client that registers itself cannot have this." for name in DENIED if data.get(name)]
    grants = data.setdefault("grant_types", [name for name in ("authorization_code",) if name in limits.grant_types])
    if beyond := [name for name in grants if name not in limits.grant_types]:
        problems.append(f"grant_types: {beyond[0]} is not allowed here, but {' '.join(limits.grant_types)}.")
    usual = [name for name in limits.scope if (name in SCOPES) == bool(with_member(grants))]
    scope = data.setdefault("scope", " ".join(name for name in usual if name != "offline_access" or "refresh_token" in grants)).split()
    if beyond := [name for name in scope if name not in limits.scope or name.startswith(admin.PREFIX)]:
        problems.append(f"scope: {beyond[0][:100]} is not allowed here, but {' '.join(limits.scope)}.")
    if problems:
        raise Rejected((), problems)
    return {name: value for name, value in data.items() if name not in DENIED} | FIXED
