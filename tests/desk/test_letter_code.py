"""The number on a letter raises a caller to level 2: once, while the letter is good, and by nobody who only guesses (flows.md 2.12)."""

import pytest

from idp.domain.policy import ContractChecks
from idp.services import desk_identity, letter_codes
from idp.tables import accounts
from tests.courier.house import NOW
from tests.desk.conftest import Desk
from tests.services import race

LIMIT = ContractChecks().per_contract_per_day


@pytest.fixture
def code(desk: Desk) -> str:
    """What stands on the member's letter, which the postman has brought."""
    with desk.deps.database.write() as connection:
        accounts.change(connection, desk.member.id, NOW, password_state="letter", password_at=NOW, password_hash="x")
    return letter_codes.code_of(desk.deps, desk.member.id, NOW)


def read_out(desk: Desk, typed: str) -> str:
    return desk_identity.read_out(desk.deps, desk.agent, desk.now(), typed)


def level(desk: Desk) -> int:
    return desk_identity.find(desk.deps, desk.agent, desk.now()).level


def test_the_number_on_the_letter_is_a_second_proof(desk: Desk, code: str) -> None:
    assert len(code) == 8 and code.isdecimal()
    assert read_out(desk, code) == "mismatch" and level(desk) == 0, "it is none without the first"
    desk.identified(1)
    assert read_out(desk, f" {code[:4]}－{code[4:]} ") == "match" and level(desk) == 2
    assert desk_identity.find(desk.deps, desk.agent, desk.now()).how == "letter"


def test_no_number_begins_with_what_a_spreadsheet_takes_away(desk: Desk) -> None:
    codes = {letter_codes.code_of(desk.deps, desk.member.id, at) for at in range(300)}
    assert len(codes) == 300 and all(len(code) == 8 and code[0] != "0" for code in codes)


def test_it_is_good_for_one_call(desk: Desk, code: str) -> None:
    desk.identified(1)
    assert sorted(race(16, lambda: read_out(desk, code)))[0] in ("limit", "match")
    desk.clock.now += 86_400
    desk.identified(1)
    assert read_out(desk, code) == "mismatch" and level(desk) == 1


def test_of_many_at_once_one_uses_it_up(desk: Desk, code: str) -> None:
    account = desk.now()

    def go() -> bool:
        with desk.deps.database.write() as connection:
            return letter_codes.claim(connection, desk.deps, account)

    assert sum(race(16, go)) == 1


def test_of_a_letter_that_is_no_good_any_more_it_is_none_either(desk: Desk, code: str) -> None:
    desk.identified(1)
    with desk.deps.database.write() as connection:
        accounts.change(connection, desk.member.id, NOW, password_state="current")
    assert read_out(desk, code) == "mismatch", "the password on it was replaced"
    with desk.deps.database.write() as connection:
        accounts.change(connection, desk.member.id, NOW, password_state="letter", password_at=NOW - desk.deps.policy.letters.valid)
    old = letter_codes.code_of(desk.deps, desk.member.id, NOW - desk.deps.policy.letters.valid)
    assert read_out(desk, old) == "mismatch" and level(desk) == 1, "it is too old"


def test_guessing_ends_soon_and_counts_for_the_member(desk: Desk, code: str) -> None:
    desk.identified(1)
    wrong = str(int(code) ^ 1)
    assert [read_out(desk, typed) for typed in [wrong, "", "x" * 1_000, "１" * 9, *[wrong] * LIMIT][:LIMIT]] == ["mismatch"] * LIMIT
    assert read_out(desk, code) == "limit" and level(desk) == 1
