"""The portal that led a member to the pages of the account: they lead back to the address that it has registered."""

from idp.deps import Deps
from idp.domain.client import Client
from idp.services import drafts
from idp.web import address, doors
from idp.web.house import House

PARAMETER = "client_id"
LONGEST = 255  # as stored
_KIND = "came-from"


def note(house: House) -> None:
    """Remember in this browser which portal the address names, through a sign-in and a fresh proof; a name that nobody
    registered, or whose client has no page, is ignored. Raises `Unavailable`."""
    named = (address.parameters() or {}).get(PARAMETER, "")
    client = house.clients.find(named) if len(named) <= LONGEST else None
    if client and client.client_uri:
        drafts.put(house.deps, _KIND, doors.browser(house.deps), {"client": client.id}, int(house.deps.policy.sessions.absolute))


def portal(house: House) -> Client | None:
    """The portal that this browser came from last, if it still is registered with a page. Raises `Unavailable`."""
    kept = drafts.get(house.deps, _KIND, doors.browser(house.deps))
    client = house.clients.find(kept["client"]) if kept else None
    return client if client and client.client_uri else None


def forget(deps: Deps) -> None:
    """Whoever signs in at this browser next came from nowhere yet. Raises `Unavailable`."""
    drafts.take(deps, _KIND, doors.browser(deps))


def starting_address(house: House) -> str:
    """Where members begin: the page of the portal that this browser came from, or of the operator's own; else ours. Raises
    `Unavailable`."""
    found = portal(house) or house.clients.find(house.deps.settings.brand.home_client)
    return (found.client_uri if found else None) or f"{house.deps.settings.issuer}/"
