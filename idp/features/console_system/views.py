"""The page of the system."""

from typing import Any

from flask import Blueprint, Response

from idp.features.console_system import flow
from idp.services import letters
from idp.web import console
from idp.web.house import House


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = console.room(house, "system")

    @room.get("/console/system")
    @console.page("look")
    def system_page() -> Response:
        locale = house.pages.locale()

        def said(value: Any) -> Any:
            if isinstance(value, list):
                return ", ".join(said(one) for one in value)
            return str(house.pages.text(locale, value)) if isinstance(value, str) and value.startswith("con.") else value

        found = [(one, {name: said(value) for name, value in one.values.items()}) for one in flow.findings(house.deps)]
        return console.render(
            house, "system.html", findings=found, keys=flow.key_dates(house.deps), facts=flow.facts(house.deps),
            moment=lambda at: letters.moment(locale, at),
        )  # fmt: skip

    return room
