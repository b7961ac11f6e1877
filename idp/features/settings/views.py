"""Pages of the second factor's settings: as they are, changing them, proving each destination, switching off."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.domain import mail_typos
from idp.features.settings import flow, forms, proving
from idp.features.settings.flow import Draft
from idp.services import drafts
from idp.web import doors, fresh, steps
from idp.web.errors import PageError
from idp.web.fresh import Setter
from idp.web.house import House

STATUS, EDIT, VERIFY = "/account/second-factor", "/account/second-factor/edit", "/account/second-factor/verify"
OFF, DONE, START, APP = f"{STATUS}/off", f"{STATUS}/done", f"{STATUS}/start", "/account/app"
SAID = {"format": "mfa.err.format", "wrong": "mfa.err.wrong", "expired": "mfa.err.expired", "locked": "mfa.err.too_many"}


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("settings", __name__), house.deps

    @room.get(STATUS)
    @doors.page
    def status_page() -> Response:
        came = fresh.looking(house, STATUS)
        if isinstance(came, Response):
            return came
        found = flow.overview(deps, came.account)
        on = fresh.needs_code(house, came.account)
        circular = on and not found.app and flow.circular(tuple(place for place, _ in found.places))
        return fresh.page(house, "second_factor.html", came, back="/account", on=on, found=found, circular=circular)

    @room.get(DONE)
    @doors.page
    def done_page() -> Response:
        came = fresh.looking(house, STATUS)
        if isinstance(came, Response):
            return came
        said = fresh.noted(house, came)
        return fresh.page(house, "second_factor_done.html", came, **said) if said else redirect(STATUS, 303)

    _edit_routes(room, house)
    _verify_routes(room, house)
    _off_routes(room, house)
    _start_routes(room, house)
    return room


def _start_routes(room: Blueprint, house: House) -> None:
    """Where a sign-in leads that has to, or would like to, begin with the second factor."""

    @room.get(START)
    @doors.page
    def start() -> Response:
        came = fresh.setting_up(house, EDIT)
        return came if isinstance(came, Response) else redirect(came.at(_first_page(house, came)), 303)

    @room.post(START)
    @doors.form
    def start_submit() -> Response:
        journey, data = steps.posted(house, forms.StartForm)
        if journey is None:
            raise PageError(400, "common.expired")
        if journey.finished:
            return redirect(f"/login?j={journey.id}", 303)
        if data["action"] == "later":
            journey = replace(journey, enrolling=False, offered=True)
        return house.dispatcher.go(journey)


def _edit_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(EDIT)
    @doors.page
    def edit_page() -> Response:
        came = fresh.setting_up(house, EDIT)
        if isinstance(came, Response):
            return came
        return _edit_page(house, came) if _first_page(house, came) == EDIT else redirect(came.at(APP), 303)

    @room.post(EDIT)
    @doors.form
    def edit_submit() -> Response:
        found = fresh.posted(house, forms.EditForm, EDIT, at=fresh.ENROL)
        if isinstance(found, Response):
            return found
        came, data = found
        if _first_page(house, came) != EDIT:
            return redirect(came.at(APP), 303)
        if data["state"] == "off" and not came.journey and flow.may_choose(deps, came.account):
            return redirect(OFF if came.account.second_factor else STATUS, 303)
        _, wrong = flow.enter(deps, came.account, came.owner, data, request.remote_addr or "")
        if wrong:
            return fresh.to(house, came, EDIT, errors=[steps.error(*one) for one in wrong])
        return redirect(came.at(VERIFY), 303)


def _first_page(house: House, came: Setter) -> str:
    return APP if fresh.why(house, came) in ("app", "staff") else EDIT


def _errors(house: House, came: Setter) -> list[dict[str, Any]]:
    """What was wrong with the form that led here, as (field, sentence)."""
    return steps.said(house, fresh.noted(house, came).get("errors", []))


def _edit_page(house: House, came: Setter) -> Response:
    deps, account = house.deps, came.account
    draft = flow.find(deps, came.owner)
    typed = draft.typed if draft else flow.typed_before(account)
    places, _ = flow.places_of(account, typed)
    return fresh.page(
        house,
        "second_factor_edit.html",
        came,
        back=None if came.journey else STATUS,
        errors=_errors(house, came),
        typed=typed,
        choices=places if len(places) > 1 else (),
        mailbox=flow.Place("mailbox", "email", account.mailbox).masked if account.mailbox else None,
        may_choose=flow.may_choose(deps, account) and not came.journey,
        consent=flow.consent_wanted(deps, account),
        privacy_url=deps.settings.brand.privacy_url,
        why=fresh.why(house, came),
        app=came.at(APP),
    )


def _verify_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(VERIFY)
    @doors.page
    def verify_page() -> Response:
        # a mail may take longer than a proof stays fresh: to look and to prove is allowed meanwhile, to save is not
        came = fresh.setting_up(house, VERIFY, fresh=False)
        if isinstance(came, Response):
            return came
        draft = flow.find(deps, came.owner)
        return _verify_page(house, came, draft) if draft and draft.places else redirect(came.at(EDIT), 303)

    @room.post(VERIFY)
    @doors.form
    def verify_submit() -> Response:
        found = fresh.posted(house, forms.VerifyForm, VERIFY, fresh=False, at=fresh.ENROL)
        if isinstance(found, Response):
            return found
        came, data = found
        draft = flow.find(deps, came.owner)
        if draft is None or draft.id != data["draft"] or not draft.places:
            raise PageError(409, "tfa.err.draft")
        action, _, key = data["action"].partition("_")
        # whoever asks for the next code has perhaps typed the one before; what stands in the field of the code that is sent is of no use
        typed = {**data, f"code_{key}": ""} if action == "send" else data
        draft, wrong = proving.check_all(deps, came.account, came.owner, draft, typed)
        errors = [steps.error(name, SAID[one.result], time=one.wait_until) for name, one in wrong.items()]
        again = action == "send" and key in draft.sent
        if action == "send" and (refused := _send(house, came, draft, key)):
            errors, again = [*errors, *refused], False
        if action == "save" and not errors:
            if draft.complete:
                return _save(house, came, draft)
            open_ones = [place for place in draft.places if place.key not in draft.proven]
            errors = [steps.error(f"code_{one.key}", "tfa.err.unverified", dest=flow.sighted(came.account, draft, one)) for one in open_ones]
        note = {"errors": errors, "resent": key if again else ""}
        return fresh.to(house, came, VERIFY, **note) if errors or again else redirect(came.at(VERIFY), 303)


def _send(house: House, came: Setter, draft: Draft, key: str) -> list[dict[str, Any]]:
    place = next((one for one in draft.places if one.key == key and key not in draft.proven), None)
    if place is None:  # it was proven in another tab
        return []
    address, locale = request.remote_addr or "", house.pages.locale()
    refused = proving.send(house.deps, came.account, came.owner, draft, place, address, locale)
    return [steps.error(f"code_{key}", refused[0], time=refused[1])] if refused else []


def _save(house: House, came: Setter, draft: Draft) -> Response:
    deps = house.deps
    if came.journey is None:
        again = fresh.changing(house, VERIFY)
        if isinstance(again, Response):
            return again
        came = again
    changed = flow.save(deps, came.account, came.owner, draft, doors.caller())
    if changed is None:
        raise PageError(409, "tfa.err.draft")
    what = "on" if changed.account.second_factor and not came.account.second_factor else "changed"
    came, cookie = fresh.gone_on(house, came, changed, tuple(place.kind for place in draft.places))
    if came.journey:
        return house.dispatcher.go(came.journey, changed.account)
    return _done(house, came, cookie, what, changed.cleared)


def _done(house: House, came: Setter, cookie: str | None, what: str, cleared: int) -> Response:
    note = drafts.note(house.deps, came.owner, {"what": what, "cleared": cleared})
    return fresh.with_session(house, redirect(f"{DONE}?n={note}", 303), cookie)


def _verify_page(house: House, came: Setter, draft: Draft) -> Response:
    deps = house.deps
    blocks = []
    for place in draft.places:
        sighted = flow.sighted(came.account, draft, place)
        full = sighted != place.masked
        meant = mail_typos.meant(place.address) if full and place.kind == "email" else None
        block = {"place": place, "sighted": sighted, "full": full, "meant": meant, "proven": place.key in draft.proven, "until": None, "again": None}
        if sent := draft.sent.get(place.key):
            block["until"] = steps.clock(house, sent["until"])
            block["again"] = steps.clock(house, sent["at"] + deps.policy.codes.resend)
        blocks.append(block)
    note = fresh.noted(house, came)
    context = {"draft": draft.id, "blocks": blocks, "resent": note.get("resent"), "circular": flow.circular(draft.places), "back": came.at(EDIT)}
    return fresh.page(house, "second_factor_verify.html", came, errors=steps.said(house, note.get("errors", [])), **context)


def _off_routes(room: Blueprint, house: House) -> None:
    deps = house.deps
    may = lambda came: came.account.second_factor and flow.may_choose(deps, came.account)  # noqa: E731

    @room.get(OFF)
    @doors.page
    def off_page() -> Response:
        came = fresh.changing(house, OFF)
        if isinstance(came, Response):
            return came
        if not may(came):
            return redirect(STATUS, 303)
        found = flow.overview(deps, came.account)
        return fresh.page(house, "second_factor_off.html", came, back=EDIT, app=found.app or found.printed)

    @room.post(OFF)
    @doors.form
    def off_submit() -> Response:
        found = fresh.posted(house, forms.OffForm, OFF)
        if isinstance(found, Response):
            return found
        came, _ = found
        if came.journey or not may(came):
            return redirect(STATUS, 303)
        changed = flow.switch_off(deps, came.account, doors.caller())
        if changed is None:
            raise PageError(409, "common.done_already")
        came, cookie = fresh.gone_on(house, came, changed, ())
        return _done(house, came, cookie, "off", changed.cleared)
