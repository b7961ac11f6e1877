"""Ties accounts to the register's contracts, so that a contract's account is found by whatever facts prove it."""

from typing import Sequence

from sqlalchemy import Connection

from idp.domain.contract import fact_keys
from idp.tables import accounts, contractors
from idp.tables.database import Database
from idp.vault import Vault

CHUNK = 500


def find(connection: Connection, vault: Vault, rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Accounts, given as (id, contractor id), whose customer number a live contract of the register has: (id, contract key)."""
    numbers: dict[str, str] = {}
    for account_id, number in rows:
        for key in fact_keys("customer_number", number):
            for key_id in vault.key_ids:
                numbers.setdefault(contractors.hashed(vault, key, key_id), account_id)
    known = contractors.by_hash(connection, numbers)
    return [(numbers[one], f"k:{contract.id}") for one, contract in known.items() if contract.ended_at is None]


def tie_all(database: Database, vault: Vault) -> int:
    """Tie every account that names a contract and is tied to none yet, in small transactions; returns how many were. Of two
    accounts of one contract the first is."""
    tied, after = 0, ""
    while True:
        with database.read() as connection:
            rows = accounts.without_contract_key(connection, after, CHUNK)
            found = find(connection, vault, rows)
        with database.write() as connection:
            tied += sum(accounts.tie(connection, account_id, contract_key) for account_id, contract_key in found)
        if len(rows) < CHUNK:
            return tied
        after = rows[-1][0]
