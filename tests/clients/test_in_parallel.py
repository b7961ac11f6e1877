"""What is good so many times is good no more often: each engine, sixteen at once (requirement DC-01)."""

import json
from typing import Any, Callable

import pytest
from sqlalchemy import Engine, event

from idp.adapters.fetch import SafeFetcher
from idp.deps import Deps
from idp.services import client_register, client_registration, dynamic_clients
from idp.services.client_register import ClientRegister
from idp.services.dynamic_clients import NotAllowed
from idp.tables import client_invitations, clients, housekeeping
from idp.vault import fingerprint
from tests.clients.dynamic import WISH
from tests.courier.house import Clock
from tests.services import race

FETCHER = SafeFetcher(loopback=True)


def invited(deps: Deps, uses: int) -> str:
    """An initial access token for an hour."""
    return dynamic_clients.invite(deps, uses, 3_600, ("openid",), ("authorization_code",))


def allowed(call: Callable[[], Any]) -> Any:
    """What the call returns, or None if it is not allowed."""
    try:
        return call()
    except NotAllowed:
        return None


def registered(deps: Deps, token: str) -> dict[str, Any] | None:
    """A new client with its token, or None."""
    found = allowed(lambda: dynamic_clients.create(deps, token, lambda: json.dumps(WISH), FETCHER, "192.0.2.1"))
    return {**found[0], "token": found[1]} if found else None


@pytest.mark.parametrize("uses", [1, 3])
def test_of_sixteen_so_many_register_a_client(deps: Deps, uses: int) -> None:
    token = invited(deps, uses)
    done = [one for one in race(16, lambda: registered(deps, token)) if one]
    with deps.database.read() as connection:
        assert len(done) == uses == len(clients.rows(connection)) and not client_invitations.claim(connection, fingerprint(token), deps.now())


def test_of_sixteen_one_removes_the_client_and_no_change_brings_it_back(deps: Deps) -> None:
    client = registered(deps, invited(deps, 1))
    assert client
    name, token, turns = client["client_id"], client["token"], iter(range(16))
    body = json.dumps({**WISH, "client_id": name})

    def act() -> str | None:
        if next(turns) % 2:
            return "changed" if allowed(lambda: dynamic_clients.change(deps, name, token, lambda: body, FETCHER, "")) else None
        return allowed(lambda: (dynamic_clients.remove(deps, name, token, ""), "removed")[1])

    assert race(16, act).count("removed") == 1
    with deps.database.read() as connection:
        assert clients.rows(connection) == []


def test_a_token_ends_in_time_and_is_swept_away(deps: Deps, clock: Clock) -> None:
    token = invited(deps, 5)
    clock.now += 3_599
    assert registered(deps, token)
    clock.now += 1
    assert registered(deps, token) is None
    with deps.database.write() as connection:
        assert housekeeping.sweep(connection, deps.now(), 10) == 1
        assert connection.execute(client_invitations.table.select()).all() == []


def test_all_of_them_can_be_ended(deps: Deps, clock: Clock) -> None:
    tokens = [invited(deps, 1), invited(deps, 2)]
    client = registered(deps, tokens[0])
    assert client and dynamic_clients.end_invitations(deps) == 1, "one is spent already"
    assert registered(deps, tokens[1]) is None
    assert dynamic_clients.read(deps, client["client_id"], client["token"])["client_name"] == "Shop", "what was registered stays"


def test_a_client_is_known_at_once_to_all_who_ask_at_once(deps: Deps) -> None:
    register = ClientRegister(deps)
    for number in range(client_register.LOOKS_MOST + 5):
        register.warm()
        name = client_registration.register(deps, {"client_name": f"Portal {number}", "redirect_uris": ["https://portal.example/cb"]})["client_id"]
        assert all(found and found.id == name for found in race(8, lambda: register.find(name)))
    assert race(8, lambda: register.find("nobody")) == [None] * 8


def test_names_that_nobody_has_bring_few_looks_a_second_and_hide_no_new_client(deps: Deps, clock: Clock) -> None:
    register, asked = ClientRegister(deps), list[str]()
    register.warm()
    listen = Engine, "before_cursor_execute", lambda *args: asked.append(args[2])
    event.listen(*listen)
    try:
        for second in range(1, 4):
            assert [register.find(f"nobody-{second}-{number}") for number in range(200)] == [None] * 200
            assert len(asked) == second * client_register.LOOKS_MOST, asked[0]
            clock.now += 1
            register.warm()
            asked.pop()  # the look that it takes every second
    finally:
        event.remove(*listen)
    for number in range(client_register.LOOKS_MOST):
        register.find(f"anybody-{number}")
    name = client_registration.register(deps, {"client_name": "Portal", "redirect_uris": ["https://portal.example/cb"]})["client_id"]
    assert register.find(name) is None, "while strangers have taken every look"
    clock.now += 1
    assert register.find(name)
