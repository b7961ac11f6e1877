"""Passkeys: what a page needs to ask for one, and what counts as proof (requirement MF-10; WebAuthn Level 3 section 7.2)."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Iterable, Literal

from idp import texts
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller, device_of
from idp.domain.journey import NO_FACTORS, Factors, Journey
from idp.services import letters, notices, records, webauthn_checks
from idp.services.webauthn_checks import Asserted, Given, Refused
from idp.tables import accounts, failures
from idp.tables import passkeys as table
from idp.tables.database import Connection
from idp.tables.passkeys import Passkey
from idp.vault import fingerprint

DAY = 86_400
TIMEOUT = 300_000  # milliseconds that a browser waits for the device
Event = Literal["sign_in", "second_factor"]


@dataclass(frozen=True)
class Proven:
    """What came of a passkey. `spent`: its challenge was answered before, so nothing was decided; `account` comes with its
    destinations and `factors`, and stands there with `ok` only; `wait_until`: Unix time before which no try counts."""

    result: Literal["ok", "wrong", "locked", "suspended", "copied", "spent"]
    account: Account | None = None
    factors: Factors = NO_FACTORS
    wait_until: int = 0


def possible(deps: Deps) -> bool:
    """Whether there are passkeys here: the policy has them, and the issuer has a name."""
    return deps.policy.second_factor.passkeys != "off" and webauthn_checks.rp_id(deps.settings) is not None


def request_options(deps: Deps, journey: Journey, owner: str | None = None) -> str | None:
    """PublicKeyCredentialRequestOptionsJSON for a page of this journey, or None where no passkey can be asked for. `owner`:
    the account whose passkeys alone will do; without one the browser offers whatever it has for us. Raises `Unavailable`."""
    if not journey.challenge or not possible(deps):
        return None
    options = {"challenge": journey.challenge, "rpId": webauthn_checks.rp_id(deps.settings), "timeout": TIMEOUT, "userVerification": "required"}
    return json.dumps(options | ({"allowCredentials": descriptors(of_account(deps, owner))} if owner else {}))


def descriptors(known: list[Passkey]) -> list[dict[str, Any]]:
    """PublicKeyCredentialDescriptorJSON of each."""
    return [{"type": "public-key", "id": one.credential_id, "transports": one.transports.split()} for one in known]


def of_account(deps: Deps, account_id: str) -> list[Passkey]:
    """The account's passkeys, the oldest first. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return table.of_account(connection, account_id)


def creation_options(deps: Deps, account: Account, challenge: str) -> str:
    """PublicKeyCredentialCreationOptionsJSON: a key that stays on the device with the account's subject beside it, behind the
    device's own lock, and without a word on who made the device. Raises `Unavailable`."""
    user = base64.urlsafe_b64encode(account.id.encode()).rstrip(b"=").decode()
    options = {
        "challenge": challenge,
        "rp": {"id": webauthn_checks.rp_id(deps.settings), "name": deps.settings.brand.name},
        "user": {"id": user, "name": account.login_id, "displayName": account.nickname},
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in webauthn_checks.ALGORITHMS],
        "timeout": TIMEOUT,
        "attestation": "none",
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"},
        "excludeCredentials": descriptors(of_account(deps, account.id)),
    }
    return json.dumps(options)


def prove(deps: Deps, journey: Journey, text: str, who: Caller, event: Event, owner: str | None = None) -> Proven:
    """One try with what a browser says of a passkey (`text`, JSON) in answer to the journey's challenge, which is spent by
    it: of many at once one is looked at. Counted before it is verified. Whatever is wrong, the work and the outcome are the
    same for known and unknown passkeys. `owner`: the only account whose passkeys will do. Raises `Unavailable`."""
    if not journey.challenge or not deps.ephemeral.add("passkey:" + fingerprint(journey.challenge), b"1", DAY):
        return Proven("spent")
    try:
        said = webauthn_checks.given(text)
    except Refused:
        _note(deps, None, "wrong", who, event, journey)
        return Proven("wrong")
    nobody = deps.vault.keyed_hash("name", said.credential_id)
    with deps.database.each() as connection:
        known = table.by_credential(connection, said.credential_id)
        bucket = "passkey:" + (known.account_id if known else nobody)
        reserved = failures.reserve(connection, bucket, deps.policy.waits, deps.now())
    if not reserved.allowed:
        _note(deps, known, "locked", who, event, journey)
        return Proven("locked", wait_until=reserved.wait_until)
    shown = _verified(deps, journey, said, known, owner)
    if shown is None or known is None:
        _note(deps, known, "wrong", who, event, journey)
        return Proven("wrong")
    with deps.database.write() as connection:
        found = accounts.with_factors(connection, known.account_id)
        result = _settle(connection, deps, found[0] if found else None, known, shown)
        _record(connection, deps, known, result, who, event, journey)
        if result == "ok":
            failures.clear(connection, bucket)
        elif result == "copied" and found and reserved.count == 1:
            facts = {"datetime": deps.now(), "summary": "passkey_copied", **who.device}
            notices.tell(connection, deps, found[0], "notice.passkey", facts, kinds=("email",))
    return Proven(result, *found) if found and result == "ok" else Proven(result)


def _verified(deps: Deps, journey: Journey, said: Given, known: Passkey | None, owner: str | None) -> Asserted | None:
    key = known.public_key if known else webauthn_checks.NOBODY
    try:
        shown = webauthn_checks.asserted(said, journey.challenge, key, deps.settings)
    except Refused:
        return None
    # section 7.2 step 6: who the passkey says it belongs to; where nobody is named yet, it must say so
    named = said.owner if owner is None else said.owner or owner
    if known is None or not possible(deps) or known.account_id != named or owner not in (None, named):
        return None
    # section 6.1.3: whether there may be copies never changes; what says otherwise than before is not this passkey
    return shown if known.eligible in (None, shown.eligible) else None


def _settle(
    connection: Connection, deps: Deps, account: Account | None, known: Passkey, shown: Asserted
) -> Literal["ok", "suspended", "copied"]:
    """Note the use, if the account may sign in. One whose keys are frozen may not: the passkey may be a thief's."""
    if account is None or account.status != "active" or deps.now() < account.frozen_until:
        return "suspended"
    # section 6.1.1: who counts less than before is a copy, or there is one
    return "ok" if table.use(connection, known.id, shown.counter, shown.eligible, shown.backed_up, deps.now()) else "copied"


def _note(deps: Deps, known: Passkey | None, result: str, who: Caller, event: Event, journey: Journey) -> None:
    with deps.database.write() as connection:
        _record(connection, deps, known, result, who, event, journey)


def _record(
    connection: Connection, deps: Deps, known: Passkey | None, result: str, who: Caller, event: Event, journey: Journey
) -> None:
    detail = {"method": "passkey", "device": device_of(who.user_agent)}
    subject = known.account_id if known else None
    records.add(
        connection, deps, event, result, account_id=subject, client_id=journey.client_id, address=who.address, detail=detail
    )


def credential(transports: Iterable[str]) -> str:
    """How portals are told of a passkey that is reached so (OpenID CAEP 1.0 section 3.3): of the very device, or of one beside it."""
    return "fido2-platform" if "internal" in transports else "fido2-roaming"


def listed(locale: str, known: list[Passkey]) -> str:
    """The passkeys in one line for a letter: where and when each was made. Not their names, which whoever made them chose."""
    said = []
    for one in known:
        system, _, browser = one.device.partition(".")
        names = {"os": texts.text(locale, f"letter.os.{system}"), "browser": texts.text(locale, f"letter.browser.{browser}")}
        said.append(texts.text(locale, "letter.passkey").format(date=letters.day(locale, one.created_at), **names))
    return texts.text(locale, "policy.list").join(said)
