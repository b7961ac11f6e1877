"""An installation on each pair of stores, for all tests of the API."""

import contextlib
import uuid
from pathlib import Path
from typing import Iterator

import pytest

from tests import running, services
from tests.admin_api.api import Api


@contextlib.contextmanager
def own_stores(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, str]]:
    """URLs of a database of its own and of the ephemeral store, of the kind that the fixture is asked for."""
    database, ephemeral = running.stores(request.param, folder, request)
    with contextlib.ExitStack() as stack:
        if request.param == "production":
            database = stack.enter_context(services.empty_database(database, f"admin_{uuid.uuid4().hex}"))
        yield database, ephemeral


@pytest.fixture(scope="session", params=["embedded", "production"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Built without a server."""
    folder: Path = tmp_path_factory.mktemp(f"admin-{request.param}")
    with own_stores(request, folder) as stores:
        found = Api(folder, *stores)
        yield found
        found.close()
