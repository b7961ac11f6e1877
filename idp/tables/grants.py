"""Consents, and grants and access tokens that were revoked before they died."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

from sqlalchemy import Connection, bindparam, delete, select, update

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


@lru_cache(maxsize=2)
def _revoke(dialect: str) -> Hot:
    new = import_module(f"sqlalchemy.dialects.{dialect}").insert(revoked_grants)
    later = new.on_conflict_do_update(index_elements=["id"], set_={"until": new.excluded.until}, where=revoked_grants.c.until < new.excluded.until)
    return Hot(later, ["id", "until"])


def revoke(connection: Connection, grant_id: str, until: int) -> None:
    """End every token of the grant, or the one access token with this `jti`; the row may go at `until`, when they have
    died anyway, or at the later time of one that was there before."""
    _revoke(connection.dialect.name).rows(connection, {"id": grant_id, "until": until})


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


def session_id(sid: str) -> str:
    """What stands among the revoked grants for all that was given in this session and ends with it."""
    return fingerprint(f"session {sid}")


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
    revoke(connection, withdrawn_id(account_id, client_id), until)
    return True
