"""`idp account …` as operators and their scripts call it."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from idp.cli import root
from tests.passwords.test_foreign_hashes import BCRYPT

TOP = Path(__file__).parents[2]


class Shell:
    """An installation of its own in a folder, and its command line."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "config.toml").write_text('[database]\nurl = "sqlite:///idp.db"\n[ephemeral]\nurl = "sqlite:///e.db"\n')

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The finished command; never a traceback."""
        environ = {**os.environ, "PYTHONPATH": str(TOP), "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-m", "idp", "--config", "config.toml", "account", *arguments]
        done = subprocess.run(command, input=stdin.encode(), capture_output=True, cwd=self.folder, env=environ, timeout=60)
        result = subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in result.stderr, result.stderr
        return result

    def json(self, *arguments: str, stdin: str = "") -> Any:
        """What a command that must end with 0 printed."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, *arguments: str, stdin: str | bytes = "") -> str:
        """What a command that must end with 1 said; run inside this process, for speed."""
        done = CliRunner().invoke(root, ["--config", str(self.folder / "config.toml"), "account", *arguments], input=stdin)
        assert (done.exit_code, done.stdout) == (1, ""), done
        return done.stderr

    def rows(self, table: str) -> list[dict[str, Any]]:
        """A whole table."""
        connection = sqlite3.connect(self.folder / "idp.db")
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
        finally:
            connection.close()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """One for all tests here, which therefore use login IDs of their own: starting one takes seconds."""
    return Shell(tmp_path_factory.mktemp("installation"))


ADD = ("add", "--login-id", "Taro.01", "--email", "Taro@example.jp", "--phone", "090-1234-5678", "--nickname", "太郎")


def test_an_account_through_its_life(shell: Shell) -> None:
    profile = shell.folder / "profile.json"
    profile.write_text('{"name": "佐藤 太郎", "birthdate": "1958-04-01"}')
    more = ("--email-login", "--second-factor", "email", "--contractor-id", "000123", "--contract-type", "individual")
    added = shell.json(*ADD, *more, "--profile", str(profile), "--locale", "en", "--password-stdin", stdin="Abcdefg1\n")
    assert added == {"sub": added["sub"], "login_id": "Taro.01"}

    shown = shell.run("show", "ＴＡＲＯ.01").stdout
    found = json.loads(shown)
    assert {"sub": added["sub"], "status": "active", "role": "member", "locale": "en", "password": "current"}.items() <= found.items()
    assert found["email_login"] == "T****o@example.jp" and found["contractor_id"] == "123" and found["waits_until"] is None
    kinds = {item["kind"]: (item["address"], item["usual"], bool(item["verified_at"])) for item in found["destinations"]}
    assert kinds == {"email": ("T****o@example.jp", True, True), "sms": ("090-****-5678", False, True)}
    full = shell.run("show", added["sub"], "--full").stdout
    assert "+819012345678" in full and "Taro@example.jp" in full and "佐藤 太郎" in full
    assert "argon2" not in shown + full and "profile" not in shown

    assert shell.json("lock", "taro@example.jp") == added | {"status": "suspended"}
    assert shell.json("unlock", "taro.01") == added | {"status": "active"}
    assert shell.json("sign-out-everywhere", "taro.01") == added | {"status": "active"}
    assert shell.refused("reopen", "taro.01") == "This account is not closed.\n"
    closed = shell.json("close", "taro.01")
    assert closed == added | {"status": "closing", "erased_after": closed["erased_after"]}
    for act in ("lock", "unlock", "close", "sign-out-everywhere"):
        assert "idp account reopen" in shell.refused(act, "taro.01") and closed["erased_after"] in shell.refused(act, "taro.01")
    (row,) = [row for row in shell.rows("accounts") if row["id"] == added["sub"]]
    assert (row["epoch"], row["status"]) == (3, "closing")
    assert shell.json("reopen", "taro.01") == added | {"status": "active"}
    (row,) = [row for row in shell.rows("accounts") if row["id"] == added["sub"]]
    assert (row["status"], row["erase_at"]) == ("active", 0)
    trail = [row for row in shell.rows("audit") if row["account_id"] == added["sub"]]
    events = ["account_added", "account_shown", "account_shown", "account_locked", "account_unlocked", "signed_out_everywhere"]
    assert [entry["event"] for entry in trail] == [*events, "account_closing", "account_reopened"]
    assert {entry["actor"] for entry in trail} == {f"cli:{os.getuid()}"}
    assert "Abcdefg1" not in json.dumps(trail) and "Abcdefg1" not in (shell.folder / "idp.db").read_bytes().decode("latin-1")


def test_passwords_given_for_letters_and_none(shell: Shell) -> None:
    given = shell.json("add", "--login-id", "given1", "--letter", "--password-stdin", stdin="Abcdefg1")
    nobody = shell.json("add", "--login-id", "none01")
    states = {row["id"]: row["password_state"] for row in shell.rows("accounts")}
    assert [states[item["sub"]] for item in (given, nobody)] == ["letter", "none"]
    assert "idp letter export" in shell.refused("add", "--login-id", "made01", "--letter")


def test_refusals_say_what_to_mend(shell: Shell) -> None:
    wrong = ("add", "--login-id", "a@b", "--nickname", "管理者", "--email", "x", "--phone", "0748-66-0739", "--email-login", "--unverified")
    said = shell.refused(*wrong).splitlines()
    fields = [line.split(":")[0] for line in said]
    assert fields == ["--login-id", "--login-id", "--nickname", "--email", "--phone", "--email-login"]
    assert said[0] == "--login-id: write 5 to 30 characters."
    assert "no password" in shell.refused("add", "--login-id", "wrong1", "--password-stdin")
    assert "not UTF-8" in shell.refused("add", "--login-id", "wrong1", "--password-stdin", stdin=b"\xff\xfe")
    assert "1 to 512 bytes" in shell.refused("add", "--login-id", "wrong1", "--password-stdin", stdin="a" * 100_000)
    assert "No account has" in shell.refused("show", "nobody")
    assert "No account has" in shell.refused("show", "x" * 100_000)
    assert "not a readable JSON file" in shell.refused("add", "--login-id", "wrong1", "--profile", "nowhere.json")
    bad = shell.folder / "bad.json"
    bad.write_text('{"sub": "x", "name": 5}')
    assert "--profile: 'sub'" in shell.refused("add", "--login-id", "wrong1", "--profile", str(bad))
    assert "wrong1" not in [row["login_id"] for row in shell.rows("accounts")]


def test_a_name_in_use_is_refused(shell: Shell) -> None:
    shell.json("add", "--login-id", "inuse1", "--email", "inuse@example.jp", "--email-login")
    for taken in (("--login-id", "INUSE1"), ("--login-id", "other1", "--email", "inuse@EXAMPLE.jp", "--email-login")):
        assert shell.refused("add", *taken) == "The login ID, or the address for sign-in, belongs to another account.\n"


def test_import_from_a_file_and_from_standard_input(shell: Shell) -> None:
    lines = [json.dumps({"login_id": "taro01", "password_hash": BCRYPT}), "{broken", json.dumps({"login_id": "jiro01"})]
    (shell.folder / "members.jsonl").write_text("\n".join(lines))
    dry = shell.run("import", "--dry-run", "members.jsonl")
    assert json.loads(dry.stdout) == {"added": 2, "skipped": 0, "failed": 1, "dry_run": True} and dry.returncode == 1
    done = shell.run("import", "members.jsonl")
    assert json.loads(done.stdout) == {"added": 2, "skipped": 0, "failed": 1} and done.returncode == 1
    assert done.stderr == dry.stderr == "line 2: not valid JSON in UTF-8.\n"
    again = shell.run("import", "-", stdin="\n".join(lines[::2]))
    assert json.loads(again.stdout) == {"added": 0, "skipped": 2, "failed": 0} and again.returncode == 0
    assert again.stderr == "line 1: skipped, taro01 is there already.\nline 2: skipped, jiro01 is there already.\n"
    assert [row["detail"] for row in shell.rows("audit")].count('{"how": "import", "role": "member"}') == 2
    assert BCRYPT[-20:].encode() not in (shell.folder / "idp.db").read_bytes()


def test_help_is_complete(shell: Shell) -> None:
    told = shell.run("import", "--help").stdout
    for word in ("$2y$", "$5$", "$6$", "$pbkdf2$", "$pbkdf2-sha256$", "$pbkdf2-sha512$", "{SSHA}", "{SSHA256}", "{SSHA512}", "{CRYPT}"):
        assert word in told
    told = shell.run("add", "--help").stdout
    for option in ("--email-login", "--second-factor", "--contractor-id", "--profile", "--letter", "--password-stdin", "--verified"):
        assert option in told
