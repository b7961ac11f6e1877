"""First passwords for printed letters, made by the courier for the console: sealed in the database, fetched once, never shown
(requirement PW-08)."""

import json
from dataclasses import astuple
from typing import Sequence

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.services import console_client, letter_export, records
from idp.services.passwords import Hasher
from idp.services.print_file import Row, whole
from idp.services.requests import ask
from idp.tables import accounts, letter_requests, print_batches
from idp.tables.print_batches import Batch, PrintRow

REQUEST, WORK_SECONDS = "print_batch", 3_600
WISHES = ("requested", "without", "expired")
MOST, CHUNK = 200, 16  # letters of a batch, and of a transaction: what a courier makes before its lease runs out


class _Changed(Exception):
    """An account, or the batch, is not any more as it was read."""


def order(deps: Deps, actor: Account, wish: Sequence[str], size: int, why: dict[str, str], address: str) -> str:
    """Have the courier make up to `size` letters; returns the batch's id. Raises `Unavailable`."""
    now = deps.now()
    batch = Batch(vault.random_id(), actor.id, " ".join(one for one in WISHES if one in wish), min(size, MOST), 0, "waiting", now, now)
    with deps.database.write() as connection:
        print_batches.add(connection, batch)
        ask(connection, deps, REQUEST, {"batch": batch.id}, actor.locale, WORK_SECONDS)
        _note(connection, deps, actor, "letters_ordered", address, {"batch": batch.id, "wish": batch.wish, "size": batch.size, **why})
    return batch.id


def _note(connection: Connection, deps: Deps, actor: Account, event: str, address: str, detail: dict[str, object]) -> None:
    records.add(connection, deps, event, actor=actor.id, client_id=console_client.CLIENT_ID, address=address, detail=detail)


def make(deps: Deps, hasher: Hasher, batch_id: str) -> None:
    """Make the letters of a batch, a few at a time; what was made before an interruption stays, and this goes on behind it. The
    password before, and with it the letter before, is void. Raises `Unavailable`."""
    while True:
        with deps.database.read() as connection:
            batch = print_batches.find(connection, batch_id)
            if batch is None or batch.state != "waiting":
                return
            todo = _todo(connection, deps, batch) if batch.made < batch.size else []
        if not todo:
            with deps.database.write() as connection:
                print_batches.turn(connection, batch_id, ("waiting",), "ready", deps.now())
            return
        try:
            _make_some(deps, hasher, batch, todo)
        except _Changed:
            continue


def _todo(connection: Connection, deps: Deps, batch: Batch) -> list[Account]:
    few, late = min(CHUNK, batch.size - batch.made), deps.now() - deps.policy.letters.valid
    ids: list[str] = []
    for wish in batch.wish.split():
        if len(ids) < few:
            left = few - len(ids)
            if wish == "requested":
                ids += letter_requests.waiting(connection, "", left)
            else:
                ids += accounts.without(connection, wish == "without", late if wish == "expired" else None, "", left)
    found = [accounts.by_id(connection, one) for one in dict.fromkeys(ids)]
    return [one for one in found if one is not None and one.status == "active"]


def _make_some(deps: Deps, hasher: Hasher, batch: Batch, todo: Sequence[Account]) -> None:
    passwords = [vault.random_letter_password() for _ in todo]
    hashed, now = [hasher.hash(password) for password in passwords], deps.now()
    rows = []
    for seq, (account, password) in enumerate(zip(todo, passwords), batch.made):
        text = json.dumps(astuple(letter_export.row_of(deps, account, password, now)))
        rows.append(PrintRow(seq, account.id, now, deps.vault.seal(text.encode(), _place(batch.id, seq))))
    with deps.database.write() as connection:
        if not print_batches.grow(connection, batch, rows, now):
            raise _Changed
        for account, new_hash in zip(todo, hashed):
            if not letter_export.give(connection, deps, account, new_hash, now, batch.actor, "print_batch"):
                raise _Changed


def _place(batch_id: str, seq: int) -> str:
    return f"print:{batch_id}:{seq}"


def fetch(deps: Deps, actor: Account, batch_id: str, why: dict[str, str], address: str) -> bytes | None:
    """The print file of a batch that is ready, once: of many parallel callers one gets it, and the letters are nowhere else from
    then on. None for the others. Raises `Unavailable`."""
    with deps.database.read() as connection:
        rows = print_batches.rows(connection, batch_id)
    file = whole([Row(*json.loads(deps.vault.open(row.sealed, _place(batch_id, row.seq)))) for row in rows])
    with deps.database.write() as connection:
        if not print_batches.turn(connection, batch_id, ("ready",), "taken", deps.now()):
            return None
        print_batches.wipe(connection, batch_id)
        _note(connection, deps, actor, "letters_fetched", address, {"batch": batch_id, "count": len(rows), **why})
    return file


def void(deps: Deps, actor: Account, batch_id: str, why: dict[str, str], address: str) -> int | None:
    """Give up a batch that nobody has fetched: its passwords are good for nothing, and its members wait for a letter again.
    Returns how many, or None if it is too late. Raises `Unavailable`."""
    with deps.database.write() as connection:
        if not print_batches.turn(connection, batch_id, ("waiting", "ready"), "void", deps.now()):
            return None
        back = print_batches.take_back(connection, print_batches.rows(connection, batch_id), deps.now())
        print_batches.wipe(connection, batch_id)
        _note(connection, deps, actor, "letters_voided", address, {"batch": batch_id, "count": back, **why})
    return back
