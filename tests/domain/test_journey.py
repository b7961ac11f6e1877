"""From every state of a sign-in there is a way on: to the portal, or to a page that says whom to call."""

from dataclasses import replace
from typing import Iterator, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.domain import assurance
from idp.domain.account import Account
from idp.domain.journey import Factors, Journey, Proof, Step, asleep, from_dict, next_step, owed, to_dict
from idp.domain.policy import SecondFactor

NOW = 10**9
ENDS = {"done", "refused", "unmet", "no_factor"}
MODES = ("off", "optional", "recommended", "required")
METHODS = ("sms", "email", "totp", "recovery", "passkey")
LEVELS = ((), (assurance.ACR_PASSWORD,), (assurance.ACR_CODE,), (assurance.ACR_STRONG,), (assurance.ACR_CODE, assurance.ACR_STRONG),
          (assurance.ACR_PASSWORD_AGAIN, assurance.ACR_CODE))  # fmt: skip
State = tuple[Journey, Account, Factors]

accounts = st.builds(
    lambda role, on, letter, status, held, frozen: Account("s", "id", "id", "n", role=role, second_factor=on, status=status, held_until=held,
                                                           password_state="letter" if letter else "current", frozen_until=frozen),
    st.sampled_from(["member", "desk"]), st.booleans(), st.booleans(), st.sampled_from(["active", "suspended"]),
    st.sampled_from([0, NOW, NOW + 1]), st.sampled_from([0, NOW + 1]),
)  # fmt: skip
proofs = st.none() | st.builds(
    lambda first, extra, sid, trusted: Proof("s", 0, 0, (first, *extra), sid, entered_here=sid is None, trusted=trusted),
    st.sampled_from(["pwd", "passkey"]), st.lists(st.sampled_from(METHODS), max_size=2, unique=True), st.sampled_from([None, "sid"]), st.booleans(),
)  # fmt: skip
journeys = st.builds(
    lambda proof, levels, choose, consent, purpose, able: Journey("j", "b", 0, purpose, proof=proof, levels=levels, choose=choose,
                                                                  consent=consent, able=able),
    proofs, st.sampled_from(LEVELS), st.booleans(), st.sampled_from([(), ("email",)]), st.sampled_from(["authorize", "home", "account"]), st.booleans(),
)  # fmt: skip
factors = st.builds(lambda found: Factors(frozenset(found)), st.sets(st.sampled_from(METHODS)))
rules = st.builds(SecondFactor, mode=st.sampled_from(MODES), passkeys=st.sampled_from(["off", "allowed", "offered"]))


def proven(journey: Journey, method: str) -> Journey:
    assert journey.proof
    return replace(journey, proof=replace(journey.proof, methods=(*journey.proof.methods, method), sid=None))


def moves(state: State, rule: SecondFactor, step: Step) -> Iterator[State]:
    """Where a member who does what is asked may come, by every choice there is."""
    journey, account, have = state
    if step == "password":
        yield replace(journey, proof=Proof("s", 0, 0, ("pwd",), entered_here=True)), account, have
        if "passkey" in have.methods - asleep(account, rule, NOW):
            yield replace(journey, proof=Proof("s", 0, 0, ("passkey",), entered_here=True)), account, have
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
        if account.staff and rule.passkeys != "off" and NOW >= account.frozen_until:
            yield replace(journey, enrolling=False), account, Factors(have.methods | {"passkey"})
    elif step == "offer_passkey":
        for yes in (True, False):
            yield replace(journey, offered=True, adding=yes), account, have
    elif step == "passkey":
        yield replace(journey, adding=False), account, Factors(have.methods | {"passkey"})
        yield replace(journey, adding=False), account, have
    elif step == "offer":
        for yes in (True, False):
            yield replace(journey, offered=True, enrolling=yes), account, have
    elif step == "consent":
        yield replace(journey, consented=True), account, have


@settings(max_examples=1500)
@given(journeys, accounts, factors, rules)
def test_every_way_ends_within_a_few_steps(journey: Journey, account: Account, have: Factors, rule: SecondFactor) -> None:
    states: list[State] = [(journey, account, have)]
    for _ in range(11):
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
    assert not states, "still on the way after eleven steps"


def truthful(state: State, rule: SecondFactor, step: Step) -> None:
    """What must hold of an end."""
    journey, account, have = state
    have = Factors(have.methods - asleep(account, rule, NOW))
    if step == "done":
        assert journey.proof and account.status == "active"
        assert account.password_state != "letter" or "pwd" not in journey.proof.methods
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
    (("passkey",), ("1", "2", "3"), ("hwk", "user")),
    (("pwd", "passkey"), ("1", "2", "3"), ("pwd", "hwk", "user")),
])  # fmt: skip
def test_levels_and_methods_tell_what_was_done(methods: tuple[str, ...], reached: tuple[str, ...], values: tuple[str, ...]) -> None:
    assert assurance.satisfied(methods, False) == tuple("urn:x-idp:acr:" + one for one in reached)
    assert assurance.amr(methods) == values


@given(journeys, st.booleans())
def test_a_journey_survives_being_stored(journey: Journey, enrolling: bool) -> None:
    full = replace(journey, enrolling=enrolling, adding=not enrolling, challenge="c", max_age=0, code={"way": "app", "sent": []})
    assert from_dict(to_dict(full)) == full


def test_a_passkey_is_offered_seldom_and_only_where_one_can_be_made() -> None:
    account, rule = Account("s", "id", "id", "n", password_state="current"), SecondFactor()
    journey = Journey("j", "b", 0, proof=Proof("s", 0, 0, ("pwd",), entered_here=True), able=True)
    assert next_step(journey, account, rule, now=NOW) == "offer_passkey"
    others: list[tuple[Journey, Account, SecondFactor, Factors]] = [
        (replace(journey, able=False), account, rule, Factors()),
        (replace(journey, offered=True), account, rule, Factors()),
        (replace(journey, purpose="account"), account, rule, Factors()),
        (replace(journey, proof=Proof("s", 0, 0, ("pwd",), "sid")), account, rule, Factors()),
        (journey, replace(account, passkey_offered_at=NOW - rule.offer_every + 1), rule, Factors()),
        (journey, replace(account, frozen_until=NOW + 1), rule, Factors()),
        (journey, account, SecondFactor(passkeys="allowed"), Factors()),
        (journey, account, rule, Factors(frozenset({"passkey"}))),
    ]
    assert {next_step(*one, now=NOW) for one in others} == {"done"}


def test_while_the_keys_are_frozen_no_passkey_counts() -> None:
    account = Account("s", "id", "id", "n", role="desk", password_state="current", frozen_until=NOW + 1)
    journey = Journey("j", "b", 0, proof=Proof("s", 0, 0, ("pwd",), entered_here=True))
    have, rule = Factors(frozenset({"passkey", "totp"})), SecondFactor()
    assert owed(journey, account, rule, NOW) == {"totp"} and owed(journey, account, rule, NOW + 1) == {"totp", "passkey"}
    assert next_step(journey, account, rule, Factors(frozenset({"passkey"})), NOW) == "enrol"  # where the frozen account is turned away
    assert next_step(journey, account, rule, have, NOW) == "second_factor"


def test_every_step_is_known_to_the_ways() -> None:
    asked = {"password", "choose", "first_password", "second_factor", "enrol", "offer", "offer_passkey", "passkey", "consent"}
    assert set(get_args(Step)) == asked | ENDS
