"""The composition root: puts the rooms together."""

import os
import time
from functools import partial
from typing import Any, Callable, Iterable

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from idp import parts
from idp.adapters.dns_txt import DnsTxt
from idp.config import Settings
from idp.deps import Deps
from idp.features.account import views as account
from idp.features.admin_api import endpoints as admin_api
from idp.features.agreements import views as agreements
from idp.features.authenticator import views as authenticator
from idp.features.card import views as card
from idp.features.closing import views as closing
from idp.features.confirmation import views as confirmation
from idp.features.console import endpoints as console_endpoints
from idp.features.console import views as console
from idp.features.console_audit import views as console_audit
from idp.features.console_clients import views as console_clients
from idp.features.console_courier import views as console_courier
from idp.features.console_desk import views as console_desk
from idp.features.console_keys import views as console_keys
from idp.features.console_letters import views as console_letters
from idp.features.console_members import views as console_members
from idp.features.console_policy import views as console_policy
from idp.features.console_register import views as console_register
from idp.features.console_staff import views as console_staff
from idp.features.console_system import views as console_system
from idp.features.console_texts import views as console_texts
from idp.features.dynamic_clients import endpoints as dynamic_clients
from idp.features.email_sign_in import views as email_sign_in
from idp.features.health import endpoints as health
from idp.features.language import views as language
from idp.features.login import views as login
from idp.features.not_me import views as not_me
from idp.features.oidc import client_assertion, received_sets
from idp.features.oidc import admission
from idp.features.oidc import endpoints as oidc_endpoints
from idp.features.oidc import views as oidc
from idp.features.own_data import views as own_data
from idp.features.passkey_sign_in import views as passkey_sign_in
from idp.features.passkeys import views as passkeys
from idp.features.portal_events import endpoints as portal_events
from idp.features.receipts import endpoints as receipts
from idp.features.recovery import views as recovery
from idp.features.registration import views as registration
from idp.features.reset import views as reset
from idp.features.second_factor import views as second_factor
from idp.features.sessions import views as sessions
from idp.features.settings import views as settings_room
from idp.features.trusted_devices import views as trusted_devices
from idp.features.undo import views as undo
from idp.services import metrics
from idp.services.client_keys import ClientKeys
from idp.services.client_register import ClientRegister
from idp.services.ghosts import Ghosts
from idp.services.keyring import Keyring
from idp.services.passwords import Hasher
from idp.services.subjects import Subjects
from idp.web import doors, errors, machine, pages
from idp.web.dispatcher import Dispatcher
from idp.web.headers import Gate
from idp.web.house import House
from idp.web.lean import LeanFlask
from idp.web.machine import Endpoint, MachineLayer
from idp.web.strict_form import MAX_BODY

Wsgi = Callable[..., Iterable[bytes]]


def slots(settings: Settings) -> int:
    """How many password hashes one worker may do at once: all workers together as many as there are cores."""
    return max(1, len(os.sched_getaffinity(0)) // settings.server.workers)


def build(deps: Deps) -> House:
    """The long-lived parts of one worker."""
    settings = deps.settings
    free, fetcher = slots(settings), parts.open_fetcher(settings)
    return House(
        deps=deps,
        # some threads stay free for tokens while many members wait for their password to be checked
        hasher=Hasher(deps.policy.password.hash, deps.vault, slots=free, waiting=max(1, settings.server.threads - free - 2)),
        ghosts=Ghosts(deps),
        keyring=Keyring(deps),
        clients=ClientRegister(deps),
        client_keys=ClientKeys(deps, fetcher),
        subjects=Subjects(deps),
        fetcher=fetcher,
        pages=pages.Pages(settings),
        dispatcher=Dispatcher(deps),
        dns=DnsTxt(),
    )


def flask_app(house: House) -> Flask:
    """The pages: every room's blueprint behind the doors."""
    app = LeanFlask("idp", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY + 1  # a chunked body is cut off here without a word
    app.url_map.strict_slashes = True
    doors.install(app, house.deps)
    errors.install(app, house.pages)
    members = (login, passkey_sign_in, second_factor, settings_room, authenticator, passkeys, trusted_devices, sessions)
    mine = (account, card, email_sign_in, agreements, language, not_me, undo, own_data, closing)
    staff = (
        console_members, console_desk, console_staff, console_audit, console_courier, console_register, console_clients,
        console_keys, console_letters, console_policy, console_system, console_texts,
    )  # fmt: skip
    for room in (*members, *mine, registration, confirmation, recovery, reset, oidc, console, *staff):
        app.register_blueprint(room.blueprint(house))
    house.dispatcher.purposes |= dict.fromkeys(("home", "account"), login.purpose(house)) | oidc.purposes(house)
    house.dispatcher.arrivals["second_factor"] = second_factor.arrive(house)
    return app


def machine_endpoints(house: House) -> dict[str, Endpoint]:
    """Every endpoint beside the pages, by path."""
    rooms = (oidc_endpoints, health, receipts, console_endpoints, dynamic_clients)
    found = {path: one for room in rooms for path, one in room.endpoints(house).items()}
    senders = portal_events.Senders(partial(client_assertion.proven, house), partial(received_sets.opened, house))
    api = admin_api.endpoints(house, partial(admission.admitted, house))
    static = pages.static_endpoints(house.pages.look.css)
    return found | portal_events.endpoints(house, senders) | api | static


def create_wsgi(house: House, wrap: Callable[[Wsgi], Wsgi] = lambda inner: inner) -> Wsgi:
    """The whole service as one WSGI callable; `wrap` may put something beside the pages, such as the demo."""
    endpoints = machine_endpoints(house)
    shown = flask_app(house)
    inner: Any = MachineLayer(endpoints, wrap(shown), house.clients.known_origin)
    proxies = house.deps.settings.server.trusted_proxies
    if proxies:
        inner = ProxyFix(inner, x_for=proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0)

    def noted(path: str, status: int, seconds: float) -> None:
        metrics.answered("machine" if machine.found(endpoints, path) else "pages", status, seconds)

    is_page = lambda path: machine.found(endpoints, path) is None  # noqa: E731
    return Gate(house.deps.settings, inner, time.perf_counter, noted, is_page, errors.busy_reply(shown, house.pages))
