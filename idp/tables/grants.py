"""Consents, and grants and access tokens that were revoked before they died."""

from sqlalchemy import Connection, bindparam, exists, select, update
from sqlalchemy.exc import IntegrityError

from idp.tables.schema import consents, revoked_grants

_REVOKED = select(exists().where(revoked_grants.c.id == bindparam("grant_id")))


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
    return bool(connection.execute(_REVOKED, {"grant_id": grant_id}).scalar())


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
