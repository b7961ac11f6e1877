"""Real servers on private sockets and the starting gate for parallel tests: what every test may use."""

import contextlib
import glob
import multiprocessing
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any, Callable, Iterator, TypeVar

import psycopg
import pytest
import redis

T = TypeVar("T")
START_SECONDS = 60.0  # a busy machine takes its time


def program(name: str, package: str, places: str = "") -> str:
    """The path of a server program, also where Debian hides it; the test fails with what to install."""
    hidden = sorted(glob.glob(places), key=lambda path: [int(n) for n in path.split("/") if n.isdigit()]) if places else []
    found = shutil.which(name) or (hidden[-1] if hidden else None)
    if not found:
        pytest.fail(f"{name} is missing. Install it: apt-get install --no-install-recommends {package}", pytrace=False)
    return found


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A folder with a short name (a socket's path holds 107 bytes at most), gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="idp-", dir="/tmp"))
    folder.chmod(0o711)  # the database server may run as another user
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def process(command: list[str], log: Path, works: Callable[[], Any], **options: Any) -> Iterator[subprocess.Popen]:
    """A running server that answers (`works` stops raising), ended afterwards; fails with its log if it does not start."""
    with open(log, "ab") as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **options)
    try:
        wait_until(works, lambda: child.poll() is not None, lambda: log.read_text(errors="replace")[-2000:])
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_until(works: Callable[[], Any], ended: Callable[[], bool] = lambda: False, story: Callable[[], str] = str) -> None:
    """Return when `works()` returns something true, or nothing at all; fail with `story()` when it does not in time."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if (found := works()) is None or found:
                return
            problem = "not yet"
        except Exception as error:
            problem = repr(error)
        if ended() or time.monotonic() > deadline:
            pytest.fail(f"did not start or never answered: {problem}\n{story()}")
        time.sleep(0.01)


def takes_less(seconds: float, run: Callable[[], Any]) -> bool:
    """Whether one of up to three runs takes less than that, and none five times as much: what itself takes longer does so every
    time, a busy machine does not."""
    for _ in range(3):
        started = time.monotonic()
        run()
        took = time.monotonic() - started
        if took < seconds or took > 5 * seconds:
            return took < seconds
    return False


def children(parent: int) -> list[int]:
    """Ids of the processes that this one started and that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, ppid = entry.read_text().rpartition(")")[2].split()[:2]
            if int(ppid) == parent and state != "Z":
                found.append(int(entry.parent.name))
    return found


@contextlib.contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[str]:
    """A Redis on a private socket, without ports and without persistence; yields its URL for database 0."""
    url = f"unix://{folder}/redis.sock?db=0"
    command = [program("redis-server", "redis-server"), "--port", "0", "--unixsocket", f"{folder}/redis.sock"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder), "--daemonize", "no", *options]
    with redis.Redis.from_url(url) as client, process(command, folder / "redis.log", client.ping):
        client.close()
        yield url


_held: list[socket.socket] = []


def free_port() -> int:
    """A loopback port that nobody listens on, for the few servers that cannot do with a socket file. It is given to nobody else
    while this process lives: a socket holds it, which does not listen and lets whoever names the port do so."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    _held.append(held)
    return int(held.getsockname()[1])


@contextlib.contextmanager
def redis_sentinel(folder: Path, down_after: int = 500) -> Iterator[str]:
    """A Redis master, its replica and one Sentinel that takes them for dead after so many ms; yields the redis+sentinel:// URL."""
    master, replica, sentinel = free_port(), free_port(), free_port()
    config = folder / "sentinel.conf"  # Sentinel rewrites it
    config.write_text(
        f"port {sentinel}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor members 127.0.0.1 {master} 1\n"
        f"sentinel down-after-milliseconds members {down_after}\nsentinel failover-timeout members 2000\n"
    )
    for name in ("master", "replica"):
        (folder / name).mkdir()
    local = ("--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0")
    watcher = redis.Redis(port=sentinel)
    with (
        redis_server(folder / "master", "--port", str(master), *local),
        redis_server(folder / "replica", "--port", str(replica), *local, "--replicaof", f"127.0.0.1 {master}") as url,
        process([program("redis-server", "redis-server"), str(config), "--sentinel"], folder / "sentinel.log", watcher.ping),
    ):
        with redis.Redis.from_url(url) as second:
            wait_until(lambda: second.info("replication")["slave_repl_offset"] > 0)
        wait_until(lambda: watcher.sentinel_slaves("members")[0]["flags"] == "slave")
        watcher.close()
        yield f"redis+sentinel://127.0.0.1:{sentinel}/members?db=0"


@contextlib.contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """A PostgreSQL on a private socket, without ports and without fsync; yields the URL of its empty first database."""
    server = program("postgres", "postgresql", "/usr/lib/postgresql/*/bin/postgres")
    data = folder / "data"
    data.mkdir(mode=0o700)
    # the server refuses to run as root
    user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(data, "postgres", "postgres")
        shutil.chown(folder, "postgres", "postgres")
    init = [str(Path(server).with_name("initdb")), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
    done = subprocess.run([*init, "--locale=C"], capture_output=True, text=True, cwd=folder, **user)
    if done.returncode:
        pytest.fail(f"initdb failed: {done.stdout[-500:]}{done.stderr[-2000:]}", pytrace=False)
    command = [server, "-D", str(data), "-k", str(folder), "-c", "listen_addresses="]
    for setting in ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"):
        command += ["-c", setting]
    url = f"postgresql://postgres@/postgres?host={folder}"
    with process(command, folder / "postgres.log", lambda: psycopg.connect(url).close(), cwd=folder, **user):
        yield url


@contextlib.contextmanager
def empty_database(server_url: str, name: str) -> Iterator[str]:
    """A new empty database on that server, dropped afterwards with whatever is still connected; yields its URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield server_url.replace("@/postgres?", f"@/{name}?")
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def stores(kind: str, request: Any) -> Iterator[tuple[str, str]]:
    """URLs of the durable and the ephemeral store of one installation, "embedded" or "production"; the database is its own,
    since what is sealed in it opens with the secret keys of one installation only."""
    if kind == "embedded":
        yield "sqlite:///idp.db", "sqlite:///ephemeral.db"
    else:
        with empty_database(request.getfixturevalue("postgres_url"), f"idp_{uuid.uuid4().hex}") as database:
            yield database, request.getfixturevalue("redis_url")


def race(n: int, call: Callable[[], T]) -> list[T]:
    """The results of `n` threads that all call `call()` behind one starting gate; the first exception is raised."""
    gate = threading.Barrier(n)
    results: list[Any] = [None] * n
    failures: list[BaseException] = []

    def run(index: int) -> None:
        gate.wait(START_SECONDS)
        try:
            results[index] = call()
        except BaseException as error:  # handed to the test, which must not pass by a thread's death
            failures.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


def race_processes(n: int, call: Callable[[], T]) -> list[T]:
    """The same with `n` forked processes; results must be picklable. What `call` holds is what the parent had open."""
    context = multiprocessing.get_context("fork")
    gate, answers = context.Barrier(n), context.Queue()

    def run() -> None:
        gate.wait(START_SECONDS)
        try:
            answers.put((call(), None))
        except BaseException as error:
            answers.put((None, repr(error)))

    children = [context.Process(target=run) for _ in range(n)]
    for child in children:
        child.start()
    rows = [answers.get(timeout=60) for _ in children]  # a killed child answers nothing
    for child in children:
        child.join()
    for _, failure in rows:
        if failure:
            raise AssertionError(f"a process failed: {failure}")
    return [value for value, _ in rows]
