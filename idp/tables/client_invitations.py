"""Initial access tokens, by their fingerprints: who may register so many clients, and what these may ask for."""

from sqlalchemy import Connection, delete, select, update

from idp.tables.schema import client_invitations as table


def add(connection: Connection, fingerprint: str, uses: int, expires_at: int, limits: str, now: int) -> None:
    """Store a token that is good for `uses` clients until `expires_at` (Unix seconds)."""
    values = {"fingerprint": fingerprint, "uses_left": uses, "expires_at": expires_at, "limits": limits, "created_at": now}
    connection.execute(table.insert(), values)


def limits(connection: Connection, fingerprint: str, now: int) -> str | None:
    """The limits of a token that is good now, or None; looking spends nothing."""
    live = (table.c.fingerprint == fingerprint, table.c.uses_left > 0, table.c.expires_at > now)
    found: str | None = connection.execute(select(table.c.limits).where(*live)).scalar()
    return found


def claim(connection: Connection, fingerprint: str, now: int) -> bool:
    """Take one use of it: of many parallel callers only as many get one as there are."""
    live = (table.c.fingerprint == fingerprint, table.c.uses_left > 0, table.c.expires_at > now)
    return connection.execute(update(table).where(*live).values(uses_left=table.c.uses_left - 1)).rowcount == 1


def end_all(connection: Connection, now: int) -> int:
    """End every token; returns how many were still good."""
    gone = connection.execute(delete(table).returning(table.c.uses_left, table.c.expires_at)).all()
    return sum(1 for row in gone if row.uses_left > 0 and row.expires_at > now)
