"""A running installation on each pair of stores."""

from pathlib import Path
from typing import Iterator

import pytest

from tests import running, services
from tests.running import Idp


@pytest.fixture(scope="session", params=["embedded", "production"])
def idp(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """`idp serve` on SQLite and files, and on PostgreSQL and Redis; shared by the tests of one worker."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    database, ephemeral = running.stores(request.param, folder, request)
    installed = running.configure(folder, database, ephemeral, services.free_port())
    installed.run("migrate")
    with running.serving(installed):
        yield installed


@pytest.fixture(scope="session")
def portal(idp: Idp) -> dict:
    """The operator's own portal."""
    return idp.client()
