"""The installation that is measured: one worker on a core of its own, members, a portal, and the reference server beside it."""

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import requests
from sqlalchemy import text

from idp import config, parts
from idp.domain.account import Account, Destination
from idp.services.passwords import Hasher
from idp.tables import accounts
from idp.tables.database import Database
from tests import running, services
from tests.bench.load import Portal

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = {CORES[0]}, {CORES[-1]}
MEMBERS = 200
TOP = Path(__file__).parents[2]


@contextlib.contextmanager
def on(cores: set[int]) -> Iterator[None]:
    """Processes started inside run on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu(pid: int) -> float:
    """CPU seconds that a process has used so far, all threads, user and system: what /proc/PID/stat says in hundredths
    of a second, in nanoseconds."""
    return time.clock_gettime((~pid << 3) | 2)  # the clock's name as of clock_getcpuclockid(3)


class OwnCpu:
    """CPU seconds of this process and of the database process that works for it, if there is one."""

    def __init__(self, database: Database):
        self._backend = 0
        if database.dialect == "postgresql":
            with database.read() as connection:
                self._backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()

    def __call__(self) -> float:
        """So far."""
        return time.process_time() + (cpu(self._backend) if self._backend else 0)


@dataclass(frozen=True)
class Server:
    """A running gunicorn with one worker."""

    port: int
    master: int

    @property
    def worker(self) -> int:
        """Process id of its one worker."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()
        assert len(children) == 1, f"{len(children)} workers instead of one"
        return int(children[0])



@dataclass(frozen=True)
class Prepared:
    """An installation with its members and its portal, not running yet."""

    idp: running.Idp
    portal: Portal
    members: list[str]
    coded: list[str]


@dataclass(frozen=True)
class Bench:
    """What a measurement over HTTP needs."""

    ours: Server
    reference: Server
    portal: Portal
    members: list[str]
    coded: list[str]
    settings_file: str


def prepare(folder: Path, database: str, ephemeral: str, time_cost: int = 2) -> Prepared:
    """An installation with one worker, no courier, no limits per address, and codes that wait to be redeemed."""
    idp = running.configure(folder, database, ephemeral, services.free_port())
    policy = folder / running.POLICY
    text = policy.read_text()
    assert 'code = "60s"' in text
    policy.write_text(text.replace('code = "60s"', 'code = "10m"').replace("\ntime_cost = 2\n", f"\ntime_cost = {time_cost}\n"))
    idp.config.write_text(idp.config.read_text().replace("[server]\n", "[server]\nworkers = 1\ncourier = false\n"))
    members, coded = _people(idp), _people(idp, second_factor=True)
    grants = ["authorization_code", "refresh_token", "client_credentials"]
    scope = "openid profile email offline_access contracts:read"
    client = idp.client(token_endpoint_auth_method="client_secret_basic", grant_types=grants, scope=scope)
    return Prepared(idp, Portal(int(idp.issuer.rpartition(":")[2]), client), members, coded)


def _people(idp: running.Idp, second_factor: bool = False) -> list[str]:
    # not by the shell: there each would wait for a hash of its own
    settings, base = config.load(str(idp.config))
    deps = parts.open_deps(settings, base)
    now, names = deps.now(), [running.new_name() for _ in range(MEMBERS)]
    hashed = Hasher(deps.policy.password.hash, deps.vault, slots=1, waiting=1).hash(running.PASSWORD)
    with deps.database.write() as connection:
        for name in names:
            mail = Destination(f"d-{name}", f"s-{name}", "email", f"{name}@mail.example", now, True)
            accounts.add(
                connection,
                Account(
                    id=f"s-{name}",
                    login_id=name,
                    login_id_key=name,
                    nickname="はなこ",
                    password_hash=hashed,
                    password_state="current",
                    password_at=now,
                    profile={"name": "山田 花子", "family_name": "山田", "given_name": "花子", "birthdate": "1958-04-01"},
                    second_factor=second_factor,
                    created_at=now,
                    updated_at=now,
                    destinations=(mail,),
                ),
            )
    parts.close_deps(deps)
    return names


@contextlib.contextmanager
def _reference(folder: Path) -> Iterator[Server]:
    port = services.free_port()
    command = [sys.executable, "-m", "tests.bench.reference", str(port)]
    works = lambda: requests.get(f"http://127.0.0.1:{port}/bare/1", timeout=2).raise_for_status()  # noqa: E731
    with services.process(command, folder / "reference.log", works, cwd=TOP) as process:
        yield Server(port, process.pid)


@contextlib.contextmanager
def serving(prepared: Prepared) -> Iterator[Bench]:
    """The installation and the reference, both on the core of the server."""
    with contextlib.ExitStack() as stack:
        with on(SERVER_CORE):
            reference = stack.enter_context(_reference(prepared.idp.folder))
            process = stack.enter_context(running.serving(prepared.idp))
        portal = prepared.portal
        ours = Server(portal.port, process.pid)
        yield Bench(ours, reference, portal, prepared.members, prepared.coded, str(prepared.idp.config))


@contextlib.contextmanager
def stores(kind: str, folder: Path) -> Iterator[tuple[str, str]]:
    """URLs of the durable and the ephemeral store; the servers of "production" run beside the load, as if elsewhere."""
    if kind == "embedded":
        yield "sqlite:///idp.db", "sqlite:///ephemeral.db"
        return
    with contextlib.ExitStack() as stack:
        urls = []
        for start in (services.postgres_server, services.redis_server):
            private = stack.enter_context(services.private_folder())
            urls.append(stack.enter_context(start(private)))
        yield urls[0], urls[1]


def memory(pid: int) -> dict[str, float]:
    """MiB of a process: `rss`, `pss` (its share of what it shares), `uss` (its own alone)."""
    rows = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    kib = {row[0].rstrip(":"): int(row[1]) for row in rows}
    own = kib["Private_Clean"] + kib["Private_Dirty"]
    return {"rss": kib["Rss"] / 1024, "pss": kib["Pss"] / 1024, "uss": own / 1024}


def start_seconds(idp: running.Idp) -> tuple[float, float]:
    """(seconds, CPU seconds) from the start of `idp serve` on an existing database to its first answer."""
    command = [sys.executable, "-m", "idp", "--config", str(idp.config), "serve"]
    environ = {key: value for key, value in os.environ.items() if key != "PROMETHEUS_MULTIPROC_DIR"}
    began = time.perf_counter()
    with on(SERVER_CORE), open(idp.folder / "start.log", "ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=idp.folder, env=environ)
    try:
        while True:
            assert process.poll() is None and time.perf_counter() - began < 30, (idp.folder / "start.log").read_text()
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{idp.issuer}/health/live", timeout=1).status_code == 200:
                    break
            time.sleep(0.005)
        seconds = time.perf_counter() - began
        return seconds, cpu(process.pid) + cpu(Server(0, process.pid).worker)
    finally:
        process.terminate()
        process.wait(30)
