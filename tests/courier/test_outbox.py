"""The outbox on both engines: every letter to one courier only, and nobody's facts kept longer than needed."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from idp.tables import housekeeping, outbox, schema
from idp.tables.database import Database
from tests.courier.house import NOW, letter
from tests.services import race, race_processes

LEASE = 60
TABLE = schema.outbox.c


def queue(database: Database, *letters: object) -> None:
    with database.write() as connection:
        for one in letters:
            outbox.queue(connection, one, NOW)  # type: ignore[arg-type]


def claim(database: Database, lease: str, now: int = NOW, limit: int = 1, channel: str | None = None) -> list[int]:
    """The numbers of the letters claimed."""
    with database.write() as connection:
        found = outbox.claim(connection, lease, now, LEASE, limit, channel)  # type: ignore[arg-type]
    return [int(one.key.removeprefix("key")) for one in found]


def row(database: Database, number: int = 0) -> dict[str, object]:
    with database.read() as connection:
        return dict(connection.execute(select(schema.outbox).where(TABLE.key == f"key{number}")).mappings().one())


def test_a_letter_comes_out_as_it_went_in(database: Database) -> None:
    queue(database, letter(7))
    with database.write() as connection:
        (found,) = outbox.claim(connection, "a", NOW, LEASE, 10)
    assert found == replace(letter(7), id=found.id, attempts=1) and found.id > 0


def test_nothing_is_queued_by_a_transaction_that_fails(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as connection:
        outbox.queue(connection, letter(), NOW)
        raise RuntimeError
    assert claim(database, "a") == []


def test_sixteen_couriers_never_hold_the_same_letter(database: Database) -> None:
    queue(database, *(letter(number) for number in range(96)))
    leases = [f"courier{number}" for number in range(16)]

    def work() -> list[int]:
        lease, mine = leases.pop(), []
        while found := claim(database, f"{lease}-{len(mine)}", limit=3):
            mine += found
        return mine

    taken = [number for one in race(16, work) for number in one]
    assert sorted(taken) == list(range(96))


def test_sixteen_processes_never_hold_the_same_letter(database_url: str) -> None:
    database = Database(database_url, pool=1)
    schema.metadata.create_all(database.engine)
    queue(database, *(letter(number) for number in range(48)))
    database.close()

    def work() -> list[int]:
        own, mine = Database(database_url, pool=1), []
        while found := claim(own, f"{id(own)}-{len(mine)}"):
            mine += found
        own.close()
        return mine

    taken = [number for one in race_processes(16, work) for number in one]
    assert sorted(taken) == list(range(48))


def test_one_letter_goes_to_one_of_sixteen_and_is_finished_once(database: Database) -> None:
    queue(database, letter())
    assert sorted(race(16, lambda: len(claim(database, "a")))) == [0] * 15 + [1]
    held = row(database)

    def finish() -> bool:
        with database.write() as connection:
            return outbox.finish(connection, int(str(held["id"])), "a", "accepted", NOW)

    assert sum(race(16, finish)) == 1


def test_urgent_first_then_the_oldest(database: Database) -> None:
    queue(
        database,
        letter(1, due_at=NOW - 5),
        letter(2, due_at=NOW - 9),
        letter(3, priority=0),
        letter(4, priority=0, due_at=NOW - 1),
        letter(5, due_at=NOW - 5),
    )
    assert claim(database, "a", limit=3) == [4, 3, 2]
    assert claim(database, "b", limit=3) == [1, 5]


def test_only_what_is_due_alive_and_of_the_channel(database: Database) -> None:
    queue(
        database,
        letter(1, due_at=NOW + 1),
        letter(2, expires_at=NOW),
        letter(3, channel="sms", recipient="+819012345678"),
        letter(4),
    )
    for channel, numbers in (("sms", [3]), ("mail", [4])):
        with database.read() as connection:
            assert outbox.waits(connection, NOW, channel)  # type: ignore[arg-type]
        assert claim(database, channel, limit=9, channel=channel) == numbers
    with database.read() as connection:
        assert not outbox.waits(connection, NOW) and outbox.waits(connection, NOW + 1)
    assert claim(database, "later", now=NOW + 1, limit=9) == [1]


def test_a_lease_that_ran_out(database: Database) -> None:
    queue(database, letter())
    assert claim(database, "first") == [0]
    assert claim(database, "second", now=NOW + LEASE - 1) == []
    assert claim(database, "second", now=NOW + LEASE) == [0]
    number = int(str(row(database)["id"]))
    with database.write() as connection:
        assert not outbox.finish(connection, number, "first", "accepted", NOW)
        assert not outbox.retry(connection, number, "first", NOW, "late")
    assert (row(database)["facts"], row(database)["attempts"], row(database)["reason"]) == ("test.sealed0", 2, None)
    with database.write() as connection:
        assert outbox.finish(connection, number, "second", "accepted", NOW, "g-1", "250 OK")
        assert not outbox.finish(connection, number, "second", "failed", NOW)
    done = row(database)
    assert (done["outcome"], done["outcome_at"], done["provider_id"], done["reason"]) == ("accepted", NOW, "g-1", "250 OK")
    assert done["facts"] is None and claim(database, "third", now=NOW + LEASE) == []


@pytest.mark.parametrize("outcome", ["accepted", "delivered", "unreachable", "rejected", "failed", "unknown", "expired", "parked"])
def test_facts_are_wiped_when_the_letter_has_gone(database: Database, outcome: str) -> None:
    queue(database, letter())
    claim(database, "a")
    with database.write() as connection:
        assert outbox.finish(connection, int(str(row(database)["id"])), "a", outcome, NOW, "id\x00\ud800", "why\r\n\x00" + "x" * 999)
    done = row(database)
    assert (done["outcome"], done["facts"]) == (outcome, "test.sealed0" if outcome == "parked" else None)
    assert str(done["provider_id"]) == "id  " and str(done["reason"]).startswith("why   x") and len(str(done["reason"])) == 200
    with database.write() as connection:
        outbox.abandon_expired(connection, NOW + 3_600)
    assert (row(database)["outcome"], row(database)["facts"]) == (outcome, None)


def test_a_letter_given_back_waits(database: Database) -> None:
    queue(database, letter())
    claim(database, "a")
    with database.write() as connection:
        assert outbox.retry(connection, int(str(row(database)["id"])), "a", NOW + 10, "away")
    assert claim(database, "b", now=NOW + 9) == []
    assert claim(database, "b", now=NOW + 10) == [0]
    assert (row(database)["attempts"], row(database)["reason"], row(database)["facts"]) == (2, "away", "test.sealed0")


def test_expired_letters_are_given_up(database: Database) -> None:
    queue(database, letter(1), letter(2), letter(3), letter(4, expires_at=NOW + 9_999))
    assert claim(database, "vanished", limit=1) == [1]
    assert claim(database, "working", now=NOW + 3_590, limit=1) == [1]
    end = NOW + 3_600
    with database.write() as connection:
        assert outbox.abandon_expired(connection, end) == 2  # the one that is held may be on its way
    assert [row(database, number)["outcome"] for number in (1, 2, 3, 4)] == ["queued", "expired", "expired", "queued"]
    with database.write() as connection:
        assert outbox.abandon_expired(connection, end + LEASE) == 1
    assert [row(database, number)["outcome"] for number in (1, 4)] == ["unknown", "queued"]
    assert [row(database, number)["facts"] for number in (1, 2, 3)] == [None] * 3


def test_depth_and_age(database: Database) -> None:
    def look() -> tuple[int, int]:
        with database.read() as connection:
            return outbox.depth_and_age(connection, NOW)

    assert look() == (0, 0)
    queue(database, letter(1, due_at=NOW + 30))
    assert look() == (1, 0)
    queue(database, letter(2, due_at=NOW - 30), letter(3, expires_at=NOW))
    assert look() == (2, 30)


def test_dead_rows_are_swept_a_few_at_a_time(database: Database) -> None:
    day, old = 86_400, NOW - 90 * 86_400
    grants = [{"id": f"g{n}", "until": NOW - 5 + n} for n in range(10)]
    counters = [
        {"bucket": "spent", "count": 3, "wait_until": 0, "updated_at": NOW - day},
        {"bucket": "young", "count": 3, "wait_until": 0, "updated_at": NOW - day + 1},
        {"bucket": "waiting", "count": 30, "wait_until": NOW + 1, "updated_at": NOW - day},
        # the wait has just ended: forgetting it now would give the guesser a fresh start
        {"bucket": "waited", "count": 30, "wait_until": NOW - 1, "updated_at": NOW - day},
    ]
    with database.write() as connection:
        connection.execute(schema.revoked_grants.insert(), grants)
        connection.execute(schema.failures.insert(), counters)
        for number in range(4):
            outbox.queue(connection, letter(number, expires_at=NOW + 1), old + number // 3)
        for one, outcome in zip(outbox.claim(connection, "a", NOW, LEASE, 2), ("accepted", "parked")):
            outbox.finish(connection, one.id, "a", outcome, NOW)
    rounds = []
    for _ in range(4):
        with database.write() as connection:
            rounds.append(housekeeping.sweep(connection, NOW, 2))
    assert rounds == [2, 2, 2, 0]
    with database.read() as connection:
        columns = (schema.revoked_grants.c.id, schema.failures.c.bucket, TABLE.key)
        left = [connection.execute(select(column).order_by(column)).scalars().all() for column in columns]
    assert left == [["g6", "g7", "g8", "g9"], ["waited", "waiting", "young"], ["key2", "key3"]]


def test_a_full_outbox_is_read_by_its_index(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/idp.db")
    schema.metadata.create_all(database.engine)
    with database.read() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT id FROM outbox WHERE outcome = 'queued' AND channel = 'mail' AND due_at <= 1 "
            "AND lease_until <= 1 AND expires_at > 1 ORDER BY priority, due_at, id LIMIT 1"
        ).all()
    database.close()
    assert "ix_outbox_due" in str(plan) and "TEMP B-TREE" not in str(plan)
