"""Accounts of staff: listed, and changed only while one administrator is left."""

from typing import Any

from sqlalchemy import Connection, func, literal_column, select, update

from idp.tables.schema import accounts, destinations, sessions

# written out, as the index says of itself: a bound value would hide it
_STAFF = accounts.c.role != literal_column("'member'")
LISTED = ("id", "login_id", "login_id_key", "nickname", "role", "status", "password_state", "created_at")


def page(connection: Connection, after: str, limit: int) -> list[Any]:
    """Up to `limit` accounts of staff behind this folded login ID, in the order of these, with when each signed in last."""
    last = select(func.max(sessions.c.started_at)).where(sessions.c.account_id == accounts.c.id).scalar_subquery()
    query = select(*(accounts.c[name] for name in LISTED), last.label("signed_in")).where(_STAFF, accounts.c.login_id_key > after)
    return list(connection.execute(query.order_by(accounts.c.login_id_key).limit(limit)))


def hold_administrators(connection: Connection) -> frozenset[str]:
    """The ids of the administrators who can sign in; none of them changes until this transaction has ended."""
    able = (accounts.c.role == "administrator", _STAFF, accounts.c.status == "active", accounts.c.password_hash.is_not(None))
    return frozenset(connection.scalars(select(accounts.c.id).where(*able).order_by(accounts.c.id).with_for_update()))


def verify_mail(connection: Connection, account_id: str, now: int) -> None:
    """The account's mail addresses are known to be theirs: a letter was received there."""
    mine = (destinations.c.account_id == account_id, destinations.c.kind == "email", destinations.c.verified_at.is_(None))
    connection.execute(update(destinations).where(*mine).values(verified_at=now))
