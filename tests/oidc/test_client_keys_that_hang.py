"""A `jwks_uri` that takes its time holds up nobody who does not need it, and never a whole worker."""

import threading
from contextlib import contextmanager
from typing import Iterator

import pytest

from idp.domain.client import Client
from idp.ports import Unavailable
from idp.services import client_keys
from idp.services.client_keys import ClientKeys
from tests import services
from tests.oidc import signing
from tests.oidc.installation import Installation
from tests.oidc.test_client_keys import Place, keys_at, portal_at, published


@contextmanager
def held(keys: ClientKeys, client: Client, place: Place) -> Iterator[threading.Thread]:
    """While somebody asks for a key of this client, and the place that has been asked for it says nothing."""
    place.asked.clear()
    place.answers.clear()
    asking = threading.Thread(target=keys.find, args=(client, None, "ES256"))
    asking.start()
    assert place.asked.wait(20)
    try:
        yield asking
        assert asking.is_alive(), "it is still being asked"
    finally:
        place.answers.set()
        asking.join()


def unknown(keys: ClientKeys, client: Client) -> bool:
    """Whether nobody can say now which key it has."""
    try:
        keys.find(client, None, "ES256")
    except Unavailable:
        return True
    return False


def test_of_many_who_need_the_same_key_at_once_each_gets_it(house: Installation) -> None:
    """As when a worker has just started: more than may look at once, and the place takes a moment."""
    with published() as place:
        keys, client, _ = keys_at(house, place, threads=8)
        place.show(signing.KEYS["portal-ES256"])
        place.answers.clear()
        letting = threading.Timer(0.1, place.answers.set)
        letting.start()
        assert all(services.race(8, lambda: keys.find(client, "portal-ES256", "ES256"))) and place.read == 1


def test_a_place_that_hangs_keeps_those_waiting_whose_keys_are_known_not_at_all_and_the_others_not_for_ever(house: Installation) -> None:
    with published() as place:
        keys, client, clock = keys_at(house, place, patience=client_keys.PATIENCE)
        place.show(signing.KEYS["portal-ES256"])
        assert keys.find(client, "portal-ES256", "ES256")
        clock.now += client_keys.FRESH
        with held(keys, client, place):
            assert all(services.race(8, lambda: keys.find(client, "portal-ES256", "ES256")))
            with pytest.raises(Unavailable):  # which is no word about the key
                keys.find(client, "another", "ES256")
        assert place.read == 2


def test_places_that_hang_leave_threads_for_everybody_else(house: Installation) -> None:
    """Of a worker's four threads two may be held up, by whatever number of portals."""
    with published() as first, published() as second, published() as third:
        keys, client, clock = keys_at(house, first, threads=4, patience=client_keys.PATIENCE)
        for place in (first, second, third):
            place.show(signing.KEYS["portal-ES256"])
        other, healthy = portal_at(second, "o"), portal_at(third, "h")
        assert keys.find(healthy, "portal-ES256", "ES256") and third.read == 1
        clock.now += client_keys.FRESH
        with held(keys, client, first), held(keys, other, second):
            assert services.race(8, lambda: unknown(keys, client)) == [True] * 8
            assert keys.find(healthy, "portal-ES256", "ES256") and third.read == 1, "what is kept counts"
            assert unknown(keys, portal_at(third, "new")) and third.read == 1
        assert keys.find(portal_at(third, "new"), None, "ES256") and keys.find(client, None, "ES256") and third.read == 2
