"""An installation on stores that can be taken away from it."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Iterator

import pytest

from tests import running, services
from tests.faults import stores
from tests.faults.stores import Relay, Server
from tests.running import Idp


@dataclass
class Fragile:
    """`idp serve`, a portal, and the stores by name: their servers, and the relays before them; `database` is the URL
    of the database beside its relay."""

    idp: Idp
    portal: dict[str, Any]
    servers: dict[str, Server]
    relays: dict[str, Relay]
    database: str


@pytest.fixture(scope="session")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fragile]:
    """PostgreSQL and Redis of its own, shared by the tests of one worker; each test gives them back in good health."""
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(services.private_folder()) for _ in range(2)]
        with ThreadPoolExecutor() as pool:
            opened = list(pool.map(lambda make, folder: stack.enter_context(make(folder)), (stores.postgres_store, stores.redis_store), folders))
        servers = {server.name: server for server, _ in opened}
        relays = {server.name: Relay(path) for server, path in opened}
        for relay in relays.values():
            stack.callback(relay.close)
        database = f"postgresql://postgres@127.0.0.1:{relays['database'].port}/postgres?sslmode=disable&gssencmode=disable"
        ephemeral = f"redis://127.0.0.1:{relays['ephemeral'].port}/0"
        idp = running.configure(tmp_path_factory.mktemp("fragile"), database, ephemeral, services.free_port())
        idp.run("migrate")
        portal = idp.client(grant_types=["authorization_code", "refresh_token"])
        stack.enter_context(running.serving(idp))
        yield Fragile(idp, portal, servers, relays, f"postgresql://postgres@/postgres?host={folders[0]}")
