"""Pages of the console about sending, its first page, policy, texts, letters and the system, by name: how to get there."""

from typing import Callable

from sqlalchemy import insert

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.rollup import hour_of
from idp.policy_file import shipped_text
from idp.services import print_batches
from idp.tables import schema
from tests.browser.console_room_states import _open as opened
from tests.browser.visitor import Visitor

COUNTS = (("event", "sign_in:ok", 0, 90), ("event", "sign_in:wrong", 0, 12), ("event", "registration_started:ok", 0, 9), ("delivery", "sms", 5, 40),
          ("delivery", "mail:docomo.ne.jp", 30, 60), ("sms", "gateway", 0, 40))  # fmt: skip


def _counts(deps: Deps, _: Account) -> None:
    hour = hour_of(deps.now())
    rows = [{"name": name, "hour": hour, "label": label, "step": step, "count": count} for name, label, step, count in COUNTS]
    with deps.database.write() as connection:
        connection.execute(schema.rollups.delete().where(schema.rollups.c.hour == hour))
        connection.execute(insert(schema.rollups), rows)


def _letter(deps: Deps, _: Account) -> str:
    now = deps.now()
    row = {
        "key": vault.random_id(), "channel": "mail", "recipient": "hanako@docomo.ne.jp", "template": "mail.notice.pw", "locale": "ja", "facts": "sealed",
        "priority": 1, "attempts": 24, "created_at": now - 90, "due_at": now, "expires_at": now + 86_400, "lease_until": 0, "outcome": "parked",
        "outcome_at": now, "reason": "mail server: 451 try again later",
    }  # fmt: skip
    with deps.database.write() as connection:
        return f"/console/courier/letters/{connection.execute(insert(schema.outbox).returning(schema.outbox.c.id), row).scalar_one()}"


def _list(deps: Deps, who: Account) -> None:
    _letter(deps, who)


def dashboard(visitor: Visitor) -> None:
    """Something was counted."""
    opened(visitor, "/console/", _counts)


def courier_list(visitor: Visitor) -> None:
    """What was sent."""
    opened(visitor, "/console/courier", _list)


def courier_letter(visitor: Visitor) -> None:
    """One that is parked."""
    opened(visitor, "", _letter)


def courier_channels(visitor: Visitor) -> None:
    """What can be switched."""
    opened(visitor, "/console/courier/channels")


def courier_channels_refused(visitor: Visitor) -> None:
    """Nothing chosen, and no reason."""
    courier_channels(visitor)
    visitor.page.click("main button.primary")


def courier_domain(visitor: Visitor) -> None:
    """Before DNS is asked."""
    opened(visitor, "/console/courier/domain")


def policy_sentences(visitor: Visitor) -> None:
    """The policy in force."""
    opened(visitor, "/console/policy")


def policy_try(visitor: Visitor) -> None:
    """A change that was tried."""
    opened(visitor, "/console/policy/try")
    visitor.page.fill("#text", shipped_text("standard").replace('mode = "optional"', 'mode = "required"'))
    visitor.page.click("main button.primary")


def policy_refused(visitor: Visitor) -> None:
    """A file that cannot be used."""
    opened(visitor, "/console/policy/try")
    visitor.page.fill("#text", "version = 1\n")
    visitor.page.click("main button.primary")


def texts_list(visitor: Visitor) -> None:
    """Texts found."""
    opened(visitor, "/console/texts?q=sms")


def texts_sms(visitor: Visitor) -> None:
    """One of an SMS, counted."""
    opened(visitor, "/console/texts/sms.otp")


def letters_list(visitor: Visitor) -> None:
    """Batches of letters."""
    opened(visitor, "/console/letters", lambda deps, who: print_batches.order(deps, who, ["expired"], 1, {"reason": "r"}, "") and None)


def letters_new(visitor: Visitor) -> None:
    """A new one."""
    opened(visitor, "/console/letters/new")


def system_state(visitor: Visitor) -> None:
    """How the installation is."""
    opened(visitor, "/console/system")


SENDING: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state
    for state in (
        dashboard, courier_list, courier_letter, courier_channels, courier_channels_refused, courier_domain, policy_sentences, policy_try,
        policy_refused, texts_list, texts_sms, letters_list, letters_new, system_state,
    )
}  # fmt: skip
SENDING_WITH_ERRORS = frozenset({"courier_channels_refused", "policy_refused"})
