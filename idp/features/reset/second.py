"""The second factor on the way to a new password (flows.md P4): a code by another way than the reset came by."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Mapping

from idp import vault
from idp.deps import Deps
from idp.domain.device import Caller
from idp.domain.kept import read_as
from idp.features.reset.flow import APP, METHODS, PRINTED, Standing, Way
from idp.services import drafts, factors, metrics, notices, one_time_codes, records
from idp.services.one_time_codes import Checked, NotSent, SentCode
from idp.tables import failures

PURPOSE = "reset"
DRAFT = "reset-second"
EVENT = "reset_second_factor"


@dataclass(frozen=True)
class Second:
    """How far it has come for the proof of this name: the way chosen, the codes sent, and the method that was proven."""

    name: str
    attempt: str
    way: str = ""
    sent: tuple[Mapping[str, Any], ...] = ()
    proven: str = ""


def find(deps: Deps, owner: str, standing: Standing) -> Second:
    """What this journey has done of it for this very proof. Raises `Unavailable`."""
    found = drafts.get(deps, DRAFT, owner)
    if found is None or found["name"] != standing.name:
        return Second(standing.name, vault.random_id())
    return read_as(Second, found)


def _keep(deps: Deps, owner: str, second: Second) -> None:
    drafts.put(deps, DRAFT, owner, asdict(second))


def other(deps: Deps, owner: str, second: Second) -> None:
    """Back to the choice. Raises `Unavailable`."""
    _keep(deps, owner, replace(second, way=""))


def choose(
    deps: Deps, owner: str, standing: Standing, second: Second, way: Way, address: str, locale: str
) -> tuple[str, int] | None:
    """Take this way, and send a code if one is sent at all. What prevented it comes back: the key of its sentence, and the
    Unix time from which it may be tried again. Raises `Unavailable`."""
    second = replace(second, way=way.id)
    if way.id in METHODS:
        _keep(deps, owner, second)
        return None
    wait = deps.policy.codes.resend
    last = max((one["at"] for one in second.sent if one["to"] == way.id), default=None)
    if last is not None and deps.now() < last + wait:
        _keep(deps, owner, second)
        return "mfa.resend.wait", last + wait
    if not deps.ephemeral.add(f"reset-second:{second.attempt}:{way.id}:{last}", b"1", wait):  # of two at once one is sent
        _keep(deps, owner, second)
        return "mfa.resend.wait", deps.now() + wait
    to = next(item for item in standing.account.destinations if item.id == way.id)
    earlier = [read_as(SentCode, one) for one in second.sent]
    try:
        sent = one_time_codes.send(deps, standing.account, to, PURPOSE, second.attempt, "otp", address, earlier, locale)
    except NotSent as refused:
        return "mfa.err.send_limit", refused.again_at
    codes = [asdict(one) for one in [*earlier, sent][-one_time_codes.LIVE_AT_ONCE :]]
    _keep(deps, owner, replace(second, sent=tuple(codes)))
    return None


def check(deps: Deps, owner: str, standing: Standing, second: Second, typed: str, who: Caller) -> Checked:
    """Try the code that was typed; a right one lets this journey go on. Wrong ones count with all of the account's. Raises
    `Unavailable`."""
    account = standing.account
    if second.way == APP:
        checked = factors.check_app(deps, account.id, typed)
    elif second.way == PRINTED:
        checked = factors.check_printed(deps, account.id, typed)
    else:
        checked = one_time_codes.check(deps, account.id, PURPOSE, second.attempt, typed)
    kinds = {item.id: item.kind for item in account.destinations}
    method = METHODS.get(second.way) or kinds.get(checked.destination or second.way, "")
    metrics.code_checked(method, checked.result)
    if checked.result == "ok":
        _passed(deps, standing, method, who)
        _keep(deps, owner, replace(second, proven=method))
    else:
        _failed(deps, standing, checked, who.address)
    return checked


def _passed(deps: Deps, standing: Standing, method: str, who: Caller) -> None:
    account = standing.account
    with deps.database.write() as connection:
        failures.clear(connection, one_time_codes.bucket_of(account.id))
        records.add(connection, deps, EVENT, account_id=standing.account.id, address=who.address, detail={"method": method})
        if method == "recovery":
            notices.tell(connection, deps, account, "notice.tfa", {"datetime": deps.now(), "summary": "printed_used", **who.device})


def _failed(deps: Deps, standing: Standing, checked: Checked, address: str) -> None:
    with deps.database.write() as connection:
        records.add(connection, deps, EVENT, checked.result, account_id=standing.account.id, address=address)
