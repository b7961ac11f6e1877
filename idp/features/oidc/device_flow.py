"""What a member does about a television: types its code, says yes or no (RFC 8628 section 3.3; Cross-Device Flows: Security BCP)."""

from dataclasses import dataclass, replace

import structlog

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.client import DEVICE_CODE, Client
from idp.domain.device import TELEVISION, Caller
from idp.domain.grant import Grant
from idp.domain.journey import Journey
from idp.features.oidc import device_codes, flow
from idp.features.oidc.device_codes import Pending
from idp.features.oidc.request import from_dict
from idp.services import limits, records, televisions
from idp.services.client_register import ClientRegister

log = structlog.get_logger("idp.device")


@dataclass(frozen=True)
class Asker:
    """The television that asks, as far as it can be told: `user_code` as it shows it, its network without the last part of an
    IPv4 address, whether that is the member's own network (None: the two cannot be compared), and when it asked (Unix
    seconds). What a device says of itself is not among it: that could be made up to deceive."""

    user_code: str
    network: str
    here: bool | None
    asked_at: int


def entered(deps: Deps, clients: ClientRegister, user_code: str | None, browser: str) -> Journey | None:
    """The journey of the request that this code (folded) is for, before anybody has signed in. None alike for codes that are
    unknown, over, answered, or that another browser has typed; each is counted."""
    pending = device_codes.by_user_code(deps, user_code, browser) if user_code else None
    client = clients.find(pending.client_id) if pending else None
    if pending is None or client is None or not client.check_grant_type(DEVICE_CODE):
        if limits.device_code_failed(deps):
            log.warning("device_codes_guessed", failures=deps.policy.rates.device_failures_per_minute_before_friction)
        return None
    return flow.begin(deps, pending.request, None, browser, purpose="device")


def asker(deps: Deps, journey: Journey, address: str) -> Asker | None:
    """Who asks, for the member who decides; `address`: the member's. None if the request is over or answered."""
    device = from_dict(journey.request).device
    assert device is not None
    key, user_code = device
    pending = device_codes.find(deps, key)
    if pending is None or not device_codes.waits(deps, pending):
        return None
    return Asker(device_codes.shown(user_code), _coarse(pending.address), _here(pending.address, limits.network_of(address)), pending.asked_at)


def _coarse(network: str) -> str:
    head, dot, _ = network.rpartition(".")
    return f"{head}.*" if dot else network


def _here(its: str, mine: str) -> bool | None:
    """Whether both are one network. A household has one by IPv4 and another by IPv6."""
    return its == mine if (":" in its) == (":" in mine) else None


def agreed(deps: Deps, client: Client, journey: Journey, subject: str) -> Journey:
    """The journey with the member's yes, which for third parties is stored as a consent that can be taken back."""
    return replace(journey, consented=True) if client.first_party else flow.consent(deps, journey, subject)


def approve(deps: Deps, journey: Journey, account: Account, who: Caller) -> bool:
    """Let the television have its tokens. Needs a journey whose steps are all done; false if the request is over or answered.

    What it gets is a session of its own (`sid`): signing out of this browser leaves it, signing out everywhere ends it."""
    request = from_dict(journey.request)
    facts = flow.facts(deps, journey, account, request)
    ids = {"grant_id": vault.random_id(), "sid": vault.random_id()}
    grant = Grant(**ids, client_id=request.target.client_id, device=TELEVISION, **facts)
    said = {"grant": vars(grant), "device": who.device, "ended": televisions.last_end(deps, account.id)}
    pending = device_codes.answer(deps, request, said)
    if pending is None:
        return False
    _record(deps, "device_approved", account.id, pending, who)
    return True


def refuse(deps: Deps, journey: Journey, who: Caller) -> None:
    """Tell the television no, unless it has been told something already."""
    pending = device_codes.answer(deps, from_dict(journey.request), {"error": "access_denied"})
    if pending:
        _record(deps, "device_refused", journey.proof.subject if journey.proof else None, pending, who)


def _record(deps: Deps, event: str, account_id: str | None, pending: Pending, who: Caller) -> None:
    """`address`: the member's; the television's stands beside it, as it is what tells a deceived member from others."""
    detail = {"scope": " ".join(pending.request.scope), "asked_from": pending.address}
    with deps.database.write() as connection:
        records.add(connection, deps, event, account_id=account_id, client_id=pending.client_id, address=who.address, detail=detail)
