"""The two installations under the storm: embedded on files, and production on PostgreSQL with a standby and Redis with a Sentinel;
both send their mail and SMS over the wire."""

import contextlib
import queue
import random
import subprocess
import threading
from pathlib import Path
from typing import Any, Iterator

from click.testing import CliRunner

from idp.cli import root
from tests import running, services
from tests.contractor.files import contract
from tests.faults.stores import Relay
from tests.faults.storm import acts, disk
from tests.faults.storm.ledger import Ledger, Member
from tests.faults.storm.node import Node
from tests.faults.storm.post import Post
from tests.faults.storm.postgres_pair import PostgresPair
from tests.faults.storm.redis_pair import RedisPair
from tests.ports.http_gateway import Gateway, http_gateway
from tests.ports.smtp_server import Inbox, smtp_server
from tests.registration.applicant import import_contracts
from tests.running import PASSWORD, Idp, new_name

GATEWAY = '[sms.gateway]\nbody = "to={to}&text={body}"\nheaders = { Idempotency-Key = "{idempotency_key}" }\nid_field = "id"\n'
# the storm is made by few members from one address
FREE = {"per_destination_per_hour": "100", "per_account_per_hour": "100", "per_account_per_day": "1000"}
FREE_SMS = {"sms_yen_per_day": "100000000", "sms_per_country_per_day": "100000000"}
DISK = 64  # MiB


_one_at_a_time = threading.Lock()  # what a command prints is caught for the whole process


class InProcess(Idp):
    """Commands run in this process: to start one for each takes longer than what it does."""

    def run(self, *arguments: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """As of `Idp`."""
        with _one_at_a_time:
            done = CliRunner().invoke(root, ["--config", str(self.config), *arguments], input=stdin)
        assert not check or done.exit_code == 0, f"idp {' '.join(arguments)}: {done.output}"
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    def account(self, login_id: str, *options: str, password: str = PASSWORD) -> str:
        """As of `Idp`."""
        with _one_at_a_time:
            return super().account(login_id, *options, password=password)


class House:
    """One installation with its load's knowledge. `postgres`, `redis`: of production; `disk`: where the files of the embedded
    stores lie, on a file system of their own if this user may make one."""

    def __init__(self, name: str, idp: Idp, post: Post, relays: dict[str, Relay]):
        self.name, self.idp, self.post, self.relays = name, idp, post, relays
        self.node, self.ledger = Node(idp), Ledger()
        self.portals: list[dict[str, Any]] = []
        self.postgres: PostgresPair | None = None
        self.redis: RedisPair | None = None
        self.disk: Path | None = None
        self._pools: dict[str, queue.SimpleQueue[str]] = {kind: queue.SimpleQueue() for kind in ("plain", "mail", "sms")}
        self._contracts: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        self._coin = random.Random(name)
        self._gate, self._busy, self._paused = threading.Condition(), 0, False

    def often(self) -> bool:
        """Half of the time."""
        return self._coin.random() < 0.5

    def seldom(self) -> bool:
        """Now and then."""
        return self._coin.random() < 0.25

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Somebody is at work; not while it is paused."""
        with self._gate:
            self._gate.wait_for(lambda: not self._paused)
            self._busy += 1
        try:
            yield
        finally:
            with self._gate:
                self._busy -= 1
                self._gate.notify_all()

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """Nobody is at work."""
        self.post.hurry.set()
        with self._gate:
            self._paused = True
            self._gate.wait_for(lambda: not self._busy)
        self.post.hurry.clear()
        try:
            yield
        finally:
            with self._gate:
                self._paused = False
                self._gate.notify_all()

    @contextlib.contextmanager
    def somebody(self, kind: str) -> Iterator[Member]:
        """A member whom nobody else is meanwhile."""
        while (member := self.ledger.members.get(name := self._pools[kind].get(timeout=60))) is None:
            pass  # of after a backup that was restored
        try:
            yield member
        finally:
            self._pools[kind].put(name)

    def contract(self) -> dict[str, str]:
        """A contract that nobody has used."""
        return self._contracts.get(timeout=1)

    def join(self, member: Member, kind: str) -> None:
        """One more member."""
        self.ledger.member(member)
        self._pools[kind].put(member.name)

    def furnish(self, people: int, contracts: int) -> None:
        """Portals, contracts and members, before it serves."""
        self.idp.run("migrate")
        grants = ["authorization_code", "refresh_token"]
        self.portals = [self.idp.client(grant_types=grants), self.idp.client(grant_types=grants, token_endpoint_auth_method="none")]
        self.ledger.secret(self.portals[0]["client_secret"])
        rows = [contract(number) for number in range(100_000, 100_000 + contracts)]
        import_contracts(self.idp, rows)
        for row in rows:
            self._contracts.put(row)
        for number in range(people):
            kind = ("plain", "plain", "mail", "sms")[number % 4]
            name, password = new_name(), acts.new_password()
            mail, phone = f"{name}@mail.example", "0901" + str(int(name[1:], 16))[-7:]
            options = ["--email", mail] if kind != "sms" else ["--phone", phone]
            factor = {"mail": mail, "sms": "+81" + phone[1:]}.get(kind, "")
            wants = ["--second-factor", "email" if kind == "mail" else "sms"] if factor else []
            self.idp.account(name, *options, *wants, password=password)
            self.join(Member(name, password, factor), kind)


@contextlib.contextmanager
def _house(name: str, folder: Path, database: str, ephemeral: str) -> Iterator[House]:
    inbox, gateway = Inbox(), Gateway()
    with contextlib.ExitStack() as stack:
        relays = {"mail": Relay(stack.enter_context(smtp_server(inbox)))}
        relays["sms"] = Relay(int(stack.enter_context(http_gateway(gateway)).rpartition(":")[2]))
        for relay in relays.values():
            stack.callback(relay.close)
        extra = f'[mail]\nurl = "smtp://127.0.0.1:{relays["mail"].port}?tls=none"\nfrom = "no-reply@id.example.jp"\n'
        extra += f'[sms]\nurl = "http://127.0.0.1:{relays["sms"].port}/send"\n{GATEWAY}'
        idp = running.configure(folder, database, ephemeral, services.free_port(), extra=extra, policy={"codes": {**FREE, **FREE_SMS}})
        house = House(name, InProcess(idp.folder, idp.issuer), Post(inbox, gateway), relays)
        stack.callback(house.node.kill)
        yield house


@contextlib.contextmanager
def embedded(folder: Path, people: int, contracts: int) -> Iterator[House]:
    """On files, serving."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        own = stack.enter_context(disk.mounted(folder / "disk", DISK))
        house = stack.enter_context(_house("embedded", folder, "sqlite:///disk/idp.db", "sqlite:///disk/ephemeral.db"))
        house.disk = folder / "disk" if own else None
        house.furnish(people, contracts)
        house.node.start()
        yield house


@contextlib.contextmanager
def production(folder: Path, people: int, contracts: int) -> Iterator[House]:
    """On PostgreSQL and Redis, serving."""
    with contextlib.ExitStack() as stack:
        places = [stack.enter_context(services.private_folder()) for _ in range(2)]
        postgres, redis = PostgresPair(places[0]), RedisPair(places[1])
        stack.callback(postgres.close)
        stack.callback(redis.close)
        house = stack.enter_context(_house("production", folder, postgres.through_relays, redis.url))
        house.postgres, house.redis = postgres, redis
        house.furnish(people, contracts)
        house.node.start()
        yield house
