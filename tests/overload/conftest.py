"""An installation that is soon full."""

import subprocess
from typing import Iterator

import pytest

from tests import running, services
from tests.running import Idp

THREADS = 4
RATES = {"failures_per_minute_before_friction": "15", "sign_ins_per_address_under_friction": "2"}


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Idp, subprocess.Popen]]:
    server, folder = f"workers = 1\nthreads = {THREADS}\ntrusted_proxies = 1", tmp_path_factory.mktemp("idp")
    stores = ("sqlite:///idp.db", "sqlite:///ephemeral.db")
    installed = running.configure(folder, *stores, services.free_port(), server=server, policy={"rates": RATES})
    with running.serving(installed) as process:
        yield installed, process


@pytest.fixture(scope="session")
def idp(_running: tuple[Idp, subprocess.Popen]) -> Idp:
    """`idp serve` with one worker, behind a proxy that says who comes."""
    return _running[0]


@pytest.fixture(scope="session")
def serving(_running: tuple[Idp, subprocess.Popen]) -> subprocess.Popen:
    """Its process."""
    return _running[1]
