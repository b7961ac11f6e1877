"""Fixtures for all tests: servers once per process of the run, an empty store per test."""

import contextlib
import uuid
from pathlib import Path
from typing import Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Playwright, sync_playwright
from sqlalchemy import text

from idp.tables import schema
from idp.tables.database import Database
from idp.vault import Vault
from tests import running, services
from tests.running import Idp

settings.register_profile("house", deadline=None)  # what it has beside that is as before
settings.load_profile("house")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of a private Redis; tests keep apart by their key names, or flush it."""
    with services.private_folder() as folder, services.redis_server(folder) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a private PostgreSQL server's first database; `fresh_postgres` gives an empty one of its own."""
    with services.private_folder() as folder, services.postgres_server(folder) as url:
        yield url


@pytest.fixture
def fresh_postgres(postgres_url: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database for this test."""
    with services.empty_database(postgres_url, f"t{uuid.uuid4().hex}") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database on each engine in turn."""
    return f"sqlite:///{tmp_path}/idp.db" if request.param == "sqlite" else request.getfixturevalue("fresh_postgres")


@pytest.fixture(scope="session")
def _postgres_tables(postgres_url: str) -> Iterator[Database]:
    with services.empty_database(postgres_url, "shared") as url:
        store = Database(url, pool=16)
        schema.metadata.create_all(store.engine)
        yield store
        store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The durable store with all its tables and no rows, on each engine in turn; 16 threads may use it at once."""
    if request.param == "sqlite":
        store = Database(f"sqlite:///{tmp_path}/idp.db", pool=16)
        schema.metadata.create_all(store.engine)
        yield store
        store.close()
    else:
        store = request.getfixturevalue("_postgres_tables")
        yield store
        names = ", ".join(table.name for table in schema.metadata.sorted_tables)
        with store.write() as connection:  # ten times quicker than a database of its own for each test
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Starts browsers; once per process, since it refuses to be started a second time."""
    with sync_playwright() as found:
        yield found


@pytest.fixture
def vault() -> Vault:
    """A vault with one key, the same in every test."""
    return Vault((("test", bytes(range(32))),))


@pytest.fixture(params=["embedded", "production"])
def store_urls(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """URLs of the durable and the ephemeral store for an installation of this test's own, of each kind in turn."""
    with services.stores(request.param, request) as urls:
        yield urls


@contextlib.contextmanager
def installed(kind: str, request: pytest.FixtureRequest) -> Iterator[Idp]:
    """A new installation on "embedded" or "production" stores, served until the end of the block."""
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp(kind)
    with services.stores(kind, request) as urls:
        idp = running.configure(folder, *urls, services.free_port())
        idp.run("migrate")
        with running.serving(idp):
            yield idp


@pytest.fixture(scope="session")
def embedded_idp(request: pytest.FixtureRequest) -> Iterator[Idp]:
    """`idp serve` on SQLite and files."""
    with installed("embedded", request) as idp:
        yield idp


@pytest.fixture(scope="session")
def production_idp(request: pytest.FixtureRequest) -> Iterator[Idp]:
    """`idp serve` on PostgreSQL and Redis."""
    with installed("production", request) as idp:
        yield idp


@pytest.fixture(scope="session", params=["embedded", "production"])
def idp(request: pytest.FixtureRequest) -> Idp:
    """Each of the two in turn; both go on for all files, because a start costs more than most of them."""
    return request.getfixturevalue(f"{request.param}_idp")


@pytest.fixture(scope="session")
def portal(idp: Idp) -> dict:
    """The operator's own portal."""
    return idp.client()
