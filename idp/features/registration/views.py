"""Pages of a registration: the contract, the details, the look at all of it, and that a letter has been sent."""

from typing import Any, Iterable

from flask import Blueprint, Response, redirect, request
from marshmallow import Schema

from idp.domain import mail_typos
from idp.domain.identifiers import login_id_parameters, login_id_rules, mask_email
from idp.domain.journey import Journey
from idp.features.registration import facts, flow, forms, sending
from idp.features.registration.flow import Draft, Wrong
from idp.services import drafts, journeys, letters, registering
from idp.web import doors, password_form, steps
from idp.web.house import House

VERIFY, DETAILS, CONFIRM, SENT = "/register", "/register/details", "/register/confirm", "/register/sent"
EXISTS, PENDING = "/register/exists", "/register/pending"
PATHS = {"ok": DETAILS, "exists": EXISTS, "pending": PENDING}


def blueprint(house: House) -> Blueprint:
    """The routes of this room; none where members do not register themselves."""
    room, deps = Blueprint("registration", __name__), house.deps
    if deps.policy.registration.mode == "off":
        return room

    @room.get(VERIFY)
    @doors.page
    def verify_page() -> Response:
        if not doors.read_query().get("j"):
            steps.count_page(deps)
            journey = journeys.new(deps, doors.browser(deps))
            journeys.save(deps, journey)
            return redirect(_at(VERIFY, journey), 303)
        came = _shown(house)
        if isinstance(came, Response):
            return came
        journey, draft = came
        return steps.page(
            house, "register.html", journey,
            back=f"/login?j={journey.id}",
            errors=_noted(house, journey)["errors"],
            groups=[(facts.group_id(group), group) for group in facts.groups(deps.policy.registration)],
            texts=facts.TEXTS,
            typed=facts.typed(deps.policy.registration, draft.facts),
        )

    @room.post(VERIFY)
    @doors.form
    def verify_submit() -> Response:
        came = _posted(house, forms.VerifyForm)
        if isinstance(came, Response):
            return came
        journey = came[0]
        result, wrong = flow.verify(deps, journey, came[2], request.remote_addr or "")
        return _back(house, journey, VERIFY, _errors(wrong)) if wrong else redirect(_at(PATHS[result], journey), 303)

    @room.get(EXISTS)
    @doors.page
    def exists_page() -> Response:
        came = _shown(house)
        if isinstance(came, Response):
            return came
        journey, draft = came
        if not draft.exists:
            return redirect(_at(VERIFY, journey), 303)
        return steps.page(house, "register_exists.html", journey, back=_at(VERIFY, journey), find_id=deps.policy.recovery.username)

    @room.get(PENDING)
    @doors.page
    def pending_page() -> Response:
        came = _shown(house, proven=True)
        if isinstance(came, Response):
            return came
        journey, draft = came
        if (mail := flow.pending_mail(deps, draft)) is None:
            return redirect(_at(DETAILS, journey), 303)
        masked, again = mask_email(mail), _at(DETAILS, journey)
        return steps.page(house, "register_pending.html", journey, back=_at(VERIFY, journey), masked=masked, again=again)

    _details_routes(room, house)
    _confirm_routes(room, house)
    _sent_routes(room, house)
    return room


def _at(path: str, journey: Journey, **query: str) -> str:
    return f"{path}?" + "&".join(f"{name}={value}" for name, value in {"j": journey.id, **query}.items())


def _found(house: House, journey: Journey | None, proven: bool) -> tuple[Journey, Draft] | Response:
    """The journey and its draft; else what the browser gets instead. `proven`: only with a contract to go on with."""
    if journey is None:
        return steps.page(house, "register_stop.html", None, status=400, key="reg.err.over", done=False)
    if journey.finished:
        return steps.page(house, "finished.html", journey)
    draft = flow.find(house.deps, journey)
    if proven and not flow.proven(house.deps, draft):
        return redirect(_at(VERIFY, journey), 303)
    return journey, draft


def _shown(house: House, proven: bool = False) -> tuple[Journey, Draft] | Response:
    return _found(house, doors.journey_of(house.deps, doors.read_query().get("j", "")), proven)


def _posted(house: House, form: type[Schema], proven: bool = False) -> tuple[Journey, Draft, dict[str, Any]] | Response:
    journey, data = steps.posted(house, form)
    found = _found(house, journey, proven)
    if isinstance(found, Response):
        return found
    journeys.save(house.deps, found[0])  # whoever is still at it has an hour again
    return *found, data


def _errors(wrong: Iterable[Wrong]) -> list[dict[str, Any]]:
    return [steps.error(name, key, **values) for name, key, values in wrong]


def _back(house: House, journey: Journey, path: str, errors: list[dict[str, Any]], place: str = "", **more: Any) -> Response:
    """To a page that says this, so that reload repeats nothing; `place`: the part of it to begin at."""
    address = _at(path, journey, n=drafts.note(house.deps, journey.id, {"errors": errors, **more}))
    return redirect(f"{address}#{place}" if place else address, 303)


def _noted(house: House, journey: Journey) -> dict[str, Any]:
    note = drafts.noted(house.deps, journey.id, doors.read_query().get("n", ""))
    return {**note, "errors": steps.said(house, note.get("errors", []))}


def _details_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(DETAILS)
    @doors.page
    def details_page() -> Response:
        came = _shown(house, proven=True)
        if isinstance(came, Response):
            return came
        journey, draft = came
        note = _noted(house, journey)
        answered = draft.asked == (draft.form.get("login_id"), True) and "n" in doors.read_query()
        return steps.page(
            house, "register_details.html", journey,
            back=_at(VERIFY, journey),
            errors=note["errors"], again=note.get("again"),
            typed={name: draft.form.get(name, "") for name in flow.FORM},
            free=answered and not any(error["field"] == "login_id" for error in note["errors"]),
            id_rules=login_id_rules(deps.policy.login_id),
            id_values=login_id_parameters(deps.policy.login_id),
            **password_form.asked(deps.policy.password),
        )

    @room.post(DETAILS)
    @doors.form
    def details_submit() -> Response:
        came = _posted(house, forms.DetailsForm, proven=True)
        if isinstance(came, Response):
            return came
        journey, draft, data = came
        if data["action"] == "check":
            wrong, typed = _errors(flow.check(deps, journey, draft, data)), data["new_password"] or data["new_password_again"]
            # a password is never sent back: whoever has typed it before pressing the button has to do so again
            return _back(house, journey, DETAILS, wrong, "" if wrong else "checked", again=bool(typed))
        entered = flow.enter(deps, house.hasher, journey, draft, data)
        errors = _errors(entered.wrong) + password_form.errors(deps.policy.password, entered.password)
        errors.sort(key=lambda error: forms.ON_PAGE.index(error["field"]))
        return _back(house, journey, DETAILS, errors) if errors else redirect(_at(CONFIRM, journey), 303)


def _confirm_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(CONFIRM)
    @doors.page
    def confirm_page() -> Response:
        came = _shown(house, proven=True)
        if isinstance(came, Response):
            return came
        journey, draft = came
        if not draft.details:
            return redirect(_at(DETAILS, journey), 303)
        if draft.sent == draft.details["id"]:
            return redirect(_at(SENT, journey), 303)
        details = {name: value for name, value in draft.details.items() if name != "password_hash"}
        edit, errors, meant = _at(DETAILS, journey), _noted(house, journey)["errors"], mail_typos.meant(details["email"])
        return steps.page(house, "register_confirm.html", journey, back=edit, edit=edit, errors=errors, details=details, meant=meant)

    @room.post(CONFIRM)
    @doors.form
    def confirm_submit() -> Response:
        came = _posted(house, forms.ConfirmForm, proven=True)
        if isinstance(came, Response):
            return came
        journey, draft, data = came
        if not draft.details or data["draft"] != draft.details["id"]:
            return redirect(_at(CONFIRM, journey), 303)  # to see what would be sent: it was changed in another tab
        begun = sending.begin(deps, journey, draft, house.pages.locale(), request.remote_addr or "")
        if begun.result == "taken":
            return _back(house, journey, DETAILS, [steps.error("login_id", "reg.s2.id.taken", id=draft.details["login_id"])])
        if begun.result == "limit":
            return _back(house, journey, CONFIRM, [steps.error("send", "reg.s4.err.limit", time=begun.again_at)])
        return redirect(_at(EXISTS if begun.result == "exists" else SENT, journey), 303)


def _sent_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(SENT)
    @doors.page
    def sent_page() -> Response:
        came = _shown(house)
        if isinstance(came, Response):
            return came
        journey, draft = came
        known = registering.sending(deps, draft.sent) if draft.sent else None
        if known is None:
            return _nothing_sent(house, journey, draft)
        note = _noted(house, journey)
        return steps.page(
            house, "register_sent.html", journey,
            back=_at(DETAILS, journey), errors=note["errors"], resent=note.get("resent"),
            mail=known.registration.email, meant=mail_typos.meant(known.registration.email),
            lost=known.lost, deadline=letters.moment(house.pages.locale(), known.ends_at),
            rungs=steps.ladder(house, known.registration.sent_at),
            again=steps.clock(house, known.again_at) if deps.now() < known.again_at else None,
            edit=_at(DETAILS, journey),
        )

    @room.post(SENT)
    @doors.form
    def sent_submit() -> Response:
        came = _posted(house, forms.ResendForm)
        if isinstance(came, Response):
            return came
        journey, draft, _ = came
        again = sending.send_again(deps, draft.sent) if draft.sent else sending.Begun("gone")
        keys = {"wait": "mfa.resend.wait", "limit": "reg.s4.err.limit"}
        if again.result in keys:
            return _back(house, journey, SENT, [steps.error("send", keys[again.result], time=again.again_at)])
        return _back(house, journey, SENT, [], resent=again.result == "sent")


def _nothing_sent(house: House, journey: Journey, draft: Draft) -> Response:
    """Nothing has been sent from here, or it is over, or it has been finished: the page to go on from."""
    if draft.contract and sending.finished(house.deps, draft):
        return steps.page(house, "register_stop.html", journey, key="reg.s5.err.used", done=True)
    return redirect(_at(CONFIRM, journey), 303)
