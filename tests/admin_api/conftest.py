"""An installation on each pair of stores, for all tests of the API."""

from pathlib import Path
from typing import Iterator

import pytest

from tests import services
from tests.admin_api.api import Api


@pytest.fixture(scope="session", params=["embedded", "production"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Built without a server."""
    folder: Path = tmp_path_factory.mktemp(f"admin-{request.param}")
    with services.stores(request.param, request) as stores:
        found = Api(folder, *stores)
        yield found
        found.close()
