"""What `idp migrate` is about to do: read off the SQL of each pending step, with the rows that are there and the locks that it takes
(PostgreSQL manual, Explicit Locking; SQLite has one lock for all)."""

import inspect
import io
import re
from dataclasses import dataclass
from typing import Any, Literal, Mapping

import sqlalchemy
from sqlalchemy import Connection, func, literal, select, table

from idp import migrations
from idp.tables.schema import metadata

MANY = 1_000_000  # counted no further
Wait = Literal["nobody", "writers", "everybody"]
_ORDER: tuple[Wait, ...] = ("nobody", "writers", "everybody")

# pattern of a statement, what it does, who waits for it on PostgreSQL, and whether every row is read or written
_KINDS: tuple[tuple[str, str, Wait, bool], ...] = (
    (r"CREATE TABLE (\w+)", "new table", "nobody", False),
    (r"CREATE (?:UNIQUE )?INDEX \w+ ON (\w+)", "index built", "writers", True),
    (r"ALTER TABLE (\w+) ADD COLUMN", "column added", "everybody", False),
    (r"ALTER TABLE (\w+) ALTER COLUMN", "column changed", "everybody", True),
    (r"ALTER TABLE (\w+) DROP", "column or rule dropped", "everybody", False),
    (r"ALTER TABLE (\w+) RENAME", "renamed", "everybody", False),
    (r"ALTER TABLE (\w+) ADD", "rule added", "everybody", True),
    (r"DROP TABLE (\w+)", "table dropped", "everybody", False),
    (r"UPDATE (\w+)", "rows changed", "writers", True),
    (r"DELETE FROM (\w+)", "rows deleted", "writers", True),
    (r"INSERT INTO (\w+)", "rows added", "nobody", False),
    (r"DROP INDEX (\w+)", "index dropped", "everybody", False),
)


@dataclass(frozen=True)
class Effect:
    """What a step does to one table; who else `waits`; `rows`: how many are read or written (None: none; at most `MANY`)."""

    table: str
    what: str
    waits: Wait
    rows: int | None


@dataclass(frozen=True)
class Step:
    """One pending step: its number, what it is for, what may run beside it, and its effects."""

    revision: str
    purpose: str
    beside: str
    effects: tuple[Effect, ...]


def statements(revision: str, dialect: str) -> list[str]:
    """The SQL of a step, each statement on one line, without that which notes the step."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    written = io.StringIO()
    context = MigrationContext.configure(dialect_name=dialect, opts={"as_sql": True, "output_buffer": written})
    with Operations.context(context):
        module(revision).upgrade()
    return [" ".join(one.split()) for one in written.getvalue().split(";") if one.strip()]


def module(revision: str) -> Any:
    """The step's module."""
    return migrations.scripts().get_revision(revision).module


def kind_of(statement: str) -> tuple[str, str, Wait, bool]:
    """(table, what, who waits, whether its rows are gone through) of a statement. Raises ValueError if it is of no known kind."""
    for pattern, what, waits, reads in _KINDS:
        if match := re.match(pattern, statement, re.IGNORECASE):
            return _table_of(match[1]) if what == "index dropped" else match[1], what, waits, reads
    raise ValueError(f"what does this lock? {statement[:80]}")


def _table_of(index: str) -> str:
    """The table of an index, by the rule that its name follows."""
    return max((name for name in metadata.tables if index.startswith(f"ix_{name}_")), key=len, default=index)


def effects(revision: str, dialect: str) -> list[tuple[str, str, Wait, bool]]:
    """`kind_of` each statement of a step, but for what it does to a table that it makes, which nobody else knows yet."""
    found, new = [], set()
    for kind in map(kind_of, statements(revision, dialect)):
        if kind[0] not in new:
            found.append(kind)
        if kind[1] == "new table":
            new.add(kind[0])
    return found + [(name, "rows read", "nobody", True) for name in getattr(module(revision), "READS", ())]


def _rows(connection: Connection, name: str) -> int:
    some = select(literal(1)).select_from(table(name)).limit(MANY).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def pending(connection: Connection) -> list[Step]:
    """The steps that `idp migrate` would apply to this database, in their order."""
    at, steps = migrations.current(connection), []
    known: dict[str, int] = {}
    there = sqlalchemy.inspect(connection).get_table_names()
    for script in reversed(list(migrations.scripts().walk_revisions())):
        if at is not None and script.revision <= at:
            continue
        found: dict[tuple[str, str], Effect] = {}
        for name, what, waits, reads in effects(script.revision, connection.dialect.name):
            if reads and name in there and name not in known:
                known[name] = _rows(connection, name)
            found.setdefault((name, what), Effect(name, what, waits, known.get(name, 0) if reads else None))
        said = inspect.getdoc(module(script.revision).upgrade) or ""
        beside = " ".join(said.removeprefix("Apply this step.").split())
        steps.append(Step(script.revision, " ".join((script.doc or "").split()), beside, tuple(found.values())))
    return steps


def together(steps: list[Step]) -> Mapping[str, Wait]:
    """Who has to wait for each table that was there before: all steps are one transaction, which holds each lock to its end."""
    new = {effect.table for step in steps for effect in step.effects if effect.what == "new table"}
    held: dict[str, Wait] = {}
    for effect in (effect for step in steps for effect in step.effects if effect.table not in new):
        held[effect.table] = max(held.get(effect.table, "nobody"), effect.waits, key=_ORDER.index)
    return held
