"""Passkeys: found by the credential's id, which no two accounts share, and each use of one counted."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from idp.tables.hot import Hot
from idp.tables.schema import passkeys as table


class Known(Exception):
    """A credential with this id is registered already, by whomever."""


@dataclass(frozen=True)
class Passkey:
    """One credential; `credential_id` and `public_key` (COSE) in base64url, `transports` with spaces between, times in Unix
    seconds (`used_at` 0: never). `device`: codes of system and browser where it was made; `eligible`: whether its maker may keep
    copies of it, None: not known yet; `backed_up`: whether it does."""

    id: str
    account_id: str
    credential_id: str
    public_key: str
    counter: int
    transports: str
    eligible: bool | None
    backed_up: bool
    name: str
    device: str
    created_at: int
    used_at: int = 0


_COLUMNS = tuple(table.c[name] for name in Passkey.__dataclass_fields__)
_BY_CREDENTIAL = Hot(select(*_COLUMNS).where(table.c.credential_id == bindparam("credential")))
_OF_ACCOUNT = Hot(select(*_COLUMNS).where(table.c.account_id == bindparam("account")).order_by(table.c.created_at, table.c.id))
_COUNT = Hot(select(func.count()).select_from(table).where(table.c.account_id == bindparam("account")))
# WebAuthn Level 3 section 6.1.1: an authenticator that counts counts up; one that does not says 0 for ever
_SAID = bindparam("count", type_=BigInteger())  # up to 32 bits without a sign
_HIGHER = or_(table.c.counter < _SAID, and_(table.c.counter == 0, _SAID == 0))
_USE = Hot(
    update(table)
    .where(table.c.id == bindparam("which"), _HIGHER)
    .values(counter=_SAID, eligible=bindparam("may"), backed_up=bindparam("copied"), used_at=bindparam("at"))
    .returning(table.c.id)
)


def _made(row: tuple[object, ...]) -> Passkey:
    found = Passkey(*row)  # type: ignore[arg-type]
    may = None if found.eligible is None else bool(found.eligible)
    return Passkey(**{**vars(found), "eligible": may, "backed_up": bool(found.backed_up)})


def by_credential(connection: Connection, credential_id: str) -> Passkey | None:
    """The passkey with this credential id (base64url), or None."""
    rows = _BY_CREDENTIAL.rows(connection, {"credential": credential_id})
    return _made(tuple(rows[0])) if rows else None


def of_account(connection: Connection, account_id: str) -> list[Passkey]:
    """The account's passkeys, the oldest first."""
    return [_made(tuple(row)) for row in _OF_ACCOUNT.rows(connection, {"account": account_id})]


def count(connection: Connection, account_id: str) -> int:
    """How many passkeys the account has."""
    found: int = _COUNT.rows(connection, {"account": account_id})[0][0]
    return found


def add(connection: Connection, passkey: Passkey) -> None:
    """Insert; raises `Known` when the database finds the credential registered. Then the transaction is to be given up."""
    try:
        may = None if passkey.eligible is None else int(passkey.eligible)
        connection.execute(table.insert(), {**vars(passkey), "eligible": may, "backed_up": int(passkey.backed_up)})
    except IntegrityError as error:
        raise Known(passkey.id) from error


def use(connection: Connection, passkey_id: str, count: int, eligible: bool, backed_up: bool, now: int) -> bool:
    """Note a use that its authenticator counts as `count`; false, and nothing is noted, if that is not more than before: of
    parallel uses of one signature one wins, unless the authenticator counts nothing. `eligible`, `backed_up`: as it says now."""
    said = {"which": passkey_id, "count": count, "may": int(eligible), "copied": int(backed_up), "at": now}
    return bool(_USE.rows(connection, said))


def rename(connection: Connection, account_id: str, passkey_id: str, name: str) -> bool:
    """Give one of the account's passkeys a name; false if it has no such one."""
    which = (table.c.account_id == account_id, table.c.id == passkey_id)
    return connection.execute(update(table).where(*which).values(name=name)).rowcount == 1


def remove(connection: Connection, account_id: str, passkey_id: str) -> bool:
    """Remove one of the account's passkeys; false if it has no such one: of parallel callers one removes it."""
    return connection.execute(delete(table).where(table.c.account_id == account_id, table.c.id == passkey_id)).rowcount == 1


def drop(connection: Connection, account_id: str) -> None:
    """Remove all of them."""
    connection.execute(delete(table).where(table.c.account_id == account_id))


def drop_since(connection: Connection, account_id: str, since: int) -> None:
    """Remove those that were made at `since` (Unix seconds) or later."""
    connection.execute(delete(table).where(table.c.account_id == account_id, table.c.created_at >= since))
