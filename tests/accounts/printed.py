"""Members who wait for a letter, and what the print file says afterwards."""

import csv
import os
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import letter_export
from idp.services.letter_export import Made, Wish
from idp.services.passwords import Hasher
from idp.tables import accounts
from tests.accounts.conftest import NOW
from tests.running import Idp


def member(deps: Deps, login_id: str, **changes: Any) -> Account:
    """A stored account, without a password unless `changes` say otherwise."""
    made = Account(f"s-{login_id}", login_id, login_id.lower(), "はなこ", created_at=NOW, updated_at=NOW)
    made = replace(made, **changes)
    with deps.database.write() as connection:
        accounts.add(connection, made)
    return made


def members(deps: Deps, count: int) -> list[Account]:
    """So many of them."""
    return [member(deps, f"member{number:03}") for number in range(count)]


def read(deps: Deps, account: Account) -> Account:
    """The account as it is now."""
    with deps.database.read() as connection:
        found = accounts.by_id(connection, account.id)
    assert found
    return found


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a print file."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def export(deps: Deps, hasher: Hasher, path: Path, *login_ids: str, **wish: Any) -> Made:
    """Export as `idp letter export` does."""
    return letter_export.run(deps, hasher, str(path), Wish(login_ids, **wish), "cli:0")


def all_valid(deps: Deps, hasher: Hasher, found: list[dict[str, str]], people: list[Account]) -> bool:
    """Whether each of the people has exactly one row, and signs in with what it says."""
    by_name = {row["login_id"]: row["first_password"] for row in found}
    right = [hasher.verify(read(deps, one).password_hash, by_name[one.login_id]).ok for one in people]
    return len(found) == len(people) and all(right)


def private(path: Path) -> bool:
    """Whether only its owner can read the file."""
    return os.stat(path).st_mode & 0o777 == 0o600


def letter(idp: Idp, login_id: str) -> str:
    """Make a letter for a member of an installation; returns the password that is printed on it."""
    path = idp.folder / f"{uuid.uuid4().hex}.csv"
    idp.within("letter", "export", str(path), "--login-id", login_id)
    (row,) = rows(path)
    return row["first_password"]
