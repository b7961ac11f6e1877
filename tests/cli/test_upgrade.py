"""Upgrades: what a step takes away was not used by the version before (expand, migrate, contract), and `idp migrate --plan` says
what is to come."""

from pathlib import Path

import pytest
from sqlalchemy import text

from idp import migrations
from idp.migrations import plan
from idp.tables.database import Database
from tests.cli.expanding import shape, taken_away
from tests.cli.test_migrate import STEPS, tables, upgrade_to
from tests.restore.installed import Installed


def may_contract(steps: list[str], revision: str, since: str | None) -> bool:
    """Whether a step may take something away: it names the step since which no code uses it (`CONTRACTS`), and a version lies
    in between, so that neither the one that runs now nor the one before misses it."""
    return since is not None and since in steps and steps.index(revision) - steps.index(since) >= 2


def test_each_step_leaves_what_the_version_before_uses(database_url: str) -> None:
    """A step adds. What it takes away, renames or makes stricter is named with CONTRACTS = "NNNN" in its file."""
    database = Database(database_url)
    upgrade_to(database, STEPS[0])
    with database.read() as connection:
        before = shape(connection)
    for revision in STEPS[1:]:
        upgrade_to(database, revision)
        with database.read() as connection:
            after = shape(connection)
        if not may_contract(STEPS, revision, getattr(plan.module(revision), "CONTRACTS", None)):
            assert taken_away(before, after) == [], f"step {revision}"
        before = after
    database.close()


BREACHES = {
    "DROP TABLE audit": "audit is gone",
    "ALTER TABLE audit DROP COLUMN actor": "audit.actor is gone",
    "ALTER TABLE audit RENAME COLUMN actor TO who": "audit.actor is gone",
    "ALTER TABLE audit RENAME TO record": "audit is gone",
    "ALTER TABLE audit ADD COLUMN extra INTEGER NOT NULL": "audit.extra is new and must be given",
    "CREATE UNIQUE INDEX ux ON audit (actor)": "audit: a new rule for old columns: unique actor",
    "ALTER TABLE audit ALTER COLUMN actor SET NOT NULL": "audit.actor may not be null any more",
    "ALTER TABLE audit ALTER COLUMN actor TYPE VARCHAR(32)": "audit.actor was VARCHAR(64) and is VARCHAR(32)",
    "ALTER TABLE audit ADD CONSTRAINT fk FOREIGN KEY (account_id) REFERENCES accounts (id)": "audit: a new rule for old columns: points account_id",
}
ADDITIONS = [
    "ALTER TABLE audit ADD COLUMN extra INTEGER",
    "ALTER TABLE audit ADD COLUMN extra INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE more (id INTEGER NOT NULL)",
    "CREATE INDEX ix ON audit (actor)",
]


@pytest.mark.parametrize("statement", BREACHES)
def test_what_a_running_version_would_miss_is_found(fresh_postgres: str, statement: str) -> None:
    assert changed(fresh_postgres, statement) == [BREACHES[statement]]


@pytest.mark.parametrize("statement", ADDITIONS)
def test_what_only_adds_passes(fresh_postgres: str, statement: str) -> None:
    assert changed(fresh_postgres, statement) == []


def changed(url: str, statement: str) -> list[str]:
    """What a statement takes away from the first step's tables."""
    database = Database(url)
    upgrade_to(database, STEPS[0])
    with database.read() as connection:
        before = shape(connection)
    with database.write() as connection:
        connection.execute(text(statement))
    with database.read() as connection:
        after = shape(connection)
    database.close()
    return taken_away(before, after)


def test_contracting_waits_for_a_version_in_between() -> None:
    steps = ["0001", "0002", "0003"]
    assert may_contract(steps, "0003", "0001")
    assert not any(may_contract(steps, "0003", since) for since in (None, "0002", "0003", "9999"))


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize("revision", STEPS)
def test_the_plan_knows_what_every_step_locks(revision: str, dialect: str) -> None:
    assert plan.effects(revision, dialect)


def test_a_statement_of_no_known_kind_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="what does this lock"):
        plan.kind_of("CLUSTER audit")


def test_every_step_says_what_may_run_beside_it() -> None:
    for revision in STEPS[1:]:
        said = " ".join((plan.module(revision).upgrade.__doc__ or "").split())
        assert "goes on beside it" in said, revision


def test_the_plan_names_steps_rows_and_locks_and_changes_nothing(tmp_path: Path, database_url: str) -> None:
    database = Database(database_url)
    upgrade_to(database, "0003")
    account = "INSERT INTO accounts (id, login_id, login_id_key, nickname, status, role, locale, epoch, password_state,"
    account += " password_at, profile, created_at, updated_at) VALUES (:id, :id, :id, 'n', 'active', 'member', 'ja', 0, 'none', 0, '{}', 1, 1)"
    with database.write() as connection:
        connection.execute(text(account), [{"id": f"m{number}"} for number in range(7)])
    before = tables(database_url)
    here = Installed(tmp_path / "idp", database_url)
    said = here.done("migrate", "--plan")
    assert said.startswith(f"{len(STEPS) - 3} step(s) to apply, from 0003 to {STEPS[-1]}, in one transaction:")
    assert "accounts: index built, 7 row(s) to go through" in said and "login_ids: new table" in said
    assert "The version before goes on" in said and all(f"\n{revision}  " in said for revision in STEPS[3:])
    if database.dialect == "postgresql":
        assert "Until all of it is done accounts can be neither read nor written." in said
        assert "Until all of it is done audit can be read and not written." in said
    else:
        assert "everything can be read and nothing written" in said
    with database.read() as connection:
        assert migrations.current(connection) == "0003"
    assert tables(database_url) == before
    database.close()
    here.done("migrate")
    assert here.done("migrate", "--plan") == "0 step(s) to apply; the schema is up to date\n"


def test_the_plan_of_an_empty_database(tmp_path: Path, database_url: str) -> None:
    said = Installed(tmp_path / "idp", database_url).done("migrate", "--plan")
    assert said.startswith(f"{len(STEPS)} step(s) to apply, from an empty database to {STEPS[-1]}")
    assert "Until" not in said and tables(database_url) == set()
