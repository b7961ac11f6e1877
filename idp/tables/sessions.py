"""Sessions as members see them and portals hear of them: where each began, and which portals it has reached. Whether one is
alive stands in the ephemeral store."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Sequence

from sqlalchemy import Connection, Table, and_, bindparam, delete, or_, select, tuple_

from idp.tables.hot import Hot
from idp.tables.schema import session_clients, sessions

_KNOWN = Hot(
    select(session_clients.c.at).where(
        session_clients.c.sid == bindparam("sid"), session_clients.c.client_id == bindparam("client")
    )
)
_OF_ACCOUNT = Hot(
    select(*(sessions.c[name] for name in ("sid", "account_id", "started_at", "device", "address")), session_clients.c.client_id)
    .select_from(sessions.join(session_clients, session_clients.c.sid == sessions.c.sid))
    .where(sessions.c.account_id == bindparam("account"), sessions.c.started_at >= bindparam("since"))
    .order_by(sessions.c.started_at.desc(), sessions.c.sid, session_clients.c.at, session_clients.c.client_id)
    .limit(bindparam("limit"))
)
_CLIENTS = Hot(
    select(session_clients.c.client_id)
    .where(session_clients.c.account_id == bindparam("account"), session_clients.c.client_id != "")
    .distinct()
    .order_by(session_clients.c.client_id)
)


@lru_cache(maxsize=4)
def _add(table: Table, dialect: str) -> Hot:
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
    return Hot(insert(table).on_conflict_do_nothing(), [column.name for column in table.c])


@dataclass(frozen=True)
class Signed:
    """A session of an account: begun at `started_at` (Unix seconds) on a device (`domain.device`), from a network address."""

    sid: str
    account_id: str
    started_at: int
    device: str
    address: str


def knows(connection: Connection, sid: str, client_id: str) -> bool:
    """Whether this session has reached this client ("": a page of ours) before."""
    return bool(_KNOWN.rows(connection, {"sid": sid, "client": client_id}))


def add(connection: Connection, session: Signed, client_id: str) -> None:
    """The session has reached the client; what is known already stays as it is."""
    reached = {"sid": session.sid, "client_id": client_id, "account_id": session.account_id, "at": session.started_at}
    for table, values in ((sessions, vars(session)), (session_clients, reached)):
        _add(table, connection.dialect.name).rows(connection, values)


def of_account(connection: Connection, account_id: str, since: int, limit: int) -> list[tuple[Signed, tuple[str, ...]]]:
    """The sessions that began at `since` (Unix seconds) or later, the newest first, each with the clients that it reached
    ("": a page of ours); so many mentions of clients at most."""
    found: dict[Signed, list[str]] = {}
    for *session, client_id in _OF_ACCOUNT.rows(connection, {"account": account_id, "since": since, "limit": limit}):
        found.setdefault(Signed(*session), []).append(client_id)
    return [(session, tuple(clients)) for session, clients in found.items()]


def by_sids(connection: Connection, sids: Sequence[str]) -> dict[str, Signed]:
    """Those of these sessions that are on record."""
    columns = (sessions.c[name] for name in ("sid", "account_id", "started_at", "device", "address"))
    return {row.sid: Signed(*row) for row in connection.execute(select(*columns).where(sessions.c.sid.in_(sids)))}


def clients_of(connection: Connection, account_id: str) -> list[str]:
    """Every client that this member has signed in to."""
    return [row[0] for row in _CLIENTS.rows(connection, {"account": account_id})]


def claim(connection: Connection, sids: Sequence[str]) -> list[tuple[str, str]]:
    """Take these sessions off the record as they end: (account_id, sid) of those that were on it; of parallel callers one
    gets each. Which portals they have reached stays on record."""
    gone = delete(sessions).where(sessions.c.sid.in_(sids)).returning(sessions.c.account_id, sessions.c.sid)
    return [(row.account_id, row.sid) for row in connection.execute(gone)]


def claim_all(connection: Connection, account_id: str) -> list[str]:
    """The same for all sessions of an account: their sids."""
    return list(connection.scalars(delete(sessions).where(sessions.c.account_id == account_id).returning(sessions.c.sid)))


def reached(connection: Connection, sids: Sequence[str]) -> list[tuple[str, str]]:
    """(sid, client_id) of the clients that these sessions have reached."""
    mine = (session_clients.c.sid.in_(sids), session_clients.c.client_id != "")
    query = select(session_clients.c.sid, session_clients.c.client_id).where(*mine)
    rows = connection.execute(query.order_by(session_clients.c.client_id, session_clients.c.at, session_clients.c.sid))
    return [(row.sid, row.client_id) for row in rows]


def forget(connection: Connection, before: int, limit: int) -> int:
    """Delete up to `limit` sessions that began before (Unix seconds), each client's newest mention per account excepted: a
    portal not visited for long must hear of a closed account, too. Returns how many rows went."""
    one, newer = session_clients, session_clients.alias("newer")
    later = or_(newer.c.at > one.c.at, and_(newer.c.at == one.c.at, newer.c.sid > one.c.sid))
    same = (newer.c.account_id == one.c.account_id, newer.c.client_id == one.c.client_id)
    key = tuple_(one.c.sid, one.c.client_id)
    old = select(one.c.sid, one.c.client_id).where(one.c.at < before, select(newer.c.sid).where(*same, later).exists())
    gone = connection.execute(delete(one).where(key.in_(old.limit(limit))).returning(one.c.sid)).all()
    ended = select(sessions.c.sid).where(sessions.c.started_at < before).limit(limit)
    return len(gone) + len(connection.execute(delete(sessions).where(sessions.c.sid.in_(ended)).returning(sessions.c.sid)).all())
