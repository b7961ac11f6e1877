"""What members agreed to: which text in which version, when and from which network address."""

from sqlalchemy import Connection, select

from idp.tables.schema import agreements


def add(connection: Connection, account_id: str, kind: str, version: str, at: int, address: str) -> None:
    """Put one agreement on record; earlier ones stay."""
    values = {"account_id": account_id, "kind": kind, "version": version, "at": at, "address": address}
    connection.execute(agreements.insert(), values)


def version_agreed(connection: Connection, account_id: str, kind: str) -> str | None:
    """The version agreed to last, or None."""
    query = select(agreements.c.version).where(agreements.c.account_id == account_id, agreements.c.kind == kind)
    return connection.execute(query.order_by(agreements.c.id.desc()).limit(1)).scalar()
