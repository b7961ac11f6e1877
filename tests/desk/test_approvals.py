"""What takes two people: proposed by one, approved once by another, and only while the account is what it was."""

from typing import Any, Mapping

import pytest

from idp.domain.desk import REQUEST_SECONDS, TWO
from idp.features.console_desk import approvals, contracts, new_destination
from idp.features.console_desk.approvals import Deciding
from idp.services import factors
from idp.tables import accounts, desk_requests
from idp.tables.desk_requests import Request
from tests.courier.house import NOW
from tests.desk.conftest import HERE, WHY, Desk
from tests.desk.looking import records, sent
from tests.outgoing_code import code_of
from tests.services import race

NEW = {"kind": "email", "address": "new@home.example"}


def propose(desk: Desk, name: str = "desk_destination", facts: Mapping[str, Any] = NEW) -> Request:
    """A request of the agent's, whose caller has been identified."""
    desk.identified(2)
    result, request_id = approvals.propose(desk.deps, desk.acting(), name, facts)
    assert result == "ok"
    return read(desk, request_id)


def read(desk: Desk, request_id: str) -> Request:
    with desk.deps.database.read() as connection:
        found = desk_requests.find(connection, request_id)
    assert found
    return found


def approve(desk: Desk, request: Request, by: Any = None) -> str:
    return approvals.approve(desk.deps, Deciding(by or desk.supervisor, request, WHY, HERE))


def test_a_new_destination_stands_where_the_old_one_of_its_kind_stood(desk: Desk) -> None:
    request = propose(desk)
    assert {item.id for item in desk.now().destinations} == {"d-sms", "d-mail", "d-new"}, "nothing yet"
    assert approve(desk, request) == "approved"
    found = desk.now()
    assert {(item.kind, item.address, item.usual, bool(item.verified_at)) for item in found.destinations} == {
        ("sms", "+819012345678", False, True), ("email", "new@home.example", True, True),
    }  # fmt: skip
    assert (found.epoch, found.held_until, found.second_factor) == (1, NOW + 86_400, True)
    told = set(sent(desk))
    assert {("hanako@home.example", f"mail.notice.{name}") for name in ("desk", "tfa", "undo")} <= told, "the old one, with the way back"
    assert ("+819012345678", "sms.notice.tfa") in told and ("new@home.example", "mail.notice.tfa") in told


def test_the_second_factor_is_cleared_and_codes_are_held_back(desk: Desk) -> None:
    with desk.deps.database.write() as connection:
        factors.set_app(connection, desk.deps, desk.member.id, factors.new_secret(), 0)
        factors.new_codes(connection, desk.deps, desk.member.id)
    assert approve(desk, propose(desk, "desk_factor_off", {})) == "approved"
    with desk.deps.database.read() as connection:
        found = accounts.with_factors(connection, desk.member.id)
    assert found and found[1].methods == {"email", "sms"}
    assert not found[0].second_factor and found[0].held_until == NOW + 86_400


def test_both_people_and_both_reasons_are_on_record(desk: Desk) -> None:
    request = propose(desk)
    approve(desk, request)
    (proposed,), (decided,), (done,) = (records(desk.deps, name) for name in ("desk_proposed", "desk_decided", "desk_destination"))
    assert (proposed["actor"], decided["actor"], done["actor"]) == (desk.agent.id, desk.supervisor.id, desk.supervisor.id)
    assert done["detail"]["proposed_by"] == desk.agent.id and done["detail"]["ticket"] == WHY.ticket
    assert decided["detail"]["reason"] == WHY.reason and records(desk.deps, "second_factor_changed")[0]["actor"] == desk.supervisor.id
    assert "new@home.example" not in str((proposed, decided, done)), "no personal data in the record"
    assert "new@home.example" not in request.facts, "nor in the request"


@pytest.mark.parametrize("name", TWO)
def test_of_sixteen_approvals_at_once_one_is_carried_out(desk: Desk, name: str) -> None:
    facts = NEW if name == "desk_destination" else {}
    if name == "desk_contract":
        facts = contracts.facts(desk.deps, desk.now(), "18", False)[0]
    request = propose(desk, name, facts)
    people = iter([desk.add(f"super{n}", role="supervisor") for n in range(16)])
    found = race(16, lambda: approve(desk, request, next(people)))
    assert sorted(found) == ["approved"] + ["late"] * 15
    assert len(records(desk.deps, name)) == 1 and read(desk, request.id).state == "approved"
    assert desk.now().epoch == (0 if name == "desk_contract" else 1)


def test_nobody_approves_what_they_have_proposed(desk: Desk) -> None:
    desk.identified(2, desk.supervisor)
    _, request_id = approvals.propose(desk.deps, desk.acting(desk.supervisor), "desk_destination", NEW)
    request = read(desk, request_id)
    assert approve(desk, request) == "over" and read(desk, request_id).state == "open"
    assert [row["result"] for row in records(desk.deps, "console_refused")] == ["over"]
    with desk.deps.database.write() as connection:
        assert desk_requests.decide(connection, request_id, "approved", desk.supervisor.id, NOW) is None, "nor by the statement itself"


def test_the_member_themselves_and_staff_below_them_cannot_approve(desk: Desk) -> None:
    request = propose(desk)
    assert approve(desk, request, desk.now()) == "over" and approve(desk, request, desk.add("m", role="member")) == "over"


def test_a_request_is_rejected_or_withdrawn_once(desk: Desk) -> None:
    request = propose(desk)
    assert approvals.refuse(desk.deps, Deciding(desk.supervisor, request, WHY, HERE), "withdrawn") == "late", "not theirs"
    assert approvals.refuse(desk.deps, Deciding(desk.agent, request, WHY, HERE), "rejected") == "late", "nor this"
    assert approvals.refuse(desk.deps, Deciding(desk.supervisor, request, WHY, HERE), "rejected") == "rejected"
    assert approve(desk, request) == "late" and desk.now().epoch == 0
    other = propose(desk, "desk_factor_off", {})
    assert approvals.refuse(desk.deps, Deciding(desk.agent, other, WHY, HERE), "withdrawn") == "withdrawn"
    assert approve(desk, other) == "late"


def test_after_a_day_it_is_too_late(desk: Desk) -> None:
    request = propose(desk)
    desk.clock.now += REQUEST_SECONDS
    assert approve(desk, request) == "late" and desk.now().epoch == 0


@pytest.mark.parametrize("change", [{"status": "suspended"}, {"status": "closing"}, {"epoch": 9}])
def test_an_account_that_was_changed_meanwhile_voids_it(desk: Desk, change: dict[str, Any]) -> None:
    request = propose(desk)
    with desk.deps.database.write() as connection:
        accounts.change(connection, desk.member.id, NOW, **change)
    assert approve(desk, request) == "void" and read(desk, request.id).state == "void"
    assert not records(desk.deps, "desk_destination") and records(desk.deps, "desk_decided")[0]["result"] == "void"


@pytest.mark.parametrize("change", [{"status": "suspended"}, {"role": "viewer"}, {"role": "member"}])
def test_a_proposer_who_may_act_no_more_voids_it(desk: Desk, change: dict[str, Any]) -> None:
    request = propose(desk)
    with desk.deps.database.write() as connection:
        accounts.change(connection, desk.agent.id, NOW, **change)
    assert approve(desk, request) == "void" and desk.now().epoch == 0


@pytest.mark.parametrize("name", ["desk_factor_off", "desk_destination"])
@pytest.mark.parametrize("level", [0, 1])
def test_it_takes_a_caller_of_level_two(desk: Desk, name: str, level: int) -> None:
    if level:
        desk.identified(1)
    assert approvals.propose(desk.deps, desk.acting(), name, NEW) == ("level", "")
    assert records(desk.deps, "console_refused")[0]["detail"]["operation"] == name


def test_one_request_of_a_kind_at_a_time(desk: Desk) -> None:
    propose(desk)
    assert approvals.propose(desk.deps, desk.acting(), "desk_destination", NEW) == ("waiting", "")


def test_a_request_that_somebody_has_changed_in_the_table_is_void(desk: Desk) -> None:
    request, other = propose(desk), propose(desk, "desk_factor_off", {})
    moved = Request(**{**vars(request), "facts": other.facts})
    assert approve(desk, moved) == "void"


def test_a_new_destination_proves_itself_first(desk: Desk) -> None:
    assert new_destination.name(desk.deps, desk.agent, desk.now(), "ha..nako@docomo.ne.jp", HERE) == ("con.new.err.to", 0)
    assert new_destination.name(desk.deps, desk.agent, desk.now(), "0748000017", HERE) == ("con.new.err.to", 0)
    assert new_destination.name(desk.deps, desk.agent, desk.now(), "090-1234-5678", HERE) == ("con.new.err.same", 0)
    assert new_destination.name(desk.deps, desk.agent, desk.now(), "New@Home.example", HERE) is None
    draft = new_destination.find(desk.deps, desk.agent, desk.now())
    assert draft and not draft["proven"] and ("new@home.example", "mail.desk.code") in sent(desk)
    code = code_of(desk.deps, desk.member.id)
    assert new_destination.type_back(desk.deps, desk.agent, desk.now(), draft, "x").result == "format"
    assert new_destination.type_back(desk.deps, desk.agent, desk.now(), draft, code).result == "ok"
    proven = new_destination.find(desk.deps, desk.agent, desk.now())
    assert proven and proven["proven"] and new_destination.find(desk.deps, desk.supervisor, desk.now()) is None
    with desk.deps.database.write() as connection:
        accounts.raise_epoch(connection, desk.member.id, NOW)
    assert new_destination.find(desk.deps, desk.agent, desk.now()) is None, "of an account that was changed since"


def test_a_contract_is_linked_unlinked_and_never_shared(desk: Desk) -> None:
    facts, wrong = contracts.facts(desk.deps, desk.now(), "0000000018", False)
    assert wrong == "" and approve(desk, propose(desk, "desk_contract", facts)) == "approved"
    assert desk.now().contractor_id == "18"
    assert [contracts.facts(desk.deps, desk.now(), typed, False)[1] for typed in ("18", "99", "x")] == [
        "con.contract.err.same", "con.contract.err.none", "con.contract.err.none",
    ]  # fmt: skip
    facts, _ = contracts.facts(desk.deps, desk.now(), "", True)
    assert approve(desk, propose_again(desk, facts)) == "approved"
    assert (desk.now().contractor_id, desk.now().contract_key) == (None, None)


def propose_again(desk: Desk, facts: Mapping[str, Any]) -> Request:
    """Linking takes no identified caller."""
    result, request_id = approvals.propose(desk.deps, desk.acting(), "desk_contract", facts)
    assert result == "ok"
    return read(desk, request_id)


def test_a_contract_that_another_account_got_meanwhile_is_not_taken(desk: Desk) -> None:
    facts, _ = contracts.facts(desk.deps, desk.now(), "18", False)
    request = propose_again(desk, facts)
    other = desk.add("other", contractor_id="18", contract_key=facts["contract_key"])
    assert contracts.facts(desk.deps, desk.now(), "18", False)[1] == "con.contract.err.taken"
    assert approve(desk, request) == "taken" and read(desk, request.id).state == "void"
    assert desk.now().contractor_id == "17" and desk.now(other).contractor_id == "18"
