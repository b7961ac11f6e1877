"""Accounts and their destinations."""

import json
from typing import Any, Iterable, Literal, Sequence

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from idp.domain.account import Account, Destination
from idp.domain.journey import Factors
from idp.tables import search_names
from idp.tables.hot import Hot
from idp.tables.schema import accounts, destinations, login_ids, passkeys, recovery_codes, totp


class Taken(Exception):
    """The login ID or the e-mail address for sign-in belongs to another account."""


OF_DESTINATION = tuple(destinations.c[name] for name in ("id", "account_id", "kind", "address", "verified_at", "usual"))
_HAS_APP = select(totp.c.account_id).where(totp.c.account_id == accounts.c.id).exists()
_HAS_CODES = select(recovery_codes.c.account_id).where(recovery_codes.c.account_id == accounts.c.id).exists()
_HAS_PASSKEY = select(passkeys.c.account_id).where(passkeys.c.account_id == accounts.c.id).exists()
_FACTORS = ("totp", "recovery", "passkey")


By = Literal["id", "login_id", "email_login"]


def _with_factors(column: ColumnElement[str]) -> Hot:
    return Hot(
        select(accounts, _HAS_APP.label("app"), _HAS_CODES.label("printed"), _HAS_PASSKEY.label("passkey"), *OF_DESTINATION)
        .select_from(accounts.outerjoin(destinations, destinations.c.account_id == accounts.c.id))
        .where(column == bindparam("value"))
        .order_by(destinations.c.created_at, destinations.c.id)
    )


_BY = {"id": accounts.c.id, "login_id": accounts.c.login_id_key, "email_login": accounts.c.email_login_key}
_PLAIN = {name: Hot(select(accounts).where(column == bindparam("value"))) for name, column in _BY.items()}
_WITH_FACTORS = {name: _with_factors(column) for name, column in _BY.items()}
_NAMES = tuple(column.name for column in accounts.c)


def _account(connection: Connection, by: By, value: str, with_destinations: bool) -> Account | None:
    if with_destinations:
        found = with_factors(connection, value, by)
        return found[0] if found else None
    rows = _PLAIN[by].rows(connection, {"value": value})
    return made(rows[0], ()) if rows else None


def made(values: Sequence[Any], known: Iterable[Sequence[Any]]) -> Account:
    """The account of a whole row of the table, with its destinations: id, account_id, kind, address, verified_at and usual."""
    found = dict(zip(_NAMES, values))
    found["profile"] = json.loads(found["profile"])
    found["second_factor"] = bool(found["second_factor"])
    return Account(**found, destinations=tuple(Destination(*row[:5], usual=bool(row[5])) for row in known))


def by_id(connection: Connection, account_id: str, with_destinations: bool = False) -> Account | None:
    """The account with this subject, or None."""
    return _account(connection, "id", account_id, with_destinations)


def with_factors(connection: Connection, value: str, by: By = "id") -> tuple[Account, Factors] | None:
    """The account with its destinations, and what it could prove itself with beside its password: one statement. `value`
    is its subject, its folded login ID or the folded address that it signs in with."""
    rows, width = _WITH_FACTORS[by].rows(connection, {"value": value}), len(_NAMES)
    if not rows:
        return None
    start = width + len(_FACTORS)
    account = made(rows[0], (row[start:] for row in rows if row[start] is not None))
    methods = {item.kind for item in account.destinations if item.verified_at}
    methods |= {name for name, there in zip(_FACTORS, rows[0][width:start]) if there}
    return account, Factors(frozenset(methods))


def by_login_id(connection: Connection, login_id_key: str, with_destinations: bool = False) -> Account | None:
    """The account with this folded login ID, or None."""
    return _account(connection, "login_id", login_id_key, with_destinations)


def by_email_login(connection: Connection, email_key: str, with_destinations: bool = False) -> Account | None:
    """The account that switched on sign-in with this folded address, or None."""
    return _account(connection, "email_login", email_key, with_destinations)


def by_contract(connection: Connection, contract_key: str, contractor_id: str) -> Account | None:
    """The account of a contract, with its destinations: by the contract's key, or, where the account was added before the
    records knew the contract, by what the operator calls it. Never one of an earlier contract of the same number
    (requirement AC-04)."""
    by_number = and_(accounts.c.contract_key.is_(None), accounts.c.contractor_id == contractor_id, accounts.c.closes_at == 0)
    found = select(accounts.c.id).where(or_(accounts.c.contract_key == contract_key, by_number), accounts.c.status != "closed")
    account_id = connection.execute(found.order_by(accounts.c.contract_key.is_(None), accounts.c.created_at).limit(1)).scalar()
    return by_id(connection, account_id, with_destinations=True) if account_id else None


def of_contract(connection: Connection, contractor_id: str, contract_keys: Sequence[str]) -> list[str]:
    """Ids of the accounts of a contract that has not ended yet: by the number that they name, or by one of these keys."""
    named = and_(accounts.c.contractor_id == contractor_id, accounts.c.closes_at == 0)
    found = select(accounts.c.id).where(or_(named, accounts.c.contract_key.in_(contract_keys)), accounts.c.status != "closed")
    return list(connection.scalars(found.order_by(accounts.c.id)))


def without_contract_key(connection: Connection, after: str, limit: int) -> list[tuple[str, str]]:
    """Id and contractor id of accounts that name a contract and have no key of it yet, in the order of their ids."""
    lacking: tuple[ColumnElement[bool], ...] = (accounts.c.contractor_id.is_not(None), accounts.c.contract_key.is_(None), accounts.c.status != "closed", accounts.c.closes_at == 0)
    query = select(accounts.c.id, accounts.c.contractor_id).where(*lacking, accounts.c.id > after).order_by(accounts.c.id)
    return [(row.id, row.contractor_id) for row in connection.execute(query.limit(limit))]


def tie(connection: Connection, account_id: str, contract_key: str) -> bool:
    """Set the key of the account's contract, unless it has one or another account has this one."""
    other = accounts.alias()
    held = select(other.c.id).where(other.c.contract_key == contract_key).exists()
    free = (accounts.c.id == account_id, accounts.c.contract_key.is_(None), ~held)
    return connection.execute(update(accounts).where(*free).values(contract_key=contract_key)).rowcount == 1


def sample_hashes(connection: Connection, limit: int) -> tuple[str | None, ...]:
    """Password hashes of some members."""
    return tuple(connection.execute(select(accounts.c.password_hash).order_by(accounts.c.id).limit(limit)).scalars())


def add(connection: Connection, account: Account) -> None:
    """Insert the account and its destinations; raises `Taken` when the database finds a name in use."""
    values = {c.name: getattr(account, c.name) for c in accounts.c}
    values["profile"] = json.dumps(dict(account.profile), ensure_ascii=False, sort_keys=True)
    values["second_factor"] = int(account.second_factor)
    try:
        connection.execute(accounts.insert(), values)
        connection.execute(login_ids.insert(), {"login_id_key": account.login_id_key, "account_id": account.id, "since": account.created_at})
    except IntegrityError as error:
        raise Taken(account.login_id) from error
    search_names.refresh(connection, account.id)
    for item in account.destinations:
        add_destination(connection, item, account.created_at)


def add_destination(connection: Connection, item: Destination, now: int) -> None:
    """Insert one destination."""
    connection.execute(
        destinations.insert(),
        {
            "id": item.id,
            "account_id": item.account_id,
            "kind": item.kind,
            "address": item.address,
            "address_key": item.address.casefold(),
            "verified_at": item.verified_at,
            "usual": int(item.usual),
            "created_at": now,
        },
    )


def change(connection: Connection, account_id: str, now: int, **values: Any) -> bool:
    """Update columns of one account; false if there is no such account. Raises `Taken`."""
    if "profile" in values:
        values["profile"] = json.dumps(values["profile"], ensure_ascii=False, sort_keys=True)
    try:
        done = connection.execute(update(accounts).where(accounts.c.id == account_id).values(updated_at=now, **values))
    except IntegrityError as error:
        raise Taken(str(values.get("login_id", ""))) from error
    if "nickname" in values or "profile" in values:
        search_names.refresh(connection, account_id)
    return done.rowcount == 1


def raise_epoch(connection: Connection, account_id: str, now: int) -> None:
    """End every session, token and trust of the account, whatever any other store remembers."""
    connection.execute(
        update(accounts).where(accounts.c.id == account_id).values(epoch=accounts.c.epoch + 1, updated_at=now)
    )


def raise_epoch_from(connection: Connection, account_id: str, epoch: int, now: int) -> bool:
    """The same if the account still is in this epoch: of two parallel changes one wins, and what was begun before a reset
    of the password cannot be finished after it."""
    done = connection.execute(
        update(accounts).where(accounts.c.id == account_id, accounts.c.epoch == epoch).values(epoch=epoch + 1, updated_at=now)
    )
    return done.rowcount == 1


def rehash(connection: Connection, account_id: str, old_hash: str, new_hash: str) -> bool:
    """Store the same password under a new cost or key, if the old hash is still there. The password gets no younger by it: one
    from a letter goes on to expire, and the letter's code for the desk stays the same (requirement PW-08)."""
    same = (accounts.c.id == account_id, accounts.c.password_hash == old_hash)
    return connection.execute(update(accounts).where(*same).values(password_hash=new_hash)).rowcount == 1


def put_letter(connection: Connection, account: Account, new_hash: str, now: int) -> bool:
    """Give the account the password of a letter and end its sessions, if nothing of that kind has happened to it since it
    was read."""
    same = (
        accounts.c.id == account.id,
        accounts.c.epoch == account.epoch,
        accounts.c.status == "active",
        accounts.c.password_hash.is_not_distinct_from(account.password_hash),
    )
    values = {"password_hash": new_hash, "password_state": "letter", "password_at": now, "epoch": account.epoch + 1}
    return connection.execute(update(accounts).where(*same).values(updated_at=now, **values)).rowcount == 1


def _without(no_password: bool, letter_before: int | None) -> ColumnElement[bool]:
    states = [accounts.c.password_state == "none"] if no_password else []
    if letter_before is not None:
        states.append(and_(accounts.c.password_state == "letter", accounts.c.password_at < letter_before))
    return and_(accounts.c.status == "active", accounts.c.role == "member", or_(*states))


def count_without(connection: Connection, no_password: bool, letter_before: int | None) -> int:
    """How many active members `without` finds."""
    query = select(func.count()).select_from(accounts).where(_without(no_password, letter_before))
    return connection.execute(query).scalar_one()


def without(connection: Connection, no_password: bool, letter_before: int | None, after: str, limit: int) -> tuple[str, ...]:
    """Ids, in their order and greater than `after`, of active members who have no password, or one that was printed on a
    letter before this time and never replaced."""
    query = select(accounts.c.id).where(_without(no_password, letter_before), accounts.c.id > after)
    return tuple(connection.execute(query.order_by(accounts.c.id).limit(limit)).scalars())
