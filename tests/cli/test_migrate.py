"""`idp migrate`: twice, by four processes at once, over a mine; and the tables that the code declares are those it makes."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import inspect, text

from idp import cli, migrations
from idp.tables import accounts, schema
from idp.tables.database import Database
from tests import services


STEPS = ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0012", "0013", "0014", "0015", "0016", "0017", "0018", "0019"]


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
    assert migrations.upgrade(database) == STEPS
    database.close()
    assert differences(database_url) == []
    assert tables(database_url) == {table.name for table in schema.metadata.sorted_tables} | {"alembic_version"}


def test_the_second_step_keeps_what_the_first_one_held(database_url: str) -> None:
    """Rows of the version before: who had a usual destination wanted codes."""
    database = Database(database_url)
    upgrade_to(database, "0001")
    account = "INSERT INTO accounts (id, login_id, login_id_key, nickname, status, role, locale, epoch, password_state,"
    account += " password_at, profile, created_at, updated_at) VALUES (:id, :id, :id, 'n', 'active', 'member', 'ja', 0, 'none', 0, '{}', 1, 1)"
    place = "INSERT INTO destinations VALUES (:id, :id, 'email', 'a@example.jp', 'a@example.jp', 5, :usual, 1)"
    with database.write() as connection:
        for name, usual in (("with", 1), ("without", 0)):
            connection.execute(text(account), {"id": name})
            connection.execute(text(place), {"id": name, "usual": usual})
    assert migrations.upgrade(database) == STEPS[1:]
    with database.read() as connection:
        found = {name: accounts.by_id(connection, name, True) for name in ("with", "without")}
    database.close()
    assert [(found[n].second_factor, found[n].destinations[0].verified_at) for n in found] == [(True, 5), (False, 5)]  # type: ignore[union-attr]
    assert differences(database_url) == []


def upgrade_to(database: Database, revision: str) -> None:
    """Apply the steps up to this one."""
    config = Config()
    config.set_main_option("script_location", "idp:migrations")
    script = ScriptDirectory.from_config(config)
    with database.write() as connection:
        steps = lambda at, context: script._upgrade_revs(revision, at)  # noqa: E731
        context = MigrationContext.configure(
            connection, opts={"fn": steps, "transactional_ddl": True, "render_as_batch": database.dialect == "sqlite"}
        )
        with Operations.context(context):
            context.run_migrations()


def test_accounts_of_the_version_before_are_found_by_the_beginning_of_their_names(database_url: str) -> None:
    database = Database(database_url)
    upgrade_to(database, "0013")
    columns = "id, login_id, login_id_key, nickname, status, role, locale, epoch, password_state, password_at, profile, created_at, updated_at"
    row = "VALUES (:id, :id, :id, 'はなこ', :status, 'member', 'ja', 0, 'none', 0, :profile, 1, 1)"
    with database.write() as connection:
        for name, status in (("taro", "active"), ("gone", "closed")):
            connection.execute(text(f"INSERT INTO accounts ({columns}) {row}"), {"id": name, "status": status, "profile": '{"name": "山﨑 花子"}'})
    migrations.upgrade(database)
    with database.read() as connection:
        found = {tuple(one) for one in connection.execute(text("SELECT key, account_id FROM search_names"))}
    database.close()
    assert found == {("taro", "taro"), ("ハナコ", "taro"), ("山崎花子", "taro")}


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
    assert sorted(applied) == [[], [], [], STEPS]
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
    assert migrations.upgrade(database) == STEPS, "mended, it goes through"
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
    assert first.output.startswith(f"{len(STEPS)} step(s) applied: {', '.join(STEPS)}\n") and first.output.count("made signing key") == 4
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
