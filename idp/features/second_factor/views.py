"""Pages around the code: entering it, another way to get it, nothing that would do, and the offer to begin."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.domain.account import Account
from idp.domain.identifiers import mask_email
from idp.domain.journey import Journey
from idp.features.second_factor import flow, forms
from idp.services import journeys, passkeys
from idp.web import doors, steps
from idp.web.house import House


def arrive(house: House) -> Any:
    """What the dispatcher does when a form has led to the code page."""
    return lambda journey, account, factors: flow.arrive(house.deps, journey, account, factors, request.remote_addr or "")


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("second_factor", __name__), house.deps

    @room.get("/code")
    @doors.page
    def code_page() -> Response:
        found = steps.shown_at(house, "second_factor")
        return found if isinstance(found, Response) else _code_page(house, found)

    @room.post("/code")
    @doors.form
    def code_submit() -> Response:
        found = steps.posted_at(house, forms.CodeForm, "second_factor")
        if isinstance(found, Response):
            return found
        journey, data = found.journey, found.data
        if data["action"] == "cancel":
            return house.dispatcher.refuse(journey, "access_denied")
        if data["action"] == "switch":
            journeys.leave(deps, journey)
            return redirect(f"/login?j={journey.id}", 303)
        journey = replace(journey, code={**journey.code, "remember": bool(data["remember"])})  # the tick is kept until the right code
        if data["action"] == "other":
            journeys.save(deps, journey)
            return redirect(f"/code/ways?j={journey.id}", 303)
        if data["credential"] or journey.code.get("way") == flow.PASSKEY:
            return _passkey(house, journey, found.account, data["credential"])
        if data["action"] == "send" or not journey.code.get("way"):
            return _send(house, replace(found, journey=journey), journey.code.get("way", ""))
        return _verify(house, journey, found.account, data)

    @room.get("/code/ways")
    @doors.page
    def ways_page() -> Response:
        found = steps.shown_at(house, "second_factor")
        if isinstance(found, Response):
            return found
        journey, known = found.journey, flow.ways(deps, found.journey, found.account, found.factors)
        errors, given_up = steps.errors(house, journey), journey.code.get("way") or known[0].id
        chosen = next((way.id for way in known if way.id != given_up), given_up)
        return steps.page(house, "code_ways.html", journey, ways=known, chosen=chosen, errors=errors,
                          back=f"/code?j={journey.id}")  # fmt: skip

    @room.post("/code/ways")
    @doors.form
    def ways_submit() -> Response:
        found = steps.posted_at(house, forms.WayForm, "second_factor")
        if isinstance(found, Response):
            return found
        if not found.data["way"]:
            return steps.back_with(house, found.journey, "/code/ways", [steps.error("way", "mfa.err.way")])
        return _send(house, found, found.data["way"])

    _other_routes(room, house)
    return room


def _other_routes(room: Blueprint, house: House) -> None:
    @room.get("/code/none")
    @doors.page
    def none_page() -> Response:
        found = steps.shown_at(house, "no_factor")
        return found if isinstance(found, Response) else steps.page(house, "code_none.html", found.journey)

    @room.get("/code/offer")
    @doors.page
    def offer_page() -> Response:
        found = steps.shown_at(house, "offer")
        return found if isinstance(found, Response) else steps.page(house, "code_offer.html", found.journey)

    @room.post("/code/offer")
    @doors.form
    def offer_submit() -> Response:
        found = steps.posted_at(house, forms.OfferForm, "offer")
        if isinstance(found, Response):
            return found
        flow.offered(house.deps, found.account.id)
        return house.dispatcher.go(replace(found.journey, offered=True, enrolling=found.data["action"] == "set_up"))


def _code_page(house: House, at: steps.At) -> Response:
    deps, journey, code = house.deps, at.journey, at.journey.code
    known = flow.ways(deps, journey, at.account, at.factors)
    # where nothing was sent yet (the journey began with a link, not with a form) a button asks for it
    way = next((one for one in known if one.id == code.get("way")), known[0])
    sent = bool(code.get("sent")) and way.id == code.get("way")
    asks = sent or way.id in flow.METHODS
    if way.id == flow.PASSKEY:
        return _passkey_page(house, at, len(known) > 1)
    errors = steps.errors(house, journey)
    if code.get("error") and not errors:
        errors = steps.said(house, [steps.error("code", code["error"], time=code["again_at"])])
    elif sent and not errors and flow.trouble(deps, journey):
        errors = steps.said(house, [steps.error("code", "mfa.err.send_fail")])
    return steps.page(
        house,
        "code.html" if asks else "code_send.html",
        journey,
        errors=errors,
        typed=journey.notice.get("typed", ""),
        resent=journey.notice.get("resent") and not errors,
        way=way,
        own=bool(at.account.mailbox) and way.masked == mask_email(at.account.mailbox or ""),
        others=len(known) > 1,
        rungs=steps.ladder(house, code["sent_at"]) if sent else None,
        until=steps.clock(house, code["until"]) if sent else None,
        resend_at=steps.clock(house, code["sent_at"] + deps.policy.codes.resend) if sent else None,
        remembered=bool(code.get("remember")),
        remember_days=deps.policy.second_factor.remember // 86_400 if flow.may_remember(journey, at.account) else 0,
        operation=steps.operation(house, journey),
        **_way_out(journey),
    )


def _way_out(journey: Journey) -> dict[str, Any]:
    """Whether it is a member who is signed in that proves it again, and where "back" leads: to the sign-in page, or to the account
    whose settings asked for the proof; back to a portal that did leads a button."""
    stepping_up = journey.proof is not None and journey.proof.sid is not None
    back = "/account" if journey.purpose == "account" else None
    return {"stepping_up": stepping_up, "back": back if stepping_up else f"/login?j={journey.id}&back=yes"}


def _passkey_page(house: House, at: steps.At, others: bool) -> Response:
    journey = at.journey
    return steps.page(
        house,
        "code_passkey.html",
        journey,
        errors=steps.errors(house, journey),
        options=passkeys.request_options(house.deps, journey, at.account.id),
        others=others,
        operation=steps.operation(house, journey),
        **_way_out(journey),
    )


def _passkey(house: House, journey: Journey, account: Account, credential: str) -> Response:
    found, after = flow.check_passkey(house.deps, journey, account, credential, doors.caller())
    if found.result == "ok":
        return house.dispatcher.go(after, account)
    if found.result == "spent":  # by the other of two answers, which must not be overwritten
        return redirect(f"/code?j={journey.id}", 303)
    key = "passkey.err.code.locked" if found.result == "locked" else "passkey.err.code"
    return steps.back_with(house, after, "/code", [steps.error("passkey", key, time=found.wait_until)])


def _send(house: House, at: steps.At, way_id: str) -> Response:
    journey, known = at.journey, flow.ways(house.deps, at.journey, at.account, at.factors)
    way = next((one for one in known if one.id == way_id), None if way_id else known[0])
    if way is None:
        return steps.back_with(house, journey, "/code/ways", [steps.error("way", "mfa.err.way")])
    again = any(one.to == way.id for one in flow.sent_codes(journey))
    journey = flow.choose(house.deps, replace(journey, notice={}), at.account, way, request.remote_addr or "")
    if again and not journey.code["error"]:
        journey = replace(journey, notice={"resent": True})
    journeys.save(house.deps, journey)
    return redirect(f"/code?j={journey.id}", 303)


def _verify(house: House, journey: Journey, account: Account, data: dict[str, Any]) -> Response:
    deps, who, typed = house.deps, doors.caller(), data["code"]
    if not typed.strip():
        return steps.back_with(house, journey, "/code", [steps.error("code", "mfa.err.empty")])
    checked, proven = flow.check(deps, journey, account, typed, who.address)
    if checked.result != "ok":
        key = {"format": "mfa.err.format", "wrong": "mfa.err.wrong", "expired": "mfa.err.expired", "locked": "mfa.err.too_many"}
        if checked.result == "format" and journey.code.get("way") == flow.PRINTED:
            key["format"] = "mfa.err.printed"
        found = [steps.error("code", key[checked.result], time=checked.wait_until)]
        return steps.back_with(house, replace(journey, code={**journey.code, "error": ""}), "/code", found, typed)
    assert proven.proof is not None
    remember = bool(data["remember"]) and flow.may_remember(journey, account)
    cookie = flow.passed(deps, account, proven.proof.methods[-1], remember, who, journey.client_id)
    response = house.dispatcher.go(proven, account)
    if cookie:
        steps.remember(deps, response, account.id, cookie)
    return response
