"""One node of an installation, `idp serve`, that can be killed in parts or as a whole and started with another clock."""

import contextlib
import os
import random
import signal
import socket
import sys
from pathlib import Path

import requests

from tests import services
from tests.faults.stores import Server
from tests.running import Idp

CLOCK = Path(__file__).resolve().parents[1] / "clock"
SOON = 30.0


class Node(Server):
    """Its log is `server.log` beside the settings."""

    def __init__(self, idp: Idp):
        def works() -> None:
            requests.get(f"{idp.issuer}/health/ready", timeout=5).raise_for_status()

        self._idp, self._environ = idp, {key: value for key, value in os.environ.items() if key != "PROMETHEUS_MULTIPROC_DIR"}
        command = [sys.executable, "-m", "idp", "--config", str(idp.config), "serve"]
        super().__init__("node", command, works, idp.folder / "server.log", {"cwd": idp.folder, "env": self._environ})

    def start(self, shift: float = 0.0) -> None:
        """Return when it is ready; its clock goes `shift` seconds ahead of the machine's."""
        services.wait_until(self._port_is_free)
        paths = [str(CLOCK), *filter(None, [self._environ.get("PYTHONPATH", "")])]
        moved = {"PYTHONPATH": os.pathsep.join(paths), "NODE_CLOCK_SHIFT": str(shift)} if shift else {}
        self.options["env"] = {**self._environ, **moved}
        super().start()

    def _port_is_free(self) -> None:
        socket.create_server(("127.0.0.1", int(self._idp.issuer.rpartition(":")[2]))).close()

    def stop(self) -> None:
        """As an operator stops it."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(SOON)
            except Exception:
                self.kill()
                raise

    def kill_one(self, rng: random.Random, kind: str) -> None:
        """Kill the master, a worker, or the courier, and nobody else."""
        assert self._process
        found = [self._process.pid] if kind == "master" else [pid for pid in services.children(self._process.pid) if _is_courier(pid) == (kind == "courier")]
        for pid in found and [rng.choice(found)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if kind == "master":
            self._process.wait()


def _is_courier(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"courier" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False
