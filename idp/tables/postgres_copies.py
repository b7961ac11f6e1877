"""Copies of a PostgreSQL database by its own client programs, pg_dump and pg_restore; what they restore goes through a
connection of ours, so that it and what has to follow it are one transaction."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import IO, Any, Callable, Iterator

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.schema import DropTable

from idp.tables.copy_error import CopyError
from idp.tables.database import Database, be_patient
from idp.tables.schema import metadata

BLOCK = 65_536
_STEP = "alembic_version"
_ASIDE = ("--no-owner", "--no-privileges")


def _address(database: Database) -> tuple[str, dict[str, str]]:
    """The URL without its password, which would be seen among the processes, and an environment that holds it."""
    url = database.engine.url
    environ = dict(os.environ)
    if url.password:
        environ["PGPASSWORD"] = str(url.password)
    return url._replace(password=None).render_as_string(hide_password=False), environ


def _program(name: str, otherwise: str) -> str:
    found = shutil.which(name)
    if not found:
        raise CopyError(f"{name} is not installed here (on Debian: apt-get install postgresql-client); or {otherwise}")
    return found


def _said(name: str, error: bytes) -> CopyError:
    line = next((one for one in error.decode(errors="replace").splitlines() if one.strip()), "it failed")
    return CopyError(f"{name} says: {line.strip()[:300]}")


def dump(database: Database, to: Path) -> None:
    """Our tables, as they are at one moment, in pg_dump's custom format. Raises `CopyError`."""
    address, environ = _address(database)
    command = ["--format=custom", *_ASIDE, f"--dbname={address}"]
    elsewhere = " ".join(["run where it is: pg_dump", *command, f"--file={to.name.removesuffix('.part')}"])
    wanted = [f"--table={name}" for name in (*metadata.tables, _STEP)]
    done = subprocess.run(
        [_program("pg_dump", elsewhere), *command, *wanted, f"--file={to}"], capture_output=True, env=environ, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise _said("pg_dump", done.stderr)


def _command(*options: str) -> list[str]:
    return [_program("pg_restore", "restore where it is"), *options, "--file=-"]


def step(file: Path) -> str:
    """The schema's step that a dump is at."""
    command = _command("--data-only", f"--table={_STEP}")
    done = subprocess.run([*command, str(file)], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise _said("pg_restore", done.stderr)
    lines = done.stdout.decode(errors="replace").splitlines()
    after = [lines[number + 1] for number, line in enumerate(lines[:-1]) if line.startswith("COPY ")]
    return after[0] if after and after[0] != "\\." else ""


@contextlib.contextmanager
def restoring(database: Database, file: Path) -> Iterator[Callable[[Connection], None]]:
    """Yields what replaces our tables by those of the dump, in the caller's transaction. Raises `CopyError`."""
    command = [*_command(*_ASIDE), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as script:
        assert script.stdout and script.stderr
        out, errors = script.stdout, script.stderr

        def bring(connection: Connection) -> None:
            _replace(connection, out)
            if script.wait():
                raise _said("pg_restore", errors.read())

        try:
            yield bring
        except psycopg.Error as error:
            raise CopyError(f"the backup cannot be brought back: {str(error).strip().splitlines()[0][:300]}") from None
        finally:
            script.kill()
            database.close()  # the script has changed settings of its connection


def _replace(connection: Connection, script: IO[bytes]) -> None:
    be_patient(connection, 0)
    connection.execute(text("SET LOCAL lock_timeout = '30s'"))  # for what is under way
    where = connection.execute(text("SELECT current_setting('search_path')")).scalar_one()
    for table in reversed(metadata.sorted_tables):
        connection.execute(DropTable(table, if_exists=True))
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    _run(connection.connection.driver_connection, script)
    connection.execute(text("SELECT set_config('search_path', :where, true)"), {"where": where})


def _run(driver: Any, script: IO[bytes]) -> None:
    """Statements as pg_restore writes them: SQL, and rows behind each COPY up to a line with `\\.`."""
    gathered: list[bytes] = []
    with driver.cursor() as cursor:
        for line in script:
            if line.startswith((b"\\restrict ", b"\\unrestrict ")):  # for psql only
                continue
            gathered.append(line)
            if line.startswith(b"COPY ") and line.rstrip().endswith(b"FROM stdin;"):
                if before := b"".join(gathered[:-1]).strip():
                    cursor.execute(before, prepare=False)
                _rows(cursor, line.rstrip().removesuffix(b";"), script)
                gathered = []
        if rest := b"".join(gathered).strip():
            cursor.execute(rest, prepare=False)


def _rows(cursor: Any, statement: bytes, script: IO[bytes]) -> None:
    with cursor.copy(statement) as copy:
        waiting, size = [], 0
        for line in script:
            if line == b"\\.\n":
                break
            waiting.append(line)
            size += len(line)
            if size > BLOCK:
                copy.write(b"".join(waiting))
                waiting, size = [], 0
        copy.write(b"".join(waiting))
