"""The page of what is held about a member, and the same as a file. Both after a fresh proof: it is all that there is to steal."""

from datetime import date
from typing import Any

from flask import Blueprint, Response

from idp.domain.account import Account
from idp.domain.phone import dialled
from idp.features.own_data import flow
from idp.features.own_data.flow import COUNTED_TO
from idp.services import letters
from idp.web import doors, fresh
from idp.web.house import House

DATA, FILE = "/account/data", "/account/data.json"
CLAIMS = (
    "name", "family_name", "given_name", "middle_name", "birthdate", "gender", "address", "zoneinfo", "profile", "picture",
    "website",
)  # fmt: skip
GENDERS = ("female", "male")
# the lists, and the page that shows what of it still counts
LISTS = {"sessions": "/account/sessions", "trusted_browsers": "/account/devices", "agreements": "", "outbox": "", "audit": "/account/history"}


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("own_data", __name__), house.deps

    @room.get(DATA)
    @doors.page
    def data_page() -> Response:
        came = fresh.changing(house, DATA)
        if isinstance(came, Response):
            return came
        said = _shown(house, came.account, flow.summary(deps, came.account))
        return fresh.page(house, "account_data.html", came, back="/account", account=came.account, **said)

    @room.get(FILE)
    @doors.page
    def data_file() -> Response:
        came = fresh.changing(house, DATA)
        if isinstance(came, Response):
            return came
        body = flow.download(deps, came.account)
        headers = {"Content-Disposition": 'attachment; filename="account.json"', "Cache-Control": "no-store"}
        return Response(body, 200, headers, content_type="application/json")

    return room


def _shown(house: House, account: Account, held: flow.Summary) -> dict[str, Any]:
    """What the page says; the long lists have pages of their own, or stand in the file."""
    clients = [client.name for name in held.clients if (client := house.clients.find(name))]
    locale = house.pages.locale()
    return {
        "clients": clients,
        "created": letters.day(locale, account.created_at),
        "earlier": held.earlier,
        "places": [dialled(one.address) if one.kind == "sms" else one.address for one in account.destinations],
        "counts": [(kind, held.counts[kind], page) for kind, page in LISTS.items()],
        "most": COUNTED_TO,
        "profile": _profile(house, account),
    }


def _profile(house: House, account: Account) -> list[tuple[str, str]]:
    """The standard claims in their order, each under its name as people know it; what else an operator keeps under its own."""
    locale, found = house.pages.locale(), []
    for name in sorted(account.profile, key=lambda name: (CLAIMS.index(name) if name in CLAIMS else len(CLAIMS), name)):
        value = account.profile[name]
        value = value.get("formatted", "") if isinstance(value, dict) else value
        if name == "gender" and value in GENDERS:
            value = house.pages.text(locale, f"acct.data.gender.{value}")
        if name == "birthdate":
            value = _birthday(locale, str(value))
        label = house.pages.text(locale, f"acct.data.claim.{name}") if name in CLAIMS else name
        if value:
            found.append((label, str(value)))
    return found


def _birthday(locale: str, value: str) -> str:
    """As members read it; a year alone, or a year that is kept back (OpenID Connect Core section 5.1), as it is."""
    try:
        return letters.date(locale, date.fromisoformat(value))
    except ValueError:
        return value
