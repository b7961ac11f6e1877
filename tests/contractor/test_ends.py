"""What a register import means for members: a contract that ends starts their time, one that comes back takes it back."""

import threading
from pathlib import Path
from typing import Sequence

import pytest

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import closing, contractor_import
from idp.services.contract_ends import Members
from idp.services.contractor_csv import ContractFile
from idp.services.passwords import Hasher
from idp.tables import accounts
from tests.closing import member
from tests.closing.conftest import clock, deps, hasher  # noqa: F401  # fixtures
from tests.contractor.files import contract, text
from tests.courier.house import NOW, Clock

DAY = 86_400
ROWS = [contract(number) for number in range(1, 101)]
WITHOUT = [row for row in ROWS if row["customer_number"] != "0000000007"]


class Register:
    """Imports files as the command line does."""

    def __init__(self, deps: Deps, folder: Path):
        self.deps, self.path = deps, folder / "contracts.csv"

    def take(self, rows: Sequence[dict[str, str]]) -> contractor_import.Counts:
        """Bring the register in line with these rows."""
        self.path.write_text(text(rows))
        with open(self.path, "rb") as file:
            return contractor_import.run(self.deps.database, self.deps.vault, self.deps.clock, ContractFile(file), follow=Members(self.deps))


@pytest.fixture
def register(deps: Deps, tmp_path: Path) -> Register:
    """A register with a hundred contracts."""
    found = Register(deps, tmp_path)
    found.take(ROWS)
    return found


@pytest.fixture
def holder(deps: Deps, hasher: Hasher, register: Register) -> Account:
    """The member of contract 7."""
    account = member.add(deps, hasher, contractor_id="7")
    register.take(ROWS)
    tied = member.read(deps, account.id)
    assert tied.contract_key
    return tied


def told(deps: Deps) -> list[str]:
    return sorted({template for _, template in member.queued(deps, "mail") + member.queued(deps, "sms")})


def test_a_contract_that_the_file_does_not_name_starts_the_ninety_days(deps: Deps, register: Register, holder: Account) -> None:
    register.take(WITHOUT)
    after = member.read(deps, holder.id)
    assert (after.status, after.closes_at, after.contract_key, after.former_contract) == ("active", NOW + 90 * DAY, None, holder.contract_key)
    assert told(deps) == ["mail.notice.contract", "sms.notice.contract"]
    assert member.events(deps, holder.id)[-1] == "contract_ended"


def test_a_contract_that_comes_back_takes_it_back(deps: Deps, register: Register, holder: Account, clock: Clock) -> None:
    register.take(WITHOUT)
    clock.now += 30 * DAY
    register.take(ROWS)
    after = member.read(deps, holder.id)
    assert (after.status, after.closes_at, after.contract_key, after.former_contract) == ("active", 0, holder.contract_key, None)
    assert "mail.notice.contract_back" in told(deps)
    assert member.events(deps, holder.id)[-1] == "contract_returned"
    clock.now += 90 * DAY
    closing.keep_house(deps, threading.Event())
    assert member.read(deps, holder.id).status == "active"


def test_one_that_comes_back_for_somebody_else_gives_nobody_an_account(deps: Deps, register: Register, holder: Account) -> None:
    """Requirement AC-04."""
    register.take(WITHOUT)
    register.take([*WITHOUT, contract(7, kana_name="ｻﾄｳ ｼﾞﾛｳ", kanji_name="佐藤 次郎", phone="0748999999", isp_mail="jiro@example.jp")])
    after = member.read(deps, holder.id)
    assert (after.closes_at, after.contract_key) == (NOW + 90 * DAY, None)


def test_one_that_another_account_has_by_now_stays_with_it(deps: Deps, register: Register, holder: Account, hasher: Hasher) -> None:
    register.take(WITHOUT)
    other = member.add(deps, hasher, login_id="other.01", email="o@home.example", phone=None, mailbox=None, contractor_id=None)
    with deps.database.write() as connection:
        accounts.change(connection, other.id, NOW, contract_key=holder.contract_key)
    register.take(ROWS)
    assert member.read(deps, holder.id).closes_at == NOW + 90 * DAY
    assert member.read(deps, other.id).contract_key == holder.contract_key


def test_what_a_portal_has_ended_comes_back_with_the_register(deps: Deps, register: Register, holder: Account) -> None:
    with deps.database.write() as connection:
        assert closing.end_contract(connection, deps, holder, "p1")
    register.take(WITHOUT)
    register.take(ROWS)
    assert member.read(deps, holder.id).closes_at == 0


def test_an_account_that_is_closing_is_not_opened_again(deps: Deps, register: Register, holder: Account) -> None:
    register.take(WITHOUT)
    with deps.database.write() as connection:
        closing.begin(connection, deps, member.read(deps, holder.id), "user")
    register.take(ROWS)
    assert member.read(deps, holder.id).status == "closing"


def test_a_dry_run_tells_nobody(deps: Deps, register: Register, holder: Account) -> None:
    register.path.write_text(text(WITHOUT))
    with open(register.path, "rb") as file:
        contractor_import.run(deps.database, deps.vault, deps.clock, ContractFile(file), dry_run=True, follow=Members(deps))
    assert member.read(deps, holder.id).closes_at == 0 and told(deps) == []
