"""The composition root: opens the outside parts by their URLs and puts the rooms together."""

import os
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterable

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from idp import own_texts, policy_file, secret_keys, texts
from idp.adapters.dns_txt import DnsTxt
from idp.adapters.ephemeral_sqlite import SqliteEphemeral
from idp.adapters.fetch import SafeFetcher
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
from idp.ports import Contractors, Ephemeral
from idp.services import console_client, metrics
from idp.services.client_keys import ClientKeys
from idp.services.client_register import ClientRegister
from idp.services.ghosts import Ghosts
from idp.services.keyring import Keyring
from idp.services.passwords import Hasher
from idp.services.subjects import Subjects
from idp.tables.database import Database
from idp.toml_reader import TomlError
from idp.vault import Vault
from idp.web import doors, errors, machine, pages
from idp.web.dispatcher import Dispatcher
from idp.web.headers import Gate
from idp.web.house import House
from idp.web.lean import LeanFlask
from idp.web.machine import Endpoint, MachineLayer
from idp.web.strict_form import MAX_BODY

Wsgi = Callable[..., Iterable[bytes]]


def open_ephemeral(settings: Settings) -> Ephemeral:
    """The ephemeral store that the settings name. Raises `TomlError`."""
    url = settings.ephemeral.url
    if url.startswith("sqlite:///"):
        return SqliteEphemeral(url.removeprefix("sqlite:///"))
    from idp.adapters.ephemeral_redis import RedisEphemeral  # not every installation needs the driver

    try:
        return RedisEphemeral(url)
    except ValueError as error:
        raise TomlError([f"ephemeral.url: {error}."]) from None


def open_contractors(settings: Settings, database: Database, vault: Vault) -> Contractors:
    """The contract records that the settings name. Raises `TomlError`."""
    if settings.contractors.url == "register:":
        from idp.adapters.contractors_register import RegisterContractors

        return RegisterContractors(database, vault)
    from idp.adapters.contractors_http import HttpContractors  # its HTTP library is slow to import

    try:
        return HttpContractors(settings.contractors.url, settings.contractors.token)
    except ValueError as error:
        raise TomlError([f"contractors.url: {error}."]) from None


def make_folders(settings: Settings) -> None:
    """Make the folders of embedded stores."""
    for url in (settings.database.url, settings.ephemeral.url):
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)


def open_texts(settings: Settings, sms_reset: str = "code") -> None:
    """Put the operator's own texts in the place of ours, and prove that every SMS fits, links among them unless the policy
    sends codes only. Raises `TomlError`."""
    from idp.services import sms_proof

    own = own_texts.read(settings.texts.folder)
    texts.replace(own.texts)
    if found := list(sms_proof.unfit(settings, sms_reset != "code")):
        texts.replace({})
        raise TomlError([f"{own.places.get((locale, key), f'{key} ({locale})')}: {message}." for locale, key, message in found])


def open_deps(settings: Settings, base: Path, migrate: bool = True) -> Deps:
    """Open every outside part. With `migrate` the schema is brought up to date and keys that are due are made.

    Raises `TomlError` for a bad policy or text, `Unavailable` for a part that does not answer.
    """
    from idp import migrations
    from idp.services import keyring

    policy = policy_file.load(settings.policy, base)
    open_texts(settings, policy.recovery.sms_reset)
    make_folders(settings)
    vault = Vault(secret_keys.read(settings.secrets, settings.loopback, base, create=True))
    database = Database(settings.database.url, pool=settings.server.threads)
    deps = Deps(
        settings=settings,
        policy=policy,
        database=database,
        ephemeral=open_ephemeral(settings),
        contractors=open_contractors(settings, database, vault),
        vault=vault,
        clock=time.time,
    )
    if migrate and settings.database.migrate_at_start:
        migrations.upgrade(database)
        keyring.ensure(deps)
        console_client.ensure(deps)
    return deps


def close_deps(deps: Deps) -> None:
    """Close every connection."""
    deps.database.close()


def open_fetcher(settings: Settings) -> SafeFetcher:
    """The one way to addresses that clients register, and to our own as the console asks for it."""
    return SafeFetcher(loopback=not settings.secure, own=console_client.addresses(settings.issuer))


def slots(settings: Settings) -> int:
    """How many password hashes one worker may do at once: all workers together as many as there are cores."""
    return max(1, len(os.sched_getaffinity(0)) // settings.server.workers)


def build(deps: Deps) -> House:
    """The long-lived parts of one worker."""
    settings = deps.settings
    free, fetcher = slots(settings), open_fetcher(settings)
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


def after_fork(deps: Deps) -> None:
    """In a worker: drop the connections that the parent opened."""
    deps.database.forget_connections()
    deps.ephemeral.forget_connections()
