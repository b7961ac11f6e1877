"""An installation on each engine, and an empty database beside it."""

import uuid
from pathlib import Path
from typing import Iterator

import pytest

from tests import services
from tests.restore.installed import Installed


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Installed:
    """An installation with one member."""
    made = Installed(tmp_path / "idp", database_url)
    made.done("migrate")
    made.idp.account("hanako", "--email", "hanako@example.jp")
    return made


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[str]:
    """URL of another empty database on the same engine."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/other.db"
        return
    with services.empty_database(request.getfixturevalue("postgres_url"), f"o{uuid.uuid4().hex}") as url:
        yield url
