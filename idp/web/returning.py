"""The way back to what a browser was doing before recovery: a link of a mail opens in a journey of its own."""

from idp.domain.journey import Journey
from idp.services import drafts, journeys
from idp.web import doors
from idp.web.house import House

PASSWORD, SECOND, CHANGED = "/recovery/password", "/recovery/second", "/recovery/changed"
_FROM = "recovery-from"


def remember(house: House, journey: Journey) -> None:
    """This browser was on its way to a portal, or to a page of ours, by this journey. Raises `Unavailable`."""
    drafts.put(house.deps, _FROM, doors.browser(house.deps), {"j": journey.id})


def address(house: House) -> str:
    """Where to sign in so that it goes on, or begins anew. Raises `Unavailable`."""
    deps = house.deps
    kept = drafts.get(deps, _FROM, doors.browser(deps))
    journey = journeys.find(deps, kept["j"], doors.browser(deps)) if kept else None
    return f"/login?j={journey.id}" if journey and not journey.finished and journey.client_id else "/login"
