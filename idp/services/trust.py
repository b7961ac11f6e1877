"""Browsers that a member lets go without the code: remembered, recognised, and forgotten at the first sign of theft.

A browser holds `series.secret` in a cookie of its own for each account. The series finds the row and stays; the secret
changes at each use, so an old one that is shown again has been copied (requirements TB-01 to TB-05).
"""

import hmac
from dataclasses import dataclass
from typing import Literal

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller, device_of
from idp.services import limits, notices, records
from idp.tables import accounts, trusted_browsers
from idp.tables.database import Connection
from idp.tables.trusted_browsers import TrustedBrowser
from idp.vault import fingerprint

GRACE = 10  # seconds in which a second tab may still show the secret before the last


@dataclass(frozen=True)
class Recognised:
    """What a cookie says: `live`: the browser may skip the code; `grace`: another tab was faster; `stolen`: an old
    secret; `none`: nothing that we know."""

    state: Literal["live", "grace", "stolen", "none"]
    browser: TrustedBrowser | None = None


NOBODY = Recognised("none")


def recognise(connection: Connection, deps: Deps, account: Account, cookie: str | None) -> Recognised:
    """Who this cookie is, for this account; changes nothing."""
    series, _, secret = (cookie or "").partition(".")
    found = trusted_browsers.by_series(connection, fingerprint(series)) if secret else None
    if found is None or found.account_id != account.id or found.epoch != account.epoch or found.expires_at <= deps.now():
        return NOBODY
    shown = fingerprint(secret)
    if hmac.compare_digest(shown, found.secret_hash):
        return Recognised("live", found)
    if found.previous_hash and hmac.compare_digest(shown, found.previous_hash) and deps.now() - found.rotated_at <= GRACE:
        return Recognised("grace", found)
    return Recognised("stolen", found)


def use(connection: Connection, deps: Deps, known: Recognised, cookie: str) -> str | None:
    """Count one use; returns the cookie that replaces the old one, None where another tab has just set it."""
    if known.browser is None or known.state != "live":
        return None
    series, _, _ = cookie.partition(".")
    secret = vault.random_token()
    old, new = known.browser.secret_hash, fingerprint(secret)
    return f"{series}.{secret}" if trusted_browsers.rotate(connection, known.browser.id, old, new, deps.now()) else None


def end_stolen(connection: Connection, deps: Deps, account: Account, known: Recognised, who: Caller) -> None:
    """Somebody shows a secret that was replaced: the browser is forgotten and the member told."""
    if known.browser is None or not trusted_browsers.remove(connection, account.id, known.browser.id):
        return
    records.add(connection, deps, "browser_copied", account_id=account.id, address=who.address)
    full = accounts.by_id(connection, account.id, with_destinations=True) or account
    notices.tell(connection, deps, full, "notice.tfa", {"datetime": deps.now(), "summary": "browser_copied", **who.device})


def remember(connection: Connection, deps: Deps, account: Account, who: Caller) -> str:
    """Remember this browser and tell the member, by SMS where there is no mail; returns the cookie. Only right after a second
    factor was given. `account` comes with its destinations."""
    series, secret, now = vault.random_token(), vault.random_token(), deps.now()
    device = device_of(who.user_agent)
    browser = TrustedBrowser(
        id=vault.random_id(),
        account_id=account.id,
        series_hash=fingerprint(series),
        secret_hash=fingerprint(secret),
        previous_hash=None,
        rotated_at=now,
        epoch=account.epoch,
        device=device,
        address=limits.network_of(who.address),
        created_at=now,
        used_at=now,
        expires_at=now + deps.policy.second_factor.remember,
    )
    trusted_browsers.add(connection, browser, deps.policy.second_factor.remember_most)
    records.add(connection, deps, "browser_remembered", account_id=account.id, address=who.address)
    mail = any(item.kind == "email" and item.verified_at for item in account.destinations)
    notices.tell(connection, deps, account, "notice.device", {"datetime": now, **who.device}, kinds=("email" if mail else "sms",))
    return f"{series}.{secret}"


def forget(connection: Connection, deps: Deps, account: Account, browser_id: str | None, address: str) -> int:
    """Forget one browser of the account, or all of them; returns how many."""
    if gone := trusted_browsers.remove(connection, account.id, browser_id):
        records.add(connection, deps, "browser_forgotten", account_id=account.id, address=address)
    return gone
