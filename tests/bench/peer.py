"""The peer beside us: npm's oidc-provider with its data in Redis, which does the same work on the same core in the same run."""

import contextlib
import itertools
import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator

import requests

from idp.domain.policy import Argon2Cost
from tests import running, services
from tests.bench import house, load
from tests.bench.figure import Figure, Round, figure, in_turn
from tests.bench.house import Bench, Server
from tests.bench.load import Portal, message

if TYPE_CHECKING:
    from tests.bench.measure import Run

# the least CPU of the peer that ours may be worth
TARGETS = {
    "peer-sign-in": 1.0, "peer-exchange": 1.0, "peer-refresh": 1.0, "peer-back-end": 1.0, "peer-userinfo": 1.0,
    "peer-introspect": 1.0, "peer-discovery": 0.5, "peer-jwks": 0.5,
}  # fmt: skip
NAMES = tuple(TARGETS)
SOURCE = Path(__file__).parent / "npm_peer"
CACHE = house.TOP / ".cache" / "peer"
OFFLINE = "openid profile email offline_access"


class Peer(Server):
    """Node is its own worker."""

    @property
    def worker(self) -> int:
        return self.master


@dataclass(frozen=True)
class Side:
    """One of the two: its server, its portal, and the portal whose grants outlive a session."""

    server: Server
    portal: Portal
    offline: Portal


def _installed() -> Path:
    """The folder with the peer and its libraries, fetched once. Fails with what npm says."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "server.mjs"):
        shutil.copy(SOURCE / name, CACHE / name)
    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    found = {name: CACHE / "node_modules" / name / "package.json" for name in wanted}
    if not all(path.exists() and json.loads(path.read_text())["version"] == wanted[name] for name, path in found.items()):
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        subprocess.run(command, cwd=CACHE, check=True, stdin=subprocess.DEVNULL, timeout=600)
    return CACHE


@contextlib.contextmanager
def serving(bench: Bench, folder: Path, cost: Argon2Cost) -> Iterator[tuple[Side, Side]]:
    """Ours and the peer, which has a Redis of its own as ours has. `cost`: of every password hash."""
    installed, port, client = _installed(), services.free_port(), bench.portal.client
    known = {name: client[name] for name in ("client_id", "client_secret", "redirect_uris")}
    said: dict[str, Any] = {"client": known, "members": bench.members, "scope": OFFLINE, "password": running.PASSWORD}
    said["hash"] = {"memoryCost": cost.memory_kib, "timeCost": cost.time_cost, "parallelism": cost.parallelism}
    (folder / "peer.json").write_text(json.dumps(said))
    with contextlib.ExitStack() as stack:
        private = stack.enter_context(services.private_folder())
        socket = stack.enter_context(services.redis_server(private)).removeprefix("unix://").partition("?")[0]
        works = lambda: requests.get(f"http://localhost:{port}/.well-known/openid-configuration", timeout=2).raise_for_status()  # noqa: E731
        command = ["node", str(installed / "server.mjs"), str(port), socket, str(folder / "peer.json")]
        with house.on(house.SERVER_CORE):
            process = stack.enter_context(services.process(command, folder / "peer.log", works, cwd=installed))
        theirs = Portal(port, known)
        offline = replace(theirs, client={**known, "client_id": known["client_id"] + "-offline"}, scope=OFFLINE)
        ours = Side(bench.ours, bench.portal, replace(bench.portal, scope=OFFLINE))
        yield ours, Side(Peer(port, process.pid), theirs, offline)


class Match:
    """Every measurement, ours and theirs in turn."""

    def __init__(self, run: "Run", ours: Side, theirs: Side):
        self._run, self._sides = run, (ours, theirs)
        self._members = itertools.cycle(run.bench.members)

    def figure(self, name: str) -> Figure:
        """One line of the report."""
        measure: Callable[[Side], Round] = getattr(self, "_" + name.removeprefix("peer-").replace("-", "_"))
        rounds = 3 if self._run.quick else 8
        pairs = in_turn(rounds, lambda: measure(self._sides[0]), lambda: measure(self._sides[1]))
        return figure(name, TARGETS[name], True, "peer", pairs)

    def _asked(self, side: Side, messages: list[bytes]) -> tuple[Round, list[bytes]]:
        return self._run.load(side.server, load.requests, side.portal.port, messages)

    def _sign_in(self, side: Side) -> Round:
        names = list(itertools.islice(self._members, 12))
        return self._run.load(side.server, load.sign_ins, side.portal, names)[0]

    def _codes(self, portal: Portal) -> list[bytes]:
        found: list[str] = self._run.client.apply(load.codes, (portal, self._run.bench.members[:4], 80))
        return [portal.exchange(code) for code in found]

    def _tokens(self, side: Side, portal: Portal) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self._asked(side, self._codes(portal))[1]]

    def _exchange(self, side: Side) -> Round:
        return self._asked(side, self._codes(side.portal))[0]

    def _refresh(self, side: Side) -> Round:
        forms = [{"grant_type": "refresh_token", "refresh_token": one["refresh_token"]} for one in self._tokens(side, side.offline)]
        return self._asked(side, [side.offline.machine("/token", form) for form in forms])[0]

    def _back_end(self, side: Side) -> Round:
        return self._asked(side, [side.portal.machine("/token", {"grant_type": "client_credentials"})] * 150)[0]

    def _userinfo(self, side: Side) -> Round:
        shown = [{"Authorization": f"Bearer {one['access_token']}"} for one in self._tokens(side, side.portal)]
        return self._asked(side, [message("GET", "/userinfo", side.portal.host, headers) for headers in shown])[0]

    def _introspect(self, side: Side) -> Round:
        forms = [{"token": one["access_token"]} for one in self._tokens(side, side.portal)]
        return self._asked(side, [side.portal.machine("/introspect", form) for form in forms])[0]

    def _discovery(self, side: Side) -> Round:
        return self._asked(side, [message("GET", "/.well-known/openid-configuration", side.portal.host)] * 200)[0]

    def _jwks(self, side: Side) -> Round:
        return self._asked(side, [message("GET", "/jwks", side.portal.host)] * 200)[0]
