"""Authenticator apps and printed recovery codes: made, proven, each use counted once (RFC 6238, requirements MF-09, MF-12)."""

import re

import pyotp
from pyotp.exceptions import OTPVerificationError

from idp import vault
from idp.deps import Deps
from idp.domain import folding
from idp.domain.account import Account
from idp.services.one_time_codes import Checked, bucket_of, wrong
from idp.tables import factors, failures
from idp.tables.database import Connection

SECRET_BYTES = 20  # RFC 4226 section 4: 160 bits recommended
PRINTED, GROUP = 16, 4  # 80 bits, in groups that can be read aloud
HOW_MANY = 10


def new_secret() -> str:
    """A fresh secret for an app, base32."""
    return pyotp.random_base32(32)


def uri(deps: Deps, account: Account, secret: str) -> str:
    """What the QR code says (Key Uri Format)."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.login_id, issuer_name=deps.settings.brand.name)


def step_of(deps: Deps, secret: str, typed: str) -> int | None:
    """The 30-second step that the typed code belongs to, one step of drift allowed either way, or None."""
    code = folding.code(typed)
    if code is None:
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=int(deps.clock()), valid_window=1)
    except OTPVerificationError:
        return None


def _place(account_id: str) -> str:
    return "totp:" + account_id


def set_app(connection: Connection, deps: Deps, account_id: str, secret: str, step: int) -> None:
    """Store the app that `step` has proven."""
    factors.put_app(connection, account_id, deps.vault.seal(secret.encode(), _place(account_id)), step, deps.now())


def check_app(deps: Deps, account_id: str, typed: str) -> Checked:
    """Claim the code of the account's app; counted as wrong before it is looked at, like any code. The caller settles a
    right one by `failures.clear`. Raises `Unavailable`."""
    if folding.code(typed) is None:
        return Checked("format")
    with deps.database.each() as connection:
        reserved = failures.reserve(connection, bucket_of(account_id), deps.policy.code_waits, deps.now())
        app = factors.app(connection, account_id)
    if not reserved.allowed:
        return Checked("locked", reserved.wait_until)
    secret = deps.vault.open(app.sealed, _place(account_id)).decode() if app else ""
    step = step_of(deps, secret, typed) if app else None
    if step is not None:
        with deps.database.each() as connection:
            if factors.use_step(connection, account_id, step):
                return Checked("ok")
    return wrong(deps, reserved)


def new_codes(connection: Connection, deps: Deps, account_id: str) -> tuple[str, ...]:
    """Ten fresh recovery codes in place of all earlier ones; they are returned this one time and stored as hashes."""
    plain = tuple(vault.random_id(PRINTED) for _ in range(HOW_MANY))
    factors.put_codes(connection, account_id, [_hash(deps, account_id, code) for code in plain], deps.now())
    return tuple("-".join(re.findall("." * GROUP, code)) for code in plain)


def _hash(deps: Deps, account_id: str, code: str, key_id: str | None = None) -> str:
    return deps.vault.keyed_hash("recovery_code", f"{account_id}|{code}", key_id)


def fold_printed(typed: str) -> str | None:
    """A recovery code as typed, with hyphens, spaces, capitals or full-width letters, as it was made; None if it is none."""
    plain = re.sub(f"[ {re.escape(folding.DASHES)}]", "", folding.fold(typed)).lower()
    return plain if re.fullmatch(f"[{vault.ALPHABET}]{{{PRINTED}}}", plain) else None


def check_printed(deps: Deps, account_id: str, typed: str) -> Checked:
    """Claim one of the account's recovery codes; counted and settled like any code. Raises `Unavailable`."""
    code = fold_printed(typed)
    if code is None:
        return Checked("format")
    with deps.database.each() as connection:
        reserved = failures.reserve(connection, bucket_of(account_id), deps.policy.code_waits, deps.now())
    if not reserved.allowed:
        return Checked("locked", reserved.wait_until)
    hashes = [_hash(deps, account_id, code, key_id) for key_id in deps.vault.key_ids]
    with deps.database.each() as connection:
        if factors.use_code(connection, account_id, hashes):
            return Checked("ok")
    return wrong(deps, reserved)
