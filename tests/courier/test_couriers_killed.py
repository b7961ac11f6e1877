"""Several couriers at once, killed at any moment, with a real mail server and a real gateway: no letter is lost, and none
comes twice but those that a receiver had already taken from a courier that was then killed."""

import contextlib
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Iterator

import pytest

from idp import courier
from idp.deps import Deps
from idp.tables import schema
from idp.tables.database import Database
from tests.courier.house import house
from tests.courier.test_courier_process import TOP, outcomes, wait_for, write
from tests.ports.http_gateway import Gateway, http_gateway
from tests.ports.sms_suite import form_of
from tests.ports.smtp_server import Inbox, smtp_server

COURIERS, KILLS, MAILS, MESSAGES = 2, 4, 80, 50


class Receivers:
    """A mail server and a gateway; a letter is known by what its sender promises to repeat."""

    def __init__(self) -> None:
        self.inbox, self.gateway = Inbox(), Gateway(delay=0.01)
        self.urls: tuple[str, str] = ("", "")

    @contextlib.contextmanager
    def open(self) -> Iterator["Receivers"]:
        """Listen."""
        with smtp_server(self.inbox) as port, http_gateway(self.gateway) as url:
            self.urls = (f"smtp://127.0.0.1:{port}?tls=none", url)
            yield self

    def mails(self) -> Counter[tuple[str, str]]:
        """(Message-ID, recipient) and how often it came."""
        found = [(re.search(rb"(?m)^Message-ID: *(\S+)", raw), to) for to, raw in self.inbox.mails]
        return Counter((one[1].decode(), *to) for one, to in found if one)

    def messages(self) -> Counter[tuple[str, str]]:
        """(idempotency key, number) and how often it came."""
        return Counter((one.headers["idempotency-key"], form_of(one)["to"]) for one in self.gateway.posted)

    @property
    def arrived(self) -> int:
        """All of them."""
        return len(self.inbox.mails) + len(self.gateway.posted)


@pytest.fixture
def deps(database_url: str, tmp_path: Path) -> Iterator[Deps]:
    database = Database(database_url)
    schema.metadata.create_all(database.engine)
    yield house(database, tmp_path, time.time)
    database.close()


def start(url: str, folder: Path, receivers: Receivers, ahead: int = 0) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.courier.plugged", url, str(folder), str(ahead), *receivers.urls]
    return subprocess.Popen(command, cwd=TOP, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stopped(running: list[subprocess.Popen]) -> None:
    """Told to stop, each finishes what it has in hand; one that was only starting has nothing."""
    for child in running:
        child.terminate()
    assert {child.wait(30) for child in running} <= {0, -signal.SIGTERM}


def test_couriers_killed_in_turn_lose_nothing(deps: Deps, database_url: str, tmp_path: Path) -> None:
    addresses = [f"member{number}@example.jp" for number in range(MAILS)]
    numbers = [f"+8190{number:08}" for number in range(MESSAGES)]
    write(deps, *addresses, *numbers)
    with Receivers().open() as receivers:
        running = [start(database_url, tmp_path, receivers) for _ in range(COURIERS)]
        step = (MAILS + MESSAGES) // (KILLS + 2)
        for kill in range(1, KILLS + 1):
            wait_for(lambda: receivers.arrived >= kill * step, 60)  # noqa: B023
            time.sleep(random.random() * 0.02)
            child = running.pop(random.randrange(len(running)))
            child.kill()
            assert child.wait(20) == -9
            running.append(start(database_url, tmp_path, receivers))
        # what nobody holds is sent at once, the rest when the leases of the killed have run out
        wait_for(lambda: outcomes(deps)["accepted"] >= MAILS + MESSAGES - 2 * KILLS, 60)
        stopped(running)
        last = [start(database_url, tmp_path, receivers, ahead=courier.LEASE_SECONDS)]
        wait_for(lambda: outcomes(deps)["accepted"] == MAILS + MESSAGES, 60)
        stopped(last)
    for came, wanted in ((receivers.mails(), addresses), (receivers.messages(), numbers)):
        assert sorted(to for _, to in came) == sorted(wanted), "each letter has one key, also when it is sent again"
        assert set(came.values()) <= {1, 2}
        assert sum(came.values()) - len(wanted) <= KILLS, "a killed courier had one of each kind in hand"


def test_couriers_beside_each_other_double_nothing(deps: Deps, database_url: str, tmp_path: Path) -> None:
    addresses, numbers = [f"member{number}@example.jp" for number in range(30)], [f"+8190{number:08}" for number in range(30)]
    write(deps, *addresses, *numbers)
    with Receivers().open() as receivers:
        running = [start(database_url, tmp_path, receivers) for _ in range(COURIERS)]
        wait_for(lambda: outcomes(deps)["accepted"] == 60, 60)
        stopped(running)
    assert set(receivers.mails().values()) == set(receivers.messages().values()) == {1}
    assert len(receivers.mails()) == len(receivers.messages()) == 30
