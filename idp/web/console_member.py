"""The member whom a page of the console is about, and who may act on them."""

from typing import Any

from flask import Response, request

from idp.domain import staff
from idp.domain.account import Account
from idp.services import desk, members
from idp.services.desk import Because
from idp.web import console, console_form
from idp.web.errors import PageError
from idp.web.house import House

LIST = "/console/members"


def path(account: Account, *more: str) -> str:
    """Where a member's page is."""
    return "/".join((LIST, account.id, *more))


def shown(house: House, account_id: str) -> Account:
    """The account with its destinations, for looking. Raises `PageError` 404 if there is none, or nothing is left of it."""
    found = members.find(house.deps, account_id, with_destinations=True) if len(account_id) <= 64 else None
    if found is None or found.status == "closed":
        raise PageError(404, "con.err.member")
    return found


def acted_on(house: House, account_id: str) -> Account:
    """The same for acting: nobody acts on themselves or on staff who are not below them; that is refused and put on record
    (requirement AD-04). Raises `PageError`."""
    account, actor = shown(house, account_id), console.who().account
    if not staff.over(actor, account):
        refused(house, account, "over")
        raise PageError(403, "con.err.over")
    return account


def refused(house: House, account: Account, why: str, **detail: Any) -> None:
    """Put on record that something was not done to this account."""
    desk.note(house.deps, console.who().account, "console_refused", why, target=account.id, address=request.remote_addr, detail=detail)


def back(house: House, where: str, errors: list[dict[str, Any]], **values: str) -> Response:
    """To the form again, with what is wrong with it and what was typed."""
    return console_form.back(house, where, errors, values)


def came_back(house: House) -> dict[str, Any]:
    """`errors` and `values` of the form that led here; the number of the call is there from the start."""
    held = console_form.held(house)
    return {**held, "values": held["values"] or {"ticket": desk.ticket(house.deps, console.who().account)}}


def because(house: House, data: dict[str, Any]) -> tuple[Because, list[dict[str, Any]]]:
    """The same as `console_form.because`; the number of the call is kept, so that it is typed once."""
    why, errors = console_form.because(data)
    if why.ticket:
        desk.keep_ticket(house.deps, console.who().account, why.ticket)
    return why, errors
