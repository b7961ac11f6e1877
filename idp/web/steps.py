"""What the pages of every journey share: finding the journey, showing its page, coming back with errors."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from flask import Response, g, redirect, request
from marshmallow import Schema, ValidationError

from idp import texts
from idp.deps import Deps
from idp.domain import delivery
from idp.domain.account import Account
from idp.domain.journey import NO_FACTORS, Factors, Journey, Step
from idp.services import journeys, letters, limits, members, throttles
from idp.web import cookies, csrf, doors
from idp.web.errors import PageError
from idp.web.house import House
from idp.web.pages import clock_time

HALF_A_DAY = 43_200


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
        throttles.note(deps, "pages", request.remote_addr)
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


@dataclass(frozen=True)
class At:
    """A journey at the step that a page is for: its member's account with destinations, and what that could be proven
    with beside the password; `data` are the fields of a form that came back."""

    journey: Journey
    account: Account
    factors: Factors
    data: dict[str, Any] = field(default_factory=dict)


def shown_at(house: House, *wanted: Step) -> At | Response:
    """The journey that the address names, if one of `wanted` is what its member has to do now; else where the browser belongs. No
    step can be skipped by knowing its address."""
    return _at(house, wanted, journey_shown(house), {}, shown=False)


def posted_at(house: House, form: type[Schema], *wanted: Step) -> At | Response:
    """The same for a form that came back."""
    journey, data = posted(house, form)
    if journey is None:
        raise PageError(400, "common.expired")
    return _at(house, wanted, journey, data, shown=True)


def _at(house: House, wanted: tuple[Step, ...], journey: Journey, data: dict[str, Any], shown: bool) -> At | Response:
    if journey.finished or journey.proof is None:
        return redirect(f"/login?j={journey.id}", 303)
    account, factors = members.with_factors(house.deps, journey.proof.subject) or (None, NO_FACTORS)
    if account is None or house.dispatcher.step(journey, account, factors)[0] not in wanted:
        return house.dispatcher.go(journey, shown=shown)
    return At(journey, account, factors, data)


def remember(deps: Deps, response: Response, account_id: str, cookie: str) -> None:
    """Let this browser keep what it is remembered by for this account."""
    cookies.write(response, cookies.trust_name(account_id), cookie, deps.settings.secure, deps.policy.second_factor.remember)


def error(field: str, key: str, **values: Any) -> dict[str, Any]:
    """One sentence beside a field; a value named `time` is Unix seconds and shown as a clock time."""
    return {"field": field, "key": key, "values": values}


def errors(house: House, journey: Journey) -> list[dict[str, Any]]:
    """The errors that `back_with` kept, as (field, sentence) for the page."""
    return said(house, journey.notice.get("errors", []))


def clock(house: House, at: int) -> str:
    """A Unix time as the clock time that this page's reader sees, with the date if it is more than half a day away."""
    locale = house.pages.locale()
    return letters.moment(locale, at) if at - house.deps.now() > HALF_A_DAY else clock_time(locale, at)


def ladder(house: House, sent_at: int) -> list[dict[str, Any]]:
    """What to try when what was sent then (Unix seconds) does not arrive, from which clock time on."""
    return [{**vars(rung), "time": clock(house, rung.at)} for rung in delivery.ladder(sent_at, house.deps.now())]


def operation(house: House, journey: Journey) -> str | None:
    """What the portal, or a page of ours, wants a fresh proof for, in the words registered for it (flows.md M0)."""
    if journey.purpose == "account" and journey.operation:
        key, locale = f"mfa.op.{journey.operation}", house.pages.locale()
        return str(house.pages.text(locale, key)) if key in texts.catalog(locale) else None  # None: of a later version (README, Upgrades)
    client = house.clients.find(journey.client_id)
    words = client.operations.get(journey.operation) if client and journey.operation else None
    if words is True:
        return str(house.pages.text(house.pages.locale(), f"mfa.op.{journey.operation}"))
    return str(words[house.pages.locale()]) if words else None


def said(house: House, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Errors of `error` as (field, sentence) for the page, but for waits that are over: an old page is shown again later."""
    if not rows:
        return []
    found = []
    for row in rows:
        values = dict(row.get("values", {}))
        if row["key"] not in texts.catalog(house.pages.locale()):  # said by a node of a later version
            continue
        if 0 < values.get("time", 0) <= house.deps.now() and "{time}" in texts.text(house.pages.locale(), row["key"]):
            continue
        if "time" in values:
            values["time"] = clock(house, values["time"])
        found.append({"field": row["field"], "text": house.pages.said(row["key"], values), "key": row["key"]})
    return found


def back_with(house: House, journey: Journey, path: str, found: list[dict[str, Any]], typed: str = "") -> Response:
    """Keep what went wrong in the journey and show its page again by a redirect, so that reload repeats nothing."""
    journeys.save(house.deps, replace(journey, notice={"errors": found, "typed": typed[:512]}))
    return redirect(f"{path}?j={journey.id}", 303)
