"""Acts that one agent does alone (flows.md 2.12: S2 to S4, S6 to S8, S10): each in one transaction with its record and notice."""

from typing import Callable, Mapping

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.domain.desk import OPERATIONS, WHYS, Operation
from idp.features.console_desk.acting import Acting, Refused, Result, as_it_is, record, tell, wrong
from idp.services import accounts as service
from idp.services import closing, desk, recovery_letters, trust
from idp.services.one_time_codes import NotSent
from idp.tables import letter_requests, trusted_browsers

Form = Mapping[str, str]
Work = Callable[[Connection, Deps, Acting, Account, Form], None]


def perform(deps: Deps, acting: Acting, name: str, form: Form) -> Result:
    """Do it, or say why not; both are on record. Raises `Unavailable`."""
    operation = OPERATIONS[name]
    result = wrong(acting, operation)
    if result == "ok":
        result = _try(deps, acting, operation, form)
    if result != "ok":
        detail = {"operation": name, "level": acting.level}
        desk.note(deps, acting.actor, "console_refused", result, target=acting.account.id, address=acting.address, detail=detail)
    return result


def _try(deps: Deps, acting: Acting, operation: Operation, form: Form) -> Result:
    try:
        with deps.database.write() as connection:
            account = as_it_is(connection, acting, operation)
            WORK[operation.name](connection, deps, acting, account, form)
    except Refused as refused:
        return refused.result
    except NotSent:
        return "limited"
    return "ok"


def places(deps: Deps, account: Account, name: str) -> list[Destination]:
    """Destinations that the letter of this act can go to: proven ones only, and never one that somebody has just said."""
    known = [item for item in account.destinations if item.verified_at]
    by_sms = deps.policy.recovery.sms_reset != "code"
    return [item for item in known if name != "desk_reset" or item.kind == "email" or by_sms]


def _to(deps: Deps, account: Account, name: str, form: Form) -> Destination:
    found = next((item for item in places(deps, account, name) if item.id == form.get("to")), None)
    if found is None:
        raise Refused("to")
    return found


def _unlock(connection: Connection, deps: Deps, acting: Acting, account: Account, form: Form) -> None:
    service.unlock(connection, deps, account, acting.actor.id)
    record(connection, deps, acting, "desk_unlock")
    tell(connection, deps, account, "desk_unlock", ("email",))


def _login_id(connection: Connection, deps: Deps, acting: Acting, account: Account, form: Form) -> None:
    to = _to(deps, account, "desk_login_id", form)
    writes = recovery_letters.username(deps, account, to)
    if not writes:
        raise Refused("unfit")
    recovery_letters.queue(connection, deps, account, to, writes)
    record(connection, deps, acting, "desk_login_id", to=account.channel_of(to))
    tell(connection, deps, account, "desk_login_id", ("email",), but=to)


def _reset(connection: Connection, deps: Deps, acting: Acting, account: Account, form: Form) -> None:
    to = _to(deps, account, "desk_reset", form)
    recovery_letters.queue(connection, deps, account, to, [recovery_letters.reset_link(deps, account, to)])
    record(connection, deps, acting, "desk_reset", to=account.channel_of(to))
    tell(connection, deps, account, "desk_reset", but=to)


def _letter(connection: Connection, deps: Deps, acting: Acting, account: Account, form: Form) -> None:
    if any(item.verified_at for item in account.destinations) and form.get("usable") != "yes":
        raise Refused("usable")
    if not letter_requests.add(connection, account.id, acting.actor.id, deps.now()):
        raise Refused("waiting")
    record(connection, deps, acting, "desk_letter")
    tell(connection, deps, account, "desk_letter")


def _sign_out(connection: Connection, deps: Deps, acting: Acting, account: Account, form: Form) -> None:
    only_browsers = form.get("what") == "browsers"
    if only_browsers:
        count = trust.forget(connection, deps, account, None, acting.address)
    else:
        count = trusted_browsers.remove(connection, account.id)
        service.sign_out_everywhere(connection, deps, account, acting.actor.id)
    record(connection, deps, acting, "desk_sign_out", what="browsers" if only_browsers else "all", browsers=count)
    tell(connection, deps, account, "desk_browsers" if only_browsers else "desk_sign_out")


def _suspend(connection: Connection, deps: Deps, acting: Acting, account: Account, form: Form) -> None:
    if form.get("why") not in WHYS:
        raise Refused("why")
    service.lock(connection, deps, account, acting.actor.id)
    letter_requests.drop(connection, account.id)
    record(connection, deps, acting, "desk_suspend", why=form["why"])
    tell(connection, deps, account, "desk_suspend")


def _resume(connection: Connection, deps: Deps, acting: Acting, account: Account, form: Form) -> None:
    service.unlock(connection, deps, account, acting.actor.id)
    record(connection, deps, acting, "desk_resume")
    tell(connection, deps, account, "desk_resume")


def _close(connection: Connection, deps: Deps, acting: Acting, account: Account, form: Form) -> None:
    if closing.begin(connection, deps, account, "admin", acting.actor.id, acting.address) is None:
        raise Refused("state")
    letter_requests.drop(connection, account.id)
    record(connection, deps, acting, "desk_close")
    tell(connection, deps, account, "desk_close", ("sms",))  # the mail has gone already


def _reopen(connection: Connection, deps: Deps, acting: Acting, account: Account, form: Form) -> None:
    if not closing.reopen(connection, deps, account, acting.actor.id):
        raise Refused("state")
    record(connection, deps, acting, "desk_reopen")
    tell(connection, deps, account, "desk_reopen")


WORK: Mapping[str, Work] = {
    "desk_unlock": _unlock,
    "desk_login_id": _login_id,
    "desk_reset": _reset,
    "desk_letter": _letter,
    "desk_sign_out": _sign_out,
    "desk_suspend": _suspend,
    "desk_resume": _resume,
    "desk_close": _close,
    "desk_reopen": _reopen,
}
