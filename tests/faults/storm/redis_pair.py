"""A Redis, its replica and a Sentinel that watches both; each can be killed, frozen and brought back."""

from pathlib import Path

import redis

from tests import services
from tests.faults.stores import Server

SERVICE, DOWN_AFTER = "members", 1000  # milliseconds


class RedisPair:
    """Two servers by their ports; the Sentinel says which of them is the master."""

    def __init__(self, folder: Path, down_after: int = DOWN_AFTER):
        self.ports = (services.free_port(), services.free_port())
        self._watch, self._program = services.free_port(), services.program("redis-server", "redis-server")
        config = folder / "sentinel.conf"  # Sentinel rewrites it
        config.write_text(
            f"port {self._watch}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor {SERVICE} 127.0.0.1 {self.ports[0]} 1\n"
            f"sentinel down-after-milliseconds {SERVICE} {down_after}\nsentinel failover-timeout {SERVICE} 2000\n"
        )
        self.servers = {port: self._server(folder, port) for port in self.ports}
        self._begin(*self.ports)
        asked = redis.Redis(port=self._watch, socket_timeout=2)
        self.sentinel = Server("sentinel", [self._program, str(config), "--sentinel"], asked.ping, folder / "sentinel.log")
        self.sentinel.start()
        self._asked = asked
        services.wait_until(self.healthy)

    @property
    def url(self) -> str:
        """For the settings."""
        return f"redis+sentinel://127.0.0.1:{self._watch}/{SERVICE}?db=0"

    @property
    def master(self) -> int:
        """The port of the master, as Sentinel says."""
        return int(self._asked.sentinel_get_master_addr_by_name(SERVICE)[1])

    @property
    def replica(self) -> int:
        """The other one."""
        return self.ports[1 - self.ports.index(self.master)]

    def client(self, port: int) -> redis.Redis:
        """Ask one of them."""
        return redis.Redis(port=port, socket_timeout=2)

    def healthy(self) -> bool:
        """Whether Sentinel knows of a replica in good health that has all that its master has."""
        known = self._asked.sentinel_slaves(SERVICE)
        with self.client(self.master) as master:
            said = master.info("replication")
        return said["role"] == "master" and said["connected_slaves"] == 1 and any(one["flags"] == "slave" for one in known) and said["slave0"]["state"] == "online"

    def _server(self, folder: Path, port: int) -> Server:
        place = folder / str(port)
        place.mkdir()
        command = [self._program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(place), "--save", "", "--appendonly", "no"]
        client = self.client(port)
        return Server(str(port), [*command, "--repl-diskless-sync-delay", "0"], client.ping, place / "redis.log")

    def _begin(self, master: int, replica: int) -> None:
        self.servers[master].start()
        self.servers[replica].start()
        with self.client(replica) as second:
            second.replicaof("127.0.0.1", str(master))

    def stop_all(self) -> int:
        """Both are gone, and nobody notices; returns the port of the one that was master."""
        master = self.master
        self.sentinel.kill()  # frozen and awake again it would trust its clock no more and do nothing for half a minute
        for server in self.servers.values():
            server.kill()
        return master

    def start_all(self, master: int) -> None:
        """Both are there again, empty."""
        self._begin(master, self.ports[1 - self.ports.index(master)])
        self.sentinel.start()

    def flush(self) -> None:
        """Everything is forgotten."""
        with self.client(self.master) as master:
            master.flushall()

    def promoted(self, old: int) -> None:
        """Return when another one is master."""
        services.wait_until(lambda: self.master != old)

    def fail_over(self) -> None:
        """The master is killed, the other one takes its place, and the first comes back as its replica."""
        old = self.master
        self.servers[old].kill()
        self.promoted(old)
        self.servers[old].start()
        with self.client(old) as server:
            server.replicaof("127.0.0.1", str(self.master))

    def close(self) -> None:
        """Everything ends."""
        for server in (self.sentinel, *self.servers.values()):
            server.thaw()
            server.kill()
