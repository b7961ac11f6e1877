"""The storm itself: threads of load on one installation, and one fault after the other while they run."""

import contextlib
import random
import threading
import time
from typing import Callable, Iterator, Sequence

import pytest

from tests import services
from tests.faults.storm import acts, harms
from tests.faults.storm.houses import House
from tests.faults.storm.schedule import Planned, drawn
from tests.faults.storm.visitor import Broken, Lost, NoLetter, Refused

Act = Callable[[House, random.Random], None]
ACTS: dict[str, tuple[Act, int]] = {  # and how often, compared with the others
    "sign-in": (acts.sign_in, 6),
    "sign-in with code": (acts.sign_in_with_code, 3),
    "password reset": (acts.reset, 2),
    "registration": (acts.register, 1),
}
THREADS, LONGEST = 4, 4.0
OUTCOMES = {Refused: "refused", Lost: "lost", NoLetter: "no letter"}


def attempt(house: House, name: str, rng: random.Random) -> str:
    """Do it once; returns how it ended."""
    outcome, why = "ok", ""
    try:
        ACTS[name][0](house, rng)
    except (Refused, Lost, NoLetter) as error:
        outcome = OUTCOMES[type(error)]
    except (Broken, AssertionError, LookupError, ValueError) as error:  # a page that is not the one that was expected
        outcome, why = "broken off", repr(error)[:200]
    house.ledger.act(name, outcome, why)
    return outcome


def calm(house: House, when: str) -> None:
    """In good health everything works, every kind once; what does not is put on record."""
    rng = random.Random(when)
    for name in ACTS:
        if (outcome := attempt(house, name, rng)) != "ok":
            house.ledger.stuck.append(f"{when}: {name}: {outcome} {list(house.ledger.reasons)[-1:]}")


def _load(house: House, seed: str, stop: threading.Event) -> None:
    rng, names = random.Random(seed), list(ACTS)
    while not stop.is_set():
        with house.working():
            if stop.is_set():
                return
            outcome = attempt(house, rng.choices(names, [ACTS[name][1] for name in names])[0], rng)
        if outcome in ("refused", "lost"):
            stop.wait(0.1)


@contextlib.contextmanager
def load(house: House, seed: str) -> Iterator[None]:
    """Members and portals are at it, in several threads."""
    stop = threading.Event()
    threads = [threading.Thread(target=_load, args=(house, f"{seed} {number}", stop)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        house.post.hurry.set()
        for thread in threads:
            thread.join()
        house.post.hurry.clear()


def happens(house: House, planned: Planned) -> bool:
    """One fault; afterwards the node has to be ready by itself. False if it is not, or the fault could not be ended."""
    time.sleep(planned.pause)
    house.ledger.faults[planned.name] += 1
    try:
        with harms.possible(house)[planned.name](house, random.Random(planned.seed)):
            time.sleep(planned.lasts)
        began = time.monotonic()
        services.wait_until(house.node.works)
    except (pytest.fail.Exception, AssertionError, OSError) as error:
        house.ledger.stuck.append(f"{planned.name}: {str(error)[:300]}")
        return False
    house.ledger.recovery[planned.name].append(time.monotonic() - began)
    return True


def storm(house: House, seed: str, seconds: float, names: Sequence[str] = (), longest: float = LONGEST) -> None:
    """Faults until `seconds` have passed; at least each of `names` once (none named: all that are possible)."""
    ends, turn = time.monotonic() + seconds, 0
    with load(house, seed):
        while turn == 0 or time.monotonic() < ends:
            for planned in drawn(f"{seed} {house.name} {turn}", names or list(harms.possible(house)), longest):
                if not happens(house, planned):
                    return
                if turn and time.monotonic() > ends:
                    break
            turn += 1
