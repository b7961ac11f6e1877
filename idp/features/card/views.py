"""The page of the card: login ID, address of the portal, the desk's telephone, and room to write; never a password."""

from flask import Blueprint, Response

from idp.web import came_from, doors, fresh
from idp.web.house import House

CARD = "/account/card"


def blueprint(house: House) -> Blueprint:
    """The route of this room."""
    room = Blueprint("card", __name__)

    @room.get(CARD)
    @doors.page
    def card_page() -> Response:
        came = fresh.looking(house, CARD)
        if isinstance(came, Response):
            return came
        address = came_from.starting_address(house)
        return fresh.page(house, "card.html", came, back="/account", login_id=came.account.login_id, address=address)

    return room
