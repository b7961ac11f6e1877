"""A house with a clock that is moved by hand, on each engine in turn."""

from pathlib import Path

import pytest

from idp.deps import Deps
from idp.tables.database import Database
from tests.courier.conftest import logged
from tests.courier.house import Clock, house

__all__ = ["logged"]


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    """Everything a courier holds."""
    return house(database, tmp_path, Clock())
