"""An installation that is soon full."""

import subprocess
from typing import Iterator

import pytest

from tests import running, services
from tests.running import Idp

THREADS = 4


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Idp, subprocess.Popen]]:
    server, folder = f"workers = 1\nthreads = {THREADS}", tmp_path_factory.mktemp("idp")
    installed = running.configure(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), server=server, policy={"tokens": {"code": '"10m"'}})
    with running.serving(installed) as process:
        yield installed, process


@pytest.fixture(scope="session")
def idp(_running: tuple[Idp, subprocess.Popen]) -> Idp:
    """`idp serve` with one worker."""
    return _running[0]


@pytest.fixture(scope="session")
def serving(_running: tuple[Idp, subprocess.Popen]) -> subprocess.Popen:
    """Its process."""
    return _running[1]
