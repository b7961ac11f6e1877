"""Pages of clients: the list, one client with its last refused requests, and a look at its addresses."""

from typing import Any

from flask import Blueprint, Response

from idp.features.console_clients import flow, views_edit
from idp.features.console_clients.flow import Known
from idp.features.console_clients.views_edit import HOME, ONE, SECRET, found
from idp.services import doctor, drafts, letters
from idp.web import console
from idp.web.errors import PageError
from idp.web.house import House


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = console.room(house, "clients"), house.deps

    @room.get(HOME)
    @console.page("clients.look")
    def listed() -> Response:
        locale = house.pages.locale()
        return console.render(house, "clients.html", clients=flow.listed(deps), moment=lambda at: letters.moment(locale, at))

    @room.get(ONE)
    @console.page("clients.look")
    def one(key: str) -> Response:
        known = found(house, key)
        secret = drafts.take(deps, SECRET, console.who().session.key + key)
        return _one(house, known, secret=secret["secret"] if secret else "")

    @room.get(ONE + "/test")
    @console.page("clients.look")
    def test_page(key: str) -> Response:
        return _test(house, found(house, key), None)

    @room.post(ONE + "/test")
    @console.form("clients.look")
    def test(key: str) -> Response:
        known = found(house, key)
        if not flow.may_look(deps, console.who().account.id):
            raise PageError(429, "con.cli.test.often", retry_after=60)
        return _test(house, known, flow.look(house.fetcher, known.client))

    views_edit.routes(room, house)
    return room


def _one(house: House, known: Known, secret: str) -> Response:
    locale, deps = house.pages.locale(), house.deps
    return console.render(
        house, "client.html", back=HOME, name=flow.plain(known.client.name), known=known, client=known.client, secret=secret, sentences=flow.sentences(known.client),
        addresses=flow.addresses(known.client), findings=flow.shown(doctor.findings(deps, known.client.id)),
        json=flow.metadata_text(known.client), overlap=known.client.old_secret_until if known.client.old_secret_until > deps.now() else 0,
        moment=lambda at: letters.moment(locale, at), may=console.who().may("clients.change") and known.kind != "own",
    )  # fmt: skip


def _test(house: House, known: Known, results: list[Any] | None) -> Response:
    back = f"{HOME}/{known.key}"
    return console.render(house, "client_test.html", back=back, known=known, client=known.client, results=results)
