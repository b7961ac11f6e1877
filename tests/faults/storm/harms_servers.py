"""What happens to the servers that a production installation uses: PostgreSQL with its standby, Redis with its replica."""

import contextlib
import random
from typing import Callable, ContextManager, Iterator

import psycopg

from tests import services
from tests.faults.storm.houses import House
from tests.faults.storm.postgres_pair import PLACES


@contextlib.contextmanager
def postgres_restarted(house: House, rng: random.Random) -> Iterator[None]:
    """The primary is killed and comes back."""
    assert house.postgres
    house.postgres.restart()
    yield


@contextlib.contextmanager
def postgres_failed_over(house: House, rng: random.Random) -> Iterator[None]:
    """The primary is gone for good, and its standby takes over."""
    assert house.postgres
    house.postgres.fail_over()
    yield


@contextlib.contextmanager
def postgres_slow(house: House, rng: random.Random) -> Iterator[None]:
    """Each statement takes longer."""
    assert house.postgres
    relay = house.postgres.relays[house.postgres.primary]
    relay.slow = rng.uniform(0.02, 0.2)
    try:
        yield
    finally:
        relay.heal()


@contextlib.contextmanager
def postgres_stalled(house: House, rng: random.Random) -> Iterator[None]:
    """The primary is there and silent."""
    assert house.postgres
    house.postgres.stalled(True)
    try:
        yield
    finally:
        house.postgres.stalled(False)


@contextlib.contextmanager
def connections_exhausted(house: House, rng: random.Random) -> Iterator[None]:
    """Somebody else has taken every connection that is left, and all that the service gives up."""
    assert house.postgres
    taken: list[psycopg.Connection] = []
    with contextlib.suppress(psycopg.OperationalError):
        while True:
            taken.append(psycopg.connect(house.postgres.url(house.postgres.primary), connect_timeout=2))
    try:
        yield
    finally:
        for one in taken:
            one.close()


@contextlib.contextmanager
def postgres_disk_full(house: House, rng: random.Random) -> Iterator[None]:
    """Not a byte is left where the primary writes, or its standby, for which every commit waits."""
    assert house.postgres
    with house.postgres.disk_full(rng.choice(PLACES)):
        yield


@contextlib.contextmanager
def redis_stopped(house: House, rng: random.Random) -> Iterator[None]:
    """Both servers are gone, and come back empty."""
    assert house.redis
    master = house.redis.stop_all()
    try:
        yield
    finally:
        house.redis.start_all(master)


@contextlib.contextmanager
def redis_flushed(house: House, rng: random.Random) -> Iterator[None]:
    """Everything in it is gone."""
    assert house.redis
    house.redis.flush()
    yield


@contextlib.contextmanager
def redis_stalled(house: House, rng: random.Random) -> Iterator[None]:
    """The master is there and silent, and nobody takes its place."""
    assert house.redis
    master = house.redis.servers[house.redis.master]
    house.redis.sentinel.kill()
    master.freeze()
    try:
        yield
    finally:
        master.thaw()
        house.redis.sentinel.start()


@contextlib.contextmanager
def redis_failed_over(house: House, rng: random.Random) -> Iterator[None]:
    """The master is gone, and its replica takes its place."""
    assert house.redis
    services.wait_until(house.redis.healthy)
    house.redis.fail_over()
    yield


@contextlib.contextmanager
def redis_deposed(house: House, rng: random.Random) -> Iterator[None]:
    """The master is silent, its replica takes its place, and then it wakes up and knows nothing of it."""
    assert house.redis
    services.wait_until(house.redis.healthy)
    old = house.redis.master
    house.redis.servers[old].freeze()
    try:
        house.redis.promoted(old)
    finally:
        house.redis.servers[old].thaw()
    yield
    services.wait_until(house.redis.healthy)


PRODUCTION: dict[str, Callable[[House, random.Random], ContextManager[None]]] = {
    "PostgreSQL restarted": postgres_restarted,
    "PostgreSQL failed over": postgres_failed_over,
    "PostgreSQL slow": postgres_slow,
    "PostgreSQL stalled": postgres_stalled,
    "PostgreSQL connections exhausted": connections_exhausted,
    "PostgreSQL disk full": postgres_disk_full,
    "Redis stopped": redis_stopped,
    "Redis flushed": redis_flushed,
    "Redis stalled": redis_stalled,
    "Redis failed over": redis_failed_over,
    "Redis deposed and back": redis_deposed,
}
