"""Making, naming and removing passkeys (requirements MF-07, MF-10, MF-13; WebAuthn Level 3 section 7.1)."""

from dataclasses import dataclass
from typing import Literal

from idp import vault
from idp.deps import Deps
from idp.domain import assurance, passkey as rules
from idp.domain.account import Account
from idp.domain.device import Caller, device_of
from idp.services import drafts, factor_changes, members, passkeys, records, webauthn_checks
from idp.services.factor_changes import Changed
from idp.services.webauthn_checks import Refused, Registered
from idp.tables import accounts
from idp.tables import passkeys as table
from idp.tables.database import Connection
from idp.tables.passkeys import Known, Passkey

DRAFT = "passkey"


@dataclass(frozen=True)
class Added:
    """What came of a new passkey; `names`: what is wrong with its name, as codes."""

    result: Literal["ok", "name", "refused", "most", "gone"]
    changed: Changed | None = None
    names: tuple[str, ...] = ()


def challenge(deps: Deps, owner: str) -> str:
    """What the owner's next passkey has to sign: the same until it is answered or too old. Raises `Unavailable`."""
    found = drafts.get(deps, DRAFT, owner)
    if found is None:
        found = {"challenge": vault.random_token()}
        drafts.put(deps, DRAFT, owner, found)
    return str(found["challenge"])


def full(deps: Deps, account: Account) -> bool:
    """Whether the account has as many as it may."""
    with deps.database.read() as connection:
        return table.count(connection, account.id) >= deps.policy.second_factor.passkeys_most


def add(deps: Deps, account: Account, owner: str, text: str, name: str, who: Caller) -> Added:
    """Make what the browser says (`text`, JSON) a passkey of the account. Its challenge is spent by that: of many at once one
    is looked at. `name`: not empty. Raises `Unavailable`."""
    if wrong := rules.name_verdicts(name):
        return Added("name", names=wrong)
    if full(deps, account):
        return Added("most")
    taken = drafts.take(deps, DRAFT, owner)
    if taken is None:
        return Added("gone")
    try:
        new = webauthn_checks.registered(text, taken["challenge"], deps.settings)
    except Refused:
        return Added("refused")
    made = _made(deps, account, new, name, who)
    work = lambda connection: _store(connection, deps, account, made)  # noqa: E731
    try:
        platform = passkeys.credential(new.transports) == "fido2-platform"
        changed = factor_changes.change(deps, account, "passkey_added", who, work, template="notice.passkey", platform=platform)
    except Known:  # nobody is told whose it is
        return Added("refused")
    except _Full:
        return Added("most")
    return Added("ok", changed) if changed else Added("gone")


class _Full(Exception):
    """Another one was faster."""


def _made(deps: Deps, account: Account, new: Registered, name: str, who: Caller) -> Passkey:
    return Passkey(
        id=vault.random_id(),
        account_id=account.id,
        credential_id=new.credential_id,
        public_key=new.public_key,
        counter=new.counter,
        transports=" ".join(new.transports),
        eligible=new.eligible,
        backed_up=new.backed_up,
        name=rules.fold_name(name),
        device=device_of(who.user_agent),
        created_at=deps.now(),
    )


def _store(connection: Connection, deps: Deps, account: Account, new: Passkey) -> None:
    if table.count(connection, account.id) >= deps.policy.second_factor.passkeys_most:
        raise _Full
    table.add(connection, new)


def find(deps: Deps, account: Account, passkey_id: str) -> Passkey | None:
    """One of the account's passkeys, or None. Raises `Unavailable`."""
    return next((one for one in passkeys.of_account(deps, account.id) if one.id == passkey_id), None)


def rename(deps: Deps, account: Account, passkey_id: str, name: str, who: Caller) -> tuple[str, ...]:
    """Give it a name; what is wrong with the name, as codes."""
    if wrong := rules.name_verdicts(name):
        return wrong
    with deps.database.write() as connection:
        if table.rename(connection, account.id, passkey_id, rules.fold_name(name)):
            records.add(connection, deps, "passkey_renamed", account_id=account.id, address=who.address)
    return ()


def removal(deps: Deps, account: Account) -> Literal["yes", "staff"]:
    """Whether one may go. `staff`: it is all that they could sign in with."""
    if not account.staff or len(passkeys.of_account(deps, account.id)) > 1:
        return "yes"
    found = members.with_factors(deps, account.id)
    return "yes" if found and found[1].methods & (assurance.STRONG - {assurance.PASSKEY}) else "staff"


def remove(deps: Deps, account: Account, passkey_id: str, who: Caller) -> Changed | None:
    """Remove it, if `removal` lets it go. None if it must stay, is gone, or the account was changed meanwhile."""
    known = find(deps, account, passkey_id)
    if known is None or removal(deps, account) != "yes":
        return None
    work = lambda connection: table.remove(connection, account.id, passkey_id)  # noqa: E731
    platform = passkeys.credential(known.transports.split()) == "fido2-platform"
    return factor_changes.change(deps, account, "passkey_removed", who, work, template="notice.passkey", platform=platform)


def offered(deps: Deps, subject: str) -> None:
    """The member has answered the offer; it is not made again for a while."""
    with deps.database.write() as connection:
        accounts.change(connection, subject, deps.now(), passkey_offered_at=deps.now())
