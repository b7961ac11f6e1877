"""Tells a member by every proven destination what has happened to the account: facts, no links, no urgency."""

from typing import Iterable, Mapping

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.services import letters, one_time_codes
from idp.tables import quotas

LIFE = 86_400  # a notice that could not be sent for a day is no news any more
SCOPE = "notice-"
SMS_A_DAY = 5  # of one account: whoever has heard that often by SMS knows


def tell(
    connection: Connection,
    deps: Deps,
    account: Account,
    template: str,
    facts: Mapping[str, str | int],
    destinations: Iterable[Destination] | None = None,
    kinds: tuple[str, ...] = ("email", "sms"),
    sms: Iterable[str] = (),
    counted: bool = True,
) -> None:
    """Queue the notice `template` ("notice.pw", "notice.tfa" …) in the caller's transaction, to `destinations` (default:
    the account's own), each once. Text messages say no more than what happened, so they take none of the facts but
    those named by `sms`. They are counted against what SMS may cost (requirement MF-04), and beyond a limit dropped, unless they
    say something that stands nowhere else. `counted`: false for what the operator's own records cause by the thousand, which must
    neither use up the codes of a sign-in nor hold the counts while it goes on."""
    told: set[tuple[str, str]] = set()
    for item in account.destinations if destinations is None else destinations:
        if item.verified_at is None or item.kind not in kinds or (item.kind, item.address) in told:
            continue
        told.add((item.kind, item.address))
        if item.kind == "sms" and counted and not _may(connection, deps, account.id) and not sms:
            continue
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


def _may(connection: Connection, deps: Deps, account_id: str) -> bool:
    """Count one text message; false, and it is not counted, if there are too many. What these counts wait for must not wait for
    what the caller's transaction takes after them: a transaction locks its account first and these last."""
    limits = [(f"{SCOPE}account-day:{account_id}", SMS_A_DAY, LIFE), *one_time_codes.of_all_sms(deps, SCOPE)]
    if quotas.spend(connection, limits, deps.now()) is None:
        return True
    quotas.give_back(connection, [name for name, _, _ in limits])
    return False
