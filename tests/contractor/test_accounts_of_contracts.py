"""The account of a contract is found by whatever facts prove the contract, and never by those of the contract's successor."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from idp.adapters.contractors_register import RegisterContractors
from idp.domain.account import Account
from idp.services import contract_keys
from idp.tables import accounts, schema
from idp.tables.database import Database
from idp.vault import Vault
from tests.contractor.files import Importer, contract
from tests.services import race


@pytest.fixture
def run(database: Database, vault: Vault, tmp_path: Path) -> Importer:
    return Importer(database, vault, tmp_path)


def account(database: Database, name: str, number: str | None, **more: str) -> str:
    with database.write() as connection:
        accounts.add(connection, replace(Account(name, name, name, "n", contractor_id=number), **more))  # type: ignore[arg-type]
    return name


def owner(database: Database, vault: Vault, **facts: str) -> str | None:
    """The account that these facts lead to."""
    match = RegisterContractors(database, vault).match(facts)
    assert match
    with database.read() as connection:
        found = accounts.by_contract(connection, match.contract_key, match.contractor_id)
    return found.id if found else None


def test_an_account_added_before_the_contract_is_tied_by_the_import(run: Importer, database: Database, vault: Vault) -> None:
    account(database, "early", "7")
    account(database, "other", "8")
    account(database, "none", None)
    run([contract(number) for number in range(1, 10)])
    # the address alone says no number, so only the tie can tell
    assert owner(database, vault, isp_mail="m7@example.jp", kanji_name="高橋花子7") == "early"
    assert owner(database, vault, isp_mail="m9@example.jp") is None
    assert contract_keys.tie_all(database, vault) == 0


def test_the_next_holder_of_a_number_does_not_reach_the_old_account(run: Importer, database: Database, vault: Vault) -> None:
    """Requirement AC-04."""
    rows = [contract(number) for number in range(1, 101)]
    account(database, "old", "7")
    run(rows)
    run([row for row in rows if row["customer_number"] != "0000000007"])
    successor = contract(7, kana_name="ｻﾄｳ ｼﾞﾛｳ", kanji_name="佐藤 次郎", phone="0748999999", isp_mail="jiro@example.jp")
    run([row for row in rows if row["customer_number"] != "0000000007"] + [successor])
    assert owner(database, vault, customer_number="7", kana_name="サトウジロウ") is None
    account(database, "new", "7")
    contract_keys.tie_all(database, vault)
    assert owner(database, vault, isp_mail="jiro@example.jp") == "new"


def test_one_account_per_contract_and_none_of_a_closed_one(run: Importer, database: Database, vault: Vault) -> None:
    run([contract(7)])
    account(database, "a", "7")
    account(database, "b", "7")
    assert contract_keys.tie_all(database, vault) == 1
    assert owner(database, vault, customer_number="7") == "a"
    with database.write() as connection:
        connection.execute(update(schema.accounts).where(schema.accounts.c.id == "a").values(status="closed", contract_key=None))
    assert contract_keys.tie_all(database, vault) == 1
    assert owner(database, vault, customer_number="7") == "b"


def test_of_many_accounts_at_once_one_gets_the_contract(database: Database) -> None:
    def add(name: str) -> bool:
        try:
            account(database, name, "7", contract_key="k:x")
        except accounts.Taken:
            return False
        return True

    names = iter(f"m{n}" for n in range(16))
    assert race(16, lambda: add(next(names))).count(True) == 1
