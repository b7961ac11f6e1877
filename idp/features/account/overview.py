"""What the overview says of each thing: whether it is set, or missing."""

from dataclasses import dataclass

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.identifiers import mask_email
from idp.tables import factors, grants, passkeys, trusted_browsers


@dataclass(frozen=True)
class Overview:
    """`mail`: the address that signs in, masked, or None; whether there is an app; how many printed codes are left, passkeys
    there are, browsers skip the code, and clients may see something."""

    mail: str | None
    app: bool
    printed: int
    passkeys: int
    browsers: int
    consents: int


def of(deps: Deps, account: Account) -> Overview:
    """The overview of this account. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return Overview(
            mail=mask_email(account.email_login) if account.email_login else None,
            app=factors.app(connection, account.id) is not None,
            printed=factors.codes_left(connection, account.id),
            passkeys=passkeys.count(connection, account.id),
            browsers=trusted_browsers.count(connection, account.id, account.epoch, deps.now()),
            consents=len(grants.consents_of(connection, account.id)),
        )
