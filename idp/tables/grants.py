"""Consents, and grants and access tokens that were revoked before they died."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError

from idp.tables.hot import Hot
from idp.tables.schema import consents, refresh_families, revoked_grants
from idp.vault import fingerprint

_CONSENTS = Hot(
    select(consents.c.client_id, consents.c.scope, consents.c.granted_at)
    .where(consents.c.account_id == bindparam("account"))
    .order_by(consents.c.granted_at.desc(), consents.c.client_id)
)
_REVOKED = Hot(select(revoked_grants.c.id).where(revoked_grants.c.id == bindparam("grant_id")))


@dataclass(frozen=True)
class Consent:
    """What a member lets a client see, since `granted_at` (Unix seconds)."""

    client_id: str
    scope: frozenset[str]
    granted_at: int


def revoke(connection: Connection, grant_id: str, until: int) -> None:
    """End every token of the grant, or the one access token with this `jti`; the row may go at `until`, when they have
    died anyway."""
    try:
        with connection.begin_nested():
            connection.execute(revoked_grants.insert(), {"id": grant_id, "until": until})
    except IntegrityError:
        pass  # revoked before


def revoked(connection: Connection, grant_id: str) -> bool:
    """Whether the grant, or the access token, was revoked."""
    return bool(_REVOKED.rows(connection, {"grant_id": grant_id}))


def consented_scope(connection: Connection, account_id: str, client_id: str) -> frozenset[str]:
    """The scopes this member has granted to this client."""
    found = connection.execute(
        select(consents.c.scope).where(consents.c.account_id == account_id, consents.c.client_id == client_id)
    ).scalar()
    return frozenset((found or "").split())


def consent(connection: Connection, account_id: str, client_id: str, scope: frozenset[str], now: int) -> None:
    """Store the scopes granted, replacing what was granted before."""
    values = {"scope": " ".join(sorted(scope)), "granted_at": now}
    where = (consents.c.account_id == account_id, consents.c.client_id == client_id)
    if connection.execute(update(consents).where(*where).values(**values)).rowcount == 0:
        connection.execute(consents.insert(), {"account_id": account_id, "client_id": client_id, **values})


def consents_of(connection: Connection, account_id: str) -> list[Consent]:
    """The member's consents, the newest first."""
    rows = _CONSENTS.rows(connection, {"account": account_id})
    return [Consent(client_id, frozenset(scope.split()), at) for client_id, scope, at in rows]


def withdrawn_id(account_id: str, client_id: str) -> str:
    """What stands among the revoked grants for all that this client was granted by this member up to a time."""
    return fingerprint(f"{account_id} {client_id}")


def withdraw(connection: Connection, account_id: str, client_id: str, until: int) -> bool:
    """End the consent, and with it every grant and refresh token of before; false if there is none: of parallel callers one ends it. `until`:
    when the last token granted by now will have died anyway; a token that dies later is of a later consent."""
    which = (consents.c.account_id == account_id, consents.c.client_id == client_id)
    if connection.execute(delete(consents).where(*which)).rowcount == 0:
        return False
    families = (refresh_families.c.account_id == account_id, refresh_families.c.client_id == client_id)
    connection.execute(delete(refresh_families).where(*families))
    values = {"id": withdrawn_id(account_id, client_id), "until": until}
    if connection.execute(update(revoked_grants).where(revoked_grants.c.id == values["id"]).values(until=until)).rowcount == 0:
        connection.execute(revoked_grants.insert(), values)
    return True
