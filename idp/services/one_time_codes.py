"""One-time codes: sent to a destination, good for one purpose, one attempt and one use (requirements MF-02 to MF-04).

A code is stored under the keyed hash of everything it is bound to, so that taking that key away is the whole check:
of many parallel submissions one finds it.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal, Sequence

from idp import vault
from idp.deps import Deps
from idp.domain import folding
from idp.domain.account import Account, Destination
from idp.services import letters, limits, throttles
from idp.tables import failures, quotas
from idp.tables.database import Connection

HOUR, DAY = 3_600, 86_400
# an expired code is remembered so long, to be told from a wrong one
REMEMBERED = 1_800
LIVE_AT_ONCE = 2


@dataclass(frozen=True)
class SentCode:
    """A code on its way to the destination `to`: `key` names it in the store, `letter` in the outbox; it was sent at `at`
    and is good before `until` (Unix seconds)."""

    to: str
    key: str
    letter: str
    at: int
    until: int


@dataclass(frozen=True)
class Instead:
    """The letter that goes out in place of a code: to the account whose address it is, when another member asks for a code
    there. Nobody ever learns the code, and all else is as if it had been sent. `template` takes the fact `datetime`."""

    template: str
    owner: Account


class NotSent(Exception):
    """Too many were sent; the next may be from `again_at` (Unix seconds) on."""

    def __init__(self, again_at: int):
        super().__init__("limit")
        self.again_at = again_at


@dataclass(frozen=True)
class Checked:
    """What came of a code that was typed. `wait_until`: Unix seconds before which none is looked at, `begins`: from this
    one on; `destination`: the id of the one it was sent to; `key`: its name in the store."""

    result: Literal["ok", "wrong", "expired", "locked", "format"]
    wait_until: int = 0
    destination: str = ""
    key: str = ""
    begins: bool = False


def _key(deps: Deps, account_id: str, purpose: str, attempt: str, code: str) -> str:
    return "otp:" + deps.vault.keyed_hash("otp", f"{purpose}|{account_id}|{attempt}|{code}")


def life(deps: Deps, kind: str) -> int:
    """Seconds that a code sent to this kind of destination is good for."""
    return deps.policy.codes.sms if kind == "sms" else deps.policy.codes.mail


def send(
    deps: Deps, account: Account, to: Destination, purpose: str, attempt: str, template: str, address: str,
    earlier: Sequence[SentCode] = (), locale: str | None = None, scope: str = "", instead: Instead | None = None,
    fact: str = "code",
) -> SentCode:  # fmt: skip
    """Make a code and queue its letter, or `instead` of it another; `template` is "otp" or "test", or the desk's own, `fact` what
    it calls the code, `address` the caller's network address, `scope` as for `reserve`. Of the `earlier` codes of this attempt the newest one stays good. Raises
    `NotSent`, or `Unavailable`."""
    now, seconds = deps.now(), life(deps, to.kind)
    code = vault.random_token() if instead else vault.random_digits()  # no digits can be the former
    key = _key(deps, account.id, purpose, attempt, code)
    deps.ephemeral.put(key, json.dumps({"to": to.id, "until": now + seconds}).encode(), seconds + REMEMBERED)
    channel: Any = "sms" if to.kind == "sms" else "mail"
    facts: dict[str, str | int] = {fact: code} | ({"time": now + seconds} if channel == "mail" else {})
    if instead:
        template, facts, locale = instead.template, {"datetime": now}, instead.owner.locale
    try:
        with deps.database.write() as connection:
            reserve(connection, deps, account.id, to.kind, to.address, scope, came_from=address)
            letter = letters.write(
                connection,
                deps,
                account_id=instead.owner.id if instead else account.id,
                channel=channel,
                to=to.address,
                template=f"{channel}.{template}",
                locale=locale or account.locale,
                facts=facts,
                expires_at=now + seconds,
                urgent=True,
            )
    except NotSent:
        throttles.note(deps, "codes", account_id=account.id)
        raise
    for old in list(earlier)[: 1 - LIVE_AT_ONCE]:
        deps.ephemeral.drop(old.key)
    return SentCode(to.id, key, letter, now, now + seconds)


def reserve(
    connection: Connection, deps: Deps, account_id: str, kind: str, to: str, scope: str = "", came_from: str | None = None
) -> None:
    """Count one code in every limit, in the transaction that sends it; raises `NotSent`, which must roll it back.
    `came_from`: the network address whose wish it is. Letters of another `scope` have counts of their own per destination and account,
    and get at most half of what SMS may cost and of a country's: what anybody can ask for must not use up the codes of a sign-in
    (requirement LG-07)."""
    rule, now = deps.policy.codes, deps.now()
    counted = [
        (f"{scope}to:" + deps.vault.keyed_hash("quota", f"{kind}:{to.casefold()}"), rule.per_destination_per_hour, HOUR),
        (f"{scope}account-hour:{account_id}", rule.per_account_per_hour, HOUR),
        (f"{scope}account-day:{account_id}", rule.per_account_per_day, DAY),
    ]
    if came_from is not None:
        network = deps.vault.keyed_hash("quota", limits.network_of(came_from))
        counted.append(("from:" + network, rule.per_address_per_hour, HOUR))
    if kind == "sms":
        counted += of_all_sms(deps, scope)
    if (again_at := quotas.spend(connection, counted, now)) is not None:
        raise NotSent(again_at)


def of_all_sms(deps: Deps, scope: str = "") -> list[tuple[str, int, int]]:
    """The counts that all text messages share, as `quotas.spend` takes them, and those of another `scope`, which gets half."""
    rule = deps.policy.codes
    # every number is Japanese so far: `domain.phone` makes no others
    counted = [("country:JP", rule.sms_per_country_per_day if "JP" in rule.sms_countries else 0, DAY)]
    # which gateway will take it is not known yet
    if yen := max(gateway.yen for gateway in (deps.settings.sms.gateway, deps.settings.sms.fallback)):
        counted.append(("purse:sms", rule.sms_yen_per_day // yen, DAY))
    return counted + [(scope + name, limit - limit // 2, seconds) for name, limit, seconds in counted if scope]


def bucket_of(account_id: str) -> str:
    """Wrong codes of an account share one count, whatever journey, destination or purpose they were typed for."""
    return "code:" + account_id


def check(deps: Deps, account_id: str, purpose: str, attempt: str, typed: str) -> Checked:
    """Take the code that was typed. It is counted as wrong before it is looked at; the caller settles a right one by
    `failures.clear` in the transaction that makes it count. Raises `Unavailable`."""
    code = folding.code(typed)
    if code is None:
        return Checked("format")
    with deps.database.each() as connection:
        reserved = failures.reserve(connection, bucket_of(account_id), deps.policy.code_waits, deps.now())
    if not reserved.allowed:
        return Checked("locked", reserved.wait_until)
    key = _key(deps, account_id, purpose, attempt, code)
    held = deps.ephemeral.take(key)
    if held is None:
        return wrong(deps, reserved)
    found = json.loads(held)
    if found["until"] <= deps.now():
        # who types a code that was truly sent has not guessed
        with deps.database.write() as connection:
            failures.give_back(connection, bucket_of(account_id), reserved)
        return Checked("expired")
    return Checked("ok", destination=found["to"], key=key)


def wrong(deps: Deps, reserved: failures.Reserved) -> Checked:
    """The verdict on a code that was not right, counted by `reserved`."""
    waits = reserved.wait_until > deps.now()
    return Checked("locked" if waits else "wrong", reserved.wait_until, begins=waits)


def forget(deps: Deps, codes: Sequence[SentCode]) -> None:
    """Void what is left of an attempt."""
    for code in codes:
        deps.ephemeral.drop(code.key)
