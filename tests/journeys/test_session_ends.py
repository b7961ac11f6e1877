"""A session ends by itself: unused, or old, whatever the browser still holds (requirement SE-02)."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Callable

import pytest

from idp import parts
from idp.config import EphemeralSettings, Settings
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.journey import Proof
from idp.domain.policy import Seconds
from idp.services import accounts, passwords, sessions
from idp.services.accounts import NewAccount
from tests.running import PASSWORD
from tests.services import wait_until

PROOF = Proof("", 0, 0, ("pwd",))


@pytest.fixture(params=["file", "redis"])
def deps(request: pytest.FixtureRequest, tmp_path: Path) -> Deps:
    """An installation on each ephemeral store, its clock standing still; for staff two seconds without use are the limit."""
    url = f"sqlite:///{tmp_path}/ephemeral.db" if request.param == "file" else request.getfixturevalue("redis_url")
    settings = replace(Settings(), ephemeral=EphemeralSettings(url), database=replace(Settings().database, url=f"sqlite:///{tmp_path}/idp.db"))
    opened = parts.open_deps(settings, tmp_path)
    rules = replace(opened.policy.sessions, idle=Seconds(600), staff_idle=Seconds(2), absolute=Seconds(600))
    began = time.time()
    return replace(opened, policy=replace(opened.policy, sessions=rules), clock=lambda: began)


def person(deps: Deps, role: str = "member") -> Account:
    """Somebody with an account."""
    hasher = passwords.Hasher(deps.policy.password.hash, deps.vault, slots=1, waiting=1)
    new = accounts.new_account(deps, hasher, NewAccount(login_id=f"{role}_pc7", password=PASSWORD, role=role))
    with deps.database.write() as connection:
        accounts.store(connection, deps, new, "test", "test")
    return new


def later(deps: Deps, seconds: int) -> Deps:
    """The same, so many seconds later by its own clock."""
    clock: Callable[[], float] = deps.clock
    return replace(deps, clock=lambda: clock() + seconds)


def test_an_unused_session_ends_and_that_of_staff_sooner(deps: Deps) -> None:
    cookie, _ = sessions.start(deps, person(deps), PROOF, None)
    desk, _ = sessions.start(deps, person(deps, "desk"), PROOF, None)
    assert sessions.find(deps, cookie) and sessions.find(deps, desk)
    wait_until(lambda: sessions.find(deps, desk) is None)
    assert sessions.find(deps, cookie)
    short = replace(deps, policy=replace(deps.policy, sessions=replace(deps.policy.sessions, idle=Seconds(1))))
    cookie, _ = sessions.start(short, person(deps, "viewer"), PROOF, None)
    wait_until(lambda: sessions.find(short, cookie) is None)


def test_an_old_session_ends_however_much_it_was_used(deps: Deps) -> None:
    member = person(deps)
    cookie, session = sessions.start(deps, member, PROOF, None)
    nearly, after = later(deps, 595), later(deps, 601)
    sessions.touch(nearly, session, staff=False)
    assert sessions.find(nearly, cookie) and sessions.find(after, cookie) is None
    wait_until(lambda: sessions.find(nearly, cookie) is None)  # kept for no longer than is left of its life


def test_codes_alone_never_carry_a_session_over_its_limit(deps: Deps) -> None:
    member, code = person(deps), replace(PROOF, methods=("pwd", "otp", "email"))
    cookie, session = sessions.start(deps, member, replace(PROOF, entered_here=True), None)
    nearly, after = later(deps, 590), later(deps, 601)
    stepped_up, again = sessions.start(nearly, member, replace(code, auth_time=nearly.now()), cookie)
    assert (again.sid, again.created, again.auth_time) == (session.sid, session.created, nearly.now())
    assert sessions.find(nearly, stepped_up) and sessions.find(after, stepped_up) is None
    changed = replace(member, epoch=member.epoch + 1)  # what they have changed with it ended every session, and theirs goes on
    gone_on, new = sessions.start(nearly, changed, code, stepped_up)
    assert new.sid != session.sid and new.created == session.created and sessions.find(after, gone_on) is None
    typed, anew = sessions.start(nearly, changed, replace(code, entered_here=True), gone_on)
    assert (anew.sid, anew.created) == (new.sid, nearly.now()) and sessions.find(after, typed)
    _, other = sessions.start(nearly, person(deps, "desk"), code, sessions.start(deps, member, PROOF, None)[0])
    assert other.created == nearly.now()


def test_an_ended_session_is_gone_at_once(deps: Deps) -> None:
    cookie, session = sessions.start(deps, person(deps), PROOF, None)
    sessions.end(deps, session.sid)
    assert sessions.find(deps, cookie) is None


def test_a_session_that_was_ended_elsewhere_is_not_brought_back_by_its_use(deps: Deps) -> None:
    cookie, session = sessions.start(deps, person(deps), PROOF, None)
    sessions.end(deps, session.sid)
    sessions.touch(later(deps, 61), session, staff=False)  # a request that had found it alive
    assert sessions.find(deps, cookie) is None


def test_who_knows_the_sid_has_no_session(deps: Deps) -> None:
    """Portals know it (OIDC Core section 2): it opens nothing, and another secret opens nothing."""
    cookie, session = sessions.start(deps, person(deps), PROOF, None)
    other, _ = sessions.start(deps, person(deps, "desk"), PROOF, None)
    secret = other.partition(".")[2]
    for shown in (session.sid, f"{session.sid}.", f"{session.sid}.{secret}", f"{session.sid}.{session.secret}", f".{secret}"):
        assert sessions.find(deps, shown) is None
    assert sessions.find(deps, cookie) == session
