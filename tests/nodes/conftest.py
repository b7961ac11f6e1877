"""Two nodes for the whole of a run."""

from pathlib import Path
from typing import Iterator

import pytest

from tests import services
from tests.nodes.house import Nodes, two_nodes


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Nodes]:
    """Two nodes on PostgreSQL and Redis."""
    folder: Path = tmp_path_factory.mktemp("nodes")
    with services.stores("production", request) as urls, two_nodes(folder, *urls) as found:
        yield found
