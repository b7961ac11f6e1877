"""What members agreed to: which text in which version, when and from which network address."""

from typing import Sequence

from sqlalchemy import Connection, bindparam, select

from idp.tables.hot import Hot
from idp.tables.schema import agreements

_OF_ACCOUNT = Hot(
    select(agreements.c.kind, agreements.c.version, agreements.c.at)
    .where(agreements.c.account_id == bindparam("account"))
    .order_by(agreements.c.id.desc())
)


def add(connection: Connection, account_id: str, kind: str, version: str, at: int, address: str) -> None:
    """Put one agreement on record; earlier ones stay."""
    values = {"account_id": account_id, "kind": kind, "version": version, "at": at, "address": address}
    connection.execute(agreements.insert(), values)


def version_agreed(connection: Connection, account_id: str, kind: str) -> str | None:
    """The version agreed to last, or None."""
    query = select(agreements.c.version).where(agreements.c.account_id == account_id, agreements.c.kind == kind)
    return connection.execute(query.order_by(agreements.c.id.desc()).limit(1)).scalar()


def of_account(connection: Connection, account_id: str, kinds: Sequence[str]) -> list[tuple[str, str, int]]:
    """Kind, version and time (Unix seconds) of every agreement of these kinds, the newest first."""
    rows = _OF_ACCOUNT.rows(connection, {"account": account_id})
    return [(kind, version, at) for kind, version, at in rows if kind in kinds]
