"""Guessing at a contract: so many wrong tries and no more, whoever tries, from wherever, and nobody is told (RC-05, RG-01)."""

import threading
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Mapping

import pytest

from idp.adapters.contractors_http import HttpContractors
from idp.adapters.contractors_register import RegisterContractors
from idp.deps import Deps
from idp.domain.policy import ContractChecks
from idp.ports import ContractMatch, Contractors, Unavailable
from idp.services import contract_proof
from idp.tables.database import Database
from tests.contractor.files import Importer, contract
from tests.courier.house import Clock, house
from tests.services import free_port, race

ROW = contract(17, birth_date="1958-04-01", kanji_name="山﨑 花子")
RIGHT = {"customer_number": "17", "phone": ROW["phone"], "kana_name": ROW["kana_name"]}
LIMIT = ContractChecks().per_contract_per_day


@dataclass
class Counting:
    """The operator's records, and what they were asked; `evaluated`: how often about a number that is the contract's."""

    records: Contractors
    number: str = ""
    asked: list[Mapping[str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def match(self, facts: Mapping[str, str]) -> ContractMatch | None:
        """Ask, and count."""
        with self._lock:
            self.asked.append(dict(facts))
        return self.records.match(facts)

    def ping(self) -> None:
        """Always there."""

    def about(self, **facts: str) -> int:
        """How many questions held these facts."""
        return sum(facts.items() <= one.items() for one in self.asked)


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    """A house whose records hold two contracts."""
    found = house(database, tmp_path, Clock())
    Importer(database, found.vault, tmp_path)([ROW, contract(18)])
    return replace(found, contractors=Counting(RegisterContractors(database, found.vault)))


def records(deps: Deps) -> Counting:
    assert isinstance(deps.contractors, Counting)
    return deps.contractors


def test_all_facts_together_prove_a_contract_however_they_are_typed(deps: Deps) -> None:
    for number in ("17", "0000000017", "００１７", "00-17"):
        found = contract_proof.check(deps, {**RIGHT, "customer_number": number})
        assert found and (found.contractor_id, found.contract_type) == ("17", "individual")
    for _ in range(2 * LIMIT):
        assert contract_proof.check(deps, RIGHT), "the right facts cost nothing"


@pytest.mark.parametrize("wrong", [{"phone": "0748000018"}, {"kana_name": "サトウ タロウ"}, {"customer_number": "18"}, {"customer_number": "99"}])
def test_one_wrong_fact_is_enough_and_after_five_the_right_ones_are_refused_too(deps: Deps, wrong: dict[str, str]) -> None:
    for _ in range(LIMIT):
        assert contract_proof.check(deps, RIGHT | wrong) is None
    assert contract_proof.check(deps, RIGHT) is None, "found by the facts that stayed the same"
    assert len(records(deps).asked) == LIMIT + 1 and records(deps).about(**RIGHT) == 0, "asked for nobody instead"


def test_records_that_are_away_cost_no_try(deps: Deps) -> None:
    away = replace(deps, contractors=HttpContractors(f"http://127.0.0.1:{free_port()}/", "token"))
    for _ in range(2 * LIMIT):
        with pytest.raises(Unavailable):
            contract_proof.check(away, RIGHT)
    assert contract_proof.check(deps, RIGHT)


def test_a_day_later_it_can_be_tried_again(deps: Deps) -> None:
    for _ in range(LIMIT):
        contract_proof.check(deps, RIGHT | {"phone": "0748000018"})
    clock = deps.clock
    assert isinstance(clock, Clock) and contract_proof.check(deps, RIGHT) is None
    clock.now += contract_proof.DAY - 1
    assert contract_proof.check(deps, RIGHT) is None
    clock.now += 1
    assert contract_proof.check(deps, RIGHT)


def test_tries_that_were_refused_do_not_lengthen_the_wait_of_the_owner(deps: Deps) -> None:
    for _ in range(LIMIT * 3):
        contract_proof.check(deps, RIGHT | {"kana_name": "サトウ タロウ"})
    clock = deps.clock
    assert isinstance(clock, Clock)
    clock.now += contract_proof.DAY
    assert contract_proof.check(deps, RIGHT)


def test_the_neighbour_is_not_kept_out(deps: Deps) -> None:
    for _ in range(LIMIT * 2):
        contract_proof.check(deps, RIGHT | {"kana_name": "サトウ タロウ"})
    other = contract(18)
    assert contract_proof.check(deps, {"customer_number": "18", "phone": other["phone"], "kana_name": other["kana_name"]})


def test_of_sixteen_wrong_tries_at_once_five_are_looked_at(deps: Deps) -> None:
    numbers = iter(range(16))
    lock = threading.Lock()

    def guess() -> ContractMatch | None:
        with lock:
            number = next(numbers)
        return contract_proof.check(deps, RIGHT | {"phone": f"07480001{number:02}"})

    assert race(16, guess) == [None] * 16
    assert records(deps).about(customer_number="17") == LIMIT
    assert len(records(deps).asked) == 16, "each costs one question"


def test_sixteen_right_tries_at_once_are_all_right_or_silent_and_cost_nothing(deps: Deps) -> None:
    assert any(race(16, lambda: contract_proof.check(deps, RIGHT)))
    assert all(contract_proof.check(deps, RIGHT) for _ in range(LIMIT * 2))


def test_of_36500_birth_dates_over_200_addresses_at_most_five_are_evaluated(deps: Deps) -> None:
    """A hundred years of days, for a contract found by name and mail; every address stays below its own limit, here a low one."""
    deps = replace(deps, policy=replace(deps.policy, contract_checks=ContractChecks(per_address_per_hour=5)))
    known = {"kanji_name": "山崎花子", "isp_mail": ROW["isp_mail"]}
    born = [date(1920, 1, 1) + timedelta(days=n) for n in range(36_500)]
    tried = 0
    for number in range(200):
        address = f"198.51.{number // 250}.{number % 250}"
        for day in born[number * 182 : number * 182 + 182]:
            if not contract_proof.allowed(deps, address):
                break
            tried += 1
            contract_proof.check(deps, {**known, "birth_date": day.isoformat()})
    assert tried == 1_000
    assert records(deps).about(**known) <= LIMIT
    assert contract_proof.check(deps, {**known, "birth_date": "1958-04-01"}) is None


def test_an_address_has_so_many_checks_an_hour_and_a_whole_network_of_ipv6_counts_as_one(deps: Deps) -> None:
    most = deps.policy.contract_checks.per_address_per_hour
    assert [contract_proof.allowed(deps, f"2001:db8::{n:x}") for n in range(most + 2)] == [True] * most + [False] * 2
    assert contract_proof.allowed(deps, "2001:db8:0:1::1")
    other = [contract_proof.allowed(deps, "192.0.2.1") for _ in range(most)]
    assert all(other) and not contract_proof.allowed(deps, "192.0.2.1") and contract_proof.allowed(deps, "192.0.2.2")


def test_while_very_many_fail_each_address_has_fewer(deps: Deps) -> None:
    checks = ContractChecks(failures_per_hour_before_friction=3, per_address_under_friction=2)
    deps = replace(deps, policy=replace(deps.policy, contract_checks=checks))
    assert all(contract_proof.allowed(deps, "192.0.2.9") for _ in range(10))
    for number in range(4):
        contract_proof.check(deps, {"customer_number": f"9{number}", "phone": f"074800090{number}"})
    assert [contract_proof.allowed(deps, "192.0.2.10") for _ in range(3)] == [True, True, False]
    assert not contract_proof.allowed(deps, "192.0.2.9")
