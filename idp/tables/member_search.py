"""Finds accounts for the support desk among a million of them: every statement is served by an index, and nothing is counted."""

from typing import Any, Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, Select, select, tuple_

from idp.domain.account import Account
from idp.domain.search import Terms
from idp.tables import accounts as table
from idp.tables.schema import accounts, destinations, login_ids, search_names

MOST = 20  # accounts that one address, number or contract may lead to
_LAST = "\U0010ffff"

Place = tuple[str, str]  # the key and the account where a page ended


def _is(column: ColumnElement[str | None], value: str | None) -> ColumnElement[bool]:
    """An equal sign as a range: where a column is empty nearly everywhere, SQLite passes its index over for the sign itself."""
    return column.between(value, value)


def exact(terms: Terms, contract_keys: Iterable[str]) -> list[Select[tuple[str]]]:
    """The statements that find the ids of accounts that are just what was typed; `contract_keys`: of the register's contracts
    with the number that was typed."""
    found = [
        (accounts.c.id, accounts.c.id == terms.subject, terms.subject),
        (accounts.c.id, accounts.c.login_id_key == terms.login_id, terms.login_id),
        (login_ids.c.account_id, login_ids.c.login_id_key == terms.login_id, terms.login_id),  # one that they had before
        (accounts.c.id, accounts.c.email_login_key == terms.email, terms.email),
        (accounts.c.id, _is(accounts.c.mailbox, terms.email), terms.email),
        (destinations.c.account_id, destinations.c.address_key == terms.email, terms.email),
        (destinations.c.account_id, destinations.c.address_key == terms.mobile, terms.mobile),
        (accounts.c.id, _is(accounts.c.contractor_id, terms.number), terms.number),
    ]
    asked = [select(wanted).where(which).limit(MOST) for wanted, which, value in found if value]
    if keys := list(contract_keys):
        asked.append(select(accounts.c.id).where(accounts.c.contract_key.in_(keys)).limit(MOST))
    return asked


def beginning(start: str, after: Place | None, limit: int) -> Select[tuple[str, str]]:
    """The statement that finds (key, account id) of what begins so, in the order of the keys, behind the place `after`; each
    account once, by the first of its keys that begins so."""
    names, others = search_names.c, search_names.alias("others").c
    earlier = select(others.key).where(others.account_id == names.account_id, others.key < names.key, others.key >= start)
    query = select(names.key, names.account_id).where(names.key >= start, names.key < start + _LAST, ~earlier.exists())
    if after:
        query = query.where(tuple_(names.key, names.account_id) > after)
    return query.order_by(names.key, names.account_id).limit(limit)


def find_exact(connection: Connection, terms: Terms, contract_keys: Iterable[str]) -> list[str]:
    """Ids of accounts that are just what was typed, the surest first, each once."""
    found: dict[str, None] = {}
    for query in exact(terms, contract_keys):
        found |= dict.fromkeys(connection.scalars(query))
    return list(found)


def find_beginning(connection: Connection, start: str, after: Place | None, limit: int) -> list[Place]:
    """(key, account id) of what begins so, behind the place `after`."""
    return [(row.key, row.account_id) for row in connection.execute(beginning(start, after, limit))]


def read(connection: Connection, ids: Sequence[str]) -> list[Account]:
    """These accounts in this order, with their destinations; those that are erased are left out."""
    held: dict[str, list[Any]] = {}
    columns = tuple(destinations.c[name] for name in ("id", "account_id", "kind", "address", "verified_at", "usual"))
    mine = select(*columns).where(destinations.c.account_id.in_(ids)).order_by(destinations.c.created_at, destinations.c.id)
    for row in connection.execute(mine):
        held.setdefault(row.account_id, []).append(row)
    rows = connection.execute(select(accounts).where(accounts.c.id.in_(ids), accounts.c.status != "closed"))
    by_id = {row.id: table.made(row, held.get(row.id, ())) for row in rows}
    return [by_id[one] for one in ids if one in by_id]
