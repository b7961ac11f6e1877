"""What an event of a portal does: mailboxes follow or go, contracts end (portals.md 1.4; requirement AC-04)."""

from typing import Any, Mapping

import structlog

from idp.deps import Deps
from idp.domain.client import Client
from idp.domain.identifiers import fold_email
from idp.services import accounts as account_rules
from idp.services import closing, contract_keys, mailboxes
from idp.tables import accounts, received_events
from idp.tables.database import Connection
from idp.vault import fingerprint

log = structlog.get_logger("idp.portal_events")


def take(deps: Deps, client: Client, event: Mapping[str, Any]) -> int | None:
    """Do what follows from an event as `forms.event` reads it, `sub` being the account's id, in one transaction with its claim: of the same event, however
    often and in parallel, one counts. Returns for how many accounts it did; None if it was taken before. Raises
    `Unavailable`."""
    keys = _contract_keys(deps, event["contractor_id"]) if "contractor_id" in event else ()
    with deps.database.write() as connection:
        if not received_events.claim(connection, fingerprint(f"{client.id}\n{event['jti']}"), deps.now()):
            return None
        if event["event"] == "contract.ended":
            done = _contract_ended(connection, deps, client, event, keys)
        elif event["event"] == "mailbox.deleted":
            done = mailboxes.deleted(connection, deps, _key(event["address"]), client.id)
        else:
            until = event["old_valid_until"]
            done = mailboxes.renamed(connection, deps, _key(event["old"]), _key(event["new"]), until, client.id)
    log.info("event of a portal", client=client.id, event_type=event["event"], accounts=done)
    return done


def _key(address: str) -> str:
    return fold_email(address) or ""


def _contract_keys(deps: Deps, typed: str) -> tuple[str, ...]:
    """What the contract is called inside the house: the register's key, or the customer system's own id."""
    number = account_rules.contractor_of(typed)
    with deps.database.read() as connection:
        return (typed, *(key for _, key in contract_keys.find(connection, deps.vault, [("", number or typed)])))


def _contract_ended(
    connection: Connection, deps: Deps, client: Client, event: Mapping[str, Any], keys: tuple[str, ...]
) -> int:
    if "sub" in event:
        found = [event["sub"]]
    else:
        found = accounts.of_contract(connection, account_rules.contractor_of(event["contractor_id"]) or "", keys)
    done = 0
    for account_id in found:
        account = accounts.by_id(connection, account_id, with_destinations=True)
        if account and not account.staff:
            done += closing.end_contract(connection, deps, account, client.id)
    return done
