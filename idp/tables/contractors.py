"""The contractor register: contracts and the keyed hashes of their facts, nothing of a person in clear."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import ARRAY, Column, Connection, MetaData, String, Table, Text, bindparam, delete, func, select, text, update

from idp.domain.contract import ContractType
from idp.tables.database import be_patient
from idp.tables.schema import contractor_facts as facts
from idp.tables.schema import contractors
from idp.vault import Vault

_LIVE = contractors.c.ended_at.is_(None)


def hashed(vault: Vault, key: str, key_id: str | None = None) -> str:
    """What the register stores of a folded key: 132 bits of its keyed hash, under the current secret by default."""
    return vault.keyed_hash("contractor", key, key_id)[:22]


@dataclass(frozen=True)
class Stored:
    """A contract of the register."""

    id: str
    contract_type: ContractType
    row_hash: str
    ended_at: int | None


@dataclass(frozen=True)
class Found:
    """A live contract that a search found, and which of the hashes searched for are its own."""

    id: str
    contract_type: ContractType
    hashes: frozenset[str]


def search(connection: Connection, wanted: Sequence[Sequence[str]], most: int = 2) -> list[Found]:
    """Live contracts, at most `most`, that have one of the hashes of every group. One statement."""
    asked = [fact_hash for group in wanted for fact_hash in group]
    query = select(contractors.c.id, contractors.c.contract_type, facts.c.fact_hash)
    query = query.join(facts, facts.c.contractor_id == contractors.c.id).where(_LIVE, facts.c.fact_hash.in_(asked))
    for group in wanted:
        query = query.where(contractors.c.id.in_(select(facts.c.contractor_id).where(facts.c.fact_hash.in_(group))))
    types: dict[str, ContractType] = {}
    hashes: dict[str, set[str]] = {}
    # a contract gives one row per hash of its own, so this many rows hold `most` contracts if there are as many
    for row in connection.execute(query.limit(most * len(asked))):
        types[row.id] = row.contract_type
        hashes.setdefault(row.id, set()).add(row.fact_hash)
    return [Found(id, types[id], frozenset(own)) for id, own in hashes.items()][:most]


def by_hash(connection: Connection, fact_hashes: Iterable[str]) -> dict[str, Stored]:
    """Contracts, live or ended, by the one of these hashes they have; of two with the same the live one."""
    query = select(facts.c.fact_hash, contractors).join(facts, facts.c.contractor_id == contractors.c.id)
    rows = connection.execute(query.where(facts.c.fact_hash.in_(list(fact_hashes)))).all()
    rows.sort(key=lambda row: (row.ended_at is None, row.ended_at or 0))  # of two that have ended, the later one
    return {row.fact_hash: Stored(row.id, row.contract_type, row.row_hash, row.ended_at) for row in rows}


def hashes_of(connection: Connection, ids: Iterable[str]) -> dict[str, set[str]]:
    """All hashes by contract."""
    own: dict[str, set[str]] = {}
    for row in connection.execute(select(facts).where(facts.c.contractor_id.in_(list(ids)))):
        own.setdefault(row.contractor_id, set()).add(row.fact_hash)
    return own


def live_count(connection: Connection) -> int:
    """How many contracts live."""
    return connection.execute(select(func.count()).select_from(contractors).where(_LIVE)).scalar_one()


def learn(connection: Connection) -> None:
    """After many rows: let PostgreSQL's planner know them, or a search reads every contract until autovacuum comes by."""
    if connection.dialect.name == "postgresql":
        be_patient(connection, 60)
        connection.execute(text("ANALYZE contractors, contractor_facts"))


def probe(connection: Connection) -> None:
    """Return if the register can be read."""
    connection.execute(select(contractors.c.id).limit(1)).first()


@dataclass(frozen=True)
class Entry:
    """A contract as it is to stand in the register; `new` if its id is not there yet."""

    id: str
    contract_type: ContractType
    row_hash: str
    fact_hashes: tuple[str, ...]
    new: bool


_CHANGE = (
    update(contractors)
    .where(contractors.c.id == bindparam("which"))
    .values(
        contract_type=bindparam("type"),
        row_hash=bindparam("row"),
        import_id=bindparam("import"),
        updated_at=bindparam("at"),
        ended_at=None,
    )
)


def _fill(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> None:
    """Insert rows of texts. To PostgreSQL they go as one array per column, which takes a third of the time of single rows."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        arrays = select(*(func.unnest(bindparam(name, type_=ARRAY(Text))) for name in names))
        connection.execute(table.insert().from_select(names, arrays), dict(zip(names, map(list, zip(*rows)))))
    else:
        connection.execute(table.insert(), [dict(zip(names, row)) for row in rows])


def put(connection: Connection, entries: Sequence[Entry], import_id: str, now: int) -> None:
    """Write contracts as live, with these facts and no others."""
    if new := [entry for entry in entries if entry.new]:
        same = {"import_id": import_id, "updated_at": now, "ended_at": None}
        rows = [{"id": e.id, "contract_type": e.contract_type, "row_hash": e.row_hash, **same} for e in new]
        connection.execute(contractors.insert(), rows)
    if changed := [entry for entry in entries if not entry.new]:
        connection.execute(delete(facts).where(facts.c.contractor_id.in_([entry.id for entry in changed])))
        rows = [{"which": e.id, "type": e.contract_type, "row": e.row_hash, "import": import_id, "at": now} for e in changed]
        connection.execute(_CHANGE, rows)
    # in the order of the index: every page of it is sought once
    _fill(connection, facts, ("fact_hash", "contractor_id"), sorted((one, e.id) for e in entries for one in e.fact_hashes))


def forget(connection: Connection, ids: Iterable[str]) -> None:
    """Drop the facts of ended contracts whose customer number has gone to somebody else."""
    connection.execute(delete(facts).where(facts.c.contractor_id.in_(list(ids))))  # an empty list drops nothing


def end(connection: Connection, ids: Iterable[str], import_id: str, now: int) -> None:
    """Mark contracts as ended: they match nothing any more."""
    gone = update(contractors).where(contractors.c.id.in_(list(ids)), _LIVE)
    connection.execute(gone.values(ended_at=now, import_id=import_id, updated_at=now))


def of_import(connection: Connection, import_id: str, ended: bool, chunk: int) -> Iterator[list[str]]:
    """Ids of contracts that this import has written last, live ones or those it has ended, in chunks."""
    last = ""
    which = (contractors.c.import_id == import_id, contractors.c.ended_at.is_not(None) if ended else _LIVE)
    page = select(contractors.c.id).where(*which).order_by(contractors.c.id).limit(chunk)
    while ids := list(connection.scalars(page.where(contractors.c.id > last))):
        last = ids[-1]
        yield ids


def revive(connection: Connection, ids: Iterable[str], import_id: str, now: int) -> None:
    """Mark contracts as live again, with the facts that they had."""
    back = update(contractors).where(contractors.c.id.in_(list(ids)))
    connection.execute(back.values(ended_at=None, import_id=import_id, updated_at=now))


def before(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What `restore` needs to bring these contracts back as they are now, by id: plain data, hashes only."""
    own = hashes_of(connection, ids)
    rows = connection.execute(select(contractors).where(contractors.c.id.in_(list(ids))))
    return {
        row.id: {"type": row.contract_type, "row": row.row_hash, "ended": row.ended_at, "by": row.import_id, "facts": sorted(own.get(row.id, ()))}
        for row in rows
    }


def restore(connection: Connection, rows: Mapping[str, Mapping[str, Any]], written_by: str, import_id: str, now: int) -> tuple[list[str], list[str]]:
    """Bring contracts back as `before` found them, those that nobody has written since the import `written_by` or whose facts
    it dropped. Returns the ids of those that live no more, and of those that do again."""
    known = {row.id: row for row in connection.execute(select(contractors).where(contractors.c.id.in_(list(rows))))}
    ours = [one for one, row in known.items() if row.import_id in (written_by, rows[one]["by"])]
    connection.execute(delete(facts).where(facts.c.contractor_id.in_(ours)))
    for one in ours:
        values = {"contract_type": rows[one]["type"], "row_hash": rows[one]["row"], "ended_at": rows[one]["ended"]}
        connection.execute(update(contractors).where(contractors.c.id == one).values(**values, import_id=import_id, updated_at=now))
    _fill(connection, facts, ("fact_hash", "contractor_id"), sorted((fact, one) for one in ours for fact in rows[one]["facts"]))
    gone = [one for one in ours if known[one].ended_at is None and rows[one]["ended"] is not None]
    back = [one for one in ours if known[one].ended_at is not None and rows[one]["ended"] is None]
    return gone, back


# what an import has seen of its file; on the disk of the database, so that memory does not grow with the file
_seen = Table(
    "contractor_seen",
    MetaData(),
    Column("number_hash", String(32), primary_key=True),
    Column("row_hash", String(32), nullable=False),
    Column("contractor_id", String(64), index=True),
    prefixes=["TEMPORARY"],
)


@contextmanager
def scratch(connection: Connection) -> Iterator[None]:
    """A temporary table of this connection for what an import sees. It writes nothing to the register."""
    _seen.create(connection, checkfirst=False)
    try:
        yield
    finally:
        _seen.drop(connection, checkfirst=False)


def see(connection: Connection, rows: Sequence[tuple[str, str, str | None]]) -> None:
    """Remember rows: hash of the number, hash of the row, id of the contract if there is one."""
    connection.exec_driver_sql("BEGIN")  # reading connections commit each row by itself
    _fill(connection, _seen, _seen.c.keys(), rows)
    connection.exec_driver_sql("COMMIT")


def seen_rows(connection: Connection, number_hashes: Iterable[str]) -> dict[str, str]:
    """Hash of the row that was remembered, by hash of its number."""
    query = select(_seen.c.number_hash, _seen.c.row_hash).where(_seen.c.number_hash.in_(list(number_hashes)))
    return {row.number_hash: row.row_hash for row in connection.execute(query)}


def unseen(connection: Connection, but: str, chunk: int) -> Iterator[list[str]]:
    """Ids of live contracts that were not seen, in chunks; without those that the import `but` has written."""
    last = ""
    page = select(contractors.c.id).where(_LIVE, contractors.c.import_id != but).order_by(contractors.c.id).limit(chunk)
    while ids := connection.execute(page.where(contractors.c.id > last)).scalars().all():
        last = ids[-1]
        here = set(connection.execute(select(_seen.c.contractor_id).where(_seen.c.contractor_id.in_(ids))).scalars())
        if gone := [one for one in ids if one not in here]:
            yield gone
