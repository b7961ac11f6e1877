"""A form of the console that has to be filled in again: what is wrong with it and what was typed, behind a redirect."""

from typing import Any, Mapping

from flask import Response, redirect

from idp.services import desk, drafts
from idp.services.desk import Because
from idp.web import console, doors, steps
from idp.web.house import House


def because(data: Mapping[str, Any]) -> tuple[Because, list[dict[str, Any]]]:
    """Why something is done, as the form says, and what is wrong with that (requirement AD-06)."""
    why = Because(data["reason"], data["ticket"])
    return why, [steps.error(field, key, n=most) for field, key, most in desk.problems(why)]


def back(house: House, path: str, errors: list[dict[str, Any]], typed: Mapping[str, Any]) -> Response:
    """To the form again."""
    return redirect(_kept(house, path, errors, typed), 303)


def proven_first(house: House, path: str, typed: Mapping[str, Any]) -> Response:
    """To a fresh proof (requirement AD-02), and from there to the form again, with what was typed."""
    return console.to_sign_in(fresh=True, to=_kept(house, path, [], typed))


def _kept(house: House, path: str, errors: list[dict[str, Any]], typed: Mapping[str, Any]) -> str:
    """The address of the form; what was typed is the person's, as a fresh proof on the way there begins another session."""
    kept = {name: str(value)[:512] for name, value in typed.items()}
    name = drafts.note(house.deps, console.who().account.id, {"errors": errors, "typed": kept})
    return f"{path}{'&' if '?' in path else '?'}e={name}"


def held(house: House) -> dict[str, Any]:
    """`errors` and `values` for the page that the redirect led to."""
    known = drafts.noted(house.deps, console.who().account.id, doors.read_query().get("e", ""))
    return {"errors": steps.said(house, known.get("errors", [])), "values": known.get("typed", {})}
