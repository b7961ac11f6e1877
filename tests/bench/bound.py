"""Pushed requests against plain ones, and exchanges bound to a key against the cryptography that they cannot do without."""

import json
from typing import TYPE_CHECKING

from tests import running
from tests.bench import load, pages, reference
from tests.bench.figure import Figure, Round, figure, in_turn
from tests.oidc import proofs

if TYPE_CHECKING:
    from tests.bench.measure import Run

NAMES = ("par", "dpop")


def plain(portal: load.Portal, cookie: str, count: int) -> tuple[float, list[str]]:
    """Codes for a member who is signed in, without any page."""
    request = load.message("GET", portal.authorization(prompt="none"), portal.host, {"Cookie": cookie})
    return load.each(portal.port, range(count), lambda line, _: load.code_of(line.ask(request, 303)))


def pushed(portal: load.Portal, cookie: str, count: int) -> tuple[float, list[str]]:
    """The same, each request pushed first."""
    pushing = portal.machine("/par", running.authorization_parameters(portal.client, scope=portal.scope, prompt="none"))

    def once(line: load.Line, _: int) -> str:
        uri = json.loads(line.ask(pushing, 201).body)["request_uri"]
        path = f"/authorize?client_id={portal.client['client_id']}&request_uri={uri}"
        return load.code_of(line.ask(load.message("GET", path, portal.host, {"Cookie": cookie}), 303))

    return load.each(portal.port, range(count), once)


def par(run: "Run") -> Figure:
    """A request pushed and then begun by its name, against one that stands in the address."""
    portal, count = run.bench.portal, 60 if run.quick else 120
    cookie = run.client.apply(pages.cookies, (portal, run.bench.members[0]))[1][0]

    def ours() -> Round:
        return run.load(run.bench.ours, pushed, portal, cookie, count)[0]

    def theirs() -> Round:
        return run.load(run.bench.ours, plain, portal, cookie, count)[0]

    return figure("par", 2.0, False, "plain", in_turn(5 if run.quick else 12, ours, theirs))


def dpop(run: "Run") -> Figure:
    """Codes redeemed with a proof each; the proofs are made before the clock runs."""
    portal, count = run.bench.portal, 60 if run.quick else 120
    address = f"http://{portal.host}/token"

    def ours() -> Round:
        found = run.client.apply(load.codes, (portal, run.bench.members[:4], count))
        messages = [portal.exchange(code, {"DPoP": proofs.proof(address)}) for code in found]
        spent, bodies = run.load(run.bench.ours, load.requests, portal.port, messages)
        assert all(json.loads(body)["token_type"] == "DPoP" for body in bodies)
        return spent

    pairs = in_turn(5 if run.quick else 12, ours, lambda: run.raw(reference.bound_exchanges, count))
    return figure("dpop", 6.0, False, "crypto", pairs)
