"""A message that staff send to themselves, to see that it arrives and how it looks."""

from typing import Any, Mapping

from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.services import console_client, letters, one_time_codes, records

SCOPE = "trial-"
LIFE = 900


def destinations(account: Account) -> list[Destination]:
    """Where staff may send to: what they have proven to be theirs, and nowhere else."""
    return [item for item in account.destinations if item.verified_at]


def send(deps: Deps, actor: Account, destination_id: str, what: str, facts: Mapping[str, str | int], locale: str, why: Mapping[str, str], address: str) -> bool:
    """Queue the letter `what` ("trial" or another that both channels have) to a destination of the agent's own; false if it is
    not theirs. Raises `idp.services.one_time_codes.NotSent` for too many, `Unavailable`."""
    to = next((item for item in destinations(actor) if item.id == destination_id), None)
    if to is None:
        return False
    channel: Any = "sms" if to.kind == "sms" else "mail"
    with deps.database.write() as connection:
        one_time_codes.reserve(connection, deps, actor.id, to.kind, to.address, SCOPE, came_from=address)
        letters.write(
            connection, deps, account_id=actor.id, channel=channel, to=to.address, template=f"{channel}.{what}", locale=locale,
            facts=facts, expires_at=deps.now() + LIFE, urgent=True,
        )  # fmt: skip
        records.add(
            connection, deps, "trial_sent", actor=actor.id, account_id=actor.id, client_id=console_client.CLIENT_ID, address=address,
            detail={"what": f"{channel}.{what}", **why},
        )  # fmt: skip
    return True
