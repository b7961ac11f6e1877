"""PostgreSQL with a streaming standby that confirms every commit, so that no acknowledged write is lost when it takes over."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Iterator

import psycopg

from tests import services
from tests.faults.stores import Relay, Server
from tests.faults.storm import disk

PLACES = ("a", "b")
DISK = 400  # MiB
CONNECTIONS = 100  # a node, its courier and those who look on hold some fifty


def _program(name: str) -> str:
    return services.program(name, "postgresql", f"/usr/lib/postgresql/*/bin/{name}")


class PostgresPair:
    """Two places, each with a relay before it; in one of them is the primary, in the other its standby."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self._disks = contextlib.ExitStack()
        self.own_disks = all([self._disks.enter_context(disk.mounted(folder / place, DISK)) for place in PLACES])
        if self._user:
            for path in (folder, folder / "a", folder / "b"):
                shutil.chown(path, "postgres", "postgres")
        self.relays = {place: Relay(f"{folder}/{place}/.s.PGSQL.5432") for place in PLACES}
        self.servers = {place: self._server(place) for place in PLACES}
        self.primary = "a"
        self._run("initdb", "-D", f"{folder}/a/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N", "--locale=C")
        self.servers["a"].start()
        self._follow()

    @property
    def standby(self) -> str:
        """The place that follows."""
        return PLACES[1 - PLACES.index(self.primary)]

    def url(self, place: str) -> str:
        """The server in this place, beside its relay."""
        return f"postgresql://postgres@/postgres?host={self._folder}/{place}"

    @property
    def through_relays(self) -> str:
        """The address for the service: whichever of the two can be written."""
        ports = ",".join(str(self.relays[place].port) for place in PLACES)
        more = "target_session_attrs=read-write&sslmode=disable&gssencmode=disable"
        return f"postgresql://postgres@/postgres?host=127.0.0.1,127.0.0.1&port={ports}&{more}"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run([_program(program), *arguments], capture_output=True, text=True, cwd=self._folder, **self._user)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def _server(self, place: str) -> Server:
        folder = self._folder / place
        command = [_program("postgres"), "-D", f"{folder}/data", "-k", str(folder)]
        settings = ("listen_addresses=", "fsync=off", f"max_connections={CONNECTIONS}", "wal_retrieve_retry_interval=100ms")
        for setting in (*settings, "max_wal_size=128MB", "wal_receiver_status_interval=1s"):
            command += ["-c", setting]
        works = lambda: psycopg.connect(self.url(place), connect_timeout=2).close()  # noqa: E731
        return Server(place, command, works, folder / "postgres.log", {"cwd": folder, **self._user})

    def _wait_for_standby(self, wanted: bool) -> None:
        """Commits wait until the standby has them, or do not."""
        with psycopg.connect(self.url(self.primary), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM " + ("SET synchronous_standby_names = '*'" if wanted else "RESET synchronous_standby_names"))
            connection.execute("SELECT pg_reload_conf()")

    def _follow(self) -> None:
        """A new standby in the other place."""
        data = self._folder / self.standby / "data"
        shutil.rmtree(data, ignore_errors=True)
        self._run("pg_basebackup", "-D", str(data), "-R", "-X", "stream", "-c", "fast", "-N", "-U", "postgres", "-h", f"{self._folder}/{self.primary}")
        self.servers[self.standby].start()
        services.wait_until(self._streams)
        self._wait_for_standby(True)

    def _streams(self) -> bool:
        with psycopg.connect(self.url(self.primary)) as connection:
            return connection.execute("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'").fetchone() is not None

    def fail_over(self) -> None:
        """The primary is gone for good, its standby takes over, and a new one follows it."""
        self.servers[self.primary].kill()
        self._run("pg_ctl", "promote", "-D", f"{self._folder}/{self.standby}/data", "-w")
        self.primary = self.standby
        self._wait_for_standby(False)
        self._follow()

    def stalled(self, stall: bool) -> None:
        """The primary is there and silent, or awake again."""
        server = self.servers[self.primary]
        server.freeze() if stall else server.thaw()

    def restart(self) -> None:
        """The primary is killed and started again."""
        self.servers[self.primary].kill()
        self.servers[self.primary].start()

    @contextlib.contextmanager
    def disk_full(self, place: str) -> Iterator[None]:
        """Not a byte is left for the server in this place; it has given up or not when there is room again."""
        with disk.full(self._folder / place):
            yield
        self.servers[place].revive()
        services.wait_until(self._streams)

    def close(self) -> None:
        """Everything ends."""
        for place in PLACES:
            self.servers[place].kill()
            self.relays[place].close()
        self._disks.close()
