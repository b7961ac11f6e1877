"""Print files of first passwords: who gets a letter, what stands on it, and what has ended with it."""

import dataclasses
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from idp.config import Settings
from idp.deps import Deps
from idp.domain.reading import reading
from idp.services import letter_codes
from idp.services.letter_export import Made
from idp.services.passwords import Hasher
from idp.services.print_file import Refused
from idp.tables import letter_requests, schema
from tests.accounts.conftest import NOW
from tests.accounts.printed import all_valid, export, member, members, private, read, rows

DAYS_90 = 90 * 86_400


def trail(deps: Deps) -> list[dict]:
    """The audit rows."""
    with deps.database.read() as connection:
        return [dict(row) for row in connection.execute(select(schema.audit).order_by(schema.audit.c.id)).mappings()]


def test_what_stands_on_a_letter_and_what_has_ended(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    deps = dataclasses.replace(deps, settings=Settings(issuer="https://id.example.jp"))
    old = hasher.hash("Abcdefg1")
    taro = member(deps, "Taro.01", contractor_id="1234567", password_hash=old, password_state="current", epoch=3)
    path = tmp_path / "letters.csv"
    assert export(deps, hasher, path, "ＴＡＲＯ.01") == Made(1, 0, 0, ())
    (row,) = rows(path)
    password, found = row["first_password"], read(deps, taro)
    assert row == {
        "contractor_id": "1234567",
        "login_id": "Taro.01",
        "first_password": password,
        "reading": reading(password),
        "valid_until": "2027年4月14日",  # it ends on 15 April 2027 at 17:00 in Japan: the 14th is the last whole day
        "address": "https://id.example.jp",
        "desk_code": letter_codes.code_of(deps, taro.id, NOW),
    }
    assert private(path) and not path.with_name("letters.csv.part").exists()
    assert path.read_bytes().startswith(b"\xef\xbb\xbfcontractor_id,")
    assert hasher.verify(found.password_hash, password).ok and not hasher.verify(found.password_hash, "Abcdefg1").ok
    assert (found.password_state, found.password_at, found.epoch) == ("letter", NOW, 4)
    (entry,) = trail(deps)
    assert (entry["event"], entry["account_id"], entry["actor"]) == ("letter_password_made", taro.id, "cli:0")
    assert password not in json.dumps(entry) and "1234567" not in json.dumps(entry)


@pytest.mark.parametrize("hours, day", [(0, "14"), (6, "14"), (7, "15"), (8, "15")])
def test_the_day_on_the_letter_is_over_before_the_password_is(deps: Deps, hasher: Hasher, tmp_path: Path, hours: int, day: str) -> None:
    later = dataclasses.replace(deps, clock=lambda: float(NOW + hours * 3_600 - (hours == 7)))
    member(later, "hanako", locale="en")
    export(later, hasher, tmp_path / "a.csv", without_password=True)
    assert rows(tmp_path / "a.csv")[0]["valid_until"] == f"{day} April 2027"


def test_who_gets_a_letter(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    hashed = hasher.hash("Abcdefg1")
    letter = {"password_hash": hashed, "password_state": "letter"}
    none = member(deps, "none01")
    late = member(deps, "late01", password_at=NOW - DAYS_90 - 1, **letter)
    member(deps, "fresh1", password_at=NOW - DAYS_90, **letter)
    member(deps, "has001", password_hash=hashed, password_state="current")
    member(deps, "lock01", status="suspended")
    member(deps, "gone01", status="closed")
    member(deps, "staff1", role="desk")
    assert export(deps, hasher, tmp_path / "a.csv", without_password=True).letters == 1
    assert export(deps, hasher, tmp_path / "b.csv", expired=True).letters == 1
    assert all_valid(deps, hasher, rows(tmp_path / "a.csv"), [none]) and all_valid(deps, hasher, rows(tmp_path / "b.csv"), [late])
    assert export(deps, hasher, tmp_path / "c.csv", without_password=True, expired=True) == Made(0, 0, 0, ())
    assert sorted(one.name for one in tmp_path.glob("*.csv*")) == ["a.csv", "b.csv"]
    named = ("staff1", "has001", "fresh1", "STAFF1")
    assert export(deps, hasher, tmp_path / "d.csv", *named, without_password=True).letters == 3


def test_who_cannot_get_one_is_named_and_nothing_is_done(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    good = member(deps, "none01")
    member(deps, "lock01", status="suspended")
    member(deps, "gone01", status="closed")
    with pytest.raises(Refused) as refused:
        export(deps, hasher, tmp_path / "a.csv", "none01", "lock01", "gone01", "nobody", "x" * 100_000)
    said = str(refused.value).splitlines()
    assert said[:3] == [
        "lock01: this account is locked. Give it back first: idp account unlock lock01",
        "gone01: this account is closed for good.",
        "'nobody': no account has this login ID.",
    ]
    assert said[-1] == "No letter was made." and len(said[3]) < 200
    assert not list(tmp_path.glob("*.csv*")) and read(deps, good) == good


def test_many_letters_in_order_with_progress(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    from idp.services import letter_export

    people, seen = members(deps, 150), []
    wish = letter_export.Wish(without_password=True)
    made = letter_export.run(deps, hasher, str(tmp_path / "a.csv"), wish, "cli:0", lambda *counts: seen.append(counts))
    assert made.letters == 150 and seen == [(64, 150), (128, 150), (150, 150)]
    found = rows(tmp_path / "a.csv")
    assert all_valid(deps, hasher, found, people)
    assert len({row["first_password"] for row in found}) == 150 and len(trail(deps)) == 150


def test_what_a_spreadsheet_would_take_for_a_formula_is_marked(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    for login_id in ("=cmd|calc", "-taro", "+taro", "'taro", "taro,\"x"):
        member(deps, login_id)
    member(deps, "plain1", contractor_id="@SUM(A1)")
    assert export(deps, hasher, tmp_path / "a.csv", without_password=True).marked == 5
    found = {row["login_id"]: row["contractor_id"] for row in rows(tmp_path / "a.csv")}
    assert set(found) == {"'=cmd|calc", "'-taro", "'+taro", "''taro", "taro,\"x", "plain1"} and found["plain1"] == "'@SUM(A1)"


def test_whom_the_desk_has_promised_a_letter_gets_one_and_only_one(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    taro, none, locked = member(deps, "taro", password_state="current"), member(deps, "none"), member(deps, "locked", status="suspended")
    with deps.database.write() as connection:
        assert [letter_requests.add(connection, one.id, "desk", NOW) for one in (taro, none, locked, none)] == [True, True, True, False]
    made = export(deps, hasher, tmp_path / "a.csv", "taro", requested=True, without_password=True)
    assert made.letters == 2 and sorted(row["login_id"] for row in rows(tmp_path / "a.csv")) == ["none", "taro"]
    assert all_valid(deps, hasher, rows(tmp_path / "a.csv"), [taro, none])
    assert export(deps, hasher, tmp_path / "b.csv", requested=True).letters == 0
    with deps.database.read() as connection:
        assert [letter_requests.at(connection, one.id) for one in (taro, locked)] == [None, NOW]
