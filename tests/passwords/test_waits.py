"""The waits after failures, and the table that counts them before the password is checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.domain.policy import Seconds, Waits
from idp.domain.waits import last_step, wait_after
from idp.tables import failures
from idp.tables.database import Database
from tests.services import race

WAITS = Waits()
EXPECTED = {5: 60, 10: 1_800, 11: 3_600, 12: 7_200, 13: 14_400, 14: 28_800, 15: 57_600, 16: 86_400, 17: 86_400, 900: 86_400}


def test_the_default_steps() -> None:
    assert {count: wait for count in (*range(18), 900) if (wait := wait_after(WAITS, count))} == EXPECTED
    assert last_step(WAITS) == 16


@given(
    st.builds(
        Waits,
        first_after=st.integers(1, 20),
        first=st.integers(1, 90_000).map(Seconds),
        long_after=st.integers(1, 40),
        long=st.integers(1, 90_000).map(Seconds),
        longest=st.integers(1, 10**9).map(Seconds),
    )
)
def test_waits_never_shrink_after_the_long_step_and_end_at_the_longest(waits: Waits) -> None:
    last = last_step(waits)
    row = [wait_after(waits, count) for count in range(waits.long_after, last + 3)]
    assert row == sorted(row) and row[-1] == row[-3] <= waits.longest


def attempt(database: Database, now: int, bucket: str = "password:a", waits: Waits = WAITS) -> failures.Reserved:
    with database.write() as connection:
        return failures.reserve(connection, bucket, waits, now)


def test_one_after_the_other(database: Database) -> None:
    now = 1_000
    for count in range(1, 19):
        reserved = attempt(database, now)
        assert reserved == failures.Reserved(True, count, now + wait_after(WAITS, count))
        if reserved.wait_until > now:
            assert attempt(database, now) == failures.Reserved(False, count, reserved.wait_until)
            assert attempt(database, reserved.wait_until - 1) == failures.Reserved(False, count, reserved.wait_until)
        now = reserved.wait_until
    with database.read() as connection:
        assert failures.read(connection, "password:a", now - 1) == failures.Reserved(False, 18, now)
        assert failures.read(connection, "password:a", now) == failures.Reserved(True, 18, now)
        assert failures.read(connection, "password:b", now) == failures.Reserved(True, 0, 0)


def test_success_clears_one_bucket_only(database: Database) -> None:
    for bucket in ("password:a", "password:b"):
        attempt(database, 1_000, bucket)
    with database.write() as connection:
        failures.clear(connection, "password:a")
    assert attempt(database, 1_000, "password:a").count == 1
    assert attempt(database, 1_000, "password:b").count == 2


def test_the_desk_clears_all_buckets_of_one_account(database: Database) -> None:
    mine = ["password:acc1", "code:acc1", "password:acc1:browser7"]
    others = ["password:acc12", "password:xacc1", "password:b:acc12", "password:b:xacc1:browser"]
    for bucket in mine + others:
        attempt(database, 1_000, bucket)
    with database.write() as connection:
        failures.clear_account(connection, "acc1")
    with database.read() as connection:
        assert [failures.read(connection, bucket, 1_000).count for bucket in mine] == [0, 0, 0]
        assert [failures.read(connection, bucket, 1_000).count for bucket in others] == [1, 1, 1, 1]


def test_a_policy_changed_meanwhile_holds_from_the_next_attempt(database: Database) -> None:
    for _ in range(4):
        attempt(database, 1_000)
    stricter = Waits(first_after=3, first=Seconds(600), long_after=5, long=Seconds(7_200))
    assert attempt(database, 1_000, waits=stricter) == failures.Reserved(True, 5, 8_200)


@pytest.mark.parametrize("n", [16, 200])
def test_parallel_guesses_stop_at_the_limit(database: Database, n: int) -> None:
    answers = race(n, lambda: attempt(database, 1_000))
    allowed = sorted(answer.count for answer in answers if answer.allowed)
    assert allowed == [1, 2, 3, 4, 5]
    assert {answer.wait_until for answer in answers if not answer.allowed} == {1_060}
    # after the wait: five more without one between them, then the long wait
    answers = race(n, lambda: attempt(database, 1_060))
    assert sorted(answer.count for answer in answers if answer.allowed) == [6, 7, 8, 9, 10]
    assert {answer.wait_until for answer in answers if not answer.allowed} == {1_060 + 1_800}
    answers = race(n, lambda: attempt(database, 2_860))
    assert [answer.count for answer in answers if answer.allowed] == [11]


def test_an_attempt_that_was_not_made_is_given_back(database: Database) -> None:
    waits = Waits()
    with database.write() as connection:
        for _ in range(4):
            reserved = failures.reserve(connection, "b", waits, 100)
            failures.give_back(connection, "b", reserved)
        assert failures.read(connection, "b", 100).count == 0
        rows = [failures.reserve(connection, "b", waits, 100) for _ in range(waits.first_after)]
        failures.give_back(connection, "b", rows[0])
        assert failures.read(connection, "b", 100) == failures.Reserved(False, waits.first_after, 100 + waits.first), "another came since"
        failures.give_back(connection, "b", rows[-1])
        assert failures.read(connection, "b", 100) == failures.Reserved(True, waits.first_after - 1, 0), "the wait with it"
