"""`idp migrate`: twice, by four processes at once, over a mine; and the tables that the code declares are those it makes."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import inspect, text

from idp import cli, migrations
from idp.tables import schema
from idp.tables.database import Database
from tests import services


def differences(url: str) -> list[Any]:
    """What Alembic would change to make the database what the code declares, types and defaults too."""
    database = Database(url)
    with database.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = compare_metadata(context, schema.metadata)
    database.close()
    return found


def tables(url: str) -> set[str]:
    """Names of all tables."""
    database = Database(url)
    with database.read() as connection:
        found = set(inspect(connection).get_table_names())
    database.close()
    return found


def test_the_migrations_make_what_the_code_declares(database_url: str) -> None:
    database = Database(database_url)
    assert migrations.upgrade(database) == [migrations.head()]
    database.close()
    assert differences(database_url) == []
    assert tables(database_url) == {table.name for table in schema.metadata.sorted_tables} | {"alembic_version"}


def test_a_difference_would_be_found(database_url: str) -> None:
    database = Database(database_url)
    migrations.upgrade(database)
    with database.write() as connection:
        connection.execute(text("ALTER TABLE audit ADD COLUMN extra TEXT"))
        connection.execute(text("DROP INDEX ix_outbox_due"))
    database.close()
    assert sorted(row[0] for row in differences(database_url)) == ["add_index", "remove_column"]


def test_of_four_processes_one_migrates_and_all_go_on(database_url: str) -> None:
    def migrate() -> list[str]:
        database = Database(database_url)
        try:
            return migrations.upgrade(database)
        finally:
            database.close()

    applied = services.race_processes(4, migrate)
    assert sorted(applied) == [[], [], [], [migrations.head()]]
    assert differences(database_url) == []


def test_a_failure_in_the_middle_changes_nothing(database_url: str) -> None:
    database = Database(database_url)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE signing_keys (mine INTEGER)"))
    with pytest.raises(Exception, match="signing_keys"):
        migrations.upgrade(database)
    assert tables(database_url) == {"signing_keys"}
    with database.write() as connection:
        connection.execute(text("DROP TABLE signing_keys"))
    assert migrations.upgrade(database) == [migrations.head()], "mended, it goes through"
    database.close()


def test_a_newer_schema_is_left_alone(database_url: str) -> None:
    database = Database(database_url)
    migrations.upgrade(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert migrations.upgrade(database) == []
    with database.read() as connection:
        assert migrations.current(connection) == "9999"
    database.close()


def test_the_command_says_what_it_did_and_the_second_time_nothing(database_url: str, tmp_path: Any) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{database_url}"\n')
    first, second = (CliRunner().invoke(cli.root, ["--config", str(config), "migrate"]) for _ in range(2))
    assert first.exit_code == second.exit_code == 0
    assert first.output.startswith("1 step(s) applied: 0001\n") and first.output.count("made signing key") == 4
    assert second.output == "0 step(s) applied; the schema was up to date\n"


def test_a_mine_is_told_in_one_sentence(database_url: str, tmp_path: Any) -> None:
    database = Database(database_url)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE accounts (mine INTEGER)"))
    database.close()
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{database_url}"\n')
    for command in ("migrate", "serve", "courier"):
        done = CliRunner().invoke(cli.root, ["--config", str(config), command])
        assert done.exit_code == 1 and "The database refuses: " in done.output and "accounts" in done.output
        assert len(done.output.splitlines()) == 1


def test_tables_that_are_missing_are_told_in_one_sentence(database_url: str, tmp_path: Any) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{database_url}"\nmigrate_at_start = false\n')
    for command in (["serve"], ["account", "show", "x"], ["client", "list"], ["key", "list"]):
        done = CliRunner().invoke(cli.root, ["--config", str(config), *command])
        assert done.exit_code == 1 and "The database refuses: " in done.output and "Try: idp check" in done.output, command
        assert len(done.output.splitlines()) == 1
