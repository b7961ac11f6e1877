"""Second factors of an account: its authenticator app and its printed recovery codes."""

from dataclasses import dataclass
from typing import Iterable

from sqlalchemy import Connection, bindparam, delete, func, select, update

from idp.domain.account import Destination
from idp.tables.hot import Hot
from idp.tables.schema import destinations, recovery_codes, totp


_APP = Hot(select(totp.c.sealed, totp.c.last_step).where(totp.c.account_id == bindparam("account")))
_CODES_LEFT = Hot(select(func.count()).select_from(recovery_codes).where(recovery_codes.c.account_id == bindparam("account")))


@dataclass(frozen=True)
class App:
    """An authenticator app: its secret, sealed, and the last 30-second step that was used."""

    sealed: str
    last_step: int


def app(connection: Connection, account_id: str) -> App | None:
    """The account's authenticator app, or None."""
    rows = _APP.rows(connection, {"account": account_id})
    return App(*rows[0]) if rows else None


def put_app(connection: Connection, account_id: str, sealed: str, step: int, now: int) -> None:
    """Set or replace the app; `step` is the one that confirmed it and is thereby used."""
    drop_app(connection, account_id)
    connection.execute(totp.insert(), {"account_id": account_id, "sealed": sealed, "last_step": step, "created_at": now})


def use_step(connection: Connection, account_id: str, step: int) -> bool:
    """Claim a step; false if it or a later one was used before: of parallel callers one wins (RFC 6238 section 5.2)."""
    done = connection.execute(
        update(totp).where(totp.c.account_id == account_id, totp.c.last_step < step).values(last_step=step)
    )
    return done.rowcount == 1


def drop_app(connection: Connection, account_id: str) -> bool:
    """Remove the app; false if there was none."""
    return connection.execute(delete(totp).where(totp.c.account_id == account_id)).rowcount == 1


def put_codes(connection: Connection, account_id: str, hashes: Iterable[str], now: int) -> None:
    """Replace every recovery code of the account."""
    drop_codes(connection, account_id)
    rows = [{"account_id": account_id, "code_hash": one, "created_at": now} for one in hashes]
    connection.execute(recovery_codes.insert(), rows)


def use_code(connection: Connection, account_id: str, hashes: Iterable[str]) -> bool:
    """Claim a recovery code, given its hash under each key of ours; false if there is none: of parallel callers one wins."""
    which = (recovery_codes.c.account_id == account_id, recovery_codes.c.code_hash.in_(list(hashes)))
    return connection.execute(delete(recovery_codes).where(*which)).rowcount == 1


def codes_left(connection: Connection, account_id: str) -> int:
    """How many recovery codes the account still has."""
    found: int = _CODES_LEFT.rows(connection, {"account": account_id})[0][0]
    return found


def drop_codes(connection: Connection, account_id: str) -> None:
    """Remove every recovery code of the account."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.account_id == account_id))


def drop_since(connection: Connection, account_id: str, since: int) -> None:
    """Remove the app and the recovery codes if they were made at `since` (Unix seconds) or later."""
    for table in (totp, recovery_codes):
        connection.execute(delete(table).where(table.c.account_id == account_id, table.c.created_at >= since))


def replace_destinations(connection: Connection, account_id: str, kept: Iterable[Destination], now: int) -> None:
    """Make these the destinations of the account, and no others."""
    connection.execute(delete(destinations).where(destinations.c.account_id == account_id))
    rows = [
        {
            "id": item.id,
            "account_id": account_id,
            "kind": item.kind,
            "address": item.address,
            "address_key": item.address.casefold(),
            "verified_at": item.verified_at,
            "usual": int(item.usual),
            "created_at": now,
        }
        for item in kept
    ]
    if rows:
        connection.execute(destinations.insert(), rows)
