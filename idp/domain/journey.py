"""A journey: one visit from a portal's request to its answer; and the one function that says what comes next."""

from dataclasses import dataclass, field
from typing import Any, Literal, Mapping

from idp.domain import assurance
from idp.domain.account import Account
from idp.domain.kept import read_as
from idp.domain.policy import SecondFactor

Step = Literal[
    "password", "refused", "first_password", "choose", "second_factor", "enrol", "no_factor", "unmet", "offer", "offer_passkey",
    "passkey", "consent", "done",
]


@dataclass(frozen=True)
class Proof:
    """Who has proven what, when: from an earlier session, or typed in this journey (`sid` is then still None).
    `trusted`: a remembered browser stood in for the code."""

    subject: str
    epoch: int
    auth_time: int
    methods: tuple[str, ...]
    sid: str | None = None
    entered_here: bool = False
    trusted: bool = False


@dataclass(frozen=True)
class Journey:
    """The server-side record; the browser holds only `id`. `browser` is the fingerprint of the browser's cookie.

    `reauthenticate` and `max_age` (seconds) say which earlier session is good enough, `hint_subject` whose it
    must be, `levels` which assurance is asked for (one is enough), `operation` what for, `choose` whether the member must
    be asked, `consent` which scopes still need a yes. `code` is what the second factor's pages know: the attempt, the way
    chosen, the codes sent. `enrolling`: the member said yes to what was `offered`, `adding`: to a passkey. `challenge` is what a passkey signs to prove itself here, `able`: this
    browser has said that it can make one. `returns_to` is the page of ours that a journey without portal ends on.
    """

    id: str
    browser: str
    started: int
    purpose: Literal["authorize", "device", "home", "account"] = "home"
    client_id: str | None = None
    request: Mapping[str, Any] = field(default_factory=dict)
    locale: str | None = None
    login_hint: str = ""
    reauthenticate: bool = False
    max_age: int | None = None
    hint_subject: str | None = None
    levels: tuple[str, ...] = ()
    operation: str | None = None
    choose: bool = False
    chosen: bool = False
    consent: tuple[str, ...] = ()
    consented: bool = False
    proof: Proof | None = None
    letter_password: bool = False
    code: Mapping[str, Any] = field(default_factory=dict)
    offered: bool = False
    enrolling: bool = False
    adding: bool = False
    challenge: str = ""
    able: bool = False
    returns_to: str = "/"
    notice: Mapping[str, Any] = field(default_factory=dict)
    finished: bool = False


@dataclass(frozen=True)
class Factors:
    """The second methods that an account could use now: `sms` and `email` if such a destination is proven."""

    methods: frozenset[str] = frozenset()

    @property
    def any(self) -> bool:
        """Whether there is one beside the printed codes, which only stand in for another."""
        return bool(self.methods - {"recovery"})


NO_FACTORS = Factors()


def owed(journey: Journey, account: Account, rule: SecondFactor, now: int) -> frozenset[str]:
    """The second methods of which one is still owed; none if nothing is. `now` in Unix seconds ends an account's hold. A remembered browser stands in for the code
    of a sign-in, never for a level that was asked for, and never for staff (decisions.md, remembered browser)."""
    return _owed(journey, account, rule, now) - asleep(account, rule, now)


def asleep(account: Account, rule: SecondFactor, now: int) -> frozenset[str]:
    """What counts for nothing now: passkeys where the policy has none, and for as long as the account's keys are frozen, as
    one of them may be a thief's."""
    return frozenset({assurance.PASSKEY}) if rule.passkeys == "off" or now < account.frozen_until else frozenset()


def _owed(journey: Journey, account: Account, rule: SecondFactor, now: int) -> frozenset[str]:
    proof = journey.proof
    assert proof is not None
    done = frozenset(proof.methods)
    held = now < account.held_until
    reached = assurance.satisfied(proof.methods, proof.entered_here, held)
    asked = frozenset() if set(journey.levels) & set(reached) else assurance.methods_for(journey.levels, held)
    if account.staff:
        return frozenset() if done & assurance.STRONG else assurance.STRONG
    if asked:
        return asked
    wanted = rule.mode == "required" or (account.second_factor and rule.mode != "off")
    return assurance.SECOND if wanted and not proof.trusted and not done & assurance.SECOND else frozenset()


def concerns_factors(journey: Journey, account: Account, rule: SecondFactor, now: int) -> bool:
    """Whether `next_step` will look at the account's factors; else they need not be read."""
    return journey.proof is not None and (bool(owed(journey, account, rule, now)) or _offers_passkey(journey, account, rule, NO_FACTORS, now))


def next_step(journey: Journey, account: Account | None, rule: SecondFactor, factors: Factors = NO_FACTORS, now: int = 0) -> Step:
    """What the member has to do next. `account` is the one named by the journey's proof, `factors` are its own; `now` in
    Unix seconds decides whether the second factor is offered again, and whether codes count for portals yet."""
    if journey.proof is None or account is None or account.epoch != journey.proof.epoch:
        return "password"
    if account.status != "active":
        return "refused"
    if journey.hint_subject and journey.hint_subject != account.id:
        return "refused"
    if journey.choose and not journey.chosen and not journey.proof.entered_here:
        return "choose"
    factors = Factors(factors.methods - asleep(account, rule, now))
    methods = owed(journey, account, rule, now)
    if methods & factors.methods:
        return "second_factor"
    if methods and (missing := _without_factor(account, rule, factors)) != "enrol":
        return missing
    if account.password_state == "letter" and "pwd" in journey.proof.methods:
        return "first_password"
    if methods or (journey.enrolling and not account.second_factor):
        return "enrol"
    if journey.adding:
        return "passkey"
    if _offers_passkey(journey, account, rule, factors, now):
        return "offer_passkey"
    if _offers(journey, account, rule, now):
        return "offer"
    if journey.consent and not journey.consented:
        return "consent"
    return "done"


def _without_factor(account: Account, rule: SecondFactor, factors: Factors) -> Step:
    """Nothing that would do is set up. Who never had a factor sets one up here, or the rule would lock them out; who has
    one switched on but cannot be reached by it calls the desk, or a password alone could replace it (requirement MF-11);
    a portal that asks for more than the member has is told so."""
    if account.staff:
        return "enrol"
    if not factors.any and account.second_factor and rule.mode != "off":
        return "no_factor"
    return "enrol" if not factors.any and rule.mode == "required" else "unmet"


def _offers(journey: Journey, account: Account, rule: SecondFactor, now: int) -> bool:
    """Whether the second factor is recommended on the way: once per sign-in, seldom, and never to who has it."""
    return _may_offer(journey) and rule.mode == "recommended" and not account.second_factor and now >= account.offered_at + rule.offer_every


def _may_offer(journey: Journey) -> bool:
    proof = journey.proof
    typed = proof is not None and proof.entered_here and assurance.PASSKEY not in proof.methods
    return typed and not journey.offered and journey.purpose != "account"


def _offers_passkey(journey: Journey, account: Account, rule: SecondFactor, factors: Factors, now: int) -> bool:
    """Whether a passkey is offered on the way: seldom, in a browser that can make one, and never to who has one."""
    may = journey.able and _may_offer(journey) and rule.passkeys == "offered" and now >= account.frozen_until
    return may and assurance.PASSKEY not in factors.methods and now >= account.passkey_offered_at + rule.offer_every


def accepts_session(journey: Journey, subject: str, auth_time: int, now: int) -> bool:
    """Whether an earlier session may stand in for a sign-in (OIDC Core section 3.1.2.1: prompt, max_age, hint)."""
    if journey.reauthenticate or (journey.hint_subject and journey.hint_subject != subject):
        return False
    return journey.max_age is None or (journey.max_age > 0 and now - auth_time <= journey.max_age)


def changed(journey: Journey, **values: Any) -> Journey:
    """`dataclasses.replace` for the steps that every sign-in takes: that asks the class about each of its fields."""
    return Journey(**{**vars(journey), **values})


def to_dict(journey: Journey) -> dict[str, Any]:
    """Plain data for the ephemeral store."""
    # False by identity: 0 == False, and max_age=0 must not get lost. dataclasses.asdict copies deeply, ten times slower
    data = {key: value for key, value in vars(journey).items() if value is not False and value not in (None, "", (), {})}
    return {**data, "proof": vars(journey.proof)} if journey.proof else data


def from_dict(data: Mapping[str, Any]) -> Journey:
    """The journey that `to_dict` wrote."""
    values = dict(data)
    if proof := values.get("proof"):
        values["proof"] = read_as(Proof, proof)
    return read_as(Journey, values)
