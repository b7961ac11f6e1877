"""A worker's memory is flat: thousands of requests of every kind leave nothing behind."""

import itertools
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from tests import services
from tests.bench import house, lasting
from tests.bench.load import Portal, each
from tests.running import Idp, new_name

WARM, WATCHED = 10, 20  # groups of a hundred requests
MIB = 2.0  # what caches may still take


@pytest.fixture
def worker(idp: Idp, serving: subprocess.Popen) -> Iterator[int]:
    """The process id of the one worker, which has not been replaced in the end."""

    def found() -> list[int]:
        return [one for one in services.children(serving.pid) if b"courier" not in Path(f"/proc/{one}/cmdline").read_bytes()]

    (before,) = found()
    yield before
    assert found() == [before]


def test_thousands_of_requests_leave_no_memory_behind(idp: Idp, worker: int) -> None:
    client = idp.client(grant_types=["authorization_code", "client_credentials"], scope="openid profile contracts:read")
    portal, name = Portal(int(idp.issuer.rpartition(":")[2]), client, scope="openid profile"), new_name()
    idp.account(name)
    run = lasting.group(portal, itertools.repeat(name))
    each(portal.port, range(WARM), run, 4)  # more than hash at once: each place for a hash has its memory by then
    before = house.memory(worker)["uss"]
    each(portal.port, range(WARM, WARM + WATCHED), run, 2)
    assert house.memory(worker)["uss"] - before < MIB
