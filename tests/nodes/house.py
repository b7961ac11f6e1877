"""Two nodes that share their stores, and a browser whose every request comes to the other one."""

import contextlib
import itertools
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import requests

from tests import running, services
from tests.running import Browser, Idp


@dataclass
class Nodes:
    """`idp` is the installation with its command line; `ports` those of its nodes, the issuer's first."""

    idp: Idp
    ports: tuple[int, int]

    def url(self, node: int, path: str) -> str:
        """An address at one of the nodes."""
        return f"http://localhost:{self.ports[node]}{path}"

    def ask(self, node: int, method: str, path: str, **more: Any) -> requests.Response:
        """One request to one node, as its proxy would hand it on."""
        headers = {"Host": self.idp.issuer.removeprefix("http://"), **more.pop("headers", {})}
        return requests.request(method, self.url(node, path), headers=headers, timeout=20, allow_redirects=False, **more)

    def browser(self) -> "Wandering":
        """A browser of somebody new."""
        return Wandering(self)


class Wandering(Browser):
    """Its requests come to the nodes in turn, as a proxy that keeps nobody to one node would send them."""

    def __init__(self, nodes: Nodes):
        super().__init__(nodes.idp)
        self.nodes, self.turns = nodes, itertools.cycle((0, 1))
        self.visited: list[int] = []

    def request(self, method: Any, url: Any, *arguments: Any, **more: Any) -> requests.Response:
        """As of `requests.Session`."""
        if not str(url).startswith(self.idp.issuer):
            return super().request(method, url, *arguments, **more)
        node = next(self.turns)
        self.visited.append(node)
        headers = {"Host": self.idp.issuer.removeprefix("http://"), **(more.pop("headers", None) or {})}
        to = self.nodes.url(node, str(url).removeprefix(self.idp.issuer))
        answer = super().request(method, to, *arguments, headers=headers, **more)
        answer.url = str(url)
        return answer


def second_config(idp: Idp, port: int) -> Path:
    """The settings of one more node: the same but for its address, and without a courier of its own."""
    text = idp.config.read_text()
    text, found = re.subn(r'(?m)^bind = .*$', f'bind = "127.0.0.1:{port}"\ncourier = false', text)
    assert found == 1
    path = idp.folder / f"node-{port}.toml"
    path.write_text(text)
    return path


@contextlib.contextmanager
def node(idp: Idp, config: Path, port: int) -> Iterator[subprocess.Popen]:
    """`idp serve` with these settings until the end of the block."""
    environ = {key: value for key, value in os.environ.items() if key != "PROMETHEUS_MULTIPROC_DIR"}
    with services.process(
        [sys.executable, "-m", "idp", "--config", str(config), "serve"],
        idp.folder / f"node-{port}.log",
        lambda: requests.get(f"http://localhost:{port}/health/ready", timeout=2).raise_for_status(),
        cwd=idp.folder,
        env=environ,
    ) as process:
        yield process


@contextlib.contextmanager
def two_nodes(folder: Path, database: str, ephemeral: str) -> Iterator[Nodes]:
    """Both nodes, running."""
    first, second = services.free_port(), services.free_port()
    idp = running.configure(folder, database, ephemeral, first)
    with node(idp, idp.config, first), node(idp, second_config(idp, second), second):
        yield Nodes(idp, (first, second))
