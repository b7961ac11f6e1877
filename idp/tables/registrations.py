"""Members to be: the newest registration of a contract, until its link is used or its time is over."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from idp.tables.schema import outbox
from idp.tables.schema import registrations as table


class Taken(Exception):
    """Another registration under way holds the login ID."""


@dataclass(frozen=True)
class Registration:
    """What was entered, the password as its hash. `letter` is the key of the mail sent last, at `sent_at`, `sends` how often
    it was sent. Times in Unix seconds."""

    id: str
    contract_key: str
    contractor_id: str
    contract_type: Literal["individual", "corporate"]
    login_id: str
    login_id_key: str
    email: str
    nickname: str
    locale: str
    password_hash: str
    client_id: str | None
    letter: str
    sends: int
    sent_at: int
    created_at: int
    expires_at: int


def put(connection: Connection, new: Registration) -> None:
    """Store it in place of the contract's older one and of whatever is over. Raises `Taken`, and nothing is kept then."""
    over = or_(table.c.contract_key == new.contract_key, table.c.expires_at <= new.created_at)
    connection.execute(delete(table).where(over, or_(table.c.contract_key == new.contract_key, table.c.login_id_key == new.login_id_key)))
    try:
        connection.execute(table.insert(), vars(new))
    except IntegrityError as error:
        raise Taken(new.login_id) from error


def find(connection: Connection, registration_id: str) -> Registration | None:
    """The registration with this id, over or not."""
    row = connection.execute(select(table).where(table.c.id == registration_id)).mappings().first()
    return Registration(**row) if row else None


def of_contract(connection: Connection, contract_key: str, now: int) -> Registration | None:
    """The contract's live registration."""
    row = connection.execute(select(table).where(table.c.contract_key == contract_key, table.c.expires_at > now)).mappings().first()
    return Registration(**row) if row else None


def holder(connection: Connection, login_id_key: str, contract_key: str, now: int) -> Registration | None:
    """The live registration of another contract that holds this login ID."""
    other = (table.c.login_id_key == login_id_key, table.c.contract_key != contract_key, table.c.expires_at > now)
    row = connection.execute(select(table).where(*other)).mappings().first()
    return Registration(**row) if row else None


def send_again(connection: Connection, known: Registration, now: int, expires_at: int) -> bool:
    """Count one more sending of the registration as the caller knows it; of many parallel callers one may send."""
    same = (table.c.id == known.id, table.c.sends == known.sends)
    changed = update(table).where(*same).values(sends=known.sends + 1, sent_at=now, expires_at=expires_at)
    return connection.execute(changed).rowcount == 1


def change(connection: Connection, registration_id: str, **values: Any) -> bool:
    """Update columns; false if it is gone."""
    return connection.execute(update(table).where(table.c.id == registration_id).values(**values)).rowcount == 1


def drop(connection: Connection, registration_id: str) -> bool:
    """Remove it; true for exactly one of many parallel callers."""
    return connection.execute(delete(table).where(table.c.id == registration_id)).rowcount == 1


def taken_over_at(connection: Connection, letter: str) -> int | None:
    """When the mail server took the letter with this key; None as long as it has not, or if it never will."""
    taken = select(outbox.c.outcome_at).where(outbox.c.key == letter, outbox.c.outcome.in_(("accepted", "delivered")))
    return connection.execute(taken).scalar_one_or_none()
