"""Changing clients: a new one, its metadata by form or as JSON, a new secret, switching off and removing."""

from functools import partial
from typing import Any, Callable, Mapping

from flask import Blueprint, Response, redirect, request

from idp.domain.client import AUTH_METHODS
from idp.features.console_clients import flow, forms
from idp.features.console_clients.flow import Known
from idp.services import client_changes, drafts
from idp.services.client_registration import Rejected
from idp.web import console, console_form, steps
from idp.web import problems as said
from idp.web.errors import PageError
from idp.web.house import House

Again = Callable[[Mapping[str, Any], list[dict[str, Any]]], Response]  # the form, with what was typed and what is wrong
HOME, ONE = "/console/clients", "/console/clients/<key>"
SECRET, SECRET_LIFE = "client-secret", 600


def found(house: House, key: str) -> Known:
    """The client, or a page that says there is none."""
    known = flow.find(house.deps, key)
    if known is None:
        raise PageError(404, "error.not_found")
    return known


def _changeable(house: House, key: str) -> Known:
    """The same; the console's own client is nobody's to change."""
    known = found(house, key)
    if known.kind == "own":
        raise PageError(403, "con.cli.own")
    return known


def routes(room: Blueprint, house: House) -> None:
    """The routes of these pages."""
    _new(room, house)
    _edit(room, house)
    _acts(room, house)


def _saved(house: House, answer: dict[str, Any], words: str) -> Response:
    """To the client's page, which shows a new secret this once."""
    key = flow.key_of(answer["client_id"])
    if secret := answer.get("client_secret"):
        drafts.put(house.deps, SECRET, console.who().session.key + key, {"secret": secret}, SECRET_LIFE)
    return console.to(house, f"{HOME}/{key}", words)


def _done(house: House, form: Mapping[str, Any], words: str, act: Callable[..., dict[str, Any]], again: Again) -> Response:
    """To the client's page once `act` is done, which takes why and from where; or the form again, with what is wrong."""
    why, errors = console_form.because(form)
    if errors:
        return again(form, steps.said(house, errors))
    try:
        answer = act(address=request.remote_addr, **why.detail)
    except Rejected as error:
        return again(form, [{"field": "refused", "text": said.placed(house, problem, name)} for name, problem in error.said])
    return _saved(house, answer, words)


def _form(house: House, known: Known | None, values: Mapping[str, Any], errors: list[dict[str, Any]]) -> Response:
    back = f"{HOME}/{known.key}" if known else HOME
    return console.render(
        house, "client_edit.html", 400 if errors else 200, back=back, known=known, values=values, methods=AUTH_METHODS, errors=errors
    )  # fmt: skip


def _json(house: House, known: Known | None, values: Mapping[str, Any], errors: list[dict[str, Any]]) -> Response:
    back = f"{HOME}/{known.key}" if known else HOME
    return console.render(house, "client_json.html", 400 if errors else 200, back=back, known=known, values=values, errors=errors)


def _new(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(HOME + "/new")
    @console.page("clients.change", fresh=True)
    def new() -> Response:
        return _form(house, None, {"client_id": "", "seen": 0, **forms.values({"scope": "openid profile email"})}, [])

    @room.post(HOME + "/new")
    @console.form("clients.change", fresh=True)
    def create() -> Response:
        form = console.posted(forms.Edit)
        wish = forms.metadata(form, {})
        if form["client_id"].strip():
            wish["client_id"] = form["client_id"].strip()
        act = partial(client_changes.create, deps, console.who().account, wish, house.fetcher)
        return _done(house, form, "con.cli.created", act, partial(_form, house, None))

    @room.get(HOME + "/new-json")
    @console.page("clients.change", fresh=True)
    def new_json() -> Response:
        return _json(house, None, {"json": "", "seen": 0}, [])

    @room.post(HOME + "/new-json")
    @console.form("clients.change", fresh=True)
    def create_json() -> Response:
        form = console.posted(forms.Json)
        act = partial(client_changes.create, deps, console.who().account, form["json"], house.fetcher)
        return _done(house, form, "con.cli.created", act, partial(_json, house, None))


def _edit(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(ONE + "/edit")
    @console.page("clients.change", fresh=True)
    def edit(key: str) -> Response:
        known = _changeable(house, key)
        values = {"seen": known.client.updated_at, "client_id": known.client.id, **forms.values(known.client.metadata)}
        return _form(house, known, values, [])

    @room.post(ONE + "/edit")
    @console.form("clients.change", fresh=True)
    def change(key: str) -> Response:
        known, form = _changeable(house, key), console.posted(forms.Edit)
        wish = forms.metadata(form, known.client.metadata)
        act = partial(client_changes.change, deps, console.who().account, known.client.id, form["seen"], wish, house.fetcher)
        return _done(house, {**form, "client_id": known.client.id}, "con.cli.changed", act, partial(_form, house, known))

    @room.get(ONE + "/json")
    @console.page("clients.change", fresh=True)
    def edit_json(key: str) -> Response:
        known = _changeable(house, key)
        return _json(house, known, {"json": flow.metadata_text(known.client), "seen": known.client.updated_at}, [])

    @room.post(ONE + "/json")
    @console.form("clients.change", fresh=True)
    def change_json(key: str) -> Response:
        known, form = _changeable(house, key), console.posted(forms.Json)
        act = partial(client_changes.change, deps, console.who().account, known.client.id, form["seen"], form["json"], house.fetcher)
        return _done(house, form, "con.cli.changed", act, partial(_json, house, known))


def _acts(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(ONE + "/secret")
    @console.page("clients.change", fresh=True)
    def secret(key: str) -> Response:
        return _act(house, "client_secret.html", _changeable(house, key), {}, [])

    @room.post(ONE + "/secret")
    @console.form("clients.change", fresh=True)
    def rotate(key: str) -> Response:
        known, form = _changeable(house, key), console.posted(forms.Act)
        why, errors = console_form.because(form)
        if errors:
            return _act(house, "client_secret.html", known, form, steps.said(house, errors))
        told = client_changes.rotate_secret(
            deps, console.who().account, known.client.id, forms.KEEP[form["keep"]], why.reason, why.ticket, request.remote_addr
        )  # fmt: skip
        if told is None:
            raise PageError(400, "error.bad_request")
        return _saved(house, {"client_id": known.client.id, "client_secret": told}, "con.cli.rotated")

    @room.get(ONE + "/off")
    @console.page("clients.change", fresh=True)
    def off(key: str) -> Response:
        return _act(house, "client_off.html", _changeable(house, key), {}, [])

    @room.post(ONE + "/off")
    @console.form("clients.change", fresh=True)
    def act(key: str) -> Response:
        known, form, actor = _changeable(house, key), console.posted(forms.Act), console.who().account
        why, errors = console_form.because(form)
        if errors:
            return _act(house, "client_off.html", known, form, steps.said(house, errors))
        if form["action"] == "remove":
            client_changes.remove(deps, actor, known.client.id, why.reason, why.ticket, request.remote_addr)
            return console.to(house, HOME, "con.cli.removed")
        if form["action"] not in ("on", "off"):
            raise PageError(400, "error.bad_request")
        client_changes.switch(deps, actor, known.client.id, form["action"] == "off", why.reason, why.ticket, request.remote_addr)
        return console.to(house, f"{HOME}/{known.key}", "con.cli.switched.off" if form["action"] == "off" else "con.cli.switched.on")


def _act(house: House, template: str, known: Known, values: dict[str, Any], errors: list[dict[str, Any]]) -> Response:
    if template == "client_secret.html" and known.kind != "secret":
        return redirect(f"{HOME}/{known.key}", 303)
    return console.render(
        house, template, 400 if errors else 200, back=f"{HOME}/{known.key}", known=known, client=known.client, values=values, errors=errors,
        keeps=tuple(forms.KEEP),
    )  # fmt: skip
