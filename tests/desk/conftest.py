"""A desk on each engine: an agent, a supervisor, records of contracts, and a member."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from idp.adapters.contractors_register import RegisterContractors
from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.services.desk import Because
from idp.features.console_desk.acting import Acting, acting
from idp.services import desk_identity
from idp.tables import accounts
from idp.tables.database import Database
from tests.contractor.files import Importer, contract
from tests.courier.house import NOW, Clock, house
from tests.contractor.test_contract_proof import Counting

ROW = contract(17, birth_date="1958-04-01", kanji_name="山﨑 花子")
FACTS = {"customer_number": "17", "kana_name": ROW["kana_name"], "birth_date": "1958-04-01"}
WHY = Because("お客様のご依頼", "2026-1120-014")
HERE = "203.0.113.7"


@dataclass
class Desk:
    """Everything that a desk's flows hold, and the people."""

    deps: Deps
    clock: Clock
    agent: Account
    supervisor: Account
    member: Account

    def add(self, name: str, **changes: object) -> Account:
        """Somebody with an account."""
        made = replace(Account(f"s-{name}", name, name.lower(), name, created_at=NOW, updated_at=NOW), **changes)  # type: ignore[arg-type]
        with self.deps.database.write() as connection:
            accounts.add(connection, made)
        return made

    def now(self, account: Account | None = None) -> Account:
        """The account as it is now."""
        with self.deps.database.read() as connection:
            found = accounts.by_id(connection, (account or self.member).id, with_destinations=True)
        assert found
        return found

    def identified(self, level: int = 2, by: Account | None = None) -> None:
        """The caller has proven themselves to this agent."""
        actor = by or self.agent
        assert desk_identity.check(self.deps, actor, self.now(), FACTS, "self") == "match"
        if level == 2:
            assert desk_identity.called_back(self.deps, actor, self.now(), ROW["phone"]) == "match"

    def acting(self, by: Account | None = None, on: Account | None = None) -> Acting:
        """The agent about to act."""
        return acting(self.deps, by or self.agent, self.now(on), WHY, HERE)

    @property
    def records(self) -> Counting:
        """The records, and what they were asked."""
        assert isinstance(self.deps.contractors, Counting)
        return self.deps.contractors


@pytest.fixture
def clock() -> Clock:
    """Stands still until it is moved."""
    return Clock()


@pytest.fixture
def desk(database: Database, tmp_path: Path, clock: Clock) -> Desk:
    """A desk whose member has both kinds of destinations, one of them usual, and a contract."""
    found = house(database, tmp_path, clock)
    Importer(database, found.vault, tmp_path)([ROW, contract(18)])
    deps = replace(found, contractors=Counting(RegisterContractors(database, found.vault)))
    nobody = Account("x", "x", "x", "x")
    made = Desk(deps, clock, nobody, nobody, nobody)
    made.agent, made.supervisor = made.add("agent", role="desk"), made.add("super", role="supervisor")
    match = deps.contractors.match({"customer_number": "17"})
    assert match
    made.member = made.add(
        "Hanako.01", nickname="はなこ", contractor_id="17", contract_key=match.contract_key, contract_type="individual", second_factor=True,
        profile={"name": "山﨑 花子"}, password_state="current", password_hash="x", email_login="hanako@home.example",
        email_login_key="hanako@home.example",
        destinations=(
            Destination("d-sms", "s-Hanako.01", "sms", "+819012345678", NOW, True),
            Destination("d-mail", "s-Hanako.01", "email", "hanako@home.example", NOW, False),
            Destination("d-new", "s-Hanako.01", "email", "unproven@home.example"),
        ),
    )  # fmt: skip
    return made
