"""Consents that a member can take back, and agreements that stay on record (requirements RV-02 and AC-05)."""

from dataclasses import dataclass

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.client import SCOPES
from idp.services import records
from idp.tables import agreements, grants

WITHDRAWN = "consent_withdrawn"
# the texts that members are asked to agree to
KINDS = ("privacy",)
VERSION_SHOWN = 12  # of a fingerprint: enough to compare by eye


@dataclass(frozen=True)
class Given:
    """What a client may see, in the order of `SCOPES`, since `at` (Unix seconds)."""

    client_id: str
    scopes: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Agreed:
    """A text, by its kind, in the version that was agreed to at `at` (Unix seconds)."""

    kind: str
    version: str
    at: int


def consents(deps: Deps, account: Account) -> list[Given]:
    """What the member lets clients see, the newest first."""
    with deps.database.read() as connection:
        found = grants.consents_of(connection, account.id)
    return [Given(one.client_id, tuple(scope for scope in SCOPES if scope in one.scope), one.granted_at) for one in found]


def withdraw(deps: Deps, account: Account, client_id: str, address: str) -> bool:
    """Take the consent back; codes and access tokens that the client got by now are good for nothing any more. False if
    there is none. What the client has read before stays with it, and so does its own session with the member."""
    if not client_id:
        return False
    with deps.database.write() as connection:
        if not grants.withdraw(connection, account.id, client_id, deps.now() + deps.policy.tokens.access):
            return False
        records.add(connection, deps, WITHDRAWN, account_id=account.id, client_id=client_id, address=address)
    return True


def agreed(deps: Deps, account: Account) -> list[Agreed]:
    """What the member agreed to, the newest first."""
    with deps.database.read() as connection:
        rows = agreements.of_account(connection, account.id, KINDS)
    return [Agreed(kind, version[:VERSION_SHOWN], at) for kind, version, at in rows]
