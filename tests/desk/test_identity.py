"""Who calls: all facts together, typed blind, so many wrong tries and no more, and the same work whatever is true."""

import pytest

from idp.domain.policy import ContractChecks
from idp.features.console_desk import checking
from idp.services import desk_identity, one_time_codes
from idp.tables import accounts, failures
from tests.courier.house import NOW
from tests.desk.conftest import FACTS, HERE, ROW, Desk
from tests.desk.looking import sent
from tests.outgoing_code import code_of

LIMIT = ContractChecks().per_contract_per_day
BLANK = {"number": "", "name": "", "born": "", "phone": ""}


def check(desk: Desk, **changes: str) -> str:
    return desk_identity.check(desk.deps, desk.agent, desk.now(), FACTS | changes, "self")


def level(desk: Desk) -> int:
    return desk_identity.find(desk.deps, desk.agent, desk.now()).level


@pytest.mark.parametrize(
    ("form", "facts"),
    [
        ({"number": "００-17", "name": "ﾔﾏﾀﾞ ﾊﾅｺ", "born": "昭和33-4-1"}, {"customer_number", "kana_name", "birth_date"}),
        ({"number": "17", "name": "山﨑花子", "phone": "0748（00）0017"}, {"customer_number", "kanji_name", "phone"}),
        ({"number": "17", "name": "山﨑花子", "phone": "0748000017", "born": "1958-4-1"}, {"customer_number", "kanji_name", "phone", "birth_date"}),
    ],
)
def test_what_the_form_asks_becomes_facts(desk: Desk, form: dict[str, str], facts: set[str]) -> None:
    found, wrong = checking.facts(desk.member, BLANK | form)
    assert (set(found), wrong) == (facts, [])


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["number", "name", "born"]),
        ({"number": "abc", "name": "花子", "born": "yesterday"}, ["number", "born"]),
        ({"number": "17", "name": "花子", "phone": "12"}, ["phone"]),
        ({"number": "17", "name": "\u202e\u0000", "born": "1958-4-1"}, ["name"]),
        ({"number": "9" * 400, "name": "あ" * 1024, "born": "1958-4-1"}, ["number", "name"]),
    ],
)
def test_a_form_that_cannot_be_compared_says_so_before_anything_is_looked_at(desk: Desk, form: dict[str, str], fields: list[str]) -> None:
    assert [field for field, _ in checking.facts(desk.member, BLANK | form)[1]] == fields
    assert desk.records.asked == [{"customer_number": "17"}], "only what the fixture asked"


def test_all_facts_of_this_members_contract_identify_the_caller_for_a_quarter_of_an_hour(desk: Desk) -> None:
    assert check(desk) == "match" and level(desk) == 1
    assert desk_identity.find(desk.deps, desk.supervisor, desk.now()).level == 0, "for this agent alone"
    assert desk_identity.find(desk.deps, desk.agent, desk.supervisor).level == 0, "for this member alone"
    desk.clock.now += 899
    assert level(desk) == 1
    desk.clock.now += 1
    assert level(desk) == 0


@pytest.mark.parametrize("wrong", [{"birth_date": "1958-04-02"}, {"kana_name": "サトウ"}, {"customer_number": "99"}])
def test_one_wrong_fact_is_enough_and_takes_back_what_was_proven(desk: Desk, wrong: dict[str, str]) -> None:
    assert check(desk) == "match"
    assert check(desk, **wrong) == "mismatch" and level(desk) == 0


def test_another_contract_however_right_is_as_wrong_as_any(desk: Desk) -> None:
    other = desk.add("other", contractor_id="18")
    assert desk_identity.check(desk.deps, desk.agent, other, FACTS, "self") == "mismatch"
    assert desk_identity.find(desk.deps, desk.agent, other).level == 0


def test_after_five_wrong_tries_at_a_member_the_right_facts_are_not_looked_at_whoever_asks(desk: Desk) -> None:
    for n in range(LIMIT):
        assert check(desk, birth_date=f"1958-05-0{n + 1}") == "mismatch"
    asked = len(desk.records.asked)
    assert check(desk) == "limit" and desk_identity.check(desk.deps, desk.supervisor, desk.now(), FACTS, "self") == "limit"
    assert len(desk.records.asked) == asked and level(desk) == 0


def test_an_agent_who_tries_all_day_is_stopped(desk: Desk) -> None:
    people = [desk.add(f"m{n}") for n in range(desk_identity.CHECKS_PER_HOUR // 4)]
    found = [desk_identity.check(desk.deps, desk.agent, one, FACTS | {"customer_number": str(900 + n)}, "self") for n, one in enumerate(people * 4)]
    assert set(found) == {"mismatch"} and check(desk) == "limit"


def test_the_records_are_asked_once_whatever_is_true_of_the_account(desk: Desk) -> None:
    """Equal work: no contract, an ended one, a wrong one, the right one."""
    ended = desk.add("ended", contractor_id="17", closes_at=NOW + 900)
    for account in (desk.add("none"), ended, desk.add("other", contractor_id="18"), desk.member):
        before = len(desk.records.asked)
        result = desk_identity.check(desk.deps, desk.agent, desk.now(account), FACTS, "self")
        assert len(desk.records.asked) == before + 1
        assert result == ("match" if account is desk.member else "mismatch")


def test_level_two_by_calling_back_the_contracts_number_and_no_other(desk: Desk) -> None:
    assert desk_identity.called_back(desk.deps, desk.agent, desk.now(), ROW["phone"]) == "mismatch", "level 1 first"
    desk.identified(1)
    assert desk_identity.called_back(desk.deps, desk.agent, desk.now(), "0748000018") == "mismatch" and level(desk) == 1
    assert desk_identity.called_back(desk.deps, desk.agent, desk.now(), "0748-00-0017") == "match" and level(desk) == 2


@pytest.mark.parametrize("to", ["d-new", "nobody", ""])
def test_a_code_goes_to_a_proven_destination_only(desk: Desk, to: str) -> None:
    desk.identified(1)
    assert desk_identity.send(desk.deps, desk.agent, desk.now(), to, HERE) is False and sent(desk) == []


def test_level_two_by_a_code_that_the_caller_reads_out(desk: Desk) -> None:
    assert desk_identity.send(desk.deps, desk.agent, desk.now(), "d-mail", HERE) is False, "level 1 first"
    desk.identified(1)
    assert desk_identity.send(desk.deps, desk.agent, desk.now(), "d-mail", HERE) is True
    assert sent(desk) == [("hanako@home.example", "mail.desk.code")]
    code = code_of(desk.deps, desk.member.id)
    wrong = "000000" if code != "000000" else "000001"
    assert desk_identity.type_back(desk.deps, desk.agent, desk.now(), wrong).result == "wrong" and level(desk) == 1
    assert desk_identity.type_back(desk.deps, desk.supervisor, desk.now(), code).result == "wrong", "another agent's call"
    assert desk_identity.type_back(desk.deps, desk.agent, desk.now(), code).result == "ok" and level(desk) == 2
    assert desk_identity.type_back(desk.deps, desk.agent, desk.now(), code).result == "wrong", "once"


def test_wrong_codes_count_with_all_of_the_accounts(desk: Desk) -> None:
    desk.identified(1)
    desk_identity.send(desk.deps, desk.agent, desk.now(), "d-mail", HERE)
    found = [desk_identity.type_back(desk.deps, desk.agent, desk.now(), f"{n:06d}").result for n in range(7)]
    assert "locked" in found
    with desk.deps.database.read() as connection:
        assert not failures.read(connection, one_time_codes.bucket_of(desk.member.id), NOW).allowed


def test_whoever_has_lost_the_contract_is_identified_by_it_no_more(desk: Desk) -> None:
    with desk.deps.database.write() as connection:
        accounts.change(connection, desk.member.id, NOW, contract_key=None, closes_at=NOW + 900)
    assert check(desk) == "mismatch"
