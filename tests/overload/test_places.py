"""Places of a worker: never more at work than there are, first come first served, nobody waits for ever."""

from idp.cli.places import FREE_THREADS, PATIENCE, WAITING, Places
from tests.services import race


def test_who_finds_no_place_waits_and_who_finds_no_room_to_wait_is_refused() -> None:
    places: Places[int] = Places(FREE_THREADS + 2)
    assert [places.take() for _ in range(3)] == [True, True, False]
    assert [places.join(n, 0.0) for n in range(2 * WAITING + 1)] == ["waits"] * 2 * WAITING + ["refused"]
    assert [places.leave() for _ in range(2 * WAITING)] == list(range(2 * WAITING)), "in the order in which they came"
    assert not places.take(), "a place that was handed on is not free"
    assert places.leave() is places.leave() is None
    assert places.join(0, 0.0) == "placed" and places.take() and not places.take()
    assert places.refused == 1


def test_who_has_waited_too_long_waits_no_more() -> None:
    places: Places[str] = Places(1)
    assert places.take() and [places.join(who, at) for who, at in (("early", 1.0), ("late", 3.0))] == ["waits", "waits"]
    assert places.impatient(1.0 + PATIENCE) == []
    assert places.impatient(2.0 + PATIENCE) == ["early"] and places.refused == 1
    assert places.leave() == "late"


def test_sixteen_at_once_get_as_many_places_as_there_are() -> None:
    places: Places[int] = Places(FREE_THREADS + 5)
    assert sum(race(16, places.take)) == 5
