"""The page of the language: of letters wherever the member is, of pages in this browser."""

from flask import Blueprint, Response, g, request

from idp import texts
from idp.features.language import flow, forms
from idp.web import doors, fresh
from idp.web.house import House

LANGUAGE = "/account/language"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("language", __name__), house.deps

    @room.get(LANGUAGE)
    @doors.page
    def language_page() -> Response:
        came = fresh.looking(house, LANGUAGE)
        if isinstance(came, Response):
            return came
        return fresh.page(house, "language.html", came, back="/account", locales=texts.LOCALES, chosen=came.account.locale)

    @room.post(LANGUAGE)
    @doors.form
    def language_submit() -> Response:
        found = fresh.posted(house, forms.LanguageForm, LANGUAGE, fresh=False)
        if isinstance(found, Response):
            return found
        came, data = found
        flow.choose(deps, came.account, data["language"], request.remote_addr or "")
        g.new_language = data["language"]  # as the language switch does
        return fresh.to(house, came, "/account", done="language")

    return room
