"""Brings the schema up to date: one transaction, one lock, on SQLite and PostgreSQL alike."""

from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from idp.tables.database import Database

LOCK = 7_243_001  # any number, as long as every node uses the same


def _script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", "idp:migrations")
    return ScriptDirectory.from_config(config)


def current(connection: Connection) -> str | None:
    """The revision that the database is at."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The revision that this version wants."""
    return _script().get_current_head()


def upgrade(database: Database) -> list[str]:
    """Apply what is missing; returns the revisions applied. A failure rolls everything back."""
    script, applied = _script(), []
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})

        def steps(revision: Any, context: MigrationContext) -> Any:
            found = script._upgrade_revs("head", revision)
            applied.extend(step.revision.revision for step in found)
            return found

        context = MigrationContext.configure(
            connection, opts={"fn": steps, "transactional_ddl": True, "render_as_batch": database.dialect == "sqlite"}
        )
        from alembic.operations import Operations

        with Operations.context(context):
            context.run_migrations()
    return applied


def database_time(connection: Connection) -> float:
    """The database's own clock in Unix seconds."""
    sqlite = "SELECT (julianday('now') - 2440587.5) * 86400.0"
    query = sqlite if connection.dialect.name == "sqlite" else "SELECT extract(epoch from clock_timestamp())"
    return float(connection.execute(text(query)).scalar_one())
