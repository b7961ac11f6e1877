"""How many members a change of the policy would touch: estimated from a sample of accounts, which lie in random order of ids."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from idp.tables.schema import accounts, destinations, sessions


@dataclass(frozen=True)
class Member:
    """What matters about one account: `kinds` of its proven destinations."""

    status: str
    second_factor: bool
    password_state: str
    password_at: int
    kinds: frozenset[str]


def total(connection: Connection) -> int:
    """How many accounts there are: the length of an index."""
    return connection.execute(select(func.count()).select_from(accounts)).scalar_one()


def sample(connection: Connection, start: str, size: int) -> list[Member]:
    """Up to `size` accounts from the id `start` on, and from the first one where they end: all of them, if there are no more."""
    wanted = (accounts.c.id, accounts.c.status, accounts.c.second_factor, accounts.c.password_state, accounts.c.password_at)
    behind = connection.execute(select(*wanted).where(accounts.c.id >= start).order_by(accounts.c.id).limit(size)).all()
    left = size - len(behind)
    before = connection.execute(select(*wanted).where(accounts.c.id < start).order_by(accounts.c.id).limit(left)).all() if left else []
    kinds: dict[str, set[str]] = {}
    for rows in (behind, before):
        if rows:
            ids = (destinations.c.account_id >= rows[0].id, destinations.c.account_id <= rows[-1].id, destinations.c.verified_at.is_not(None))
            for owner, kind in connection.execute(select(destinations.c.account_id, destinations.c.kind).where(*ids)):
                kinds.setdefault(owner, set()).add(kind)
    return [
        Member(row.status, bool(row.second_factor), row.password_state, row.password_at, frozenset(kinds.get(row.id, ())))
        for row in (*behind, *before)
    ]


def sessions_between(connection: Connection, since: int, until: int, most: int) -> int:
    """How many sign-ins began from `since` up to and without `until`, counted up to `most`."""
    some = select(sessions.c.sid).where(sessions.c.started_at >= since, sessions.c.started_at < until).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()
