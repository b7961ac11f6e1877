"""The import file: every good line is added, every other is named, and the same file can be given again."""

import io
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from idp.cli import account_import
from idp.deps import Deps
from idp.services.passwords import Hasher
from idp.tables import accounts
from idp.tables import schema
from tests.passwords.test_foreign_hashes import KNOWN


def run(deps: Deps, hasher: Hasher, lines: list[Any], dry_run: bool = False) -> tuple[tuple[int, int, int], list[str]]:
    """Counts of added, skipped and failed, and what was told."""
    told: list[str] = []
    rows = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines]
    counts = account_import.run(deps, hasher, io.BytesIO(b"".join(rows)), "cli:0", dry_run, told.append)
    return (counts["added"], counts["skipped"], counts["failed"]), told


def people(deps: Deps) -> int:
    with deps.database.read() as connection:
        return connection.execute(select(func.count()).select_from(schema.accounts)).scalar_one()


def test_one_line_of_each_scheme_signs_in_with_the_old_password(deps: Deps, hasher: Hasher) -> None:
    lines = [{"login_id": f"member{number}", "password_hash": stored} for number, (_, stored) in enumerate(KNOWN)]
    assert run(deps, hasher, lines) == ((len(KNOWN), 0, 0), [])
    for number, (password, stored) in enumerate(KNOWN):
        with deps.database.read() as connection:
            found = accounts.by_login_id(connection, f"member{number}")
        assert found and found.password_state == "old_rule" and hasher.verify(found.password_hash, password).ok
        assert stored[-10:] not in (found.password_hash or "")


BROKEN: list[tuple[Any, str]] = [
    (b"{not json}\n", "not valid JSON in UTF-8"),
    (b"\xff\xfe{}\n", "not valid JSON in UTF-8"),
    (b"[" * 50_000 + b"\n", "not valid JSON in UTF-8"),
    (b"[]\n", "not a JSON object"),
    (b'"x"\n', "not a JSON object"),
    ({}, "'login_id': Missing data for required field"),
    ({"login_id": 5}, "'login_id': Not a valid string"),
    ({"login_id": "member1", "verified": "yes"}, "'verified': write true or false"),
    ({"login_id": "member1", "pasword_hash": "x"}, "'pasword_hash': Unknown field"),
    ({"login_id": "member1", "second_factor": "pigeon"}, "'second_factor': Must be one of: email, sms"),
    ({"login_id": "a@b"}, "login_id: use half-width letters, digits and symbols that the policy allows, and never @"),
    ({"login_id": "member1", "password_hash": "secret-in-clear"}, "password_hash: the scheme of this hash is not known"),
    ({"login_id": "member1", "password_hash": "$2b$31$" + "C" * 53}, "password_hash: bcrypt with a cost of 31; taken are 4 to 14"),
    ({"login_id": "member1", "phone": "0748-66-0739"}, "phone: only mobile numbers (060, 070, 080, 090) take text messages"),
    ({"login_id": "member1", "email": "x@example.jp", "email_login": True}, "email_login: give an e-mail address too, and a verified"),
    ({"login_id": "member1", "profile": {"sub": "{}"}}, "profile: 'sub': not a claim that can be stored"),
    ({"login_id": "member1", "nickname": "x" * 70_000}, "longer than 65536 bytes"),
    ({"login_id": "member1", "nickname": "管理者"}, "nickname: this names the operator or one of its offices"),
    ({"login_id": "member1", "role": "owner"}, "role: there is no such role"),
]


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry", "real"])
def test_broken_lines_are_named_and_nothing_else_is_lost(deps: Deps, hasher: Hasher, dry_run: bool) -> None:
    lines: list[Any] = [b"\xef\xbb\xbf" + b'{"login_id": "first1"}\r\n', b"\n", b"   \n"]
    for number, (line, _) in enumerate(BROKEN):
        lines += [line, {"login_id": f"good{number:02}"}]
    counts, told = run(deps, hasher, [*lines, b'{"login_id": "last01"}'], dry_run)
    assert counts == (len(BROKEN) + 2, 0, len(BROKEN))
    assert [int(re.findall("[0-9]+", line)[0]) for line in told] == [4 + 2 * number for number in range(len(BROKEN))]
    for (_, reason), line in zip(BROKEN, told):
        assert reason in line and len(line) < 400 and "secret-in-clear" not in line
    assert people(deps) == (0 if dry_run else counts[0])


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry", "real"])
def test_names_twice_in_the_file(deps: Deps, hasher: Hasher, dry_run: bool) -> None:
    mail = {"email": "a@example.jp", "verified": True, "email_login": True}
    lines = [{"login_id": "taro01"}, {"login_id": "ＴＡＲＯ01"}, {"login_id": "hanako"} | mail, {"login_id": "jiro01"} | mail]
    assert run(deps, hasher, lines, dry_run) == (
        (2, 1, 1),
        ["line 2: skipped, taro01 is there already.", "line 4: email_login: another account signs in with this address."],
    )


def test_the_same_file_again_adds_what_is_new_and_changes_nothing_else(deps: Deps, hasher: Hasher) -> None:
    lines = [{"login_id": f"member{number:03}", "password_hash": KNOWN[-1][1]} for number in range(150)]
    assert run(deps, hasher, lines[:70])[0] == (70, 0, 0)
    before = hasher.runs
    assert run(deps, hasher, lines, dry_run=True)[0] == (80, 70, 0) and hasher.runs == before
    assert run(deps, hasher, lines)[0] == (80, 70, 0) and hasher.runs == before + 80
    assert people(deps) == 150


def test_the_help_tells_lines_that_work(deps: Deps, hasher: Hasher) -> None:
    lines = [line.encode() + b"\n" for line in account_import.HELP.splitlines() if line.startswith("{")]
    assert run(deps, hasher, lines) == ((1 + len(account_import.EXAMPLES), 0, 0), [])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from(["login_id", "nickname", "email", "phone", "password_hash", "profile", "role", "locale", "verified"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.dictionaries(st.text(max_size=5), st.text(max_size=5)),
    ).map(lambda row: json.dumps(row).encode())
)
def test_any_line_is_counted(deps: Deps, hasher: Hasher, line: bytes) -> None:
    counts, told = run(deps, hasher, [line + b"\n", {"login_id": "member1"}])
    assert sum(counts) >= 1 and len(told) == counts[1] + counts[2]
