"""A house on each engine, whose clock is moved by the test."""

from pathlib import Path

import pytest

from idp.deps import Deps
from idp.services.passwords import Hasher
from idp.tables.database import Database
from tests.courier.house import Clock, house


@pytest.fixture
def clock() -> Clock:
    """Stands still until it is moved."""
    return Clock()


@pytest.fixture
def deps(database: Database, tmp_path: Path, clock: Clock) -> Deps:
    """Everything that flows hold."""
    return house(database, tmp_path, clock)


@pytest.fixture
def hasher(deps: Deps) -> Hasher:
    """Two hashes at once."""
    return Hasher(deps.policy.password.hash, deps.vault, slots=2, waiting=8, patience=60.0)
