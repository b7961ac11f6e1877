"""Pages on the way to a new password: opening the link, another proof where there is a second factor, the password, done."""

from dataclasses import dataclass
from typing import Any, Iterable

from flask import Blueprint, Response, redirect, request

from idp.domain.journey import Journey
from idp.features.reset import flow, forms, second
from idp.features.reset.flow import PRINTED, Standing, Way
from idp.services import drafts, letters
from idp.web import doors, links, password_form, steps
from idp.web.house import House
from idp.web.returning import CHANGED, PASSWORD, SECOND, address

START = "/recovery?kind=pw"
SAID = {"format": "mfa.err.format", "wrong": "mfa.err.wrong", "expired": "mfa.err.expired", "locked": "mfa.err.too_many"}


@dataclass(frozen=True)
class Came:
    """A journey whose member may go on here."""

    journey: Journey
    standing: Standing
    ways: list[Way]
    second: second.Second

    @property
    def owes(self) -> bool:
        """Whether something else has to be proven first."""
        return bool(self.ways) and not self.second.proven


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = Blueprint("reset", __name__)

    @room.get("/reset/<token>")
    @room.get("/r/<token>")
    @doors.page
    def open_link(token: str) -> Response:
        return links.opened(house, "reset", token, PASSWORD)

    _password_routes(room, house)
    _second_routes(room, house)
    return room


def _came(house: House, journey: Journey | None) -> Came | None:
    """Who stands behind this journey; nobody if its link or code was spent, replaced, too old or never there."""
    if journey is None or journey.finished:
        return None
    deps, held = house.deps, links.held(house, "reset", journey.id)
    standing = flow.by_link(deps, held) if held else flow.by_code(deps, journey.id)
    if standing is None:
        return None
    return Came(journey, standing, flow.ways(deps, standing), second.find(deps, journey.id, standing))


def _shown(house: House, path: str) -> Came | Response:
    """Who may see this page; else the page that says how to begin again, the same whatever the reason, or where the member
    has to go."""
    journey = doors.journey_of(house.deps, doors.read_query().get("j", ""))
    came = _came(house, journey)
    if came is None and journey and drafts.get(house.deps, flow.DONE, journey.id):
        return redirect(_at(CHANGED, journey), 303)
    if came is None:
        return steps.page(house, "reset_again.html", journey, back="/login", start=START)
    return came if came.owes == (path == SECOND) else redirect(_at(SECOND if came.owes else PASSWORD, came.journey), 303)


def _posted(house: House, form: Any, path: str) -> tuple[Came, dict[str, Any]] | Response:
    """The same for a form that came back."""
    journey, data = steps.posted(house, form)
    came = _came(house, journey)
    if came is None or came.owes != (path == SECOND):
        return redirect(_at(PASSWORD, journey) if journey else PASSWORD, 303)
    return came, data


def _at(path: str, journey: Journey, **query: str) -> str:
    return path + "?" + "&".join(f"{name}={value}" for name, value in {"j": journey.id, **query}.items())


def _back(house: House, path: str, journey: Journey, errors: Iterable[dict[str, Any]], typed: str = "", resent: bool = False) -> Response:
    note = drafts.note(house.deps, journey.id, {"errors": list(errors), "typed": typed[:512], "resent": resent})
    return redirect(_at(path, journey, n=note), 303)


def _noted(house: House, journey: Journey) -> dict[str, Any]:
    """What the form that led here has left to say."""
    noted = drafts.noted(house.deps, journey.id, doors.read_query().get("n", ""))
    return {"errors": steps.said(house, noted.get("errors", [])), "typed": noted.get("typed", ""), "resent": noted.get("resent")}


def _password_routes(room: Blueprint, house: House) -> None:
    deps = house.deps
    rule = deps.policy.password

    @room.get(PASSWORD)
    @doors.page
    def password_page() -> Response:
        came = _shown(house, PASSWORD)
        if isinstance(came, Response):
            return came
        return steps.page(
            house,
            "reset_password.html",
            came.journey,
            back=START,
            errors=_noted(house, came.journey)["errors"],
            **password_form.asked(rule),
            login_id=came.standing.account.login_id,
        )

    @room.post(PASSWORD)
    @doors.form
    def password_submit() -> Response:
        found = _posted(house, forms.PasswordForm, PASSWORD)
        if isinstance(found, Response):
            return found
        came, data = found
        typed = data["new_password"]
        wrong = flow.verdicts(deps, house.hasher, came.standing, typed, data["new_password_again"])
        if wrong:
            return _back(house, PASSWORD, came.journey, password_form.errors(rule, wrong))
        done = flow.set_password(deps, house.hasher, came.journey.id, came.standing, typed, doors.caller())
        return redirect(_at(CHANGED if done else PASSWORD, came.journey), 303)

    @room.get(CHANGED)
    @doors.page
    def changed_page() -> Response:
        journey = steps.journey_shown(house)
        done = drafts.get(deps, flow.DONE, journey.id)
        if done is None:
            return redirect(_at(PASSWORD, journey), 303)
        held = letters.moment(house.pages.locale(), done["held_until"]) if done["held_until"] else None
        day = lambda one: letters.day(house.pages.locale(), one["created_at"])  # noqa: E731
        known = [(one["name"], day(one)) for one in done["passkeys"]]
        return steps.page(house, "reset_changed.html", journey, back="/", held=held, login=address(house), passkeys=known)


def _second_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(SECOND)
    @doors.page
    def second_page() -> Response:
        came = _shown(house, SECOND)
        if isinstance(came, Response):
            return came
        chosen = next((way for way in came.ways if way.id == came.second.way), None)
        sent = [one for one in came.second.sent if chosen and one["to"] == chosen.id]
        return steps.page(
            house,
            "reset_second.html" if chosen else "reset_ways.html",
            came.journey,
            back=START,
            ways=came.ways,
            way=chosen,
            proposed=_proposed(came),
            until=steps.clock(house, sent[-1]["until"]) if sent else None,
            rungs=steps.ladder(house, sent[-1]["at"]) if sent else None,
            resend_at=steps.clock(house, sent[-1]["at"] + deps.policy.codes.resend) if sent else None,
            **_noted(house, came.journey),
        )

    @room.post(SECOND)
    @doors.form
    def second_submit() -> Response:
        found = _posted(house, forms.SecondForm, SECOND)
        if isinstance(found, Response):
            return found
        came, data = found
        journey = came.journey
        if data["action"] == "other":
            second.other(deps, journey.id, came.second)
            return redirect(_at(SECOND, journey), 303)
        if data["action"] in ("choose", "send") or not came.second.way:
            return _choose(house, came, data["way"] if data["action"] == "choose" else came.second.way)
        return _verify(house, came, data["code"])


def _proposed(came: Came) -> str:
    """The way that the choice begins with: the first that no code has gone to, because the others were given up."""
    tried = {one["to"] for one in came.second.sent}
    return next((way.id for way in came.ways if way.id not in tried), came.ways[0].id)


def _choose(house: House, came: Came, wanted: str) -> Response:
    journey, way = came.journey, next((one for one in came.ways if one.id == wanted), None)
    if way is None:
        return _back(house, SECOND, journey, [steps.error("way", "mfa.err.way")])
    at, locale = request.remote_addr or "", house.pages.locale()
    again = any(one["to"] == way.id for one in came.second.sent)
    refused = second.choose(house.deps, journey.id, came.standing, came.second, way, at, locale)
    field = "code" if came.second.way or (refused and refused[0] == "mfa.resend.wait") else "way"
    return _back(house, SECOND, journey, [steps.error(field, refused[0], time=refused[1])] if refused else [], resent=again and not refused)


def _verify(house: House, came: Came, typed: str) -> Response:
    journey = came.journey
    if not typed.strip():
        return _back(house, SECOND, journey, [steps.error("code", "mfa.err.empty")])
    checked = second.check(house.deps, journey.id, came.standing, came.second, typed, doors.caller())
    if checked.result == "ok":
        return redirect(_at(PASSWORD, journey), 303)
    key = "mfa.err.printed" if checked.result == "format" and came.second.way == PRINTED else SAID[checked.result]
    return _back(house, SECOND, journey, [steps.error("code", key, time=checked.wait_until)], typed)
