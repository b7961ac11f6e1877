"""Imports of contracts: their state, their files piece by piece, the rows left out, and what they have changed."""

import json
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from sqlalchemy import Connection, and_, delete, or_, select, update

from idp.tables.schema import contract_import_before as before
from idp.tables.schema import contract_import_parts as parts
from idp.tables.schema import contract_import_problems as problems
from idp.tables.schema import contract_imports as table

WAITING = ("check", "apply", "undo")  # states in which a courier has something to do


@dataclass(frozen=True)
class Job:
    """One import. `state`: receiving, columns, check, checked, apply, done, undo, undone, stopped, dropped; times in Unix seconds, 0:
    not yet. `columns`: (keyed hash of the heading, the column that it stands for); `report`: counts and examples."""

    id: str
    state: str
    created_at: int
    actor: str
    file_name: str = ""
    size: int = 0
    encoding: str = ""
    columns: tuple[tuple[str, str | None], ...] = ()
    step: str = ""
    done: int = 0
    total: int = 0
    attempts: int = 0
    report: Mapping[str, Any] | None = None
    stopped: str | None = None
    checked_at: int = 0
    applied_by: str | None = None
    finished_at: int = 0
    lease: str | None = None
    lease_until: int = 0


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if name in ("columns", "report") and value is not None else value for name, value in values.items()}


def _job(row: Any) -> Job:
    found = dict(row)
    found["columns"] = tuple((one, column) for one, column in json.loads(found["columns"]))
    found["report"] = json.loads(found["report"]) if found["report"] else None
    return Job(**found)


def add(connection: Connection, job: Job) -> None:
    """Insert it."""
    connection.execute(table.insert(), _values(vars(job)))


def find(connection: Connection, job_id: str) -> Job | None:
    """The import with this id, or None."""
    row = connection.execute(select(table).where(table.c.id == job_id)).mappings().first()
    return _job(row) if row else None


def page(connection: Connection, before_at: tuple[int, str] | None, limit: int) -> list[Job]:
    """Up to `limit` imports, the newest first; `before_at`: older than this time and id, for the next page."""
    query = select(table).order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
    if before_at:
        at, job_id = before_at
        query = query.where(or_(table.c.created_at < at, and_(table.c.created_at == at, table.c.id < job_id)))
    return [_job(row) for row in connection.execute(query).mappings()]


def last_finished(connection: Connection) -> Job | None:
    """The one that was last written to the register, whether taken back or not."""
    query = select(table).where(table.c.finished_at > 0).order_by(table.c.finished_at.desc(), table.c.created_at.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return _job(row) if row else None


def last_columns(connection: Connection) -> tuple[tuple[str, str | None], ...]:
    """What the columns were in the last import that was written."""
    query = select(table.c.columns).where(table.c.finished_at > 0, table.c.columns != "[]").order_by(table.c.finished_at.desc()).limit(1)
    found = connection.execute(query).scalar()
    return tuple((one, column) for one, column in json.loads(found)) if found else ()


def move(connection: Connection, job_id: str, states: Sequence[str], to: str, **values: Any) -> bool:
    """From one of these states to another: true for one of many parallel callers."""
    free = {"lease": None, "lease_until": 0}
    moved = update(table).where(table.c.id == job_id, table.c.state.in_(states))
    return connection.execute(moved.values(state=to, **free, **_values(values))).rowcount == 1


def claim(connection: Connection, lease: str, now: int, seconds: int) -> Job | None:
    """Take the oldest import that has something to be done and is in nobody's hands."""
    free = (table.c.state.in_(WAITING), table.c.lease_until <= now)
    job_id = connection.execute(select(table.c.id).where(*free).order_by(table.c.created_at, table.c.id).limit(1)).scalar()
    if job_id is None:
        return None
    taken = update(table).where(table.c.id == job_id, *free)
    values = {"lease": lease, "lease_until": now + seconds, "attempts": table.c.attempts + 1}
    return find(connection, job_id) if connection.execute(taken.values(values)).rowcount == 1 else None


def waits(connection: Connection, now: int) -> bool:
    """Whether `claim` would find one."""
    free = (table.c.state.in_(WAITING), table.c.lease_until <= now)
    return connection.execute(select(table.c.id).where(*free).limit(1)).first() is not None


def hold(connection: Connection, job_id: str, lease: str, lease_until: int, **values: Any) -> bool:
    """Keep it, and say how far it is; false if somebody else has it."""
    mine = update(table).where(table.c.id == job_id, table.c.lease == lease)
    return connection.execute(mine.values(lease_until=lease_until, **_values(values))).rowcount == 1


def end(connection: Connection, job_id: str, lease: str, state: str, **values: Any) -> bool:
    """What came of it; false if somebody else has it."""
    mine = update(table).where(table.c.id == job_id, table.c.lease == lease)
    return connection.execute(mine.values(state=state, lease=None, lease_until=0, **_values(values))).rowcount == 1


def add_part(connection: Connection, job_id: str, number: int, sealed: str) -> None:
    """Keep a piece of its file, counted from 0."""
    connection.execute(parts.insert(), {"import_id": job_id, "number": number, "sealed": sealed})


def part(connection: Connection, job_id: str, number: int) -> str | None:
    """A piece of its file, or None behind the last."""
    return connection.execute(select(parts.c.sealed).where(parts.c.import_id == job_id, parts.c.number == number)).scalar()


def drop_parts(connection: Connection, job_id: str) -> None:
    """The file is not needed any more."""
    connection.execute(delete(parts).where(parts.c.import_id == job_id))


def add_problems(connection: Connection, job_id: str, rows: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Keep lines that were left out, and why."""
    if rows:
        connection.execute(problems.insert(), [{"import_id": job_id, "line": line, "codes": " ".join(codes)} for line, codes in rows])


def clear_problems(connection: Connection, job_id: str) -> None:
    """They are looked for anew."""
    connection.execute(delete(problems).where(problems.c.import_id == job_id))


def problems_of(connection: Connection, job_id: str, after: int, limit: int) -> list[tuple[int, tuple[str, ...]]]:
    """(line, codes) of lines behind `after`, in their order."""
    query = select(problems.c.line, problems.c.codes).where(problems.c.import_id == job_id, problems.c.line > after)
    return [(row.line, tuple(row.codes.split())) for row in connection.execute(query.order_by(problems.c.line).limit(limit))]


def remember(connection: Connection, job_id: str, rows: Mapping[str, Mapping[str, Any]], now: int) -> None:
    """Keep contracts, by id, as they were before this import; what is kept already stays."""
    known = set(connection.scalars(select(before.c.contractor_id).where(before.c.import_id == job_id, before.c.contractor_id.in_(rows))))
    values = [{"import_id": job_id, "contractor_id": one, "row": json.dumps(rows[one]), "at": now} for one in rows if one not in known]
    if values:
        connection.execute(before.insert(), values)


def remembered(connection: Connection, job_id: str, limit: int) -> dict[str, dict[str, Any]]:
    """Some of them."""
    query = select(before.c.contractor_id, before.c.row).where(before.c.import_id == job_id).order_by(before.c.contractor_id).limit(limit)
    return {row.contractor_id: json.loads(row.row) for row in connection.execute(query)}


def forget(connection: Connection, job_id: str, contracts: Sequence[str]) -> None:
    """These are as they were."""
    connection.execute(delete(before).where(before.c.import_id == job_id, before.c.contractor_id.in_(contracts)))


def sweep(connection: Connection, before_at: int, problems_before: int, limit: int) -> int:
    """Delete what cannot be taken back any more, up to `limit` rows, the files of imports that nobody went on with, and lists
    of lines that are as old as `problems_before`; returns how many of the first."""
    old = connection.execute(select(before.c.import_id, before.c.contractor_id).where(before.c.at <= before_at).limit(limit)).all()
    for job_id in {row.import_id for row in old}:
        forget(connection, job_id, [row.contractor_id for row in old if row.import_id == job_id])
    idle = (table.c.created_at <= before_at, table.c.state.in_(("receiving", "columns", "checked")))
    connection.execute(update(table).where(*idle).values(state="dropped"))
    over = select(table.c.id).where(table.c.state.not_in(("receiving", "columns", "checked", *WAITING)))
    connection.execute(delete(parts).where(parts.c.import_id.in_(over)))
    done = select(table.c.id).where(table.c.created_at <= problems_before)
    connection.execute(delete(problems).where(problems.c.import_id.in_(done)))
    return len(old)
