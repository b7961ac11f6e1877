"""The measurements: ours and the reference in turn, round by round, so that a noisy machine's drift hits both."""

import itertools
import json
import multiprocessing
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.pool import Pool
from pathlib import Path
from statistics import median
from typing import Any, Callable, Iterator

from idp.domain.policy import Argon2Cost
from tests.bench import audited, bound, codes, console_import, contracts, grants, growth, house, lasting, letters, load, pages, passkeys, peer, reference, search
from tests.bench.figure import Figure, Round, figure, in_turn
from tests.bench.house import Bench, Server
from tests.bench.load import message

NAMES = ("start", "sign-in", "code", "remembered", "passkey", "exchange", *grants.NAMES, *bound.NAMES, "userinfo", "account", "discovery", "jwks", "memory", "letters", *contracts.NAMES, *search.NAMES, *audited.NAMES, *console_import.NAMES, *growth.NAMES, *peer.NAMES)
APART = {*contracts.NAMES, *search.NAMES, *audited.NAMES, *console_import.NAMES, *growth.NAMES}  # those take no server, or several


@contextmanager
def _process_on(cores: set[int]) -> Iterator[Pool]:
    """A process of its own on these cores, to hand single calls to."""
    with multiprocessing.get_context("spawn").Pool(1, os.sched_setaffinity, (0, cores)) as pool:
        yield pool


@dataclass
class Run:
    """One run against one pair of stores: `client` makes the load, `bare` does the raw work on the server's core."""

    bench: Bench
    client: Pool
    bare: Pool
    quick: bool
    cost: Argon2Cost
    tokens: list[str] = field(default_factory=list)

    def load(self, server: Server, call: Callable[..., tuple[float, list[Any]]], *arguments: Any) -> tuple[Round, list[Any]]:
        worker = server.worker
        before = house.cpu(worker)
        seconds, results = self.client.apply(call, arguments)
        assert server.worker == worker, "the worker was replaced in the middle of a round"
        return ((house.cpu(worker) - before) / len(results), seconds / len(results)), results

    def raw(self, call: Callable[..., Round], count: int, *arguments: Any) -> Round:
        cpu, seconds = self.bare.apply(call, (*arguments, count))
        return cpu / count, seconds / count

    def refresh(self) -> Figure:
        """Refresh tokens of a confidential client, each used once a round."""
        return grants.refresh(self)

    def back_end(self) -> Figure:
        """Access tokens of a back end."""
        return grants.back_end(self)

    def introspect(self) -> Figure:
        """Access tokens of members, each asked about once."""
        return grants.introspect(self)

    def par(self) -> Figure:
        """Pushed requests of a member who is signed in."""
        return bound.par(self)

    def dpop(self) -> Figure:
        """Codes redeemed with a proof of a key."""
        return bound.dpop(self)

    def sign_in(self) -> Figure:
        """Whole journeys against the one password check that each of them needs."""
        count, cost = 12 if self.quick else 20, self.cost
        members = itertools.cycle(self.bench.members)

        def ours() -> Round:
            names = list(itertools.islice(members, count))
            return self.load(self.bench.ours, load.sign_ins, self.bench.portal, names)[0]

        pairs = in_turn(3 if self.quick else 10, ours, lambda: self.raw(reference.verifications, count, cost))
        return figure("sign-in", 0.85, True, "Argon2", pairs)

    def code(self) -> Figure:
        """Sign-ins with a code by mail against the same members' portal without one; the courier is not running."""
        count = 12 if self.quick else 16
        plain, coded = itertools.cycle(self.bench.members), itertools.cycle(self.bench.coded)

        def ours() -> Round:
            names = list(itertools.islice(coded, count))
            return self.load(self.bench.ours, codes.coded_sign_ins, self.bench.portal, self.bench.settings_file, names)[0]

        return figure("code", 1.15, False, "plain", in_turn(3 if self.quick else 8, ours, lambda: self._plain(plain, count)))

    def remembered(self) -> Figure:
        """Sign-ins in browsers that skip the code against sign-ins of members who have none."""
        count = 12 if self.quick else 16
        plain, bench = itertools.cycle(self.bench.members), self.bench
        known = self.client.apply(codes.remembered, (bench.portal, bench.settings_file, bench.coded[-count:]))

        def ours() -> Round:
            nonlocal known
            spent, known = self.load(bench.ours, codes.trusted_sign_ins, bench.portal, known)
            return spent

        return figure("remembered", 1.05, False, "plain", in_turn(3 if self.quick else 8, ours, lambda: self._plain(plain, count)))

    def passkey(self) -> Figure:
        """Sign-ins with a passkey against sign-ins with a password, by the same members."""
        count = 12 if self.quick else 16
        names, plain = self.bench.members[:count], itertools.cycle(self.bench.members)
        self.client.apply(passkeys.give, (self.bench.settings_file, names))
        self.client.apply(passkeys.sign_ins, (self.bench.portal, names))  # the first one imports what it takes to verify
        ours = lambda: self.load(self.bench.ours, passkeys.sign_ins, self.bench.portal, names)[0]  # noqa: E731
        return figure("passkey", 1.0, False, "password", in_turn(3 if self.quick else 8, ours, lambda: self._plain(plain, count)))

    def _plain(self, members: Iterator[str], count: int) -> Round:
        names = list(itertools.islice(members, count))
        return self.load(self.bench.ours, load.sign_ins, self.bench.portal, names)[0]

    def exchange(self, rounds: int | None = None) -> Figure:
        """Codes prepared before, redeemed by an authenticated client for an access token and an RS256 ID token."""
        count = 80 if self.quick else 120

        def ours() -> Round:
            portal = self.bench.portal
            found = self.client.apply(load.codes, (portal, self.bench.members[:4], count))
            spent, bodies = self.load(self.bench.ours, load.requests, portal.port, [portal.exchange(code) for code in found])
            self.tokens += [json.loads(body)["access_token"] for body in bodies]
            return spent

        pairs = in_turn(rounds or (5 if self.quick else 12), ours, lambda: self.raw(reference.signatures, count))
        return figure("exchange", 5.0, False, "RS256", pairs)

    def userinfo(self) -> Figure:
        """Each access token is shown once, as portals do after a sign-in, so that no memory of tokens helps."""
        rounds, portal = 5 if self.quick else 12, self.bench.portal
        if len(self.tokens) < rounds:
            self.exchange(2)
        share = min(200, len(self.tokens) // (rounds + 1))
        size, served = 0, itertools.count()

        def ours() -> Round:
            nonlocal size
            at = next(served) * share
            messages = [self._userinfo("/userinfo", token) for token in self.tokens[at : at + share]]
            spent, bodies = self.load(self.bench.ours, load.requests, portal.port, messages)
            size = len(bodies[0])
            return spent

        def flask() -> Round:
            messages = [self._userinfo(f"/flask/{size}", token) for token in self.tokens[:share]]
            return self.load(self.bench.reference, load.requests, self.bench.reference.port, messages)[0]

        return figure("userinfo", 2.0, False, "Flask", in_turn(rounds, ours, flask))

    def _userinfo(self, path: str, token: str) -> bytes:
        return message("GET", path, self.bench.portal.host, {"Authorization": f"Bearer {token}"})

    def account(self) -> Figure:
        """Pages of members who are signed in, against a Flask template."""
        bench, servers = self.bench, {"ours": self.bench.ours, "reference": self.bench.reference}
        names = {rows: bench.members[-at] for at, rows in enumerate((pages.FEW, pages.MANY), 1)}
        pages.fill(bench.settings_file, {f"s-{name}": rows for rows, name in names.items()})
        cookie = {rows: self.client.apply(pages.cookies, (bench.portal, name))[1][0] for rows, name in names.items()}

        def ask(which: str, messages: list[bytes]) -> tuple[Round, list[bytes]]:
            return self.load(servers[which], load.requests, servers[which].port, messages)

        return pages.account(bench.portal, cookie, ask, self.quick)

    def discovery(self) -> Figure:
        """The discovery document against a bare answer of its size."""
        return self._document("discovery", "/.well-known/openid-configuration")

    def jwks(self) -> Figure:
        """The key set against a bare answer of its size."""
        return self._document("jwks", "/jwks")

    def _document(self, name: str, path: str) -> Figure:
        portal, count = self.bench.portal, 200 if self.quick else 250
        size = len(self.client.apply(load.requests, (portal.port, [message("GET", path, portal.host)]))[1][0])

        def asked(server: Server, at: str) -> Round:
            return self.load(server, load.requests, server.port, [message("GET", at, portal.host)] * count)[0]

        ours, theirs = lambda: asked(self.bench.ours, path), lambda: asked(self.bench.reference, f"/bare/{size}")  # noqa: E731
        return figure(name, 1.5, False, "bare", in_turn(8 if self.quick else 15, ours, theirs))


def measure(folder: Path, urls: tuple[str, str], names: list[str] | tuple[str, ...], quick: bool, cost: Argon2Cost = Argon2Cost()) -> Iterator[Figure]:
    """Every figure that was asked for, as soon as it is known. Memory after load means after the others; asked for alone, it is
    watched over a million requests. `cost`: of every password hash."""
    if set(names) == {lasting.NAME}:
        yield from lasting.figures(house.prepare(folder, *urls, time_cost=cost.time_cost), quick)
        return
    if set(names) - APART:
        yield from _over_http(folder, urls, names, quick, cost)
    if set(names) & set(contracts.NAMES):
        yield from contracts.figures(folder, urls, names, quick)
    if set(names) & set(search.NAMES):
        yield from search.figures(folder, urls, quick)
    if set(names) & set(audited.NAMES):
        yield from audited.figures(folder, urls, quick)
    if set(names) & set(console_import.NAMES):
        yield from console_import.figures(folder, urls, quick)
    if set(names) & set(growth.NAMES):
        with _process_on(house.LOAD_CORE) as client:
            yield from growth.figures(folder, urls, quick, client)


def _over_http(folder: Path, urls: tuple[str, str], names: list[str] | tuple[str, ...], quick: bool, cost: Argon2Cost) -> Iterator[Figure]:
    prepared = house.prepare(folder, *urls, time_cost=cost.time_cost)
    if "start" in names:
        times = [house.start_seconds(prepared.idp) for _ in range(2 if quick else 6)]
        yield Figure("start", "s", 1.5, False, [one[0] for one in times], {"CPU s": median(one[1] for one in times)})
    with (
        house.serving(prepared) as bench,
        _process_on(house.LOAD_CORE) as client,
        _process_on(house.SERVER_CORE) as bare,
    ):
        run = Run(bench, client, bare, quick, cost)
        idle = house.memory(bench.ours.worker)
        for name in names:
            if name not in ("start", "memory", "letters", *APART, *peer.NAMES):
                yield getattr(run, name.replace("-", "_"))()
        # the peer has its data in Redis, so ours is measured with its production stores
        if (beside := [name for name in names if name in peer.NAMES]) and not urls[0].startswith("sqlite"):
            with peer.serving(bench, folder, cost) as sides:
                match = peer.Match(run, *sides)
                yield from (match.figure(name) for name in beside)
        if "memory" in names:
            loaded, master = house.memory(bench.ours.worker), house.memory(bench.ours.master)
            states = {"idle": idle, "loaded": loaded, "master": master}
            raw = {f"{state} {kind}": one[kind] for state, one in states.items() for kind in ("pss", "uss", "rss")}
            yield Figure("memory", "MiB", 90.0, False, [loaded["pss"]], raw)
    if "letters" in names:
        spent = letters.rounds(prepared, *((40, 2) if quick else (200, 5)))
        yield Figure("letters", "/s", None, True, [1 / one[1] for one in spent], {"CPU ms": median(one[0] for one in spent) * 1000})
