"""What one agent does alone: the right caller, the right state, a record with the reason, and the member is told."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from idp.domain.desk import OPERATIONS
from idp.features.console_desk import acts
from idp.services import closing
from idp.services.desk import Because
from idp.tables import accounts, failures, letter_requests, trusted_browsers
from idp.tables.trusted_browsers import TrustedBrowser
from tests.courier.house import NOW
from tests.desk.conftest import HERE, Desk
from tests.desk.looking import records, sent
from tests.services import race

MAIL, SMS = "hanako@home.example", "+819012345678"
GOOD = {"desk_login_id": {"to": "d-mail"}, "desk_reset": {"to": "d-mail"}, "desk_letter": {"usable": "yes"}, "desk_suspend": {"why": "lost"}}
ALONE = [name for name, operation in OPERATIONS.items() if not operation.two]


def _ready(desk: Desk, name: str) -> None:
    """The account is in a state for this act."""
    with desk.deps.database.write() as connection:
        if name == "desk_resume":
            accounts.change(connection, desk.member.id, NOW, status="suspended")
        if name == "desk_reopen":
            assert closing.begin(connection, desk.deps, desk.member, "user")
    desk.identified(OPERATIONS[name].level or 1, desk.supervisor)


@pytest.mark.parametrize("name", ALONE)
def test_each_act_is_on_record_with_its_reason_and_the_member_is_told(desk: Desk, name: str) -> None:
    _ready(desk, name)
    before = len(sent(desk))
    assert acts.perform(desk.deps, desk.acting(desk.supervisor), name, GOOD.get(name, {})) == "ok"
    (row,) = records(desk.deps, name)
    assert (row["actor"], row["account_id"], row["address"], row["client_id"]) == (desk.supervisor.id, desk.member.id, HERE, "idp-console")
    assert row["detail"]["reason"] == "お客様のご依頼" and row["detail"]["ticket"] == "2026-1120-014" and row["detail"]["level"] >= OPERATIONS[name].level
    told = [template for _, template in sent(desk)[before:]]
    assert told and all(one.startswith(("mail.notice.desk", "sms.notice.desk", "mail.username", "mail.reset.link", "mail.closed")) for one in told)
    assert "unproven@home.example" not in {to for to, _ in sent(desk)}


@pytest.mark.parametrize("name", [name for name in ALONE if OPERATIONS[name].level])
def test_without_an_identified_caller_nothing_is_done_and_that_is_on_record(desk: Desk, name: str) -> None:
    with desk.deps.database.write() as connection:
        accounts.change(connection, desk.member.id, NOW, status=OPERATIONS[name].on[-1])
    for level in range(OPERATIONS[name].level):
        if level:
            desk.identified(1, desk.supervisor)
        assert acts.perform(desk.deps, desk.acting(desk.supervisor), name, GOOD.get(name, {})) == "level"
    assert not records(desk.deps, name) and not [one for one in sent(desk) if "desk" in one[1]]
    (row, *_) = records(desk.deps, "console_refused")
    assert (row["result"], row["detail"]["operation"], row["actor"]) == ("level", name, desk.supervisor.id)


@pytest.mark.parametrize("role", ["desk", "supervisor", "administrator"])
def test_nobody_acts_on_themselves_or_on_staff_who_are_not_below_them(desk: Desk, role: str) -> None:
    other = desk.add("other", role=role)
    for target in (other, desk.agent):
        assert acts.perform(desk.deps, desk.acting(desk.agent, target), "desk_sign_out", {}) == "over"
        assert acts.perform(desk.deps, desk.acting(desk.agent, target), "desk_suspend", {"why": "lost"}) == "over"
    assert {row["result"] for row in records(desk.deps, "console_refused")} == {"over"} and desk.now(other).status == "active"


def test_what_the_account_has_become_meanwhile_is_looked_at_again(desk: Desk) -> None:
    doing = desk.acting()
    with desk.deps.database.write() as connection:
        accounts.raise_epoch(connection, desk.member.id, NOW)
    assert acts.perform(desk.deps, doing, "desk_suspend", {"why": "lost"}) == "state" and desk.now().status == "active"


def test_a_wait_ends_but_a_suspension_does_not(desk: Desk) -> None:
    bucket = f"password:{desk.member.id}"
    with desk.deps.database.write() as connection:
        for _ in range(10):
            failures.reserve(connection, bucket, desk.deps.policy.waits, NOW)
    desk.identified(1)
    assert acts.perform(desk.deps, desk.acting(), "desk_unlock", {}) == "ok"
    with desk.deps.database.write() as connection:
        assert failures.read(connection, bucket, NOW).count == 0
        accounts.change(connection, desk.member.id, NOW, status="suspended")
    assert acts.perform(desk.deps, desk.acting(), "desk_unlock", {}) == "state" and desk.now().status == "suspended"


@pytest.mark.parametrize("name", ["desk_login_id", "desk_reset"])
@pytest.mark.parametrize("to", ["", "d-new", "nobody", "attacker@evil.example", "+819099999999"])
def test_letters_go_to_proven_destinations_only(desk: Desk, name: str, to: str) -> None:
    desk.identified(1)
    assert acts.perform(desk.deps, desk.acting(), name, {"to": to}) == "to" and sent(desk) == []


def test_the_login_id_goes_where_it_was_chosen_and_the_others_are_told(desk: Desk) -> None:
    desk.identified(1)
    assert acts.perform(desk.deps, desk.acting(), "desk_login_id", {"to": "d-sms"}) == "ok"
    assert sent(desk) == [(SMS, "sms.username"), (MAIL, "mail.notice.desk")]


def test_a_reset_by_sms_is_not_offered_where_the_policy_sends_codes_only(desk: Desk) -> None:
    assert [one.id for one in acts.places(desk.deps, desk.now(), "desk_reset")] == ["d-mail"]
    assert {one.id for one in acts.places(desk.deps, desk.now(), "desk_login_id")} == {"d-sms", "d-mail"}


def test_nobody_sends_without_end(desk: Desk) -> None:
    desk.identified(1)
    found = [acts.perform(desk.deps, desk.acting(), "desk_reset", {"to": "d-mail"}) for _ in range(7)]
    assert found == ["ok"] * 5 + ["limited"] * 2 and len([one for one in sent(desk) if one[1] == "mail.reset.link"]) == 5


def test_a_letter_is_promised_once_and_only_if_nothing_else_can_be_used(desk: Desk) -> None:
    desk.identified(1)
    assert acts.perform(desk.deps, desk.acting(), "desk_letter", {}) == "usable"
    found = race(16, lambda: acts.perform(desk.deps, desk.acting(), "desk_letter", {"usable": "yes"}))
    assert sorted(found) == ["ok"] + ["waiting"] * 15
    with desk.deps.database.read() as connection:
        assert letter_requests.at(connection, desk.member.id) == NOW
    assert acts.perform(desk.deps, desk.acting(), "desk_suspend", {"why": "asked"}) == "ok"
    with desk.deps.database.read() as connection:
        assert letter_requests.at(connection, desk.member.id) is None, "who is suspended gets no password"


@pytest.mark.parametrize(("what", "epoch"), [("browsers", 0), ("all", 1)])
def test_browsers_end_and_with_them_sessions_if_that_is_wanted(desk: Desk, what: str, epoch: int) -> None:
    with desk.deps.database.write() as connection:
        trusted_browsers.add(connection, TrustedBrowser("b", desk.member.id, "s", "x", None, NOW, 0, "ios.safari", HERE, NOW, NOW, NOW + 900), 10)
    assert acts.perform(desk.deps, desk.acting(), "desk_sign_out", {"what": what}) == "ok"
    assert desk.now().epoch == epoch and records(desk.deps, "desk_sign_out")[0]["detail"]["browsers"] == 1
    with desk.deps.database.read() as connection:
        assert trusted_browsers.of_account(connection, desk.member.id, epoch, NOW) == []


def test_a_suspension_needs_a_reason_of_the_list(desk: Desk) -> None:
    assert acts.perform(desk.deps, desk.acting(), "desk_suspend", {"why": "' OR 1=1"}) == "why" and desk.now().status == "active"
    assert acts.perform(desk.deps, desk.acting(), "desk_suspend", {"why": "lost"}) == "ok" and desk.now().status == "suspended"


def test_a_member_whose_contract_has_ended_is_closed_without_an_identified_caller(desk: Desk) -> None:
    with desk.deps.database.write() as connection:
        accounts.change(connection, desk.member.id, NOW, closes_at=NOW + 86_400)
    assert acts.perform(desk.deps, desk.acting(), "desk_close", {}) == "ok" and desk.now().status == "closing"
    assert (MAIL, "mail.closed") in sent(desk) and (SMS, "sms.notice.desk") in sent(desk)


def test_reason_and_ticket_are_inert_in_the_record(desk: Desk) -> None:
    doing = replace(desk.acting(), why=Because("\u202eevil\u0000<b>", "=1+1\u2066"))
    assert acts.perform(desk.deps, doing, "desk_sign_out", {}) == "ok"
    detail = records(desk.deps, "desk_sign_out")[0]["detail"]
    assert (detail["reason"], detail["ticket"]) == ("\ufffdevil\ufffd<b>", "=1+1\ufffd")


def test_the_password_stands_nowhere(desk: Desk) -> None:
    desk.identified(1)
    assert acts.perform(desk.deps, desk.acting(), "desk_letter", {"usable": "yes"}) == "ok"
    with desk.deps.database.read() as connection:
        assert connection.execute(text("SELECT password_hash, password_state FROM accounts WHERE id = :id"), {"id": desk.member.id}).one() == ("x", "current")
