"""What clearing the second factor takes away: everything that proves a member beside the password, passkeys too, so that a lost
device is neither asked for any more nor good for anything (flows.md 2.12: S5)."""

from dataclasses import dataclass

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import passkeys as service
from idp.services import portal_events
from idp.tables import factors, passkeys
from idp.tables.passkeys import Passkey


@dataclass(frozen=True)
class Removed:
    """What an account has of it: an app, how many printed codes are left, and passkeys, the oldest first."""

    app: bool
    printed: int
    passkeys: tuple[Passkey, ...]

    @property
    def credentials(self) -> list[str]:
        """The kinds of passkeys, as portals are told of them (OpenID CAEP 1.0 section 3.3)."""
        return sorted({service.credential(one.transports.split()) for one in self.passkeys})

    def only_passkeys(self, account: Account) -> bool:
        """Whether this account has nothing else to clear."""
        return bool(self.passkeys) and not (account.second_factor or self.app or self.printed)


def of_account(connection: Connection, account_id: str) -> Removed:
    """What would go."""
    app, printed = factors.app(connection, account_id) is not None, factors.codes_left(connection, account_id)
    return Removed(app, printed, tuple(passkeys.of_account(connection, account_id)))


def read(deps: Deps, account: Account) -> Removed:
    """The same, for a page. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return of_account(connection, account.id)


def remove(connection: Connection, deps: Deps, account_id: str, credentials: list[str]) -> None:
    """Take it all away, and tell portals of these kinds of passkeys."""
    factors.drop_app(connection, account_id)
    factors.drop_codes(connection, account_id)
    passkeys.drop(connection, account_id)
    for kind in credentials:
        portal_events.tell(connection, deps, account_id, "credential_changed", "admin", credential_type=kind, change_type="delete")
