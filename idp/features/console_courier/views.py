"""Pages of the courier: the channels, the letters, a message to oneself, and the sender's domain."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request

from idp.domain import mail_domain
from idp.domain.identifiers import mask_email, mask_phone
from idp.features.console_courier import flow, forms, sender
from idp.services import drafts, letters, members, trials
from idp.services.one_time_codes import NotSent
from idp.web import console, console_form, steps
from idp.web.errors import PageError
from idp.web.house import House

LIST, CHANNELS, TRIAL, DOMAIN = "/console/courier", "/console/courier/channels", "/console/courier/trial", "/console/courier/domain"
_DRAFT = "sender-domain"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = console.room(house, "courier")

    @room.get(LIST)
    @console.page("courier.look")
    def list_page() -> Response:
        asked = console.asked(forms.ListQuery)
        rows, further = flow.listed(house.deps, asked["channel"], asked["outcome"], asked["before"])
        kept = {name: asked[name] for name in ("channel", "outcome") if asked[name]}
        return console.render(
            house, "courier.html", rows=rows, channels=flow.channels(house.deps), asked=asked, may_act=console.who().may("courier.act"),
            listed=flow.LISTED, outcomes=forms.OUTCOMES, moment=_moment(house), lasting=_lasting(house),
            most=flow.COUNTED_TO, further=f"{LIST}?{urlencode({**kept, 'before': further})}" if further else None,
        )  # fmt: skip

    _letter_routes(room, house)
    _channel_routes(room, house)
    _trial_routes(room, house)
    _domain_routes(room, house)
    return room


def _moment(house: House) -> Any:
    locale = house.pages.locale()
    return lambda at: letters.moment(locale, at)


def _lasting(house: House) -> Any:
    """How long something took, in words, to the unit that matters."""
    locale = house.pages.locale()

    def said(seconds: int) -> Any:
        for key, unit in (("con.courier.days", 172_800), ("con.courier.hours", 7_200), ("con.courier.minutes", 120)):
            if seconds >= unit:
                return house.pages.text(locale, key, {"n": 2 * seconds // unit})
        return house.pages.text(locale, "con.courier.seconds", {"n": seconds})

    return said


def _error(house: House, field: str, key: str, **values: Any) -> dict[str, Any]:
    return {"field": field, "text": house.pages.text(house.pages.locale(), key, values)}


def _because(house: House, data: dict[str, Any], known: list[str]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Why, as the record takes it, and what is wrong with that or with what was chosen."""
    why, errors = console_form.because(data)
    found = [] if data["what"] in known else [_error(house, "what", "con.courier.err.what")]
    return why.detail, [*found, *steps.said(house, errors)]


def _letter_routes(room: Blueprint, house: House) -> None:
    def shown(letter_id: str, errors: list[dict[str, Any]], values: dict[str, Any]) -> Response:
        row = flow.find(house.deps, letter_id)
        if row is None:
            raise PageError(404, "error.not_found")
        ways = (["retry"] if row.outcome == "parked" and row.live else []) + (["cancel"] if row.live and not row.held else [])
        return console.render(
            house, "courier_letter.html", 400 if errors else 200, back=LIST, row=row, moment=_moment(house), lasting=_lasting(house), errors=errors, values=values,
            ways=ways if console.who().may("courier.act") else [],
        )  # fmt: skip

    @room.get(f"{LIST}/letters/<letter_id>")
    @console.page("courier.look")
    def letter_page(letter_id: str) -> Response:
        return shown(letter_id, [], {})

    @room.post(f"{LIST}/letters/<letter_id>")
    @console.form("courier.act")
    def letter_submit(letter_id: str) -> Response:
        data = console.posted(forms.ActForm)
        row = flow.find(house.deps, letter_id)
        if row is None:
            raise PageError(404, "error.not_found")
        why, errors = _because(house, data, ["retry", "cancel"])
        if errors:
            return shown(letter_id, errors, data)
        done = flow.act(house.deps, console.who().account, row.id, data["what"], why, request.remote_addr or "")
        return console.to(house, f"{LIST}/letters/{row.id}", f"con.courier.done.{done}")


def _channel_routes(room: Blueprint, house: House) -> None:
    def shown(errors: list[dict[str, Any]], values: dict[str, Any]) -> Response:
        found = {"channels": flow.channels(house.deps), "ways": flow.ways(house.deps)}
        return console.render(house, "courier_channels.html", 400 if errors else 200, back=LIST, errors=errors, values=values, **found)

    @room.get(CHANNELS)
    @console.page("courier.act")
    def channels_page() -> Response:
        return shown([], {})

    @room.post(CHANNELS)
    @console.form("courier.act")
    def channels_submit() -> Response:
        data = console.posted(forms.ActForm)
        why, errors = _because(house, data, flow.ways(house.deps))
        if errors:
            return shown(errors, data)
        count = flow.switch(house.deps, console.who().account, data["what"], why, request.remote_addr or "")
        verb = data["what"].partition(":")[0]
        values = {"n": count} if verb == "release" else {}
        return console.to(house, CHANNELS, "con.courier.done.gone" if count is None else f"con.courier.done.{verb}", **values)


def _trial_routes(room: Blueprint, house: House) -> None:
    def mine() -> list[tuple[str, str]]:
        masks = {"email": mask_email, "sms": mask_phone}
        full = members.find(house.deps, console.who().account.id, with_destinations=True)
        return [(item.id, masks[item.kind](item.address)) for item in trials.destinations(full)] if full else []

    def shown(errors: list[dict[str, Any]], values: dict[str, Any]) -> Response:
        return console.render(house, "courier_trial.html", 400 if errors else 200, back=LIST, errors=errors, values=values, mine=mine())

    @room.get(TRIAL)
    @console.page("courier.act")
    def trial_page() -> Response:
        return shown([], {})

    @room.post(TRIAL)
    @console.form("courier.act")
    def trial_submit() -> Response:
        data = console.posted(forms.ActForm)
        why, errors = _because(house, data, [one for one, _ in mine()])
        if errors:
            return shown(errors, data)
        actor = members.find(house.deps, console.who().account.id, with_destinations=True) or console.who().account
        facts = {"time": house.deps.now()}
        try:
            trials.send(house.deps, actor, data["what"], "trial", facts, house.pages.locale(), why, request.remote_addr or "")
        except NotSent as refused:
            when = letters.moment(house.pages.locale(), refused.again_at)
            return shown([_error(house, "what", "con.courier.err.limit", time=when)], data)
        return console.to(house, TRIAL, "con.courier.done.trial")


def _domain_routes(room: Blueprint, house: House) -> None:
    @room.get(DOMAIN)
    @console.page("courier.look")
    def domain_page() -> Response:
        found = drafts.get(house.deps, _DRAFT, console.who().session.key)
        names = {"domain": sender.names(house.deps)["spf"], "host": house.deps.settings.host, "selector": house.deps.settings.mail.dkim_selector}
        return console.render(
            house, "courier_domain.html", back=LIST, found=found, good=mail_domain.GOOD, weak=mail_domain.WEAK, moment=_moment(house), **names
        )

    @room.post(DOMAIN)
    @console.form("courier.look")
    def domain_submit() -> Response:
        found = {"at": house.deps.now(), "checks": sender.look(house.deps, house.dns)}
        drafts.put(house.deps, _DRAFT, console.who().session.key, found)
        return redirect(DOMAIN, 303)
