"""Exports that are cut off, meet each other, or find something in their way: no printed password is void."""

import dataclasses
import itertools
import os
import threading
from pathlib import Path

import pytest

from idp.deps import Deps
from idp.services import letter_export
from idp.services.letter_export import BATCH, Made, Wish
from idp.services.passwords import Hasher
from idp.services.print_file import Refused
from idp.tables import accounts
from tests.accounts.conftest import NOW
from tests.accounts.printed import all_valid, export, member, members, private, read, rows
from tests.services import race


class Killed(BaseException):
    """Stands for the end of the process."""


def dying(deps: Deps, at: int) -> Deps:
    """The same house, whose clock kills the process when it is read for this time."""
    readings = itertools.count(1)

    def clock() -> float:
        if next(readings) == at:
            raise Killed
        return float(NOW)

    return dataclasses.replace(deps, clock=clock)


# readings of the clock: one for each batch, one for each audit row of it
@pytest.mark.parametrize("at", [1, 2, BATCH, BATCH + 1, BATCH + 2, BATCH + 3, 2 * BATCH + 2])
@pytest.mark.parametrize("named", [False, True])
def test_an_export_that_was_cut_off_goes_on(deps: Deps, hasher: Hasher, tmp_path: Path, at: int, named: bool) -> None:
    people, path, part = members(deps, 2 * BATCH + 10), tmp_path / "a.csv", tmp_path / "a.csv.part"
    names = tuple(one.login_id.upper() for one in people) if named else ()
    with pytest.raises(Killed):
        export(dying(deps, at), hasher, path, *names, without_password=not named)
    assert not path.exists()
    before = BATCH * ((at - 1) // (BATCH + 1))
    made = export(deps, hasher, path, *names, without_password=not named)
    assert made == Made(len(people), before, 0, ())
    assert all_valid(deps, hasher, rows(path), people) and private(path) and not part.exists()
    assert {read(deps, one).epoch for one in people} == {1}, "each password was made and stored once"


@pytest.mark.parametrize("left", [b"", b"\xef\xbb", b"\xef\xbb\xbfcontractor_id,login"])
def test_a_file_cut_off_in_its_first_line(deps: Deps, hasher: Hasher, tmp_path: Path, left: bytes) -> None:
    people, part = members(deps, 2), tmp_path / "a.csv.part"
    part.write_bytes(left)
    part.chmod(0o600)
    export(deps, hasher, tmp_path / "a.csv", without_password=True)
    assert all_valid(deps, hasher, rows(tmp_path / "a.csv"), people)


def test_a_line_cut_off_in_its_middle(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    people, path, part = members(deps, 3), tmp_path / "a.csv", tmp_path / "a.csv.part"
    with pytest.raises(Killed):
        export(dying(deps, 2), hasher, path, without_password=True)
    assert len(rows(part)) == 3
    part.write_bytes(part.read_bytes()[:-20])
    assert export(deps, hasher, path, without_password=True) == Made(3, 0, 0, ())
    assert all_valid(deps, hasher, rows(path), people)


def test_a_cut_off_file_with_nothing_more_to_do_is_completed(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    people = members(deps, 3)
    export(deps, hasher, tmp_path / "a.csv", without_password=True)
    (tmp_path / "a.csv").rename(tmp_path / "a.csv.part")
    assert export(deps, hasher, tmp_path / "a.csv", without_password=True) == Made(3, 3, 0, ())
    assert all_valid(deps, hasher, rows(tmp_path / "a.csv"), people)


def test_exports_at_once_give_each_member_one_letter(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    people, number = members(deps, 200), itertools.count()
    race(4, lambda: export(deps, hasher, tmp_path / f"{next(number)}.csv", without_password=True))
    assert all_valid(deps, hasher, [row for path in tmp_path.glob("*.csv") for row in rows(path)], people)
    assert not list(tmp_path.glob("*.part"))


def test_one_file_is_written_by_one(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    people = members(deps, 100)

    def attempt() -> str:
        try:
            slow = lambda done, total: threading.Event().wait(0.3)  # noqa: E731
            letter_export.run(deps, hasher, str(tmp_path / "a.csv"), Wish(without_password=True), "cli:0", slow)
            return "done"
        except Refused as error:
            return str(error)

    said = race(6, attempt)
    assert said.count("done") == 1 and all("Another export" in one or "exists already" in one or one == "done" for one in said)
    assert all_valid(deps, hasher, rows(tmp_path / "a.csv"), people)


def test_an_account_that_changes_while_its_password_is_hashed_gets_no_letter(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    people = members(deps, 3)
    readings = itertools.count(1)

    def clock() -> float:
        if next(readings) == 1:  # after the hashing
            with deps.database.write() as connection:
                accounts.change(connection, people[1].id, NOW, status="suspended")
        return float(NOW)

    busy = dataclasses.replace(deps, clock=clock)
    assert export(busy, hasher, tmp_path / "a.csv", *(one.login_id for one in people)) == Made(2, 0, 0, ("member001",))
    assert all_valid(deps, hasher, rows(tmp_path / "a.csv"), [people[0], people[2]])
    assert read(deps, people[1]).password_state == "none"


def test_nothing_is_overwritten_and_nothing_of_somebody_else_gone_on_with(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    one = member(deps, "none01")
    path, part = tmp_path / "a.csv", tmp_path / "a.csv.part"

    def refused() -> str:
        with pytest.raises(Refused) as said:
            export(deps, hasher, path, without_password=True)
        assert read(deps, one) == one
        return str(said.value)

    path.write_text("kept")
    assert "exists already" in refused() and path.read_text() == "kept"
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    assert "exists already" in refused()
    path.unlink()
    part.write_text("kept")
    part.chmod(0o644)
    assert "that you alone can read" in refused()
    part.chmod(0o600)
    for kept in (b"kept", b"kept\r\n"):
        part.write_bytes(kept)
        assert "none of ours" in refused() and part.read_bytes() == kept
    part.unlink()
    part.symlink_to(tmp_path / "elsewhere")
    assert "stands in the way" in refused() and not (tmp_path / "elsewhere").exists()
    part.unlink()
    os.mkfifo(part, 0o600)
    assert "that you alone can read" in refused()
    for screen in ("-", "/dev/stdout", "/dev/stderr", "/dev/fd/1", "/proc/self/fd/1", "/dev/../dev/tty", "/dev/shm/../null"):
        path = Path(screen)
        assert "never on a screen" in refused()
