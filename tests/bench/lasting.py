"""What a worker's memory does over very many requests of every kind: sign-ins, tokens, pages begun and left, and nonsense."""

import contextlib
import itertools
import json
from typing import Any, Callable, Iterator

from tests import running
from tests.bench import house
from tests.bench.figure import Figure
from tests.bench.house import Prepared
from tests.bench.load import Browser, Line, Portal, each, message

NAME = "memory"
POINTS = 10
GROUP = 100  # requests of one `group`
MILLION, QUICK = 1_000_000, 20_000


def group(portal: Portal, names: Iterator[str]) -> Callable[[Line, int], None]:
    """What makes `GROUP` requests over one connection: a whole sign-in, what a portal asks afterwards, and what strangers ask."""
    jwks, nowhere = message("GET", "/jwks", portal.host), message("GET", "/nowhere", portal.host)
    discovery = message("GET", "/.well-known/openid-configuration", portal.host)
    back_end = portal.machine("/token", {"grant_type": "client_credentials", "scope": "contracts:read"})

    def run(line: Line, number: int) -> None:
        tokens = json.loads(line.ask(portal.exchange(Browser(line, portal).sign_in(next(names)))).body)  # 4 requests
        for n in range(15):
            line.ask(message("GET", "/userinfo", portal.host, {"Authorization": f"Bearer {tokens['access_token']}"}))
            line.ask(portal.machine("/introspect", {"token": tokens["access_token"]}))
            line.ask(back_end)
            line.ask(portal.exchange(f"{number:030}-{n:012}"), 400)
            line.ask(jwks)
        for n in range(6):
            Browser(line, portal).ask("GET", portal.authorization(state=f"{number}-{n}"))  # 2 requests
            line.ask(nowhere, 404)
        line.ask(message("POST", "/login", portal.host, {}, {"j": f"{number:043}", "identifier": "nobody"}), 400)
        line.ask(message("GET", f"/authorize?client_id=nobody{number}", portal.host), 400)
        line.ask(discovery)

    return run


def points(ours: house.Server, portal: Portal, names: list[str], requests: int) -> Iterator[tuple[int, dict[str, float]]]:
    """(requests so far, memory of the worker in MiB) at ten points, after a warm-up of one more tenth."""
    run, worker = group(portal, itertools.cycle(names)), ours.worker
    share = max(1, requests // POINTS // GROUP)
    for point in range(POINTS + 1):
        each(portal.port, range(point * share, (point + 1) * share), run)
        assert ours.worker == worker, "the worker was replaced"
        if point:
            yield point * share * GROUP, house.memory(worker)


def figures(prepared: Prepared, quick: bool) -> Iterator[Figure]:
    """The growth of a worker that is never replaced, and its memory at ten points on the way."""
    with contextlib.ExitStack() as stack:
        with house.on(house.SERVER_CORE):
            process = stack.enter_context(running.serving(prepared.idp, module="tests.bench.long_lived"))
        ours = house.Server(prepared.portal.port, process.pid)
        found: list[tuple[int, dict[str, float]]] = []
        for count, memory in points(ours, prepared.portal, prepared.members, QUICK if quick else MILLION):
            print(f"{NAME:15} after {count:>9,} requests: RSS {memory['rss']:7.2f} MiB, its own alone {memory['uss']:7.2f} MiB", flush=True)
            found.append((count, memory))
    raw: dict[str, Any] = {f"RSS {count}": memory["rss"] for count, memory in found}
    yield Figure("lasting", "MiB", 5.0, False, [found[-1][1]["uss"] - found[0][1]["uss"]], raw)
