"""Opening a link of a letter: as often as anybody likes, by people and by scanners, it only leads to a page (RC-07, RC-08)."""

from flask import Response, redirect, request

from idp.services import drafts, funnels, journeys, links
from idp.services.links import Purpose
from idp.vault import fingerprint
from idp.web import doors, steps
from idp.web.house import House

_DRAFT = "link"


def opened(house: House, purpose: Purpose, token: str, path: str) -> Response:
    """Go to `path` without the link's secret in the address: this browser's record holds its fingerprint. Good and bad links
    go the same way; the page says which it was. Raises `PageError` 429."""
    deps = house.deps
    steps.count_page(deps)
    journey = journeys.new(deps, doors.browser(deps))
    journeys.save(deps, journey)
    found = fingerprint(token[: links.LONGEST + 1])
    held = {"purpose": purpose, "fingerprint": found}
    funnels.opened(deps, purpose, found, request.remote_addr or "")
    drafts.put(deps, _DRAFT, journey.id, held, int(deps.policy.sessions.page))
    return redirect(f"{path}?j={journey.id}", 303)


def held(house: House, purpose: Purpose, journey_id: str) -> str | None:
    """The fingerprint of the link that this journey was begun with, if that was one for this purpose."""
    found = drafts.get(house.deps, _DRAFT, journey_id)
    return found["fingerprint"] if found and found["purpose"] == purpose else None
