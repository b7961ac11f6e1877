"""What counts once counts once through a failover of Redis, also where a master that was replaced wakes up and knows nothing of it,
and where a replica has not heard of what was used; and the loss of a replica keeps nobody out."""

from typing import Callable, Iterator

import pytest

from idp.adapters.ephemeral_redis import RedisEphemeral
from idp.ports import Unavailable
from tests import services
from tests.faults.storm.redis_pair import DOWN_AFTER, RedisPair
from tests.services import race


@pytest.fixture
def pair(request: pytest.FixtureRequest) -> Iterator[RedisPair]:
    with services.private_folder() as folder:
        made = RedisPair(folder, getattr(request, "param", DOWN_AFTER))
        try:
            yield made
        finally:
            made.close()


def surely(call: Callable[[], object]) -> None:
    """Return when the store has done it: on a busy machine a Sentinel may take its master for dead at any time."""

    def done() -> bool:
        call()
        return True

    services.wait_until(done)


def back(store: RedisEphemeral) -> None:
    """Return when it can be written again."""
    surely(lambda: store.put("ping", b"", 10))


def test_a_master_that_wakes_up_after_it_was_replaced_is_asked_no_more(pair: RedisPair) -> None:
    idle, other = RedisEphemeral(pair.url), RedisEphemeral(pair.url)
    race(8, lambda: idle.put("code", b"v", 60))  # connections of a node that has nothing to do meanwhile
    surely(lambda: idle.drop("other"))  # the replica has all of it
    old = pair.master
    pair.servers[old].freeze()
    pair.promoted(old)
    back(other)
    told: list[bool] = []

    def spent() -> None:
        found = other.spend("code", 60)
        assert found
        told.append(found.first)

    surely(spent)
    pair.servers[old].thaw()

    def again() -> bool:
        """Whether it is told once more that it was fresh; who has asked the old one is told to come again."""
        try:
            found = idle.spend("code", 60)
        except Unavailable:
            return False
        return found is not None and found.first

    assert told.count(True) + race(8, again).count(True) <= 1
    surely(lambda: idle.get("code"))
    assert not again()


@pytest.mark.parametrize("pair", [5_000], indirect=True)  # ms until a Sentinel says that the replica is gone for good
def test_what_no_replica_has_heard_of_is_not_told(pair: RedisPair) -> None:
    store = RedisEphemeral(pair.url)
    surely(lambda: store.put("code", b"v", 60))
    surely(lambda: store.drop("other"))
    old, follower = pair.master, pair.servers[pair.replica]
    follower.freeze()
    with pytest.raises(Unavailable):
        store.spend("code", 60)
    pair.servers[old].kill()
    follower.thaw()
    pair.promoted(old)
    back(store)
    told = [found for found in (store.spend("code", 60), store.spend("code", 60)) if found and found.first]
    assert len(told) <= 1  # none, where the replica heard of it in the end


def test_a_replica_that_is_gone_keeps_nobody_out(pair: RedisPair) -> None:
    store = RedisEphemeral(pair.url)
    pair.servers[pair.replica].kill()

    def claimed() -> bool:
        return store.add("once", b"v", 60) or store.get("once") == b"v"

    services.wait_until(claimed)
    assert race(16, lambda: store.take("once")).count(b"v") == 1
    for number in range(20):
        assert store.add(f"key {number}", b"v", 60)


def test_signing_out_is_known_to_the_next_master(pair: RedisPair) -> None:
    store = RedisEphemeral(pair.url)
    for number in range(50):
        surely(lambda: store.put(f"session {number}", b"v", 600))  # noqa: B023
        surely(lambda: store.drop(f"session {number}"))  # noqa: B023
    pair.fail_over()
    back(store)
    for number in range(50):
        assert store.get(f"session {number}") is None
