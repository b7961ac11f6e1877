"""The postman as a running process: killed at any moment, without a database, without a mail server, told to stop."""

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Callable, Iterator

import psycopg
import pytest
from sqlalchemy import select

from idp import courier
from idp.adapters.mail_folder import FolderMail
from idp.adapters.sms_folder import FolderSms
from idp.deps import Deps
from idp.ports import Mail, Sent, Unavailable
from idp.services import letters
from idp.tables import schema
from idp.tables.database import Database
from tests.courier.house import house

TOP = Path(__file__).parents[2]
LETTERS = 30


def write(deps: Deps, *recipients: str) -> None:
    """One notice to each; a number makes it an SMS."""
    for to in recipients:
        channel: Any = "sms" if to.startswith("+") else "mail"
        facts: dict[str, str | int] = {"datetime": deps.now(), "method": "first", "os": "ios", "browser": "safari"}
        with deps.database.write() as connection:
            letters.write(
                connection,
                deps,
                account_id=None,
                channel=channel,
                to=to,
                template=f"{channel}.notice.pw",
                locale="ja",
                facts=facts,
                expires_at=deps.now() + 86_400,
            )


def outcomes(deps: Deps) -> Counter[str]:
    with deps.database.read() as connection:
        return Counter(connection.execute(select(schema.outbox.c.outcome)).scalars())


def arrived(folder: Path) -> Counter[str]:
    """How often a mail has come to each address."""
    files = (folder / "mail").glob("*.eml")
    return Counter(str(message_from_bytes(file.read_bytes(), policy=policy.default)["To"]) for file in files)


def wait_for(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database that other processes can open."""
    store = Database(database_url)
    schema.metadata.create_all(store.engine)
    yield store
    store.close()


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    return house(database, tmp_path, time.time)


def postman(url: str, folder: Path, ahead: int, deadly: int = 0) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.courier.postman", url, str(folder), str(ahead), str(deadly)]
    return subprocess.Popen(command, cwd=TOP, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("how", ["at a random moment", "between sending and mark"])
def test_a_killed_courier_loses_nothing(how: str, deps: Deps, database_url: str, tmp_path: Path) -> None:
    everyone = [f"member{number}@example.jp" for number in range(LETTERS)]
    write(deps, *everyone)
    target = random.randrange(1, LETTERS // 2)
    with postman(database_url, tmp_path, 0, target if "mark" in how else 3 - LETTERS) as child:
        if "random" in how:
            wait_for(lambda: sum(arrived(tmp_path).values()) >= target)
            time.sleep(random.random() * 0.02)
            child.kill()
        assert child.wait(20) == -9
    assert outcomes(deps)["queued"] > 0
    with postman(database_url, tmp_path, courier.LEASE_SECONDS) as child:
        wait_for(lambda: outcomes(deps)["accepted"] == LETTERS)
        child.terminate()
        assert child.wait(20) == 0
    counts = arrived(tmp_path)
    assert set(counts) == set(everyone)
    # the one that was in hand may have come twice, and no other
    twice = sum(counts.values()) - LETTERS
    assert twice == 1 if "mark" in how else twice in (0, 1)


class Running:
    """A courier in a thread, stopped at the end."""

    def __init__(self, deps: Deps, mail: Mail, folder: Path):
        self.stop = threading.Event()
        sms = FolderSms(str(folder / "sms"))
        self.thread = threading.Thread(target=courier.run, args=(deps, mail, sms, self.stop))

    def __enter__(self) -> "Running":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


def test_a_slow_mail_server_does_not_hold_up_sms(deps: Deps, tmp_path: Path) -> None:
    hanging = threading.Event()

    class Hanging(FolderMail):
        def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
            hanging.wait(20)
            raise Unavailable("mail server: timeout")

    write(deps, "taro@example.jp", "+819012345678")
    with Running(deps, Hanging(str(tmp_path / "mail"), "no-reply@example.jp"), tmp_path):
        wait_for(lambda: outcomes(deps)["accepted"] == 1)
        wait_for(lambda: letters.courier_alive(deps))
        hanging.set()
    assert len(list((tmp_path / "sms").glob("*.txt"))) == 1 and outcomes(deps) == {"accepted": 1, "queued": 1}


def test_what_is_in_hand_is_finished_when_told_to_stop(deps: Deps, tmp_path: Path) -> None:
    begun = threading.Event()

    class Slow(FolderMail):
        def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
            begun.set()
            time.sleep(0.2)
            return super().send(to, subject, body, idempotency_key)

    write(deps, "taro@example.jp", "hanako@example.jp")
    with Running(deps, Slow(str(tmp_path / "mail"), "no-reply@example.jp"), tmp_path):
        begun.wait(20)
    assert outcomes(deps) == {"accepted": 1, "queued": 1} and sum(arrived(tmp_path).values()) == 1


def test_without_a_database_the_courier_waits(fresh_postgres: str, postgres_url: str, tmp_path: Path) -> None:
    database = Database(fresh_postgres)
    schema.metadata.create_all(database.engine)
    deps = house(database, tmp_path, time.time)
    name = fresh_postgres.split("@/")[1].split("?")[0]
    sent = threading.Event()

    def hide(hidden: bool) -> None:
        old, new = (name, f"{name}x") if hidden else (f"{name}x", name)
        with psycopg.connect(postgres_url, autocommit=True) as server:
            server.execute(f'ALTER DATABASE "{old}" ALLOW_CONNECTIONS {"false" if hidden else "true"}'.encode())
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (old,))
            server.execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"'.encode())

    class TakesTheDatabaseAway(FolderMail):
        def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
            result = super().send(to, subject, body, idempotency_key)
            if not sent.is_set():
                hide(True)
                sent.set()
            return result

    write(deps, "taro@example.jp", "hanako@example.jp")
    with Running(deps, TakesTheDatabaseAway(str(tmp_path / "mail"), "no-reply@example.jp"), tmp_path) as running:
        assert sent.wait(20)
        time.sleep(1.2)
        assert running.thread.is_alive() and sum(arrived(tmp_path).values()) == 1
        hide(False)
        wait_for(lambda: sum(arrived(tmp_path).values()) == 2)
        wait_for(lambda: outcomes(deps)["accepted"] == 2)
    assert set(arrived(tmp_path).values()) == {1}
    database.close()
