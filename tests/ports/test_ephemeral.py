"""The Ephemeral socket: one suite over every plug."""

import uuid
from pathlib import Path
from typing import Callable, Iterator

import pytest

from idp.adapters.ephemeral_redis import RedisEphemeral
from idp.adapters.ephemeral_sqlite import SqliteEphemeral
from idp.ports import Ephemeral
from tests import services
from tests.ports.ephemeral_suite import SUITE


@pytest.fixture(scope="module")
def sentinel_url() -> Iterator[str]:
    with services.private_folder() as folder, services.redis_sentinel(folder, down_after=30_000) as url:
        yield url


@pytest.fixture(params=["sqlite", "redis", "sentinel"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Ephemeral:
    """A plug with all the time that a busy machine may need; how long it waits is looked at in test_ephemeral_away.py."""
    if request.param == "sqlite":
        return SqliteEphemeral(f"{tmp_path}/ephemeral.db")
    return RedisEphemeral(request.getfixturevalue("redis_url" if request.param == "redis" else "sentinel_url"), patience=30.0)


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__)
def test_every_plug(store: Ephemeral, check: Callable[[Ephemeral, str], None]) -> None:
    check(store, uuid.uuid4().hex)
