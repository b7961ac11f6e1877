"""Pages of the signing keys: where they stand, publishing the next ones, and signing with new ones at once."""

from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.features.console_keys import flow, forms
from idp.services import letters
from idp.web import console, console_form, steps
from idp.web.house import House

HOME, NEXT, NOW = "/console/keys", "/console/keys/next", "/console/keys/now"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = console.room(house, "keys"), house.deps

    @room.get(HOME)
    @console.page("keys.look")
    def home() -> Response:
        locale, found = house.pages.locale(), flow.spans(deps)
        drawn = flow.calendar(found, deps.now())
        return console.render(
            house, "keys.html", spans=found, calendar=drawn, warnings=flow.warnings(deps), jwks=flow.jwks(found), asked=flow.asked(deps),
            moment=lambda at: letters.moment(locale, at), day=lambda at: letters.day(locale, at), issuer=deps.settings.issuer,
        )  # fmt: skip

    @room.get(NEXT)
    @console.page("keys.rotate", fresh=True)
    def next_page() -> Response:
        return _next(house, [], {})

    @room.post(NEXT)
    @console.form("keys.rotate", fresh=True)
    def publish() -> Response:
        form = console.posted(forms.Act)
        why, errors = console_form.because(form)
        if errors:
            return _next(house, steps.said(house, errors), form)
        made = flow.publish(deps, console.who().account, request.remote_addr, why.reason, why.ticket)
        return console.to(house, HOME, "con.keys.published" if made else "con.keys.published.none")

    @room.get(NOW)
    @console.page("keys.rotate", fresh=True)
    def now_page() -> Response:
        return _now(house, [], {})

    @room.post(NOW)
    @console.form("keys.rotate", fresh=True)
    def now() -> Response:
        form, actor = console.posted(forms.Act), console.who().account
        if form["action"] == "withdraw":
            flow.withdraw(deps, actor, request.remote_addr)
            return console.to(house, HOME, "con.keys.withdrawn")
        if form["action"] == "do":
            done = flow.rotate(deps, actor, request.remote_addr)
            return console.to(house, HOME, "con.keys.rotated") if done else redirect(NOW, 303)
        why, errors = console_form.because(form)
        if errors:
            return _now(house, steps.said(house, errors), form)
        flow.ask(deps, actor, request.remote_addr, why.reason, why.ticket)
        return console.to(house, HOME, "con.keys.asked")

    return room


def _next(house: House, errors: list[dict[str, Any]], values: dict[str, Any]) -> Response:
    days = f"{house.deps.policy.keys.publish_before / 86_400:g}"
    return console.render(house, "keys_next.html", 400 if errors else 200, back=HOME, errors=errors, values=values, days=days)


def _now(house: House, errors: list[dict[str, Any]], values: dict[str, Any]) -> Response:
    found = flow.asked(house.deps)
    at = letters.moment(house.pages.locale(), found[0].at) if found else ""
    mine = found is not None and found[0].actor == console.who().account.id
    return console.render(
        house, "keys_now.html", 400 if errors else 200, back=HOME, errors=errors, values=values, asked=found, at=at, mine=mine
    )  # fmt: skip
