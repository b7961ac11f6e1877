"""Tells a member by every proven destination what has happened to the account: facts, no links, no urgency."""

from typing import Iterable, Mapping

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.services import letters

LIFE = 86_400  # a notice that could not be sent for a day is no news any more


def tell(
    connection: Connection,
    deps: Deps,
    account: Account,
    template: str,
    facts: Mapping[str, str | int],
    destinations: Iterable[Destination] | None = None,
    kinds: tuple[str, ...] = ("email", "sms"),
    sms: Iterable[str] = (),
) -> None:
    """Queue the notice `template` ("notice.pw", "notice.tfa" …) in the caller's transaction, to `destinations` (default:
    the account's own), each once. Text messages say no more than what happened, so they take none of the facts but
    those named by `sms`."""
    told: set[tuple[str, str]] = set()
    for item in account.destinations if destinations is None else destinations:
        if item.verified_at is None or item.kind not in kinds or (item.kind, item.address) in told:
            continue
        told.add((item.kind, item.address))
        letters.write(
            connection,
            deps,
            account_id=account.id,
            channel="mail" if item.kind == "email" else "sms",
            to=item.address,
            template=("mail." if item.kind == "email" else "sms.") + template,
            locale=account.locale,
            facts=facts if item.kind == "email" else {name: facts[name] for name in sms},
            expires_at=deps.now() + LIFE,
        )
