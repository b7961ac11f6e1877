"""Changes of what an account proves itself with: one transaction, after which everything else that was open has ended."""

from dataclasses import dataclass
from typing import Callable

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.services import logouts, notices, portal_events, records, undoing
from idp.tables import accounts, trusted_browsers
from idp.tables.database import Connection

# what changed, as portals are told of it: credential type and kind of change (OpenID CAEP 1.0 section 3.3; codes by mail and
# printed ones have no type there)
CREDENTIALS = {
    "on": ("otp", "create"),
    "off": ("otp", "delete"),
    "destinations": ("otp", "update"),
    "app_added": ("app", "create"),
    "app_removed": ("app", "delete"),
    "printed_made": ("recovery-code", "update"),
    "passkey_added": ("fido2-roaming", "create"),
    "passkey_removed": ("fido2-roaming", "delete"),
}


@dataclass(frozen=True)
class Changed:
    """The account as it is now, with its destinations, and how many remembered browsers were forgotten."""

    account: Account
    cleared: int


def change(
    deps: Deps, account: Account, summary: str, who: Caller, work: Callable[[Connection], None], on: bool | None = None,
    actor: str | None = None, template: str = "notice.tfa", platform: bool = False,
) -> Changed | None:  # fmt: skip
    """Do `work` in a transaction that ends every session, token and remembered browser of the account, puts the change on
    record and tells every destination, old and new; one that was taken away can take it back (requirements MF-07, MF-15, TB-03, AC-02). `account`: as the page saw it, with
    its destinations; `summary`: what changed, a code of letter.summary.…; `on`: the second factor's new state, None: as
    it was; `actor`: whoever of the staff did it in the member's place; `template`: the notice that tells it; `platform`: a passkey
    of this very device. Returns None if the account has been changed meanwhile; then nothing was done."""
    now = deps.now()
    with deps.database.write() as connection:
        if not accounts.raise_epoch_from(connection, account.id, account.epoch, now):
            return None
        cleared = trusted_browsers.count(connection, account.id, account.epoch, now)
        trusted_browsers.remove(connection, account.id)
        work(connection)
        if on is not None:
            accounts.change(connection, account.id, now, second_factor=int(on))
        after = accounts.by_id(connection, account.id, with_destinations=True) or account
        detail = {"what": summary, "on": after.second_factor}
        records.add(connection, deps, "second_factor_changed", account_id=account.id, actor=actor, address=who.address, detail=detail)
        told = (*account.destinations, *after.destinations)
        notices.tell(connection, deps, account, template, {"datetime": now, "summary": summary, **who.device}, told)
        kind, how = CREDENTIALS[summary]
        kind = "fido2-platform" if platform else kind
        portal_events.tell(connection, deps, account.id, "credential_changed", "admin" if actor else "user", credential_type=kind, change_type=how)
        logouts.all_ended(connection, deps, account.id)
        undoing.offer(connection, deps, account, after, who)
    return Changed(after, cleared)
