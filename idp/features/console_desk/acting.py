"""What all acts of the desk share: who acts for whom and why, what makes them refuse, the record, and the member's notice."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain import staff
from idp.domain.account import Account, Destination
from idp.domain.desk import Level, Operation, level_needed
from idp.services import desk, desk_identity, notices
from idp.services.desk import Because
from idp.tables import accounts, desk_requests

Result = Literal["ok", "level", "state", "over", "to", "limited", "unfit", "waiting", "usable", "why", "nothing", "taken"]


@dataclass(frozen=True)
class Acting:
    """`actor` acts on `account`, as it was when the page was made, at `address`, because of `why`; the caller has proven `level`,
    as what `relation` to the member."""

    actor: Account
    account: Account
    why: Because
    address: str
    level: Level
    relation: str


class Refused(Exception):
    """Nothing was done; `result` says why."""

    def __init__(self, result: Result):
        super().__init__(result)
        self.result: Result = result


def acting(deps: Deps, actor: Account, account: Account, why: Because, address: str) -> Acting:
    """With what the caller has proven to this agent. Raises `Unavailable`."""
    caller = desk_identity.find(deps, actor, account)
    return Acting(actor, account, why, address, caller.level, caller.relation)


def wrong(acting: Acting, operation: Operation) -> Result:
    """Why it cannot be done now, "ok" if it can."""
    account = acting.account
    if not staff.over(acting.actor, account):
        return "over"
    if account.status not in operation.on:
        return "state"
    return "ok" if acting.level >= level_needed(operation, account.closes_at > 0) else "level"


def as_it_is(connection: Connection, acting: Acting, operation: Operation) -> Account:
    """The account as it is in this transaction, with its destinations. Raises `Refused` if it is not any more what the act is
    for."""
    desk_requests.hold_account(connection, acting.account.id)
    found = accounts.by_id(connection, acting.account.id, with_destinations=True)
    if found is None or found.status not in operation.on or found.epoch != acting.account.epoch:
        raise Refused("state")
    if not staff.over(acting.actor, found):
        raise Refused("over")
    return found


def record(connection: Connection, deps: Deps, acting: Acting, event: str, **more: Any) -> None:
    """Put the act on record in its transaction."""
    detail = {"level": acting.level, "relation": acting.relation, **acting.why.detail, **more}
    desk.add(connection, deps, acting.actor, event, target=acting.account.id, address=acting.address, detail=detail)


def tell(
    connection: Connection, deps: Deps, account: Account, summary: str, kinds: tuple[str, ...] = ("email", "sms"), but: Destination | None = None
) -> None:
    """Tell the member by every proven destination, without the one that gets a letter of its own."""
    told = [item for item in account.destinations if but is None or item.id != but.id]
    notices.tell(connection, deps, account, "notice.desk", {"datetime": deps.now(), "summary": summary}, told, kinds)
