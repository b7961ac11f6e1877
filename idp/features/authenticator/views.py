"""Pages of the authenticator app and the printed codes."""

import segno
from flask import Blueprint, Response, redirect
from markupsafe import Markup

from idp import vault
from idp.features.authenticator import flow, forms
from idp.services import factors, passkeys
from idp.services.factor_changes import Changed
from idp.web import doors, fresh, steps
from idp.web.fresh import Setter
from idp.web.house import House

STATUS, EDIT, DONE = "/account/second-factor", "/account/second-factor/edit", "/account/second-factor/done"
APP, SCAN, REMOVE, CODES = "/account/app", "/account/app/scan", "/account/app/remove", "/account/recovery-codes"
PASSKEY = "/account/passkeys/add"
SAID = {"empty": "mfa.err.empty", "format": "mfa.err.format", "wrong": "app.err.wrong"}


def picture(text: str) -> Markup:
    """The text as a QR code: inline SVG in black on white, whatever the colours of the page."""
    code = segno.make(text, error="m", micro=False)
    # made of numbers only; the text itself does not stand in it
    return Markup(code.svg_inline(omitsize=True, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None))


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("authenticator", __name__), house.deps

    @room.get(APP)
    @doors.page
    def app_page() -> Response:
        came = fresh.setting_up(house, APP)
        if isinstance(came, Response):
            return came
        why = fresh.why(house, came)
        instead = came.at(PASSKEY) if why in ("app", "staff") and passkeys.possible(deps) else None
        context = {"has": flow.has_app(deps, came.account), "why": why, "edit": came.at(EDIT), "passkey": instead}
        return fresh.page(house, "app.html", came, back=None if came.journey else STATUS, **context)

    @room.post(APP)
    @doors.form
    def app_submit() -> Response:
        found = fresh.posted(house, forms.PlainForm, APP, at=fresh.ENROL)
        if isinstance(found, Response):
            return found
        flow.begin(deps, found[0].owner)
        return redirect(found[0].at(SCAN), 303)

    @room.get(SCAN)
    @doors.page
    def scan_page() -> Response:
        came = fresh.setting_up(house, SCAN)
        if isinstance(came, Response):
            return came
        draft = flow.find(deps, came.owner)
        if draft is None:
            return redirect(came.at(APP), 303)
        note = fresh.noted(house, came)
        errors = steps.said(house, note.get("errors", []))
        qr = picture(factors.uri(deps, came.account, draft.secret))
        context = {"draft": draft, "qr": qr, "typed": note.get("typed", "")}
        return fresh.page(house, "app_scan.html", came, back=came.at(APP), errors=errors, **context)

    @room.post(SCAN)
    @doors.form
    def scan_submit() -> Response:
        found = fresh.posted(house, forms.ConfirmForm, SCAN, at=fresh.ENROL)
        if isinstance(found, Response):
            return found
        came, data = found
        done = flow.confirm(deps, came.account, came.owner, data["draft"], data["code"], doors.caller())
        if done.result == "gone":
            return _shown_before(house, came)
        if done.result != "ok" or done.changed is None:
            return fresh.to(house, came, SCAN, errors=[steps.error("code", SAID[done.result])], typed=data["code"][:64])
        return _codes(house, came, done.changed, done.codes, ("totp",))

    _removal_routes(room, house)
    _codes_routes(room, house)
    return room


def _codes(house: House, came: Setter, changed: Changed, codes: tuple[str, ...], methods: tuple[str, ...]) -> Response:
    """The codes, in the answer itself: they are stored nowhere as they stand there."""
    came, cookie = fresh.gone_on(house, came, changed, methods)
    page = fresh.page(house, "printed_codes.html", came, codes=codes, login_id=came.account.login_id)
    return fresh.with_session(house, page, cookie)


def _shown_before(house: House, came: Setter) -> Response:
    return fresh.page(house, "printed_codes_shown.html", came)


def _codes_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(CODES)
    @doors.page
    def codes_page() -> Response:
        came = fresh.changing(house, CODES)
        if isinstance(came, Response):
            return came
        if not fresh.needs_code(house, came.account):
            return redirect(STATUS, 303)
        left = flow.codes_left(deps, came.account)
        return fresh.page(house, "printed_codes_new.html", came, back=STATUS, left=left, once=vault.random_id())

    @room.post(CODES)
    @doors.form
    def codes_submit() -> Response:
        found = fresh.posted(house, forms.CodesForm, CODES)
        if isinstance(found, Response):
            return found
        came, data = found
        if came.journey or not fresh.needs_code(house, came.account):
            return redirect(STATUS, 303)
        made = flow.make_codes(deps, came.account, data["once"], doors.caller())
        return _codes(house, came, *made, ()) if made else _shown_before(house, came)


def _removal_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(REMOVE)
    @doors.page
    def remove_page() -> Response:
        came = fresh.changing(house, REMOVE)
        if isinstance(came, Response):
            return came
        verdict = flow.removal(deps, came.account)
        return redirect(STATUS, 303) if verdict == "none" else fresh.page(house, "app_remove.html", came, back=STATUS, verdict=verdict)

    @room.post(REMOVE)
    @doors.form
    def remove_submit() -> Response:
        found = fresh.posted(house, forms.PlainForm, REMOVE)
        if isinstance(found, Response):
            return found
        came, _ = found
        changed = None if came.journey else flow.remove(deps, came.account, doors.caller())
        if changed is None:
            return redirect(REMOVE, 303)
        came, cookie = fresh.gone_on(house, came, changed, ())
        what = "app" if changed.account.second_factor else "off"
        return fresh.with_session(house, fresh.to(house, came, DONE, what=what, cleared=changed.cleared), cookie)
