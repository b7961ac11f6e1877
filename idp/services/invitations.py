"""Invitations to the staff: a link, good once and for a day, by which the invited set their own password (requirement AD-07)."""

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.services import accounts as account_service
from idp.services import letters, links, members, new_passwords, records
from idp.services.accounts import NewAccount
from idp.services.passwords import Hasher
from idp.tables import accounts, staff
from idp.tables import links as link_table

LIFE = 86_400
PATH = "/console/invited"
MAIL, HAND = "mail", "mailbox"  # how the link reached them: what comes by mail proves the address


def issue(
    connection: Connection, deps: Deps, account: Account, actor: str, client_id: str | None = None, by: str = MAIL, address: str | None = None,
    **detail: str,
) -> str:  # fmt: skip
    """The link of a new invitation, in the caller's transaction; the one before is void. `account` has no password yet; `address`:
    the network address of who invites."""
    channel: links.Channel = "mail" if by == MAIL else "mailbox"
    token = links.issue(connection, deps, "invite", account.id, LIFE, channel, account.epoch)
    records.add(
        connection, deps, "staff_invited", account_id=account.id, actor=actor, client_id=client_id, address=address,
        detail={"role": account.role, **detail},
    )  # fmt: skip
    return f"{deps.settings.issuer}{PATH}/link/{token}"


def by_hand(deps: Deps, hasher: Hasher, actor: str, login_id: str, email: str, locale: str) -> tuple[Account, str]:
    """An administrator whom no administrator invites: added, or found again if they have not used the invitation before, and
    the address of the link, for whoever hands it over. Raises `accounts.Rejected`, `accounts.Taken`, `Unavailable`."""
    wish = NewAccount(login_id=login_id, email=email, role="administrator", locale=locale, verified=True)
    new = account_service.new_account(deps, hasher, wish)
    with deps.database.write() as connection:
        known = accounts.by_login_id(connection, new.login_id_key, True)
        if known is None:
            account_service.store(connection, deps, new, actor, "cli")
        elif (known.role, known.status, known.password_state) != ("administrator", "active", "none"):
            raise accounts.Taken(login_id)
        return known or new, issue(connection, deps, known or new, actor, by=HAND)


def send(connection: Connection, deps: Deps, account: Account, actor: str, client_id: str, caller: str, **detail: str) -> None:
    """The same by mail, to the account's first address that is proven, or else the first one, which the link proves. `account`
    comes with its destinations; `caller`: the network address of who invites."""
    mails = [item for item in account.destinations if item.kind == "email"]
    first = next((item for item in mails if item.verified_at), mails[0])
    address, to = issue(connection, deps, account, actor, client_id, HAND if first.verified_at else MAIL, caller, **detail), first.address
    facts = {"url": address, "site": f"{deps.settings.issuer}/", "time": deps.now() + LIFE}
    letters.write(
        connection, deps, account_id=account.id, channel="mail", to=to, template="mail.invite", locale=account.locale, facts=facts,
        expires_at=deps.now() + LIFE,
    )  # fmt: skip


def standing(deps: Deps, fingerprint: str) -> Account | None:
    """Who is invited by a link that still lives, with their destinations. Looking changes nothing. Raises `Unavailable`."""
    link = links.find(deps, "invite", fingerprint)
    account = members.find(deps, link.owner, with_destinations=True) if link else None
    if account is None or link is None or account.epoch != link.epoch or account.status != "active":
        return None
    return account if account.staff and account.password_state == "none" else None


def accept(deps: Deps, hasher: Hasher, fingerprint: str, account: Account, typed: str, who: Caller) -> bool:
    """Set the password, once: of many callers with one link the first one does. Raises `Busy`, `Unavailable`."""

    def claim(connection: Connection) -> bool:
        link = link_table.claim(connection, fingerprint, "invite", deps.now())
        if link is None or (link.owner, link.epoch) != (account.id, account.epoch):
            return False
        if link.channel == MAIL:
            staff.verify_mail(connection, account.id, deps.now())
        records.add(connection, deps, "staff_joined", account_id=account.id, address=who.address)
        return True

    return new_passwords.replace(deps, hasher, account, typed, who, "invite", claim) is not None
