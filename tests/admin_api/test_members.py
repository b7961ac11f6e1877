"""Members: found by what is just theirs, masked, and acted on as by the support desk, on record and told."""

import json
from typing import Any

import pytest

from idp.domain.account import Account
from idp.domain.journey import Proof
from idp.services import sessions
from tests import running
from tests.admin_api.api import WHY, Api, Program, error

SCOPES = ("admin:members:read", "admin:members:write", "admin:members:reveal", "admin:sessions")
NAME = "山田 花子"


@pytest.fixture
def program(api: Api) -> Program:
    """One that may do everything to members."""
    return api.program(*SCOPES)


def somebody(api: Api, **more: Any) -> Account:
    """A member with a mail address and a telephone, and what the desk masks."""
    name = running.new_name()
    number = f"0901{int(name[1:], 16) % 10**7:07}"
    wish = {"login_id": name, "email": f"{name}@mail.example", "phone": number, "verified": True, "nickname": "はなこ", "profile": {"name": NAME}}
    return api.member(**{**wish, **more})


def sessions_of(api: Api, account: Account) -> str:
    """A session of the account; its sid."""
    _, session = sessions.start(api.deps, account, Proof(account.id, account.epoch, api.deps.now(), ("pwd",)), None)
    sessions.reached(api.deps, session.sid, account.id, None, "Mozilla/5.0 Firefox/140.0", "192.0.2.7")
    return session.sid


def test_whoever_has_the_identifier_is_found_masked(api: Api, program: Program) -> None:
    """Requirement AD-05; japan.md: as people write them."""
    account = somebody(api)
    phone = next(item.address for item in account.destinations if item.kind == "sms")
    for typed in (account.login_id, account.login_id.upper(), f"{account.login_id}@mail.example", account.id, "0" + phone.removeprefix("+81")):
        (found,) = program.post("/members/search", {"identifier": typed})["members"]
        assert (found["id"], found["login_id"], found["status"]) == (account.id, account.login_id, "active")
        text = json.dumps(found, ensure_ascii=False)
        assert NAME not in text and f"{account.login_id}@mail.example" not in text and phone not in text
    for typed in (account.login_id[:-1], "nobody@mail.example", "09000000000", "?", "花子"):
        assert program.post("/members/search", {"identifier": typed}) == {"members": []}
    details = [json.loads(row.detail) for row in api.rows("members_searched") if row.client_id == program.id]
    assert len(details) == 10 and all(set(one) == {"term"} and account.login_id not in one["term"] for one in details)


def test_a_member_is_read_masked_and_unmasked_only_with_a_reason_on_record(api: Api, program: Program) -> None:
    account = somebody(api)
    masked = program.get(f"/members/{account.id}")
    assert masked["name"] != NAME and masked["standing"] == {"code": "active", "until": None, "good": True}
    assert program.call("POST", f"/members/{account.id}/reveal", {"reason": "x y", "ticket": ""}).status == 400
    full = program.post(f"/members/{account.id}/reveal", WHY)
    assert full["name"] == NAME and {one["address"] for one in full["destinations"]} == {one.address for one in account.destinations}
    (row,) = [row for row in api.rows("member_revealed") if row.account_id == account.id]
    assert (row.client_id, row.actor, json.loads(row.detail)) == (program.id, f"client:{program.id}", {"field": "all", **WHY})
    text = json.dumps(full) + json.dumps(masked)
    assert "password" not in text and "$argon2" not in text


ACTS = {
    "suspend": ("desk_suspend", {**WHY, "why": "lost"}),
    "resume": ("desk_resume", WHY),
    "unlock": ("desk_unlock", WHY),
    "sign-out": ("desk_sign_out", WHY),
    "send-login-id": ("desk_login_id", WHY),
    "send-reset": ("desk_reset", WHY),
}


@pytest.mark.parametrize("slug", ACTS)
def test_an_act_is_done_on_record_and_told(api: Api, program: Program, slug: str) -> None:
    """Requirement AD-03: who, on whom, why; flows.md 2.12: the member hears of it."""
    account, (event, body) = somebody(api), ACTS[slug]
    if slug == "resume":
        program.post(f"/members/{account.id}/suspend", ACTS["suspend"][1])
    if slug.startswith("send"):
        body = {**body, "destination": next(item.id for item in account.destinations if item.kind == "email")}
    before = len(api.letters(account))
    program.post(f"/members/{account.id}/{slug}", body)
    (row,) = [row for row in api.rows(event) if row.account_id == account.id and row.result == "ok"]
    detail = json.loads(row.detail)
    assert (row.client_id, row.actor) == (program.id, f"client:{program.id}")
    assert (detail["reason"], detail["ticket"], detail["relation"]) == (WHY["reason"], WHY["ticket"], "system")
    assert row.request_id
    assert len(api.letters(account)) > before
    now = api.now(account)
    assert now.status == ("suspended" if slug == "suspend" else "active")
    assert (now.epoch > account.epoch) == (slug in ("suspend", "resume", "sign-out"))


@pytest.mark.parametrize("slug", ACTS)
def test_staff_are_nobody_here(api: Api, program: Program, slug: str) -> None:
    """Requirement AD-04: equal to who does not exist, for reading and for every act."""
    body = {**ACTS[slug][1], **({"destination": "some"} if slug.startswith("send") else {})}
    answers = []
    for role in ("viewer", "desk", "supervisor", "administrator"):
        colleague = somebody(api, role=role)
        answers.append(program.call("POST", f"/members/{colleague.id}/{slug}", body))
        assert api.now(colleague) == colleague and not api.letters(colleague)
        assert program.post("/members/search", {"identifier": colleague.login_id}) == {"members": []}
        assert program.call("GET", f"/members/{colleague.id}").status == 404
        assert program.call("POST", f"/members/{colleague.id}/reveal", WHY).status == 404
    answers.append(program.call("POST", f"/members/{'a' * 26}/{slug}", body))
    assert {(one.status, one.body) for one in answers} == {(404, answers[-1].body)}


def test_what_is_not_in_the_state_for_it_is_refused_and_on_record(api: Api, program: Program) -> None:
    account = somebody(api)
    refused = program.call("POST", f"/members/{account.id}/resume", WHY)
    assert (refused.status, error(refused)) == (409, "wrong_state")
    (row,) = [row for row in api.rows("console_refused") if row.account_id == account.id]
    assert (row.client_id, row.result, json.loads(row.detail)["operation"]) == (program.id, "state", "desk_resume")


def test_letters_go_to_proven_destinations_of_the_member_only(api: Api, program: Program) -> None:
    """flows.md 2.12: only those registered."""
    account, other, unproven = somebody(api), somebody(api), somebody(api, verified=False)
    for target, ids in ((account, [other.destinations[0].id, "none"]), (unproven, [unproven.destinations[0].id])):
        for destination in ids:
            answer = program.call("POST", f"/members/{target.id}/send-reset", {**WHY, "destination": destination})
            assert (answer.status, error(answer)) == (409, "no_such_destination")
        assert not api.letters(target)


def test_a_session_is_listed_and_ended_with_what_was_given_in_it(api: Api, program: Program) -> None:
    """Requirement RV-02."""
    account = somebody(api)
    first, second = sessions_of(api, account), sessions_of(api, account)
    (one, two) = program.get(f"/members/{account.id}/sessions")["sessions"]
    assert {one["id"], two["id"]} == {first, second} and (one["browser"], one["network"]) == ("firefox", "192.0.2.7")
    program.post(f"/members/{account.id}/sessions/{first}/end", WHY)
    assert [one["id"] for one in program.get(f"/members/{account.id}/sessions")["sessions"]] == [second]
    assert sessions.by_sid(api.deps, first) is None and sessions.by_sid(api.deps, second)
    (row,) = [row for row in api.rows("session_ended") if row.account_id == account.id]
    assert (row.client_id, row.actor, json.loads(row.detail)) == (program.id, f"client:{program.id}", {"count": 1, **WHY})
    assert "mail.notice.desk" in api.letters(account)
    stranger = somebody(api)
    for path in (f"{account.id}/sessions/{first}", f"{stranger.id}/sessions/{second}"):
        assert program.call("POST", f"/members/{path}/end", WHY).status == 404
    assert sessions.by_sid(api.deps, second)
