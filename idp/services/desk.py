"""What the console puts on record about staff: every refusal, every look behind a mask and every act, with who and why
(requirements AD-03, AD-05)."""

from dataclasses import dataclass
from typing import Any, Mapping

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain import staff
from idp.domain.account import Account
from idp.domain.masks import inert
from idp.services import console_client, drafts, records

LONGEST, TICKET = 200, 64
CALL_SECONDS = 1_800


@dataclass(frozen=True)
class Because:
    """Why something is done: the agent's own words, and the number of the call if it has one; made inert, whoever wrote them."""

    reason: str
    ticket: str = ""

    def __post_init__(self) -> None:
        for name in ("reason", "ticket"):
            object.__setattr__(self, name, inert(getattr(self, name).strip()))

    @property
    def detail(self) -> dict[str, str]:
        """As it stands in the record."""
        return {name: said for name, said in vars(self).items() if said}


def problems(why: Because) -> list[tuple[str, str, int]]:
    """What is wrong with it: (field, key of the sentence, the most characters that there may be)."""
    found = [] if 0 < len(why.reason) <= LONGEST else [("reason", "con.err.reason", LONGEST)]
    return found + ([] if len(why.ticket) <= TICKET else [("ticket", "con.err.ticket", TICKET)])


def may_act(actor: Account, target: Account) -> bool:
    """Whether this agent may act on this account."""
    return staff.over(actor, target) and staff.may(actor.role, "desk.act")


def note(
    deps: Deps, actor: Account, event: str, result: str = "ok", *, target: str | None = None, address: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Put it on record in a transaction of its own. `actor` acted, on the account `target` if on one. Raises `Unavailable`."""
    with deps.database.write() as connection:
        add(connection, deps, actor, event, result, target=target, address=address, detail=detail)


def add(
    connection: Connection, deps: Deps, actor: Account, event: str, result: str = "ok", *, target: str | None = None,
    address: str | None = None, detail: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """The same in the transaction of what it tells."""
    records.add(
        connection, deps, event, result, account_id=target, client_id=console_client.through(actor), actor=actor.id, address=address,
        detail=detail,
    )  # fmt: skip


def keep_ticket(deps: Deps, actor: Account, ticket: str) -> None:
    """Remember the number of the call that this agent is in, so that it is typed once. Raises `Unavailable`."""
    drafts.put(deps, "desk-call", actor.id, {"ticket": ticket.strip()[:TICKET]}, CALL_SECONDS)


def ticket(deps: Deps, actor: Account) -> str:
    """The number of the call that this agent is in, or nothing. Raises `Unavailable`."""
    return str((drafts.get(deps, "desk-call", actor.id) or {"ticket": ""})["ticket"])
