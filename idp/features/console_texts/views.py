"""Pages of the texts."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import texts
from idp.domain.identifiers import mask_email, mask_phone
from idp.features.console_texts import flow, forms
from idp.services import letters, members, trials
from idp.services.one_time_codes import NotSent
from idp.web import console, console_form, steps
from idp.web.errors import PageError
from idp.web.house import House

LIST = "/console/texts"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = console.room(house, "texts")

    @room.get(LIST)
    @console.page("texts.look")
    def list_page() -> Response:
        asked = console.asked(forms.ListQuery)
        found, after = flow.listed(asked["q"], asked["own"] == "yes", asked["after"])
        kept = {name: asked[name] for name in ("q", "own") if asked[name]}
        further = f"{LIST}?{urlencode({**kept, 'after': after})}" if after else None
        return console.render(house, "texts.html", found=found, asked=asked, further=further, locales=texts.LOCALES)

    @room.get(f"{LIST}/<key>")
    @console.page("texts.look")
    def text_page(key: str) -> Response:
        return _shown(house, _found(key))

    @room.post(f"{LIST}/<key>")
    @console.form("texts.look")
    def count_submit(key: str) -> Response:
        entry, data = _found(key), console.posted(forms.CountForm)
        if not key.startswith("sms."):
            raise PageError(400, "error.bad_request")
        judged = flow.judge(house.deps.settings, data["locale"], key, data["text"])
        return _shown(house, entry, tried={data["locale"]: (data["text"], judged)}, line=flow.lines(key, data["text"].replace("\r\n", "\n")))

    _trial_routes(room, house)
    return room


def _found(key: str) -> flow.Entry:
    entry = flow.find(key)
    if entry is None:
        raise PageError(404, "error.not_found")
    return entry


def _shown(house: House, entry: flow.Entry, tried: dict[str, Any] | None = None, line: str = "") -> Response:
    settings, counted = house.deps.settings, {}
    if entry.key.startswith("sms."):
        now = {locale: (entry.shown[locale], flow.judge(settings, locale, entry.key, entry.shown[locale])) for locale in texts.LOCALES}
        counted = now | (tried or {})
    return console.render(
        house, "text.html", back=LIST, entry=entry, locales=texts.LOCALES, counted=counted, lines={locale: flow.lines(entry.key, entry.shown[locale]) for locale in texts.LOCALES},
        line=line, previews={locale: flow.preview(settings, locale, entry.key) for locale in texts.LOCALES} if entry.key.startswith("mail.") else {},
        may_send=console.who().may("courier.act") and flow.template_of(entry.key) is not None, folder=bool(settings.texts.folder),
    )  # fmt: skip


def _trial_routes(room: Blueprint, house: House) -> None:
    def mine(channel: str) -> list[tuple[str, str]]:
        full = members.find(house.deps, console.who().account.id, with_destinations=True)
        kind, mask = ("sms", mask_phone) if channel == "sms" else ("email", mask_email)
        return [(item.id, mask(item.address)) for item in trials.destinations(full) if item.kind == kind] if full else []

    def letter(key: str) -> tuple[str, str]:
        found = flow.template_of(key) if flow.find(key) else None
        if found is None:
            raise PageError(404, "error.not_found")
        return found

    def shown(key: str, errors: list[dict[str, Any]], values: dict[str, Any]) -> Response:
        return console.render(
            house, "text_trial.html", 400 if errors else 200, back=f"{LIST}/{key}", key=key, mine=mine(letter(key)[0]), locales=texts.LOCALES,
            errors=errors, values=values,
        )  # fmt: skip

    def error(field: str, key: str, **values: Any) -> dict[str, Any]:
        return {"field": field, "text": house.pages.text(house.pages.locale(), key, values)}

    @room.get(f"{LIST}/<key>/trial")
    @console.page("courier.act")
    def trial_page(key: str) -> Response:
        return shown(key, [], {"locale": house.pages.locale()})

    @room.post(f"{LIST}/<key>/trial")
    @console.form("courier.act")
    def trial_submit(key: str) -> Response:
        channel, template = letter(key)
        data = console.posted(forms.TrialForm)
        why, wrong = console_form.because(data)
        errors = [] if data["what"] in [one for one, _ in mine(channel)] else [error("what", "con.courier.err.what")]
        if errors := errors + steps.said(house, wrong):
            return shown(key, errors, data)
        actor = members.find(house.deps, console.who().account.id, with_destinations=True) or console.who().account
        facts = flow.sample(house.deps.settings, data["locale"], channel, template)
        what = template.partition(".")[2]
        try:
            trials.send(house.deps, actor, data["what"], what, facts, data["locale"], why.detail, request.remote_addr or "")
        except NotSent as refused:
            when = letters.moment(house.pages.locale(), refused.again_at)
            return shown(key, [error("what", "con.courier.err.limit", time=when)], data)
        return console.to(house, f"{LIST}/{key}", "con.courier.done.trial")
