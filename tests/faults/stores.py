"""Real stores that a test can kill, freeze, cut off in mid-sentence and bring back."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator

import psycopg
import redis

from tests import services


@dataclass
class Server:
    """A server program with its data in a folder; what it is asked to do it does to all its processes."""

    name: str
    command: list[str]
    works: Callable[[], Any]
    log: Path
    options: dict[str, Any] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it answers."""
        with open(self.log, "ab") as out:
            self._process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **self.options)
        services.wait_until(self.works, story=self.log.read_text)

    def _signal(self, number: int) -> None:
        """The first process before its children, so that it makes no more of them."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.kill(self._process.pid, number)
        for child in services.children(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)

    def kill(self) -> None:
        """Gone, without a word to anybody."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def revive(self) -> None:
        """Return when it answers, also if it had given up by itself."""
        if self._process is None or self._process.poll() is not None:
            self.start()
        services.wait_until(self.works, story=self.log.read_text)

    def freeze(self) -> None:
        """There, and silent."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Awake again."""
        self._signal(signal.SIGCONT)


class Relay:
    """Stands between the service and a store; cuts every line in mid-sentence when told to, holds every sentence back, or takes
    its time with each, until it is told to heal. `upstream`: the path of a socket, or a port of this machine."""

    def __init__(self, upstream: str | int):
        self._upstream = upstream
        self.slow = 0.0  # seconds that each sentence of the service takes
        self._flows = threading.Event()
        self._flows.set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._lines: set[socket.socket] = set()
        self._left: int | None = None  # sentences of the service that still pass; None: all
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, sentences: int) -> None:
        """Let so many more sentences of the service pass; the next one is swallowed and every line dies."""
        with self._lock:
            self._left = sentences

    def cut(self) -> None:
        """Every line dies, and no new one comes about."""
        with self._lock:
            self._left = -1
            self._cut_lines()

    def hold(self) -> None:
        """Take what the service says, and keep it back."""
        self._flows.clear()

    def heal(self) -> bool:
        """Let everything pass again; whether a line was cut meanwhile."""
        with self._lock:
            was_cut, self._left = self._left == -1, None
        self.slow = 0.0
        self._flows.set()
        return was_cut

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX if isinstance(self._upstream, str) else socket.AF_INET)
        with near, far, contextlib.suppress(OSError):
            with self._lock:
                if self._left == -1:
                    return
                self._lines |= {near, far}
            far.connect(self._upstream if isinstance(self._upstream, str) else ("127.0.0.1", self._upstream))
            threading.Thread(target=self._back, args=(far, near), daemon=True).start()
            while sentence := near.recv(65_536):
                self._flows.wait()
                time.sleep(self.slow)
                if not self._pass():
                    break
                far.sendall(sentence)

    def _pass(self) -> bool:
        """Whether one more sentence may pass; the one that may not cuts every line."""
        with self._lock:
            if self._left is None:
                return True
            self._left = max(-1, self._left - 1)
            if self._left >= 0:
                return True
            self._cut_lines()
            return False

    def _cut_lines(self) -> None:
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._lines.clear()

    def _back(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while answer := far.recv(65_536):
                near.sendall(answer)
            near.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more lines."""
        self._listener.close()


@contextlib.contextmanager
def redis_store(folder: Path) -> Iterator[tuple[Server, str]]:
    """A Redis on a private socket, and the path of that socket."""
    path = f"{folder}/redis.sock"
    command = [services.program("redis-server", "redis-server"), "--port", "0", "--unixsocket", path, "--dir", str(folder)]
    client = redis.Redis(unix_socket_path=path)
    # what it holds survives its death, so that recovery shows the same members under way
    server = Server("ephemeral", [*command, "--save", "", "--appendonly", "yes", "--appendfsync", "always"], client.ping, folder / "redis.log")
    server.start()
    try:
        yield server, path
    finally:
        server.kill()


@contextlib.contextmanager
def postgres_store(folder: Path) -> Iterator[tuple[Server, str]]:
    """A PostgreSQL on a private socket, and the path of that socket; the folder belongs to its user."""
    program = services.program("postgres", "postgresql", "/usr/lib/postgresql/*/bin/postgres")
    user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres", "postgres")
    init = [str(Path(program).with_name("initdb")), "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N", "--locale=C"]
    subprocess.run(init, check=True, capture_output=True, cwd=folder, **user)
    command = [program, "-D", f"{folder}/data", "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    url = f"postgresql://postgres@/postgres?host={folder}"
    works = lambda: psycopg.connect(url, connect_timeout=2).close()  # noqa: E731
    server = Server("database", command, works, folder / "postgres.log", {"cwd": folder, **user})
    server.start()
    try:
        yield server, f"{folder}/.s.PGSQL.5432"
    finally:
        server.kill()
