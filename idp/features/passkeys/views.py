"""Pages of the member's passkeys, and the offer on the way to a portal."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect

from idp.domain.journey import Step
from idp.features.passkeys import flow, forms
from idp.services import letters, passkeys
from idp.services.factor_changes import Changed
from idp.services.passkeys import Passkey
from idp.web import doors, fresh, steps
from idp.web.errors import PageError
from idp.web.fresh import Setter
from idp.web.house import House

LIST = "/account/passkeys"
ADD, OFFER = f"{LIST}/add", f"{LIST}/offer"
AT: tuple[Step, ...] = ("passkey", "enrol")
SAID = {"refused": "passkey.err.refused", "gone": "passkey.err.again", "most": "passkey.err.most"}


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("passkeys", __name__), house.deps

    @room.get(LIST)
    @doors.page
    def list_page() -> Response:
        came = fresh.looking(house, LIST)
        if isinstance(came, Response):
            return came
        rows = [_row(house, one) for one in passkeys.of_account(deps, came.account.id)]
        full = len(rows) >= deps.policy.second_factor.passkeys_most
        said = fresh.noted(house, came).get("said")
        return fresh.page(house, "passkeys.html", came, back="/account", rows=rows, full=full, said=said, staff=came.account.staff, possible=passkeys.possible(deps))

    _offer_routes(room, house)
    _add_routes(room, house)
    _name_routes(room, house)
    _removal_routes(room, house)
    return room


def _row(house: House, one: Passkey) -> dict[str, Any]:
    moment = lambda at: letters.moment(house.pages.locale(), at)  # noqa: E731
    used = moment(one.used_at) if one.used_at else None
    return {"id": one.id, "name": one.name, "created": moment(one.created_at), "used": used, "copied": one.backed_up}


def _device_name(house: House) -> str:
    """What a passkey is called if its member does not say: the system and the browser it was made with."""
    locale, said = house.pages.locale(), doors.caller().device
    names = {name: house.pages.text(locale, f"letter.{name}.{code}") for name, code in said.items()}
    return str(house.pages.text(locale, "acct.dev.name", names))


def _errors(added: flow.Added) -> list[dict[str, Any]]:
    if added.result == "name":
        return [steps.error("name", f"verdict.{code}") for code in added.names]
    return [steps.error("name", SAID[added.result])]


def _offer_routes(room: Blueprint, house: House) -> None:
    @room.get(OFFER)
    @doors.page
    def offer_page() -> Response:
        found = steps.shown_at(house, "offer_passkey")
        return found if isinstance(found, Response) else steps.page(house, "passkey_offer.html", found.journey)

    @room.post(OFFER)
    @doors.form
    def offer_submit() -> Response:
        found = steps.posted_at(house, forms.OfferForm, "offer_passkey")
        if isinstance(found, Response):
            return found
        flow.offered(house.deps, found.account.id)
        return house.dispatcher.go(replace(found.journey, offered=True, adding=found.data["action"] == "add"))


def _may_add(house: House, came: Setter) -> bool:
    """Whether a passkey is what this setter may add: a sign-in that lacks any code at all begins with one."""
    wanted = came.journey is None or came.journey.adding or fresh.why(house, came) in ("staff", "app")
    return wanted and passkeys.possible(house.deps)


def _add_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(ADD)
    @doors.page
    def add_page() -> Response:
        came = fresh.setting_up(house, ADD, at=AT)
        if isinstance(came, Response):
            return came
        if not _may_add(house, came):
            return house.dispatcher.go(came.journey, shown=False) if came.journey else redirect(LIST, 303)
        note = fresh.noted(house, came)
        options = passkeys.creation_options(deps, came.account, flow.challenge(deps, came.owner))
        context = {"options": options, "typed": note.get("typed", _device_name(house)), "later": came.journey and came.journey.adding}
        errors = steps.said(house, note.get("errors", []))
        return fresh.page(house, "passkey_add.html", came, back=None if came.journey else LIST, errors=errors, **context)

    @room.post(ADD)
    @doors.form
    def add_submit() -> Response:
        found = fresh.posted(house, forms.AddForm, ADD, at=AT)
        if isinstance(found, Response):
            return found
        came, data = found
        if came.journey and data["action"] == "later":
            return house.dispatcher.go(replace(came.journey, adding=False))
        if not _may_add(house, came):
            return house.dispatcher.go(came.journey) if came.journey else redirect(LIST, 303)
        name = data["name"].strip() or _device_name(house)
        added = flow.add(deps, came.account, came.owner, data["credential"], name, doors.caller())
        if added.changed is None:
            return fresh.to(house, came, ADD, errors=_errors(added), typed=data["name"][:64])
        return _gone_on(house, came, added.changed, "added")


def _gone_on(house: House, came: Setter, changed: Changed, said: str) -> Response:
    # to have made a passkey proves nothing yet: where one is owed, it is asked for next
    came, cookie = fresh.gone_on(house, came, changed, ())
    if came.journey:
        return house.dispatcher.go(came.journey, changed.account)
    return fresh.with_session(house, fresh.to(house, came, LIST, said=said), cookie)


def _name_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(f"{LIST}/<passkey_id>")
    @doors.page
    def name_page(passkey_id: str) -> Response:
        came = fresh.changing(house, _path(passkey_id))
        if isinstance(came, Response):
            return came
        note, known = fresh.noted(house, came), _known(house, came, passkey_id)
        errors = steps.said(house, note.get("errors", []))
        typed = note.get("typed", known.name)
        return fresh.page(house, "passkey_name.html", came, back=LIST, errors=errors, row=_row(house, known), typed=typed)

    @room.post(f"{LIST}/<passkey_id>")
    @doors.form
    def name_submit(passkey_id: str) -> Response:
        found = fresh.posted(house, forms.NameForm, _path(passkey_id))
        if isinstance(found, Response):
            return found
        came, data = found
        _known(house, came, passkey_id)
        wrong = flow.rename(deps, came.account, passkey_id, data["name"].strip() or _device_name(house), doors.caller())
        if wrong:
            errors = [steps.error("name", f"verdict.{code}") for code in wrong]
            return fresh.to(house, came, _path(passkey_id), errors=errors, typed=data["name"][:64])
        return fresh.to(house, came, LIST, said="named")


def _path(passkey_id: str) -> str:
    """The page of this passkey; raises `PageError` 404 for what cannot be the id of one."""
    if not (passkey_id.isascii() and passkey_id.isalnum() and len(passkey_id) <= 64):
        raise PageError(404, "error.not_found")
    return f"{LIST}/{passkey_id}"


def _known(house: House, came: Setter, passkey_id: str) -> Passkey:
    known = None if came.journey else flow.find(house.deps, came.account, passkey_id)
    if known is None:
        raise PageError(404, "error.not_found")
    return known


def _removal_routes(room: Blueprint, house: House) -> None:
    """Open while the keys are frozen, too: a thief's passkey has to go."""
    deps = house.deps

    @room.get(f"{LIST}/<passkey_id>/remove")
    @doors.page
    def remove_page(passkey_id: str) -> Response:
        came = fresh.changing(house, _path(passkey_id) + "/remove", frozen=True)
        if isinstance(came, Response):
            return came
        row = _row(house, _known(house, came, passkey_id))
        last = len(passkeys.of_account(deps, came.account.id)) == 1
        return fresh.page(house, "passkey_remove.html", came, back=LIST, row=row, last=last, verdict=flow.removal(deps, came.account))

    @room.post(f"{LIST}/<passkey_id>/remove")
    @doors.form
    def remove_submit(passkey_id: str) -> Response:
        found = fresh.posted(house, forms.PlainForm, _path(passkey_id) + "/remove", frozen=True)
        if isinstance(found, Response):
            return found
        came, _ = found
        _known(house, came, passkey_id)
        changed = flow.remove(deps, came.account, passkey_id, doors.caller())
        return _gone_on(house, came, changed, "removed") if changed else redirect(_path(passkey_id) + "/remove", 303)
