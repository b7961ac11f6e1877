"""Blocks of the audit record, and the rows that they seal."""

from typing import Any, Sequence

from sqlalchemy import Connection, bindparam, delete, func, select, text, update
from sqlalchemy.exc import IntegrityError

from idp.domain.audit_chain import COLUMNS, Block
from idp.tables.hot import Hot
from idp.tables.schema import audit, audit_blocks

_NAMES = tuple(column.name for column in audit_blocks.c)
_ROWS = Hot(
    select(*(audit.c[name] for name in COLUMNS))
    .where(audit.c.id > bindparam("after"), audit.c.id <= bindparam("last"))
    .order_by(audit.c.id)
    .limit(bindparam("limit"))
)
# who writes audit rows holds this lock from before a row gets its id to after the commit, and everybody may see it
_WRITING = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = 'audit'::regclass"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mode = 'RowExclusiveLock'"
)
BEGINNING = -(2**62)  # after this id: every row


def last_id(connection: Connection) -> int | None:
    """The highest id of a row that is there, or None."""
    found: int | None = connection.execute(select(func.max(audit.c.id))).scalar()
    return found


def writing(connection: Connection) -> frozenset[str]:
    """Transactions, by name, that may have given a row an id and not committed it yet. On SQLite there is one writer at a
    time, so that ids come in the order of commits, and there are none."""
    if connection.dialect.name != "postgresql":
        return frozenset()
    return frozenset(connection.scalars(_WRITING))


def rows(connection: Connection, after: int, last: int, limit: int) -> list[tuple[Any, ...]]:
    """Up to `limit` audit rows with ids above `after` and up to `last`, in their order, as `COLUMNS`."""
    return _ROWS.rows(connection, {"after": after, "last": last, "limit": limit})


def tail(connection: Connection, after: int, most: int | None = None) -> tuple[int, int | None]:
    """How many rows have ids above `after`, `most` at most, and when the oldest of them was written (Unix seconds)."""
    some = select(audit.c.at).where(audit.c.id > after).order_by(audit.c.id).limit(most).subquery()
    found = connection.execute(select(func.count(), func.min(some.c.at))).one()
    return int(found[0]), found[1]


def add(connection: Connection, block: Block) -> bool:
    """Insert a block; false if there is one of its number: of parallel couriers one wins."""
    try:
        with connection.begin_nested():
            connection.execute(audit_blocks.insert(), vars(block))
    except IntegrityError:
        return False
    return True


def newest(connection: Connection, back: int = 0) -> Block | None:
    """The last block, or the one `back` blocks before it."""
    found = connection.execute(select(audit_blocks).order_by(audit_blocks.c.seq.desc()).offset(back).limit(1)).first()
    return _made(found) if found else None


def after(connection: Connection, seq: int, limit: int) -> list[Block]:
    """Up to `limit` blocks behind this one."""
    query = select(audit_blocks).where(audit_blocks.c.seq > seq).order_by(audit_blocks.c.seq).limit(limit)
    return [_made(row) for row in connection.execute(query)]


def find(connection: Connection, seq: int) -> Block | None:
    """The block with this number, or None."""
    found = connection.execute(select(audit_blocks).where(audit_blocks.c.seq == seq)).first()
    return _made(found) if found else None


def unpurged(connection: Connection, limit: int) -> list[Block]:
    """The oldest blocks whose rows are still there; never the last block, whose rows keep ids from being given again."""
    last = select(func.max(audit_blocks.c.seq)).scalar_subquery()
    old = (audit_blocks.c.purged_at == 0, audit_blocks.c.seq < last)
    return [_made(row) for row in connection.execute(select(audit_blocks).where(*old).order_by(audit_blocks.c.seq).limit(limit))]


def unthinned(connection: Connection, limit: int) -> list[Block]:
    """The oldest blocks that hold every row that was sealed; never the last block."""
    last = select(func.max(audit_blocks.c.seq)).scalar_subquery()
    whole = (audit_blocks.c.thinned_at == 0, audit_blocks.c.purged_at == 0, audit_blocks.c.seq < last)
    return [_made(row) for row in connection.execute(select(audit_blocks).where(*whole).order_by(audit_blocks.c.seq).limit(limit))]


def thin(connection: Connection, block: Block, after: int, events: Sequence[str]) -> int | None:
    """Delete those rows of a block, which are those above `after`, that tell of these events, and mark it as `block` says; its
    number of such rows, or None if it was marked or purged before: of parallel couriers one does it."""
    whole = (audit_blocks.c.seq == block.seq, audit_blocks.c.thinned_at == 0, audit_blocks.c.purged_at == 0)
    names = ("thinned_at", "left_count", "left_digest", "thinned_mac", "marks")
    if connection.execute(update(audit_blocks).where(*whole).values({name: getattr(block, name) for name in names})).rowcount != 1:
        return None
    gone = delete(audit).where(audit.c.id > after, audit.c.id <= block.last_id, audit.c.event.in_(events))
    return connection.execute(gone).rowcount


def purge(connection: Connection, block: Block, after: int) -> int | None:
    """Delete the rows of a block, which are those above `after`, and mark it as `block` says; its number of rows, or None if
    it was marked before: of parallel couriers one does it."""
    fresh = (audit_blocks.c.seq == block.seq, audit_blocks.c.purged_at == 0)
    marked = update(audit_blocks).where(*fresh).values(purged_at=block.purged_at, purge_mac=block.purge_mac, marks="")
    if connection.execute(marked).rowcount != 1:
        return None
    return connection.execute(delete(audit).where(audit.c.id > after, audit.c.id <= block.last_id)).rowcount


def _made(row: Sequence[Any]) -> Block:
    return Block(**dict(zip(_NAMES, row)))
