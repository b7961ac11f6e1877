"""Bringing a backup back: what was single-use stays used, every session ends, and portals are told (requirement OP-05)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

from sqlalchemy import Connection

from idp.deps import Deps
from idp.services import console_client, logouts, records
from idp.tables import audit, copies, keys, restored
from idp.tables.database import Database
from idp.vault import VaultError

BATCH = 100


class WrongKeys(Exception):
    """The secret keys of the settings open nothing in the backup."""


@dataclass
class Restored:
    """What came of it: the time of the backup's newest audit row (Unix seconds, 0: none), how many members it holds, and how many
    login IDs given out since it are kept from being given out again."""

    newest: int = 0
    members: int = 0
    reserved: int = 0


def held(connection: Connection) -> tuple[int, int]:
    """How many accounts and portals the database holds."""
    return restored.occupied(connection, console_client.CLIENT_ID)


def restore(database: Database, file: Path, finish: Callable[[Connection], None]) -> None:
    """Put a copy in the place of what the database holds, and run `finish` over it, before anybody can see it. Raises
    `CopyError`, and what `finish` raises; then nothing has changed."""
    with copies.restoring(database, file) as (store, bring), store.write() as connection:
        bring(connection)
        finish(connection)


def finish(connection: Connection, deps: Deps, given: Sequence[restored.Given], actor: str, step: str) -> Restored:
    """In the transaction that brings the backup back, its tables up to date: end all that is older than this moment. `given`:
    login IDs of the database that is replaced; `actor`, `step`: for the record. Raises `WrongKeys`."""
    for key in keys.rows(connection):
        try:
            deps.vault.open(key.sealed_jwk, f"signing_keys:{key.kid}")
        except VaultError as error:
            raise WrongKeys(str(error)) from None
    now = deps.now()
    found = Restored(audit.newest(connection), held(connection)[0])
    restored.end_what_is_older(connection, now, deps.policy.sessions.absolute)
    found.reserved = restored.reserve(connection, given, now)
    detail = {"step": step, "newest": found.newest, "reserved": found.reserved}
    records.add(connection, deps, "database_restored", actor=actor, detail=detail)
    return found


def tell_portals(deps: Deps) -> int:
    """Tell the portals of every session that may have been alive that it has ended; returns how many letters that takes. Raises
    `Unavailable`; begun again, it goes on."""
    told = 0
    while True:
        with deps.database.read() as connection:
            some = restored.accounts_with_sessions(connection, BATCH)
        if not some:
            return told
        with deps.database.write() as connection:
            told += sum(logouts.all_ended(connection, deps, account_id) for account_id in some)
