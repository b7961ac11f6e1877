"""What the courier does with a request of recovery: finds the account, and writes to the destination that was proven before
(flows.md 2.6 and 2.7; requirements RC-01 to RC-06, RC-12)."""

from dataclasses import dataclass
from typing import Any, Mapping

import structlog
from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.domain.identifiers import fold_email, fold_login_id
from idp.domain.letter import Letter
from idp.features.recovery.flow import EVENT
from idp.ports import Sent
from idp.services import contract_proof, records, recovery_letters
from idp.services.one_time_codes import NotSent
from idp.services.requests import facts_of
from idp.tables import accounts, quotas

log = structlog.get_logger("idp.recovery")
DAY = 86_400
CHANNELS = {"isp": "mailbox", "mail": "mail", "sms": "sms"}


@dataclass(frozen=True)
class Found:
    """Whose request it is, or why nobody's; `level`: how the name agreed with the records."""

    account: Account | None = None
    result: str = ""
    level: str = ""


def answer(deps: Deps, request: Letter) -> Sent:
    """Do what was asked for, if everything agrees; what came of it stands in the record and nowhere else. Raises
    `Unavailable`: then the courier tries again."""
    asked = facts_of(deps, request)
    found = _whose(deps, asked)
    account, result = found.account, found.result
    if account and not result:
        to = destination(account, asked["dest"])
        result = _send(deps, account, to, asked) if to else "no_destination"
    detail = {"kind": asked["kind"], "to": asked["dest"], "by": "login_id" if "login_id" in asked else "facts", "name": found.level}
    with deps.database.write() as connection:
        who = account.id if account else None
        records.add(connection, deps, EVENT, result, account_id=who, address=asked["address"], detail=detail)
    return Sent("accepted")


def _whose(deps: Deps, asked: Mapping[str, Any]) -> Found:
    level = ""
    if "login_id" in asked:
        account = _named(deps, asked["login_id"])
    else:
        match = contract_proof.check(deps, asked["facts"])
        # whether it is a person's or a company's is the record's to say (requirement RC-04)
        if match is None or match.contract_type != asked["type"]:
            return Found(result="mismatch")
        level = match.name_level
        with deps.database.read() as connection:
            account = accounts.by_contract(connection, match.contract_key, match.contractor_id)
    if account is None:
        return Found(result="no_account", level=level)
    if account.status != "active":
        return Found(account, account.status, level)
    if account.staff and not _has_app(deps, account):
        return Found(account, "staff", level)  # a mailbox alone must not open the console
    return Found(account, level=level)


def _named(deps: Deps, typed: str) -> Account | None:
    login_id, email = fold_login_id(typed), fold_email(typed)
    with deps.database.read() as connection:
        found = accounts.by_login_id(connection, login_id, True) if login_id else None
        if found is None and email:
            found = accounts.by_email_login(connection, email, True)
    return found


def _has_app(deps: Deps, account: Account) -> bool:
    with deps.database.read() as connection:
        found = accounts.with_factors(connection, account.id)
    return found is not None and "totp" in found[1].methods


def destination(account: Account, kind: str) -> Destination | None:
    """The proven destination of this kind, the usual one first. A mail address of the other kind does where there is none: who
    registers with the operator's mailbox has proven it, but nobody has told us that it is one."""
    wanted = CHANNELS[kind]
    known = [item for item in account.destinations if item.verified_at and (item.kind == "sms") == (wanted == "sms")]
    return min(known, key=lambda item: (account.channel_of(item) != wanted, not item.usual), default=None)


def _send(deps: Deps, account: Account, to: Destination, asked: Mapping[str, Any]) -> str:
    """Queue the answer, or several, in one transaction with their counts. Beyond a limit nothing changes, so that a link
    sent before stays good (requirement RC-15)."""
    if asked["kind"] == "id":
        writes = recovery_letters.username(deps, account, to)
    elif to.kind == "sms":
        writes = recovery_letters.reset_by_sms(deps, account, to, asked["attempt"])
    else:
        writes = [recovery_letters.reset_link(deps, account, to)]
    if not writes:
        log.error("a login ID is too long for an SMS", account=account.id)
        return "unfit"
    try:
        with deps.database.write() as connection:
            if "login_id" in asked:
                _count_named(connection, deps, account)
            recovery_letters.queue(connection, deps, account, to, writes)
    except NotSent:
        return "limited"
    return "ok"


def _count_named(connection: Connection, deps: Deps, account: Account) -> None:
    """Who knows no more than a login ID gets fewer letters sent than who knows the contract."""
    counted = (f"{recovery_letters.SCOPE}id:{account.id}", deps.policy.contract_checks.per_contract_per_day, DAY)
    if (again_at := quotas.spend(connection, [counted], deps.now())) is not None:
        raise NotSent(again_at)
