"""Pages of signing in with an address: as it is, the address, its code, and giving it up."""

from flask import Blueprint, Response, redirect, request

from idp.domain import mail_typos
from idp.features.email_sign_in import flow, forms
from idp.features.email_sign_in.flow import Draft
from idp.web import doors, fresh, steps
from idp.web.errors import PageError
from idp.web.fresh import Setter
from idp.web.house import House

STATUS = "/account/email-sign-in"
ADDRESS, CODE, OFF = f"{STATUS}/address", f"{STATUS}/code", f"{STATUS}/off"
SAID = {"format": "mfa.err.format", "wrong": "mfa.err.wrong", "expired": "mfa.err.expired", "locked": "mfa.err.too_many"}


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = Blueprint("email_sign_in", __name__)

    @room.get(STATUS)
    @doors.page
    def status_page() -> Response:
        came = fresh.looking(house, STATUS)
        if isinstance(came, Response):
            return came
        masked = flow.masked(came.account.email_login)
        return fresh.page(house, "email_sign_in.html", came, back="/account", masked=masked, said=fresh.noted(house, came).get("done"))

    _address_routes(room, house)
    _code_routes(room, house)
    _off_routes(room, house)
    return room


def _address_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(ADDRESS)
    @doors.page
    def address_page() -> Response:
        came = fresh.changing(house, ADDRESS)
        if isinstance(came, Response):
            return came
        note, mailbox = fresh.noted(house, came), flow.masked(came.account.mailbox)
        context = {"mailbox": mailbox, "typed": note.get("typed", ""), "place": note.get("place", "")}
        return fresh.page(house, "email_sign_in_address.html", came, back=STATUS, errors=steps.said(house, note.get("errors", [])), **context)

    @room.post(ADDRESS)
    @doors.form
    def address_submit() -> Response:
        found = fresh.posted(house, forms.AddressForm, ADDRESS)
        if isinstance(found, Response):
            return found
        came, data = found
        typed = flow.chosen(came.account, data)
        entered = flow.enter(deps, came.account, came.owner, typed, request.remote_addr or "", house.pages.locale())
        if entered.draft is None:
            errors = [steps.error("email", key, time=at) for key, at in entered.wrong]
            return fresh.to(house, came, ADDRESS, errors=errors, typed=data["email"][:512], place=data["place"])
        return redirect(CODE, 303)


def _code_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(CODE)
    @doors.page
    def code_page() -> Response:
        # a mail may take longer than a proof stays fresh: to look and to type is allowed meanwhile, to save is not
        came = fresh.looking(house, CODE)
        if isinstance(came, Response):
            return came
        draft = flow.find(deps, came.owner)
        return _code_page(house, came, draft) if draft else redirect(ADDRESS, 303)

    @room.post(CODE)
    @doors.form
    def code_submit() -> Response:
        found = fresh.posted(house, forms.CodeForm, CODE, fresh=False)
        if isinstance(found, Response):
            return found
        came, data = found
        draft = flow.find(deps, came.owner)
        if draft is None or draft.id != data["draft"]:
            raise PageError(409, "elogin.err.draft")
        if data["action"] == "resend":
            refused = flow.send(deps, came.account, came.owner, draft, request.remote_addr or "", house.pages.locale())
            errors = [steps.error("code", refused[0], time=refused[1])] if refused else []
            return fresh.to(house, came, CODE, errors=errors, resent=not refused)
        if not draft.proven:
            checked = flow.check(deps, came.account, came.owner, draft, data["code"])
            if checked.result != "ok":
                return fresh.to(house, came, CODE, errors=[steps.error("code", SAID[checked.result], time=checked.wait_until)])
        return _save(house)


def _code_page(house: House, came: Setter, draft: Draft) -> Response:
    note, sighted = fresh.noted(house, came), flow.sighted(came.account, draft)
    meant = mail_typos.meant(draft.address) if sighted == draft.address else None
    return fresh.page(
        house,
        "email_sign_in_code.html",
        came,
        back=ADDRESS,
        errors=steps.said(house, note.get("errors", [])),
        resent=note.get("resent"),
        draft=draft.id,
        mail=sighted,
        proven=draft.proven,
        until=steps.clock(house, draft.until),
        rungs=steps.ladder(house, draft.at),
        again=steps.clock(house, draft.at + house.deps.policy.codes.resend),
        meant=meant,
    )


def _save(house: House) -> Response:
    came = fresh.changing(house, CODE)
    if isinstance(came, Response):
        return came
    saved = flow.save(house.deps, came.account, came.owner, doors.caller())
    if saved == "lost":
        raise PageError(409, "elogin.err.draft")
    if saved == "used":
        return fresh.to(house, came, ADDRESS, errors=[steps.error("email", "elogin.err.used")])
    return fresh.to(house, came, STATUS, done=saved)


def _off_routes(room: Blueprint, house: House) -> None:
    @room.get(OFF)
    @doors.page
    def off_page() -> Response:
        came = fresh.changing(house, OFF)
        if isinstance(came, Response):
            return came
        if not came.account.email_login:
            return redirect(STATUS, 303)
        return fresh.page(house, "email_sign_in_off.html", came, back=STATUS, login_id=came.account.login_id)

    @room.post(OFF)
    @doors.form
    def off_submit() -> Response:
        found = fresh.posted(house, forms.OffForm, OFF)
        if isinstance(found, Response):
            return found
        came, _ = found
        if not came.account.email_login:
            return redirect(STATUS, 303)
        if not flow.switch_off(house.deps, came.account, doors.caller()):
            raise PageError(409, "elogin.err.draft")
        return fresh.to(house, came, STATUS, done="off")
