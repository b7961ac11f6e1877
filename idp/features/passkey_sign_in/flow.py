"""One try to sign in with a passkey, counted with all the others of its address (requirements LG-06, LG-15)."""

from dataclasses import dataclass
from typing import Literal

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.assurance import PASSKEY
from idp.domain.device import Caller, device_of
from idp.domain.journey import NO_FACTORS, Factors, Journey, Proof
from idp.services import limits, metrics, passkeys, records


@dataclass(frozen=True)
class SignIn:
    """What came of it. Whose passkey it was, whether there is one, or what is wrong with the account makes no difference:
    `no`. `spent`: another one has answered for this page. `wait_until`: Unix time before which no try counts."""

    result: Literal["ok", "no", "locked", "limited", "spent"]
    account: Account | None = None
    factors: Factors = NO_FACTORS
    proof: Proof | None = None
    wait_until: int = 0


def sign_in(deps: Deps, journey: Journey, text: str, who: Caller) -> SignIn:
    """One try with what the browser says (`text`, JSON). Raises `Unavailable`; then nothing was decided."""
    if not limits.sign_in_allowed(deps, who.address):
        if limits.first_refusal(deps, who.address):
            _record(deps, "limited", journey, who)
        metrics.sign_in("limited")
        return SignIn("limited")
    found = passkeys.prove(deps, journey, text, who, "sign_in")
    if found.result == "spent":
        return SignIn("spent")
    metrics.sign_in(found.result)
    if found.result == "locked":
        return SignIn("locked", wait_until=found.wait_until)
    if found.result != "ok" or found.account is None:
        if limits.sign_in_failed(deps):
            metrics.sign_in("friction")
            _record(deps, "friction", journey, who)
        return SignIn("no")
    proof = Proof(found.account.id, found.account.epoch, deps.now(), (PASSKEY,), entered_here=True)
    return SignIn("ok", found.account, found.factors, proof)


def _record(deps: Deps, result: str, journey: Journey, who: Caller) -> None:
    detail = {"method": PASSKEY, "device": device_of(who.user_agent)}
    with deps.database.write() as connection:
        records.add(connection, deps, "sign_in", result, client_id=journey.client_id, address=who.address, detail=detail)
