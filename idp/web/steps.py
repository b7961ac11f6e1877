"""What the pages of every journey share: finding the journey, showing its page, coming back with errors."""

from dataclasses import replace
from functools import cache
from typing import Any

from flask import Response, g, redirect, request
from marshmallow import Schema, ValidationError

from idp.deps import Deps
from idp.domain.journey import Journey
from idp.services import journeys, limits
from idp.web import csrf, doors
from idp.web.errors import PageError
from idp.web.house import House
from idp.web.pages import clock_time


def page(house: House, template: str, journey: Journey | None, **context: Any) -> Response:
    """A page, with what every form of it needs."""
    deps, pages = house.deps, house.pages
    client = house.clients.find(journey.client_id) if journey else None
    return pages.respond(
        template,
        pages.locale(),
        form_targets=client.origins if client else frozenset(),
        csrf=csrf.token(deps, doors.browser_cookie(deps)),
        journey_id=journey.id if journey else None,
        client=client,
        **context,
    )


def count_page(deps: Deps) -> None:
    """Count one more journey begun from this address; raises `PageError` 429 for too many (requirement SE-07)."""
    if not limits.page_allowed(deps, request.remote_addr or ""):
        raise PageError(429, "common.busy", retry_after=limits.MINUTE)


def journey_shown(house: House) -> Journey:
    """The journey that the address names; raises `PageError` if it is over or not this browser's."""
    journey = doors.journey_of(house.deps, doors.read_query().get("j", ""))
    if journey is None:
        raise PageError(400, "common.expired")
    return journey


@cache
def _schema(form: type[Schema]) -> Schema:
    return form()


def posted(house: House, form: type[Schema]) -> tuple[Journey | None, dict[str, Any]]:
    """The journey of a form that came back, if it still lives, and the form's fields; raises `PageError` 400 for
    fields of a shape that our own page cannot have sent."""
    try:
        data: dict[str, Any] = _schema(form).load(g.form)
    except ValidationError:
        raise PageError(400, "error.bad_request") from None
    return doors.journey_of(house.deps, data["j"]), data


def error(field: str, key: str, **values: Any) -> dict[str, Any]:
    """One sentence beside a field; a value named `time` is Unix seconds and shown as a clock time."""
    return {"field": field, "key": key, "values": values}


def errors(house: House, journey: Journey) -> list[dict[str, Any]]:
    """The errors that `back_with` kept, as (field, sentence) for the page."""
    locale = house.pages.locale()
    found = []
    for row in journey.notice.get("errors", []):
        values = dict(row.get("values", {}))
        if "time" in values:
            values["time"] = clock_time(locale, values["time"])
        found.append({"field": row["field"], "text": house.pages.text(locale, row["key"], values)})
    return found


def back_with(house: House, journey: Journey, path: str, found: list[dict[str, Any]], typed: str = "") -> Response:
    """Keep what went wrong in the journey and show its page again by a redirect, so that reload repeats nothing."""
    journeys.save(house.deps, replace(journey, notice={"errors": found, "typed": typed[:512]}))
    return redirect(f"{path}?j={journey.id}", 303)
