"""Twenty-four hours to the second, counted from when the mail server took the letter; and nothing reserved after them (RG-06, RG-07)."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from idp.adapters.contractors_register import RegisterContractors
from idp.deps import Deps
from idp.domain.journey import Journey
from idp.domain.policy import Argon2Cost
from idp.features.confirmation import flow as confirmation
from idp.features.registration import flow, sending
from idp.services import journeys, letters, registering
from idp.services.passwords import Hasher
from idp.tables import outbox, registrations
from idp.tables.database import Database
from idp.vault import fingerprint
from tests.contractor.files import Importer, contract
from tests.courier.house import Clock, house
from tests.registration.applicant import PASSWORD, facts

DAY = 86_400


@dataclass
class Desk:
    """A house with a clock, and the courier's hand in it."""

    deps: Deps
    clock: Clock
    hasher: Hasher

    def begin(self, number: int, login_id: str, email: str = "hanako@mail.example") -> tuple[Journey, sending.Begun]:
        """Register up to the letter, in a browser of its own."""
        journey = journeys.new(self.deps, f"browser-{number}-{login_id}")
        form = dict.fromkeys(("kanji_name", "corporate_name", "birth_year", "birth_month", "birth_day", "isp_mail"), "")
        assert flow.verify(self.deps, journey, form | facts(contract(number)), "192.0.2.1")[1] == []
        details = {"login_id": login_id, "email": email, "nickname": "はなこ", "new_password": PASSWORD, "new_password_again": ""}
        entered = flow.enter(self.deps, self.hasher, journey, flow.find(self.deps, journey), details)
        if entered.wrong:
            return journey, sending.Begun("taken")
        return journey, sending.begin(self.deps, journey, flow.find(self.deps, journey), "ja", "192.0.2.1")

    def deliver(self, outcome: str = "accepted") -> str:
        """The mail server takes the one letter that waits, now; returns the fingerprint of its link."""
        with self.deps.database.write() as connection:
            (letter,) = outbox.claim(connection, "lease", self.deps.now(), 60, 9)
            body = letters.render(self.deps, letter)[1]
            outbox.finish(connection, letter.id, "lease", outcome, self.deps.now())
        return fingerprint(re.findall(r"/register/open/(\S+)", body)[0])

    def finish(self, link: str, password: str = PASSWORD) -> str:
        """Type the password at the link."""
        return confirmation.finish(self.deps, self.hasher, link, password, "192.0.2.1").result

    def at(self, seconds: float) -> None:
        """Move the clock to so many seconds after its beginning."""
        self.clock.now = Clock().now + seconds


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    clock = Clock()
    deps = house(database, tmp_path, clock)
    Importer(database, deps.vault, tmp_path)([contract(number) for number in (1, 2, 3)])
    deps = replace(deps, contractors=RegisterContractors(database, deps.vault))
    return Desk(deps, clock, Hasher(Argon2Cost(64, 1, 1), deps.vault, slots=4, waiting=16))


@pytest.mark.parametrize(("late", "result"), [(DAY - 1, "ok"), (DAY - 0.001, "ok"), (DAY, "dead"), (DAY + 1, "dead")])
def test_the_link_is_good_for_a_day_from_when_the_mail_server_took_it(desk: Desk, late: float, result: str) -> None:
    desk.begin(1, "hanako01")
    desk.at(3_000)  # it was away
    link = desk.deliver()
    desk.at(3_000 + late)
    assert (confirmation.opened(desk.deps, link) is not None) == (result == "ok")
    assert desk.finish(link) == result


def test_as_long_as_it_has_not_been_taken_the_day_begins_with_its_writing(desk: Desk) -> None:
    journey, _ = desk.begin(1, "hanako01")
    known = registering.sending(desk.deps, flow.find(desk.deps, journey).sent)
    assert known and (known.ends_at, known.lost) == (desk.deps.now() + DAY, False)
    desk.at(600)
    desk.deliver()
    known = registering.sending(desk.deps, flow.find(desk.deps, journey).sent)
    assert known and known.ends_at == desk.deps.now() + DAY


@pytest.mark.parametrize("outcome", ["rejected", "failed", "unreachable"])
def test_a_letter_that_came_back_is_known(desk: Desk, outcome: str) -> None:
    journey, _ = desk.begin(1, "hanako01")
    desk.deliver(outcome)
    known = registering.sending(desk.deps, flow.find(desk.deps, journey).sent)
    assert known and known.lost


def test_the_link_of_an_earlier_letter_is_good_for_as_long_as_that_says(desk: Desk) -> None:
    journey, _ = desk.begin(1, "hanako01")
    first = desk.deliver()
    desk.at(36_000)
    assert sending.send_again(desk.deps, flow.find(desk.deps, journey).sent).result == "sent"
    second = desk.deliver()
    desk.at(DAY - 1)
    assert confirmation.opened(desk.deps, first)
    desk.at(DAY)
    assert not confirmation.opened(desk.deps, first) and confirmation.opened(desk.deps, second)
    desk.at(36_000 + DAY - 1)
    assert desk.finish(first) == "dead" and desk.finish(second) == "ok" and desk.finish(second) == "dead"


def test_what_is_over_reserves_neither_id_nor_contract(desk: Desk) -> None:
    desk.begin(1, "hanako01")
    old = desk.deliver()
    desk.at(DAY - 1)
    assert desk.begin(2, "hanako01")[1].result == "taken"
    desk.at(DAY)
    assert desk.begin(2, "hanako01", "taro@mail.example")[1].result == "sent"
    assert desk.begin(1, "hanako02")[1].result == "sent"
    assert desk.finish(old) == "dead"


def test_the_proof_of_a_contract_is_good_for_an_hour(desk: Desk) -> None:
    journey, _ = desk.begin(1, "hanako01")
    draft = flow.find(desk.deps, journey)
    desk.at(3_599)
    assert flow.proven(desk.deps, draft)
    desk.at(3_600)
    assert not flow.proven(desk.deps, draft)


def test_a_contract_begins_anew_so_often_a_day_and_a_mailbox_gets_so_many_an_hour(desk: Desk) -> None:
    results = [desk.begin(1, f"hanako{number:02}", f"m{number}@mail.example")[1] for number in range(6)]
    assert [one.result for one in results] == ["sent"] * 5 + ["limit"] and results[5].again_at == desk.deps.now() + DAY
    desk.at(1)
    mails = [desk.begin(2, f"taro{number:02}", "same@mail.example")[1] for number in range(5)]
    assert [one.result for one in mails] == ["sent"] * 5
    last = desk.begin(3, "jiro01", "SAME@mail.example")[1]
    assert last.result == "limit" and last.again_at == desk.deps.now() + 3_600


def test_the_newest_of_a_contract_is_the_only_one(desk: Desk) -> None:
    desk.begin(1, "hanako01")
    first = desk.deliver()
    desk.begin(1, "hanako02")
    second = desk.deliver()
    with desk.deps.database.read() as connection:
        assert registrations.holder(connection, "hanako01", "", desk.deps.now()) is None, "the old ID is free at once"
    assert desk.finish(first) == "dead" and desk.finish(second, "Wrong1wrong") == "wrong" and desk.finish(second) == "ok"
