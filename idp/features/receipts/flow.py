"""Receipts are noted in the outbox: what became of a message that a gateway had taken."""

from dataclasses import dataclass

import structlog

from idp.deps import Deps
from idp.features.receipts.forms import Result
from idp.sms_settings import ReceiptSettings
from idp.tables import outbox

log = structlog.get_logger("idp.receipts")


@dataclass(frozen=True)
class Noted:
    """How many results there were, how many changed a letter, and how many speak words that the settings do not know."""

    results: int
    changed: int
    unread: int


def note(deps: Deps, gateway: str, settings: ReceiptSettings, results: list[Result]) -> Noted:
    """Write what the gateway of this name reports into its letters. Raises `Unavailable`.

    Results may come late, repeated, out of order, and for messages that are not ours: those change nothing. A result that
    overtakes the courier's own mark is lost, and the letter stays "accepted".
    """
    changed = unread = 0
    for result in results:  # each by itself: rows locked together, in any order, would wait for each other
        outcome = settings.outcomes.get(result.status)
        if outcome is None:
            unread += 1
            continue
        with deps.database.write() as connection:
            changed += outbox.report(connection, gateway, result.provider_id, outcome, result.status, deps.now())
    say = log.warning if unread else log.info
    say("receipts", gateway=gateway, results=len(results), changed=changed, unread=unread)
    return Noted(len(results), changed, unread)
