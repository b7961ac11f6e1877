"""The sample data: put in once, complete, kept at the second start, and never on a public address."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp import common_passwords, policy_file
from idp.adapters.contractors_register import RegisterContractors
from idp.adapters.ephemeral_sqlite import SqliteEphemeral
from idp.config import Settings
from idp.demo.pages import MEMBERS, TEXTS
from idp.demo.seed import SampleMember, banner, portal_registration, seed
from idp.deps import Deps
from idp.domain import claims, identifiers, password
from idp.domain.policy import Argon2Cost, PasswordRule, Policy
from idp.services import client_registration, contractor_import
from idp.services.contractor_csv import ContractFile
from idp.services.passwords import Hasher
from idp.tables import accounts, clients, contractors
from idp.tables.database import Database
from idp.vault import Vault
from tests.services import race

ALL_CLAIMS = claims.wanted(("profile", "email", "phone", "address", "contract"))


@pytest.fixture
def deps(database: Database, vault: Vault, tmp_path: Path) -> Deps:
    nobody: Any = None
    policy = Policy("test-1", password=PasswordRule(hash=Argon2Cost(memory_kib=64, time_cost=1)))
    store = SqliteEphemeral(f"{tmp_path}/ephemeral.db")
    return Deps(Settings(), policy, database, store, nobody, vault, lambda: 1_800_000_000.0)


@pytest.fixture
def hasher(deps: Deps) -> Hasher:
    return Hasher(deps.policy.password.hash, deps.vault, slots=8, waiting=64, patience=60.0)


def account(deps: Deps, login_id: str) -> Any:
    with deps.database.read() as connection:
        return accounts.by_login_id(connection, login_id, with_destinations=True)


def test_adds_every_sample_member(deps: Deps, hasher: Hasher) -> None:
    sample = seed(deps, hasher)
    hanako = account(deps, sample.login_id)
    assert hasher.verify(hanako.password_hash, sample.password).ok and hanako.email_login == sample.email
    values = claims.claims_of(hanako, ALL_CLAIMS)
    assert values.keys() == ALL_CLAIMS  # certification needs every standard claim of one member
    assert values["email_verified"] is True and values["phone_number"] == "+819012345678" and values["contractor_id"] == "1234567"
    kinds = {row["login_id"]: account(deps, row["login_id"]) for row in MEMBERS}
    assert kinds["koga-denki"].contract_type == "corporate"
    assert kinds["taro-letter"].password_state == "letter"
    assert kinds["jiro-stop"].status == "suspended"
    assert kinds["admin"].role == "administrator"
    for row in MEMBERS:
        assert hasher.verify(kinds[row["login_id"]].password_hash, row["password"]).ok and row["note"].keys() == TEXTS.keys()


def test_imports_the_sample_contracts_of_the_members(deps: Deps, hasher: Hasher) -> None:
    seed(deps, hasher)
    register = RegisterContractors(deps.database, deps.vault)
    found = register.match({"customer_number": "1234567", "phone": "090-1234-5678", "kana_name": "やまだ はなこ"})
    assert found and found.contractor_id == account(deps, "hanako01").contractor_id
    for row in MEMBERS:
        if "contractor_id" in row:
            match = register.match({"customer_number": row["contractor_id"]})
            assert match and match.contract_type == row["contract_type"]


def test_leaves_a_filled_register_alone(deps: Deps, hasher: Hasher, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("customer_number,type,phone,kana_name\n5,individual,090-1111-2222,アイコム タロウ\n", encoding="utf-8")
    with own.open("rb") as file:
        contractor_import.run(deps.database, deps.vault, deps.clock, ContractFile(file))
    seed(deps, hasher)
    with deps.database.read() as connection:
        assert contractors.live_count(connection) == 1


def test_a_second_start_keeps_what_was_changed(deps: Deps, hasher: Hasher) -> None:
    seed(deps, hasher)
    before = account(deps, "hanako01")
    with deps.database.write() as connection:
        accounts.change(connection, before.id, deps.now(), nickname="はな")
    runs = hasher.runs
    seed(deps, hasher)
    assert account(deps, "hanako01") == replace(before, nickname="はな") and hasher.runs == runs


def test_parallel_first_starts_add_each_member_once(deps: Deps, hasher: Hasher) -> None:
    assert len(set(race(8, lambda: seed(deps, hasher)))) == 1
    assert all(account(deps, row["login_id"]) for row in MEMBERS)


def test_not_on_a_public_address(deps: Deps, hasher: Hasher) -> None:
    with pytest.raises(ValueError, match="localhost"):
        seed(replace(deps, settings=Settings(issuer="https://id.example.jp")), hasher)
    assert account(deps, "hanako01") is None


@pytest.mark.parametrize("name", policy_file.shipped_names())
def test_sample_members_fit_every_policy(name: str) -> None:
    policy = policy_file.load(name, Path())
    for row in MEMBERS:
        words = password.personal_words(row["login_id"], (row["email"],), row["nickname"])
        assert password.verdicts(row["password"], policy.password, words, common_passwords.rank) == ()
        assert identifiers.login_id_verdicts(row["login_id"], policy.login_id) == ()


def test_the_portal_can_be_registered_again_and_again(deps: Deps) -> None:
    issuer = "http://localhost:8000"
    for _ in range(2):
        registered = client_registration.register(deps, portal_registration(issuer, "demo-portal", "a-secret-of-32-characters-or-so-"))
    assert registered["client_id"] == "demo-portal" and registered["redirect_uris"] == [f"{issuer}/demo/callback"]
    with deps.database.read() as connection:
        assert [row["id"] for row in clients.rows(connection)] == ["demo-portal"]


def test_banner_names_addresses_and_a_member() -> None:
    lines = banner("http://localhost:8000", SampleMember("hanako01", "Hk7mWt3n", "hanako@example.jp"))
    for expected in ("http://localhost:8000/demo/", "http://localhost:8000/demo/outbox", "hanako01", "Hk7mWt3n", "Sample member", "見本の会員"):
        assert expected in lines
