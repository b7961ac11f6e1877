"""Steps on the way to an account or a new password that nothing else puts on record, each once, for the console's funnels."""

from idp.deps import Deps
from idp.services import links, records
from idp.services.links import Purpose

DAY = 86_400
STARTED, OPENED = "registration_started", "link_opened"


def started(deps: Deps, journey_id: str, client_id: str | None, address: str) -> None:
    """Somebody has sent the first facts of a registration; counted once per journey. Raises `Unavailable`."""
    if deps.ephemeral.add(f"funnel:{journey_id}", b"1", DAY):
        with deps.database.write() as connection:
            records.add(connection, deps, STARTED, client_id=client_id, address=address)


def opened(deps: Deps, purpose: Purpose, fingerprint: str, address: str) -> None:
    """Somebody, or a scanner of mail, has opened a live link; counted once per link. Changes nothing about the link. Raises
    `Unavailable`."""
    link = links.find(deps, purpose, fingerprint)
    if link and deps.ephemeral.add(f"funnel:{fingerprint}", b"1", DAY):
        with deps.database.write() as connection:
            owner = link.owner if purpose == "reset" else None  # what a registration belongs to is no account yet
            records.add(connection, deps, OPENED, purpose, account_id=owner, address=address)


def code_typed(deps: Deps, account_id: str) -> None:
    """The code of an SMS was typed, in the place of a link that is opened. Raises `Unavailable`."""
    with deps.database.write() as connection:
        records.add(connection, deps, OPENED, "reset_code", account_id=account_id)
