"""Two nodes for the whole of a run."""

from pathlib import Path
from typing import Iterator

import pytest

from tests.nodes.house import Nodes, two_nodes


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str) -> Iterator[Nodes]:
    """Two nodes on PostgreSQL and Redis."""
    folder: Path = tmp_path_factory.mktemp("nodes")
    with two_nodes(folder, postgres_url, redis_url) as found:
        yield found
