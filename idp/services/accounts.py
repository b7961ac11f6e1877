"""New accounts, and what the operator does to an account: one way for shell, import, registration and console."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal, Mapping, get_args

from idp import texts, vault
from idp.deps import Deps
from idp.domain import folding, profile as profiles
from idp.domain.account import STAFF, Account, Destination, PasswordState, Role
from idp.domain.identifiers import email_verdicts, fold_email, fold_login_id, login_id_verdicts
from idp.domain.nickname import fold_nickname, nickname_verdicts
from idp.domain.phone import fold_mobile, mobile_verdicts
from idp.services import contract_keys, foreign_hashes, logouts, portal_events, records
from idp.services.passwords import MAX_BYTES, Hasher
from idp.tables import accounts, failures
from idp.tables.database import Connection

Problem = tuple[str, str]  # field, and a verdict code or for `password_hash` and `profile` a plain sentence


class Rejected(Exception):
    """An account that cannot be made; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]):
        super().__init__(", ".join(f"{name}: {code}" for name, code in problems))
        self.problems = problems


@dataclass(frozen=True)
class NewAccount:
    """What somebody typed or delivered, not yet folded. The given destinations count as proven only if `verified`;
    `usual` names the one that codes go to, and switches the second factor on; `mailbox` is the operator's own mailbox; `letter`: the password is printed on a letter and must be replaced;
    `imported`: login IDs and addresses of an old system, wider than the rules for new ones."""

    login_id: str
    nickname: str = ""
    password: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)
    letter: bool = False
    email: str | None = None
    phone: str | None = None
    verified: bool = False
    email_login: bool = False
    usual: Literal["email", "sms"] | None = None
    mailbox: str | None = None
    role: str = "member"
    locale: str = "ja"
    contractor_id: str | None = None
    contract_type: Literal["individual", "corporate"] | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)
    imported: bool = False


def reserved_words(deps: Deps) -> tuple[str, ...]:
    """Words that no member may be called by: the brand, the operator, and offices in every language."""
    offices = [word for locale in texts.LOCALES for word in texts.text(locale, "nickname.words").split()]
    return (deps.settings.brand.name, deps.settings.brand.operator, *offices)


def problems(deps: Deps, wish: NewAccount) -> tuple[Problem, ...]:
    """Everything that is wrong with the account, without looking into the database; empty if it can be made."""
    found: list[Problem] = [("login_id", code) for code in _login_id_verdicts(deps, wish)]
    if wish.nickname:
        reserved = () if wish.role in STAFF else reserved_words(deps)
        found += [("nickname", code) for code in nickname_verdicts(wish.nickname, reserved)]
    if wish.email is not None:
        found += [("email", code) for code in _email_verdicts(wish)]
    if wish.mailbox is not None and not fold_email(wish.mailbox):
        found.append(("mailbox", "email.format"))
    if wish.phone is not None:
        found += [("phone", code) for code in mobile_verdicts(wish.phone)]
    if wish.email_login and not (wish.email and wish.verified):
        found.append(("email_login", "email.unproven"))
    if wish.usual and not (wish.email if wish.usual == "email" else wish.phone):
        found.append(("second_factor", "second_factor.destination"))
    found += _password_problems(wish)
    for name, allowed in (("role", get_args(Role)), ("locale", texts.LOCALES), ("contract_type", ("individual", "corporate", None))):
        if getattr(wish, name) not in allowed:
            found.append((name, f"{name}.unknown"))
    if wish.contractor_id is not None and not contractor_of(wish.contractor_id):
        found.append(("contractor_id", "contractor_id.format"))
    return (*found, *(("profile", sentence) for sentence in profiles.problems(wish.profile)))


def _login_id_verdicts(deps: Deps, wish: NewAccount) -> tuple[str, ...]:
    key = fold_login_id(wish.login_id)
    if not wish.imported and (verdicts := login_id_verdicts(wish.login_id, deps.policy.login_id)):
        return verdicts
    # without "@" in any ID, no ID can ever be another member's address, not even for a moment (RG-05)
    return () if key and "@" not in key else ("login_id.characters",)


def _email_verdicts(wish: NewAccount) -> tuple[str, ...]:
    if wish.imported and not wish.email_login:
        return () if fold_email(wish.email or "") else ("email.format",)
    return email_verdicts(wish.email or "")


def _password_problems(wish: NewAccount) -> list[Problem]:
    found: list[Problem] = []
    if wish.password is not None and not 0 < len(wish.password.encode("utf-8", "surrogatepass")) <= MAX_BYTES:
        found.append(("password", "password.bytes"))
    if wish.password_hash is not None:
        try:
            foreign_hashes.parse(wish.password_hash)
        except foreign_hashes.ForeignHashError as error:
            found.append(("password_hash", str(error)))
    return found


def contractor_of(typed: str) -> str | None:
    """A customer number as the contract register folds it; the operator's own id of another form as it is."""
    return folding.customer_number(typed) or (typed if re.fullmatch("[!-~]{1,64}", typed) else None)


def shown(typed: str, key: str) -> str:
    """As typed if only letter case and outer spaces differ from the key, else the key."""
    return typed.strip() if typed.strip().lower() == key else key


def new_account(deps: Deps, hasher: Hasher, wish: NewAccount) -> Account:
    """The account with a new subject and its password hashed, not yet stored; slow, so not inside a transaction.

    Raises `Rejected`, or `Busy` when too many passwords are being hashed. The password policy is not applied here.
    """
    if wrong := problems(deps, wish):
        raise Rejected(wrong)
    now, subject = deps.now(), vault.random_id()
    login_id_key = fold_login_id(wish.login_id) or ""
    email_key = fold_email(wish.email) if wish.email else None
    email = shown(wish.email, email_key) if wish.email and email_key else None
    phone = fold_mobile(wish.phone) if wish.phone else None
    state, hashed = _password(hasher, wish)
    places: tuple[tuple[Literal["email", "sms"], str | None], ...] = (("email", email), ("sms", phone))
    return Account(
        id=subject,
        login_id=shown(wish.login_id, login_id_key),
        login_id_key=login_id_key,
        nickname=fold_nickname(wish.nickname) or shown(wish.login_id, login_id_key),
        role=wish.role,  # type: ignore[arg-type]
        locale=wish.locale,
        email_login=email if wish.email_login else None,
        email_login_key=email_key if wish.email_login else None,
        password_hash=hashed,
        password_state=state,
        password_at=now if hashed else 0,
        contractor_id=contractor_of(wish.contractor_id) if wish.contractor_id else None,
        contract_type=wish.contract_type,
        profile=wish.profile,
        second_factor=wish.usual is not None,
        mailbox=fold_email(wish.mailbox) if wish.mailbox else None,
        created_at=now,
        updated_at=now,
        destinations=tuple(
            Destination(vault.random_id(), subject, kind, address, now if wish.verified else None, wish.usual == kind)
            for kind, address in places
            if address
        ),
    )


def _password(hasher: Hasher, wish: NewAccount) -> tuple[PasswordState, str | None]:
    if wish.password is not None:
        return "letter" if wish.letter else "current", hasher.hash(wish.password)
    if wish.password_hash is not None:
        return "old_rule", hasher.wrap(wish.password_hash)
    return "none", None


def store(connection: Connection, deps: Deps, account: Account, actor: str | None, how: str, address: str | None = None) -> None:
    """Insert the account, tied to its contract if the register has it, and its audit row, with the caller's address. Raises
    `accounts.Taken` when a name is in use."""
    accounts.add(connection, account)
    if account.contractor_id and not account.contract_key and deps.settings.contractors.url == "register:":
        for account_id, contract_key in contract_keys.find(connection, deps.vault, [(account.id, account.contractor_id)]):
            accounts.tie(connection, account_id, contract_key)
    record(connection, deps, account, "account_added", actor, {"how": how, "role": account.role}, address)


def record(
    connection: Connection, deps: Deps, account: Account, event: str, actor: str | None, detail: Mapping[str, Any] | None = None,
    address: str | None = None,
) -> None:  # fmt: skip
    """An audit row of something that `actor` did to the account."""
    records.add(connection, deps, event, account_id=account.id, actor=actor, detail=detail, address=address)


def lock(connection: Connection, deps: Deps, account: Account, actor: str) -> None:
    """Nobody signs in any more and every session ends; `unlock` gives the account back."""
    accounts.change(connection, account.id, deps.now(), status="suspended")
    accounts.raise_epoch(connection, account.id, deps.now())
    record(connection, deps, account, "account_locked", actor)
    portal_events.tell(connection, deps, account.id, "disabled", "admin")
    logouts.all_ended(connection, deps, account.id)


def unlock(connection: Connection, deps: Deps, account: Account, actor: str) -> None:
    """The account is active again and all its waits after failures end."""
    accounts.change(connection, account.id, deps.now(), status="active")
    failures.clear_account(connection, account.id)
    record(connection, deps, account, "account_unlocked", actor)
    if account.status != "active":
        portal_events.tell(connection, deps, account.id, "enabled", "admin")


def sign_out_everywhere(connection: Connection, deps: Deps, account: Account, actor: str) -> None:
    """Every session, token and remembered browser of the account ends."""
    accounts.raise_epoch(connection, account.id, deps.now())
    record(connection, deps, account, "signed_out_everywhere", actor)
    portal_events.tell(connection, deps, account.id, "sessions_revoked", "admin")
    logouts.all_ended(connection, deps, account.id)
