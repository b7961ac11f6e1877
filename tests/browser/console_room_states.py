"""Pages of the console about contracts, clients and keys, by name: how to get there."""

import io
import threading
from typing import Callable

from idp.deps import Deps
from idp.domain.account import Account
from idp.features.console_clients import flow
from idp.services import client_registration, console_sessions, contract_jobs, contract_work, doctor, second_person
from idp.services.client_register import ClientRegister
from idp.tables import accounts
from idp.tables import contract_imports as imports
from tests.browser.visitor import Visitor
from tests.contractor.files import JAPANESE, contract, text
from tests.running import Idp, new_name
from tests.settings.member import inside

STAFF: dict[tuple[str, str], str] = {}


def _staff(idp: Idp, deps: Deps, name: str) -> Account:
    """An administrator of this installation, made once by this name."""
    if (idp.issuer, name) not in STAFF:
        STAFF[idp.issuer, name] = idp.account(new_name(), "--role", "administrator")
    with deps.database.read() as connection:
        found = accounts.by_id(connection, STAFF[idp.issuer, name])
    assert found
    return found


def _open(visitor: Visitor, path: str, prepare: Callable[[Deps, Account], str | None] = lambda deps, who: None) -> None:
    """The page, signed in to the console; `prepare` may say which."""
    idp = visitor.party.idp
    with inside(idp) as deps:
        who = _staff(idp, deps, "anna")
        path = prepare(deps, _staff(idp, deps, "ben")) or path
        cookie = console_sessions.start(deps, who, "sid-" + who.id, deps.now(), "token")
    visitor.page.context.add_cookies([{"name": "idp-console", "value": cookie, "url": idp.issuer}])
    visitor.goto(path)


def _brought(deps: Deps, who: Account, tried: bool) -> str:
    rows = [contract(number) for number in range(1, 10)] + [contract(1), contract(99, phone="110")]
    job_id = contract_jobs.receive(deps, who, "契約者_2026-11.csv", io.BytesIO(text(rows, JAPANESE).encode("cp932")))
    if tried:
        with deps.database.read() as connection:
            job = imports.find(connection, job_id)
        assert job
        contract_jobs.check(deps, who, job, contract_jobs.guess(deps, JAPANESE))
        while contract_work.run_next(deps, threading.Event()):  # the installation's own courier may be quicker
            pass
        with deps.database.read() as connection:
            while (now := imports.find(connection, job_id)) and now.state != "checked":
                threading.Event().wait(0.1)
    return f"/console/contracts/{job_id}"


def contracts(visitor: Visitor) -> None:
    """Imports so far."""
    _open(visitor, "/console/contracts", lambda deps, who: (_brought(deps, who, False), None)[1])


def contracts_new(visitor: Visitor) -> None:
    """Which file."""
    _open(visitor, "/console/contracts/new")


def contracts_columns(visitor: Visitor) -> None:
    """What its columns are."""
    _open(visitor, "", lambda deps, who: _brought(deps, who, False))


def contracts_columns_wrong(visitor: Visitor) -> None:
    """One is missing."""
    contracts_columns(visitor)
    visitor.page.select_option("#col0", "")
    visitor.page.click("main .primary")


def contracts_checked(visitor: Visitor) -> None:
    """What it would do, and who has to agree."""
    _open(visitor, "", lambda deps, who: _brought(deps, who, True))


def contracts_apply_wrong(visitor: Visitor) -> None:
    """Without a reason."""
    contracts_checked(visitor)
    visitor.page.click("main .primary")


def _client(deps: Deps, who: Account, more: str = "") -> str:
    del who
    wish = {"client_id": new_name(), "client_name": "料金照会", "redirect_uris": ["https://bill.example.jp/members/callback/"]}
    client_registration.register(deps, wish)
    client = ClientRegister(deps).find(str(wish["client_id"]))
    assert client
    doctor.note(deps, client, "authorize", "redirect", among=client.redirect_uris, sent="https://bill.example.jp/members/callback")
    doctor.note(deps, client, "auth", "assertion_expired", seconds=95)
    doctor.note(deps, client, "token", "oauth", error="invalid_scope", words="scope must hold openid")
    return f"/console/clients/{flow.key_of(client.id)}{more}"


def clients(visitor: Visitor) -> None:
    """All of them."""
    _open(visitor, "/console/clients", lambda deps, who: (_client(deps, who), None)[1])


def client(visitor: Visitor) -> None:
    """One, with the doctor's findings."""
    _open(visitor, "", _client)


def client_new_wrong(visitor: Visitor) -> None:
    """Nothing was filled in."""
    _open(visitor, "/console/clients/new")
    visitor.page.click("main .primary")


def client_edit(visitor: Visitor) -> None:
    """Its metadata, a field each."""
    _open(visitor, "", lambda deps, who: _client(deps, who, "/edit"))


def client_json(visitor: Visitor) -> None:
    """Its metadata as JSON."""
    _open(visitor, "", lambda deps, who: _client(deps, who, "/json"))


def client_secret_shown(visitor: Visitor) -> None:
    """A new secret, this once."""
    _open(visitor, "", lambda deps, who: _client(deps, who, "/secret"))
    visitor.page.fill("#reason", "x")
    visitor.page.click("main .primary")


def client_off(visitor: Visitor) -> None:
    """Switching it off."""
    _open(visitor, "", lambda deps, who: _client(deps, who, "/off"))


def client_test(visitor: Visitor) -> None:
    """A look at its addresses."""
    _open(visitor, "", lambda deps, who: _client(deps, who, "/test"))


def keys(visitor: Visitor) -> None:
    """The calendar and its table."""
    _open(visitor, "/console/keys")


def keys_next(visitor: Visitor) -> None:
    """Publishing the next ones."""
    _open(visitor, "/console/keys/next")


def keys_now(visitor: Visitor) -> None:
    """Somebody else asks for new ones at once."""
    _open(visitor, "/console/keys/now", lambda deps, who: second_person.ask(deps, "keys", who, "漏れたかもしれない", ""))


ROOMS: dict[str, Callable[[Visitor], None]] = {
    state.__name__: state
    for state in (
        contracts, contracts_new, contracts_columns, contracts_columns_wrong, contracts_checked, contracts_apply_wrong, clients, client,
        client_new_wrong, client_edit, client_json, client_secret_shown, client_off, client_test, keys, keys_next, keys_now,
    )
}  # fmt: skip
WITH_ERRORS = frozenset({"contracts_columns_wrong", "contracts_apply_wrong", "client_new_wrong"})
