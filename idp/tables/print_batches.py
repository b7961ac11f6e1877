"""Batches of letters for the print shop: made by a courier, fetched once, or void."""

from dataclasses import dataclass
from typing import Sequence

from sqlalchemy import Connection, Select, delete, func, null, select, update

from idp.tables.schema import accounts
from idp.tables.schema import print_batches as table
from idp.tables.schema import print_rows as rows_table


@dataclass(frozen=True)
class Batch:
    """`wish`: whose letters, see the table; `state`: waiting, ready, taken or void. Times are Unix seconds."""

    id: str
    actor: str
    wish: str
    size: int
    made: int
    state: str
    created_at: int
    changed_at: int


@dataclass(frozen=True)
class PrintRow:
    """A letter of a batch, its text sealed."""

    seq: int
    account_id: str
    made_at: int
    sealed: str


_COLUMNS = tuple(table.c[name] for name in Batch.__dataclass_fields__)


def add(connection: Connection, batch: Batch) -> None:
    """A new batch."""
    connection.execute(table.insert(), vars(batch))


def find(connection: Connection, batch_id: str) -> Batch | None:
    """The batch of this id."""
    row = connection.execute(select(*_COLUMNS).where(table.c.id == batch_id)).mappings().first()
    return Batch(**row) if row else None


def newest(connection: Connection, limit: int) -> list[Batch]:
    """The newest batches first."""
    query = select(*_COLUMNS).order_by(table.c.created_at.desc(), table.c.id).limit(limit)
    return [Batch(**row) for row in connection.execute(query).mappings()]


def grow(connection: Connection, batch: Batch, rows: Sequence[PrintRow], now: int) -> bool:
    """Add these letters to a batch that is as it was read; false, and nothing is added, if it is not: of two couriers one adds."""
    same = (table.c.id == batch.id, table.c.state == "waiting", table.c.made == batch.made)
    if connection.execute(update(table).where(*same).values(made=batch.made + len(rows), changed_at=now)).rowcount != 1:
        return False
    connection.execute(rows_table.insert(), [{"batch_id": batch.id, **vars(row)} for row in rows])
    return True


def turn(connection: Connection, batch_id: str, before: Sequence[str], after: str, now: int) -> bool:
    """Give the batch another state if it is in one of these; true for one of many parallel callers."""
    mine = update(table).where(table.c.id == batch_id, table.c.state.in_(before))
    return connection.execute(mine.values(state=after, changed_at=now)).rowcount == 1


def rows(connection: Connection, batch_id: str) -> list[PrintRow]:
    """Its letters in their order."""
    names = [rows_table.c[name] for name in PrintRow.__dataclass_fields__]
    query = select(*names).where(rows_table.c.batch_id == batch_id).order_by(rows_table.c.seq)
    return [PrintRow(**row) for row in connection.execute(query).mappings()]


def wipe(connection: Connection, batch_id: str) -> None:
    """Forget its letters."""
    connection.execute(delete(rows_table).where(rows_table.c.batch_id == batch_id))


def take_back(connection: Connection, letters: Sequence[PrintRow], now: int) -> int:
    """Leave these accounts without a password again, where the one of the letter was not used or replaced; returns how many."""
    done = 0
    for one in letters:
        same = (accounts.c.id == one.account_id, accounts.c.password_state == "letter", accounts.c.password_at == one.made_at)
        none = {"password_hash": null(), "password_state": "none", "updated_at": now}
        done += connection.execute(update(accounts).where(*same).values(**none)).rowcount
    return done


def counting(late: int, most: int) -> dict[str, Select[tuple[int]]]:
    """The statements that count, up to `most`, active members who have no password ("without"), a letter that they can still use
    ("printed"), and one that was made before `late` ("expired")."""
    member = (accounts.c.status == "active", accounts.c.role == "member")
    kinds = {
        "without": (accounts.c.password_state == "none",),
        "printed": (accounts.c.password_state == "letter", accounts.c.password_at >= late),
        "expired": (accounts.c.password_state == "letter", accounts.c.password_at < late),
    }
    some = {name: select(accounts.c.id).where(*member, *kind).limit(most).subquery() for name, kind in kinds.items()}
    return {name: select(func.count()).select_from(one) for name, one in some.items()}


def counts(connection: Connection, late: int, most: int) -> dict[str, int]:
    """What `counting` counts."""
    return {name: connection.execute(query).scalar_one() for name, query in counting(late, most).items()}
