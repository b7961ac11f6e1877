"""Sending and checking codes of a journey (flows.md M0 to M4)."""

from dataclasses import dataclass, replace
from typing import Any

from idp import vault
from idp.deps import Deps
from idp.domain import assurance
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.domain.identifiers import mask_email, mask_phone
from idp.domain.journey import Factors, Journey, changed, owed
from idp.domain.kept import read_as
from idp.domain.letter import Channel
from idp.services import factors as proofs, records
from idp.services import journeys, letters, metrics, notices, one_time_codes, passkeys, trust
from idp.services.one_time_codes import Checked, NotSent, SentCode
from idp.services.passkeys import Proven
from idp.tables import accounts, failures, outbox

PURPOSE = "sign-in"
APP, PRINTED, PASSKEY = "app", "printed", "passkey"
METHODS = {APP: "totp", PRINTED: "recovery", PASSKEY: assurance.PASSKEY}
MASKS = {"email": mask_email, "sms": mask_phone}
# outcomes of a letter after which it will not arrive
LOST = frozenset({"unreachable", "rejected", "failed", "parked", "expired", "cancelled"})


@dataclass(frozen=True)
class Way:
    """One way to give the code: `id` is a destination's, "app", "printed" or "passkey"; `masked` its address as pages show it."""

    id: str
    kind: str
    masked: str = ""

    @property
    def method(self) -> str:
        """What it counts as (see `domain.assurance`)."""
        return METHODS.get(self.id, self.kind)


def ways(deps: Deps, journey: Journey, account: Account, factors: Factors) -> list[Way]:
    """Every way that would do now, the usual one first: a passkey where this browser can make one, the app where there
    is one, then the usual destination. Only proven destinations are among them. `account` comes with its destinations."""
    have = factors.methods & owed(journey, account, deps.policy.second_factor, deps.now())
    known = sorted((d for d in account.destinations if d.verified_at and d.kind in have), key=lambda d: not d.usual)
    places = [Way(d.id, d.kind, MASKS[d.kind](d.address)) for d in known]
    app = [Way(APP, APP)] if "totp" in have else []
    keys = [Way(PASSKEY, PASSKEY)] if assurance.PASSKEY in have else []
    printed = [Way(PRINTED, PRINTED)] if "recovery" in have else []
    return keys + app + places + printed if journey.able else app + places + keys + printed


def sent_codes(journey: Journey) -> list[SentCode]:
    """The codes of this attempt, the oldest first."""
    return [read_as(SentCode, row) for row in journey.code.get("sent", ())]


def arrive(deps: Deps, journey: Journey, account: Account, factors: Factors, address: str) -> Journey:
    """A form has led to the code page: send to the usual destination, unless a code is alive already."""
    if journey.code.get("way"):
        return journey
    found = ways(deps, journey, account, factors)
    return choose(deps, journey, account, found[0], address) if found else journey


def choose(deps: Deps, journey: Journey, account: Account, way: Way, address: str) -> Journey:
    """The journey with the code to be given by this way, sent if it is sent at all. What prevented it stands in
    `code["error"]`, and in `code["again_at"]` when it may be tried again."""
    code: dict[str, Any] = {**journey.code, "way": way.id, "kind": way.kind, "masked": way.masked, "error": "", "again_at": 0}
    code.setdefault("attempt", vault.random_id())
    if way.id in METHODS:
        return replace(journey, code=code)
    wait = deps.policy.codes.resend
    last = max((one["at"] for one in code.get("sent", ()) if one["to"] == way.id), default=None)
    # of two resends at once one is sent
    mark = f"resend:{code['attempt']}:{way.id}:{last}"
    if last and (deps.now() < last + wait or not deps.ephemeral.add(mark, b"1", wait)):
        code |= {"error": "mfa.resend.wait", "again_at": last + wait}
        return replace(journey, code=code)
    to = next(item for item in account.destinations if item.id == way.id)
    earlier = sent_codes(journey)
    try:
        sent = one_time_codes.send(
            deps, account, to, PURPOSE, code["attempt"], "otp", address, earlier, journey.locale
        )
    except NotSent as refused:
        deps.ephemeral.drop(mark)  # or the next press would be told to wait for a time that is over
        code |= {"error": "mfa.err.send_limit", "again_at": refused.again_at}
        return replace(journey, code=code)
    kept = [*earlier, sent][-one_time_codes.LIVE_AT_ONCE :]
    code |= {"sent": [vars(one) for one in kept], "sent_at": sent.at, "until": sent.until, "letter": sent.letter}
    return changed(journey, code=code)


def trouble(deps: Deps, journey: Journey) -> bool:
    """Whether the code sent last has not got through, as far as is known: the far side refused it, or the channel is
    down right now."""
    if not journey.code.get("letter"):
        return False
    channel: Channel = "sms" if journey.code["kind"] == "sms" else "mail"
    if deps.now() - journey.code["sent_at"] < 1:  # no courier has tried yet
        return letters.channel_down(deps, channel)
    with deps.database.read() as connection:
        found = outbox.outcome_of(connection, journey.code["letter"])
    outcome, attempts = found or ("expired", 0)
    return outcome in LOST or (outcome == "queued" and (attempts > 1 or letters.channel_down(deps, channel)))


def check(deps: Deps, journey: Journey, account: Account, typed: str, address: str) -> tuple[Checked, Journey]:
    """Try the code that was typed; the journey comes back with the method that was proven. A right code ends the wait,
    and every other code of the attempt."""
    assert journey.proof is not None
    way = journey.code.get("way", "")
    if way == APP:
        checked, method = proofs.check_app(deps, account.id, typed), "totp"
    elif way == PRINTED:
        checked, method = proofs.check_printed(deps, account.id, typed), "recovery"
    else:
        checked = one_time_codes.check(deps, account.id, PURPOSE, journey.code.get("attempt", ""), typed)
        method = next((d.kind for d in account.destinations if d.id == checked.destination and d.verified_at), "")
        if checked.result == "ok" and not method:  # the destination was taken away meanwhile
            checked = Checked("wrong")
    metrics.code_checked(method or journey.code.get("kind", ""), checked.result)
    if checked.result != "ok":
        _failed(deps, account, checked, address, journey.client_id)
        return checked, journey
    one_time_codes.forget(deps, [one for one in sent_codes(journey) if one.key != checked.key])
    return checked, _proven(deps, journey, method)


def check_passkey(deps: Deps, journey: Journey, account: Account, text: str, who: Caller) -> tuple[Proven, Journey]:
    """The same for what a passkey of this account answers (`text`, JSON); where it was looked at and proves nothing, the
    journey comes back with another challenge."""
    found = passkeys.prove(deps, journey, text, who, "second_factor", account.id)
    if found.result == "spent":
        return found, journey
    metrics.code_checked(assurance.PASSKEY, found.result)
    return found, _proven(deps, journey, assurance.PASSKEY) if found.result == "ok" else journeys.challenged(journey)


def _proven(deps: Deps, journey: Journey, method: str) -> Journey:
    assert journey.proof is not None
    proof = replace(
        journey.proof,
        methods=tuple(dict.fromkeys((*journey.proof.methods, method))),
        auth_time=deps.now(),
        sid=None,
    )
    return changed(journey, proof=proof, code={}, notice={})


def passed(deps: Deps, account: Account, method: str, remember: bool, who: Caller, client_id: str | None) -> str | None:
    """Put the proof on record; with `remember` returns the cookie by which the browser is remembered."""
    with deps.database.write() as connection:
        failures.clear(connection, one_time_codes.bucket_of(account.id))
        records.add(
            connection, deps, "second_factor", account_id=account.id, client_id=client_id, address=who.address, detail={"method": method}
        )
        cookie = trust.remember(connection, deps, account, who) if remember else None
        if method == "recovery":
            notices.tell(connection, deps, account, "notice.tfa", {"datetime": deps.now(), "summary": "printed_used", **who.device})
        return cookie


def _failed(deps: Deps, account: Account, checked: Checked, address: str, client_id: str | None) -> None:
    with deps.database.write() as connection:
        records.add(connection, deps, "second_factor", checked.result, account_id=account.id, client_id=client_id, address=address)
        if checked.begins:
            # somebody knows the password (requirement LG-14)
            notices.tell(connection, deps, account, "notice.codes", {"time": checked.wait_until}, kinds=("email",))


def may_remember(journey: Journey, account: Account) -> bool:
    """Whether this browser may be remembered: at a sign-in only, where nobody asked for more than that, never for staff."""
    at_sign_in = journey.proof is not None and journey.proof.sid is None and not journey.operation
    return at_sign_in and not account.staff and not assurance.methods_for(journey.levels)


def offered(deps: Deps, subject: str) -> None:
    """The member has seen the offer; it is not made again for a while."""
    with deps.database.write() as connection:
        accounts.change(connection, subject, deps.now(), offered_at=deps.now())

