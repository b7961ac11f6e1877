"""`idp letter export` as an operator types it: what it says, what it never shows, and that a kill leaves nothing void."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.cli import root
from idp.services.letter_export import BATCH
from tests.accounts.printed import private, rows
from tests.accounts.test_cli import TOP, Shell
from tests.services import wait_until


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def export(shell: Shell, *arguments: str) -> Result:
    """`idp letter export …` inside this process; whatever it says, no password is in it."""
    done = CliRunner().invoke(root, ["--config", str(shell.folder / "config.toml"), "letter", "export", *arguments])
    for path in shell.folder.glob("*.csv"):
        assert not [row for row in rows(path) if row["first_password"] in done.output or row["reading"] in done.output]
    return done


def test_letters_for_everybody_without_a_password(shell: Shell) -> None:
    for number in range(3):
        shell.json("add", "--login-id", f"taro0{number}", "--contractor-id", f"00012{number}")
    path = shell.folder / "letters.csv"
    done = export(shell, str(path), "--without-password")
    assert (done.exit_code, done.stdout) == (0, f"3 letters in {path}. Delete it when they are printed.\n")
    assert "3 of 3 letters" in done.stderr and private(path)
    assert [row["contractor_id"] for row in sorted(rows(path), key=lambda row: row["login_id"])] == ["120", "121", "122"]
    assert [row["password_state"] for row in shell.rows("accounts")] == ["letter"] * 3
    trail = [row for row in shell.rows("audit") if row["event"] == "letter_password_made"]
    assert len(trail) == 3 and {row["actor"] for row in trail} == {f"cli:{os.getuid()}"}
    raw = (shell.folder / "idp.db").read_bytes()
    assert not [row for row in rows(path) if row["first_password"].encode() in raw]
    again = export(shell, str(shell.folder / "again.csv"), "--without-password", "--expired")
    assert (again.exit_code, again.stdout) == (0, "Nobody needs a letter; no file was made.\n")


def test_refusals_say_why(shell: Shell) -> None:
    shell.json("add", "--login-id", "taro01")
    shell.json("add", "--login-id", "gone01")
    shell.json("close", "gone01")
    path = str(shell.folder / "a.csv")
    assert export(shell, path).exit_code == 2 and "Say whose letters" in export(shell, path).stderr
    for screen in ("-", "/dev/stdout", "/dev/tty"):
        done = export(shell, screen, "--login-id", "taro01")
        assert (done.exit_code, done.stdout) == (1, "") and "never on a screen" in done.stderr
    done = export(shell, path, "--login-id", "taro01", "--login-id", "gone01")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "gone01: this account is closed. Give it back first: idp account reopen gone01\nNo letter was made.\n"
    Path(path).write_text("kept")
    assert "exists already" in export(shell, path, "--login-id", "taro01").stderr and Path(path).read_text() == "kept"
    Path(path).unlink()
    command = [sys.executable, "-m", "idp", "--config", "config.toml", "letter", "export", "nowhere/a.csv", "--login-id", "taro01"]
    out = subprocess.run(command, capture_output=True, text=True, cwd=shell.folder, env={**os.environ, "PYTHONPATH": str(TOP)}, timeout=60)
    assert (out.returncode, out.stderr) == (1, "nowhere/a.csv.part: No such file or directory.\n")
    assert [row["password_state"] for row in shell.rows("accounts")] == ["none", "none"]
    assert not list(shell.folder.glob("a.csv*"))


def test_an_export_that_is_killed_goes_on(shell: Shell) -> None:
    names = [f"member{number:03}" for number in range(3 * BATCH)]
    lines = "\n".join(json.dumps({"login_id": name}) for name in names)
    assert shell.run("import", "-", stdin=lines).returncode == 0
    part, path = shell.folder / "a.csv.part", shell.folder / "a.csv"
    command = [sys.executable, "-m", "idp", "--config", "config.toml", "letter", "export", "a.csv", "--without-password"]
    log = open(shell.folder / "log", "ab")
    environ = {**os.environ, "PYTHONPATH": str(TOP)}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=shell.folder, env=environ)
    try:
        wait_until(lambda: part.exists() and part.read_bytes().count(b"\r\n") > BATCH, lambda: process.poll() is not None)
    finally:
        process.kill()
        process.wait()
        log.close()
    assert private(part) and not path.exists()
    done = export(shell, str(path), "--without-password")
    assert done.exit_code == 0 and f"{len(names)} letters in {path}" in done.stdout, done.output
    assert sorted(row["login_id"] for row in rows(path)) == names
    with sqlite3.connect(shell.folder / "idp.db") as connection:
        made = connection.execute("SELECT count(*), max(epoch), min(epoch) FROM accounts WHERE password_state = 'letter'").fetchone()
    assert made == (len(names), 1, 1), "each password was made and stored once"
