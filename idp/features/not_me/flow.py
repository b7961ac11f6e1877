"""A member says that something was not them."""

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import Caller
from idp.services import alarms, notices


def report(deps: Deps, account: Account, who: Caller) -> None:
    """End everything that is open, freeze the account's keys, and tell the desk and every destination. `account` comes with
    its destinations."""
    with deps.database.write() as connection:
        alarms.raise_alarm(connection, deps, account, "not_me", who.address)
        notices.tell(connection, deps, account, "notice.alarm", {"datetime": deps.now(), **who.device})
