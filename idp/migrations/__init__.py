"""Brings the schema up to date: one transaction, one lock, on SQLite and PostgreSQL alike."""

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text

from idp.tables.database import Database, be_patient

# Alembic takes a tenth of a second to import: only where there is something to apply
if TYPE_CHECKING:
    from alembic.migration import MigrationContext

LOCK = 7_243_001  # any number, as long as every node uses the same


def current(connection: Connection) -> str | None:
    """The revision that the database is at, or None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def head() -> str:
    """The revision that this version wants: files are named step_<revision>_<what>.py, revisions count up."""
    names = (entry.name for entry in files("idp.migrations.versions").iterdir())
    return max(name.split("_")[1] for name in names if name.startswith("step_"))


def upgrade(database: Database) -> list[str]:
    """Apply what is missing; returns the revisions applied. A failure rolls everything back."""
    with database.read() as connection:
        # a newer schema is left alone: during an upgrade of several nodes the old version goes on with it
        if (at := current(connection)) and at >= head():
            return []
    with database.write() as connection:
        if database.dialect == "postgresql":
            be_patient(connection, 0)
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        return apply(connection)


def scripts() -> Any:
    """Alembic's reading of the steps."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "idp:migrations")
    return ScriptDirectory.from_config(config)


def apply(connection: Connection) -> list[str]:
    """Apply what is missing in the caller's transaction; returns the revisions applied."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    script, applied = scripts(), []

    def steps(revision: Any, context: "MigrationContext") -> Any:
        found = script._upgrade_revs("head", revision)
        applied.extend(step.revision.revision for step in found)
        return found

    batch = connection.dialect.name == "sqlite"
    context = MigrationContext.configure(connection, opts={"fn": steps, "transactional_ddl": True, "render_as_batch": batch})
    with Operations.context(context):
        context.run_migrations()
    return applied


def database_time(connection: Connection) -> float:
    """The database's own clock in Unix seconds."""
    sqlite = "SELECT (julianday('now') - 2440587.5) * 86400.0"
    query = sqlite if connection.dialect.name == "sqlite" else "SELECT extract(epoch from clock_timestamp())"
    return float(connection.execute(text(query)).scalar_one())
