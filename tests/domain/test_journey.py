"""From every state of a sign-in there is a way on: to the portal, or to a page that says whom to call."""

from dataclasses import replace
from typing import Iterator, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.domain import assurance
from idp.domain.account import Account
from idp.domain.journey import Factors, Journey, Proof, Step, from_dict, next_step, owed, to_dict
from idp.domain.policy import SecondFactor

NOW = 10**9
ENDS = {"done", "refused", "unmet", "no_factor"}
MODES = ("off", "optional", "recommended", "required")
METHODS = ("sms", "email", "totp", "recovery")
LEVELS = ((), (assurance.ACR_PASSWORD,), (assurance.ACR_CODE,), (assurance.ACR_STRONG,), (assurance.ACR_CODE, assurance.ACR_STRONG),
          (assurance.ACR_PASSWORD_AGAIN, assurance.ACR_CODE))  # fmt: skip
State = tuple[Journey, Account, Factors]

accounts = st.builds(
    lambda role, on, letter, status, held: Account("s", "id", "id", "n", role=role, second_factor=on, status=status,
                                                   password_state="letter" if letter else "current", held_until=held),
    st.sampled_from(["member", "desk"]), st.booleans(), st.booleans(), st.sampled_from(["active", "suspended"]),
    st.sampled_from([0, NOW, NOW + 1]),
)  # fmt: skip
proofs = st.none() | st.builds(
    lambda extra, sid, trusted: Proof("s", 0, 0, ("pwd", *extra), sid, entered_here=sid is None, trusted=trusted),
    st.lists(st.sampled_from(METHODS), max_size=2, unique=True), st.sampled_from([None, "sid"]), st.booleans(),
)  # fmt: skip
journeys = st.builds(
    lambda proof, levels, choose, consent, purpose: Journey("j", "b", 0, purpose, proof=proof, levels=levels, choose=choose, consent=consent),
    proofs, st.sampled_from(LEVELS), st.booleans(), st.sampled_from([(), ("email",)]), st.sampled_from(["authorize", "home", "account"]),
)  # fmt: skip
factors = st.builds(lambda found: Factors(frozenset(found)), st.sets(st.sampled_from(METHODS)))
rules = st.builds(SecondFactor, mode=st.sampled_from(MODES))


def proven(journey: Journey, method: str) -> Journey:
    assert journey.proof
    return replace(journey, proof=replace(journey.proof, methods=(*journey.proof.methods, method), sid=None))


def moves(state: State, rule: SecondFactor, step: Step) -> Iterator[State]:
    """Where a member who does what is asked may come, by every choice there is."""
    journey, account, have = state
    if step == "password":
        yield replace(journey, proof=Proof("s", 0, 0, ("pwd",), entered_here=True)), account, have
    elif step == "choose":
        yield replace(journey, chosen=True), account, have
    elif step == "first_password":
        yield journey, replace(account, password_state="current"), have
    elif step == "second_factor":
        for method in owed(journey, account, rule, NOW) & have.methods:
            yield proven(journey, method), account, have
    elif step == "enrol":
        method = "totp" if account.staff else "email"
        on = replace(account, second_factor=True)
        yield proven(replace(journey, enrolling=False), method), on, Factors(have.methods | {method})
        if not owed(journey, account, rule, NOW):
            yield replace(journey, enrolling=False), account, have
    elif step == "offer":
        for yes in (True, False):
            yield replace(journey, offered=True, enrolling=yes), account, have
    elif step == "consent":
        yield replace(journey, consented=True), account, have


@settings(max_examples=1500, deadline=None)
@given(journeys, accounts, factors, rules)
def test_every_way_ends_within_a_few_steps(journey: Journey, account: Account, have: Factors, rule: SecondFactor) -> None:
    states: list[State] = [(journey, account, have)]
    for _ in range(9):
        after: list[State] = []
        for state in states:
            step = next_step(state[0], state[1], rule, state[2], now=NOW)
            if step in ENDS:
                truthful(state, rule, step)
                continue
            found = list(moves(state, rule, step))
            assert found, f"{step} cannot be left by {state} under {rule.mode}"
            after += found
        states = after
    assert not states, "still on the way after nine steps"


def truthful(state: State, rule: SecondFactor, step: Step) -> None:
    """What must hold of an end."""
    journey, account, have = state
    if step == "done":
        assert journey.proof and account.status == "active" and account.password_state != "letter"
        assert not owed(journey, account, rule, NOW)
        held = account.held_until > NOW
        reached = assurance.satisfied(journey.proof.methods, journey.proof.entered_here, held)
        if account.staff:
            assert assurance.ACR_STRONG in reached
        if set(journey.levels) - {assurance.ACR_PASSWORD, assurance.ACR_PASSWORD_AGAIN} == set(journey.levels) != set():
            assert set(journey.levels) & set(reached), "a remembered browser satisfied a level"
    if step == "unmet":
        assert journey.levels and not assurance.methods_for(journey.levels, account.held_until > NOW) & have.methods
    if step == "no_factor":
        assert account.second_factor and not have.any


@pytest.mark.parametrize("mode", MODES)
def test_a_sign_in_that_owes_a_factor_it_has_can_set_up_nothing(mode: str) -> None:
    """Requirement MF-11."""
    account = Account("s", "id", "id", "n", second_factor=True, password_state="current")
    for enrolling in (True, False):
        journey = Journey("j", "b", 0, proof=Proof("s", 0, 0, ("pwd",), entered_here=True), enrolling=enrolling, offered=True)
        step = next_step(journey, account, SecondFactor(mode=mode), Factors(frozenset({"email"})))  # type: ignore[arg-type]
        assert step == ("done" if mode == "off" else "second_factor")


@pytest.mark.parametrize("methods, reached, values", [
    (("pwd",), ("1",), ("pwd",)),
    (("pwd", "email"), ("1", "2"), ("pwd", "otp", "email")),
    (("pwd", "sms"), ("1", "2"), ("pwd", "otp", "sms")),
    (("pwd", "totp"), ("1", "2", "3"), ("pwd", "otp")),
    (("pwd", "recovery"), ("1", "2"), ("pwd", "otp")),
    (("sms",), (), ("otp", "sms")),
    (("pwd", "email", "totp"), ("1", "2", "3"), ("pwd", "otp", "email")),
])  # fmt: skip
def test_levels_and_methods_tell_what_was_done(methods: tuple[str, ...], reached: tuple[str, ...], values: tuple[str, ...]) -> None:
    assert assurance.satisfied(methods, False) == tuple("urn:x-idp:acr:" + one for one in reached)
    assert assurance.amr(methods) == values


@given(journeys, st.booleans())
def test_a_journey_survives_being_stored(journey: Journey, enrolling: bool) -> None:
    full = replace(journey, enrolling=enrolling, max_age=0, code={"way": "app", "sent": []})
    assert from_dict(to_dict(full)) == full


def test_every_step_is_known_to_the_ways() -> None:
    asked = {"password", "choose", "first_password", "second_factor", "enrol", "offer", "consent"}
    assert set(get_args(Step)) == asked | ENDS
