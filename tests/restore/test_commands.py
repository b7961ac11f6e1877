"""`idp backup` and `idp restore` as commands: what they refuse, what they leave as it was, and copies made in the middle of writing."""

import contextlib
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text

from idp import migrations
from idp.services import restoring
from idp.tables import copies, schema
from idp.tables.database import Database
from tests import services
from tests.cli.test_migrate import STEPS, upgrade_to
from tests.restore.installed import Installed


def refused(here: Installed, *arguments: str) -> str:
    """What a command says in one sentence that does nothing."""
    before = here.account("hanako")
    result = here.run(*arguments)
    said = [line for line in result.output.splitlines() if not line.startswith("What is replaced was copied to ")]
    assert result.exit_code == 1 and len(said) == 1, result.output
    assert here.account("hanako") == before and before
    return said[0]


def test_a_backup_is_for_our_user_only_and_never_replaces_another(here: Installed, tmp_path: Path) -> None:
    file = tmp_path / "copy"
    assert "[secrets] are not in it" in here.done("backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and [one.name for one in tmp_path.glob("copy*")] == ["copy"]
    before = file.read_bytes()
    assert "is there already" in refused(here, "backup", str(file))
    assert file.read_bytes() == before
    assert "No such file or directory" in refused(here, "backup", str(tmp_path / "nowhere" / "copy"))


def test_a_database_with_members_is_replaced_on_demand_only(here: Installed, tmp_path: Path) -> None:
    here.done("backup", str(tmp_path / "copy"))
    here.done("account", "lock", "hanako")
    assert "1 account(s) and 0 portal(s); to replace it use --over" in refused(here, "restore", str(tmp_path / "copy"))
    here.done("restore", str(tmp_path / "copy"), "--over")
    (aside,) = tmp_path.glob("replaced-*.backup")
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    account = here.account("hanako")
    assert account and account.status == "active"
    here.done("restore", str(aside), "--over")
    account = here.account("hanako")
    assert account and account.status == "suspended", "what was replaced can be brought back"


def test_what_is_no_backup_changes_nothing(here: Installed, tmp_path: Path) -> None:
    here.done("backup", str(tmp_path / "copy"))
    whole = (tmp_path / "copy").read_bytes()
    for name, content in {"empty": b"", "text": b"hello\n" * 999, "cut": whole[: len(whole) // 2], "head": whole[:40]}.items():
        (tmp_path / name).write_bytes(content)
        assert "Nothing was restored: " in refused(here, "restore", str(tmp_path / name), "--over"), name
    other = b"PGDMP" if whole.startswith(copies.SQLITE) else copies.SQLITE
    (tmp_path / "other").write_bytes(other + bytes(999))
    assert "and [database] url names" in refused(here, "restore", str(tmp_path / "other"), "--over")
    assert not list(here.folder.glob("*.restoring*")) and not list(tmp_path.glob("*.part"))


def test_a_backup_of_a_newer_version_is_refused(here: Installed, tmp_path: Path) -> None:
    def at(step: str) -> None:
        with here.open() as deps, deps.database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :step"), {"step": step})

    at("9999")
    here.done("backup", str(tmp_path / "copy"))
    at(migrations.head())
    said = refused(here, "restore", str(tmp_path / "copy"), "--over")
    assert f"at step 9999, and this version knows {migrations.head()}" in said


def test_a_backup_of_the_version_before_is_brought_up_to_date(here: Installed, tmp_path: Path, empty_url: str) -> None:
    old = Database(empty_url)
    upgrade_to(old, STEPS[-2])
    copies.make(old, tmp_path / "copy")
    old.close()
    here.done("restore", str(tmp_path / "copy"), "--over")
    with here.open() as deps, deps.database.read() as connection:
        assert migrations.current(connection) == STEPS[-1]


def test_without_its_secret_keys_a_backup_is_refused(here: Installed, tmp_path: Path, empty_url: str) -> None:
    here.done("backup", str(tmp_path / "copy"))
    other = Installed(tmp_path / "other", empty_url)
    other.done("migrate")
    other.idp.account("hanako")
    said = other.run("restore", str(tmp_path / "copy"), "--over")
    assert said.exit_code == 1 and "the keys in [secrets] are not those of the backup" in said.output
    assert other.idp.audit("database_restored") == [] and other.account("hanako")


def test_a_backup_in_the_middle_of_writing_holds_whole_transactions(here: Installed, tmp_path: Path) -> None:
    stop = threading.Event()
    written: list[int] = []
    meanwhile = 0

    def write(database: Database) -> None:
        while not stop.is_set():
            number = len(written)
            with database.write() as connection:
                for half in "ab":
                    connection.execute(insert(schema.quotas), {"name": f"{half}{number}", "count": 1, "ends_at": 1})
            written.append(number)

    with here.open() as deps:
        writer = threading.Thread(target=write, args=(deps.database,))
        writer.start()
        try:
            for number in range(3):
                so_far = len(written)
                services.wait_until(lambda: len(written) > so_far + 1, lambda: not writer.is_alive())  # noqa: B023
                begun = len(written)
                copies.make(deps.database, tmp_path / f"copy{number}")
                meanwhile += len(written) - begun
        finally:
            stop.set()
            writer.join()
        assert meanwhile > 0, "it was written meanwhile"
        for number in range(3):
            restoring.restore(deps.database, tmp_path / f"copy{number}", lambda connection: None)
            with deps.database.read() as connection:
                pairs = connection.execute(select(func.count()).where(schema.quotas.c.name.like("a%"))).scalar_one()
                assert connection.execute(select(func.count()).select_from(schema.quotas)).scalar_one() == 2 * pairs


def test_a_failure_at_the_end_leaves_the_database_as_it_was(here: Installed, tmp_path: Path) -> None:
    here.done("backup", str(tmp_path / "copy"))
    here.done("account", "lock", "hanako")

    def fail(connection: object) -> None:
        raise KeyError("finish")

    with here.open() as deps, pytest.raises(KeyError):
        restoring.restore(deps.database, tmp_path / "copy", fail)
    account = here.account("hanako")
    assert account and account.status == "suspended"
    here.done("account", "unlock", "hanako")


def test_without_pg_dump_the_command_says_what_to_install_and_tells_no_password(
    tmp_path: Path, fresh_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Installed(tmp_path / "idp", fresh_postgres.replace("postgres@", "postgres:geheim99@"))
    here.done("migrate")
    monkeypatch.setenv("PATH", str(tmp_path))
    said = here.run("backup", str(tmp_path / "copy"))
    assert said.exit_code == 1 and "apt-get install postgresql-client" in said.output
    assert "pg_dump --format=custom" in said.output and "geheim99" not in said.output


def test_the_password_of_the_database_stands_in_no_list_of_processes(
    tmp_path: Path, fresh_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Installed(tmp_path / "idp", fresh_postgres.replace("postgres@", "postgres:geheim99@"))
    here.done("migrate")
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$* PGPASSWORD=${#PGPASSWORD}" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    said = here.run("backup", str(tmp_path / "copy"))
    assert said.exit_code == 1 and "--table=accounts" in said.output and "geheim99" not in said.output
    assert not list(tmp_path.glob("copy*"))


def test_a_file_of_sqlite_stays_one_that_sqlite_opens(tmp_path: Path) -> None:
    here = Installed(tmp_path / "idp", f"sqlite:///{tmp_path}/idp.db")
    here.done("migrate")
    here.done("backup", str(tmp_path / "copy"))
    with contextlib.closing(sqlite3.connect(tmp_path / "copy")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",), "one file holds all of it"
