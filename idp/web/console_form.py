"""A form of the console that has to be filled in again: what is wrong with it and what was typed, behind a redirect."""

from typing import Any, Mapping

from flask import Response, redirect

from idp.services import drafts
from idp.web import console, doors, steps
from idp.web.house import House

REASON, TICKET = 300, 64  # characters at most


def because(data: Mapping[str, Any]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Reason and ticket number as the record takes them, and what is wrong with them (requirement AD-06)."""
    why = {name: str(data[name]).strip() for name in ("reason", "ticket")}
    wrong = [] if 0 < len(why["reason"]) <= REASON else [steps.error("reason", "con.err.reason", n=REASON)]
    wrong += [] if len(why["ticket"]) <= TICKET else [steps.error("ticket", "con.err.ticket", n=TICKET)]
    return {name: value for name, value in why.items() if value}, wrong


def back(house: House, path: str, errors: list[dict[str, Any]], typed: Mapping[str, Any]) -> Response:
    """To the form again."""
    kept = {name: str(value)[:512] for name, value in typed.items()}
    name = drafts.note(house.deps, console.who().session.key, {"errors": errors, "typed": kept})
    return redirect(f"{path}{'&' if '?' in path else '?'}e={name}", 303)


def held(house: House) -> dict[str, Any]:
    """`errors` and `values` for the page that the redirect led to."""
    known = drafts.noted(house.deps, console.who().session.key, doors.read_query().get("e", ""))
    return {"errors": steps.said(house, known.get("errors", [])), "values": known.get("typed", {})}
