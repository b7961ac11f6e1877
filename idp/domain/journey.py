"""A journey: one visit from a portal's request to its answer; and the one function that says what comes next."""

from dataclasses import dataclass, field
from typing import Any, Literal, Mapping

from idp.domain.account import Account

Step = Literal["password", "refused", "first_password", "choose", "consent", "done"]


@dataclass(frozen=True)
class Proof:
    """Who has proven what, when: from an earlier session, or typed in this journey (`sid` is then still None)."""

    subject: str
    epoch: int
    auth_time: int
    methods: tuple[str, ...]
    sid: str | None = None
    entered_here: bool = False


@dataclass(frozen=True)
class Journey:
    """The server-side record; the browser holds only `id`. `browser` is the fingerprint of the browser's cookie.

    `reauthenticate` and `max_age` (seconds) say which earlier session is good enough, `hint_subject` whose it
    must be, `choose` whether the member must be asked, `consent` which scopes still need a yes.
    """

    id: str
    browser: str
    started: int
    purpose: Literal["authorize", "home"] = "home"
    client_id: str | None = None
    request: Mapping[str, Any] = field(default_factory=dict)
    locale: str | None = None
    login_hint: str = ""
    reauthenticate: bool = False
    max_age: int | None = None
    hint_subject: str | None = None
    choose: bool = False
    chosen: bool = False
    consent: tuple[str, ...] = ()
    consented: bool = False
    proof: Proof | None = None
    letter_password: bool = False
    notice: Mapping[str, Any] = field(default_factory=dict)
    finished: bool = False


def next_step(journey: Journey, account: Account | None) -> Step:
    """What the member has to do next. `account` is the one named by the journey's proof."""
    if journey.proof is None or account is None or account.epoch != journey.proof.epoch:
        return "password"
    if account.status != "active":
        return "refused"
    if account.password_state == "letter":
        return "first_password"
    if journey.hint_subject and journey.hint_subject != account.id:
        return "refused"
    if journey.choose and not journey.chosen and not journey.proof.entered_here:
        return "choose"
    if journey.consent and not journey.consented:
        return "consent"
    return "done"


def accepts_session(journey: Journey, subject: str, auth_time: int, now: int) -> bool:
    """Whether an earlier session may stand in for a sign-in (OIDC Core section 3.1.2.1: prompt, max_age, hint)."""
    if journey.reauthenticate or (journey.hint_subject and journey.hint_subject != subject):
        return False
    return journey.max_age is None or (journey.max_age > 0 and now - auth_time <= journey.max_age)


def to_dict(journey: Journey) -> dict[str, Any]:
    """Plain data for the ephemeral store."""
    # False by identity: 0 == False, and max_age=0 must not get lost. dataclasses.asdict copies deeply, ten times slower
    data = {key: value for key, value in vars(journey).items() if value is not False and value not in (None, "", (), {})}
    return {**data, "proof": vars(journey.proof)} if journey.proof else data


def from_dict(data: Mapping[str, Any]) -> Journey:
    """The journey that `to_dict` wrote."""
    values = dict(data)
    if proof := values.get("proof"):
        values["proof"] = Proof(**{**proof, "methods": tuple(proof["methods"])})
    values["consent"] = tuple(values.get("consent", ()))
    return Journey(**values)
