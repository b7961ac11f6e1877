"""Counts per hour: what is counted, and that it is counted once by however many couriers, on both engines."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from idp import vault
from idp.deps import Deps
from idp.domain import rollup
from idp.domain.rollup import HOUR, Count
from idp.services import rollups as service
from idp.tables import audit, housekeeping, rollups, schema
from idp.tables.database import Database
from tests.courier.house import NOW, Clock, house
from tests.services import race

THIS_HOUR = rollup.hour_of(NOW)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deps(database: Database, tmp_path: Path, clock: Clock) -> Deps:
    return house(database, tmp_path, clock)


def sign_ins(deps: Deps, *rows: tuple[int, str]) -> None:
    """Audit rows of sign-ins: (Unix time, result)."""
    with deps.database.write() as connection:
        for at, result in rows:
            audit.record(connection, at=at, event="sign_in", result=result)


def letter(deps: Deps, **changes: Any) -> None:
    """A code that was accepted within three seconds, an hour ago."""
    values: dict[str, Any] = {
        "key": vault.random_id(), "channel": "mail", "recipient": "hanako@docomo.ne.jp", "template": "mail.otp", "locale": "ja", "priority": 0,
        "created_at": NOW - HOUR, "due_at": NOW - HOUR, "expires_at": NOW, "attempts": 1, "lease_until": 0, "outcome": "accepted",
        "outcome_at": NOW - HOUR + 3,
    }  # fmt: skip
    with deps.database.write() as connection:
        connection.execute(insert(schema.outbox), {**values, **changes})


def counted(deps: Deps) -> dict[Count, int]:
    with deps.database.read() as connection:
        rows = connection.execute(select(schema.rollups)).all()
    return {Count(*row[:4]): row[4] for row in rows}


def test_events_are_counted_by_hour_and_result(deps: Deps) -> None:
    sign_ins(deps, (NOW - 7_200, "ok"), (NOW - 7_200, "ok"), (NOW - 7_200, "wrong"), (NOW - 100, "ok"))
    assert service.roll(deps) == 4 and service.roll(deps) == 0
    early = rollup.hour_of(NOW - 7_200)
    assert counted(deps) == {
        Count("event", early, "sign_in:ok", 0): 2,
        Count("event", early, "sign_in:wrong", 0): 1,
        Count("event", rollup.hour_of(NOW - 100), "sign_in:ok", 0): 1,
    }


def test_young_rows_wait_and_so_does_what_stands_behind_them(deps: Deps, clock: Clock) -> None:
    """A lower id may be committed later; a minute later it is not."""
    sign_ins(deps, (NOW - 100, "ok"), (NOW - 10, "wrong"), (NOW - 90, "locked"))
    assert service.roll(deps) == 1
    clock.now += 60
    assert service.roll(deps) == 2 and sum(counted(deps).values()) == 3


def test_a_row_from_the_future_holds_nobody_up(deps: Deps) -> None:
    sign_ins(deps, (NOW + 7_200, "ok"), (NOW - 100, "wrong"))
    assert service.roll(deps) == 2


def test_parallel_couriers_count_each_row_once(deps: Deps) -> None:
    sign_ins(deps, *[(NOW - 100 - n % 3 * HOUR, ("ok", "wrong")[n % 2]) for n in range(5_000)])
    done = race(16, lambda: service.roll(deps))
    service.roll(deps)
    assert sum(done) <= 5_000 and sum(counted(deps).values()) == 5_000
    with deps.database.read() as connection:
        assert rollups.counted_to(connection, rollups.AUDIT) == connection.execute(select(func.max(schema.audit.c.id))).scalar()


def test_a_claim_that_lost_counts_nothing(deps: Deps) -> None:
    one = {Count("event", THIS_HOUR, "sign_in:ok", 0): 1}
    with deps.database.write() as connection:
        assert rollups.add(connection, rollups.AUDIT, 0, 9, one)
    with deps.database.write() as connection:
        assert not rollups.add(connection, rollups.AUDIT, 0, 9, one)
    assert counted(deps) == one


def test_counting_stops_when_the_courier_does(deps: Deps) -> None:
    stop = threading.Event()
    stop.set()
    sign_ins(deps, (NOW - 100, "ok"))
    assert service.roll(deps, stop) == 0


def test_letters_are_counted_with_what_became_of_them(deps: Deps) -> None:
    letter(deps)
    letter(deps, recipient="taro@example.jp", outcome_at=NOW - HOUR + 200)
    letter(deps, recipient="jiro@au.com", outcome="queued", outcome_at=None)
    letter(deps, channel="sms", template="sms.otp", recipient="+819012345678", outcome="delivered", gateway="fallback")
    letter(deps, channel="sms", template="sms.notice.pw", recipient="+819012345678", outcome="rejected", gateway="gateway")
    letter(deps, created_at=NOW - 500)  # not settled yet
    assert service.roll(deps) == 5
    hour = rollup.hour_of(NOW - HOUR)
    assert counted(deps) == {
        Count("letter", hour, "mail.otp:accepted", 0): 2,
        Count("letter", hour, "mail.otp:late", 0): 1,
        Count("letter", hour, "sms.otp:delivered", 0): 1,
        Count("letter", hour, "sms.notice.pw:rejected", 0): 1,
        Count("delivery", hour, "mail:docomo.ne.jp", 3): 1,
        Count("delivery", hour, "mail:others", 300): 1,
        Count("delivery", hour, "mail:au.com", 0): 1,
        Count("delivery", hour, "sms", 3): 1,
        Count("sms", hour, "fallback", 0): 1,
    }


def test_a_request_of_recovery_says_what_it_asked_for(deps: Deps) -> None:
    with deps.database.write() as connection:
        for kind in ("id", "pw", "<b>"):
            audit.record(connection, at=NOW - 100, event="recovery_requested", result="ok", detail={"kind": kind})
    service.roll(deps)
    assert {one.label for one in counted(deps)} == {"recovery_requested:ok:id", "recovery_requested:ok:pw", "recovery_requested:ok"}


def test_counts_are_kept_for_thirteen_months(deps: Deps) -> None:
    old = THIS_HOUR - rollup.KEEP - HOUR
    sign_ins(deps, (NOW - 100, "ok"), (old, "ok"))
    service.roll(deps)
    assert len(counted(deps)) == 1, "what is too old is not counted at all"
    with deps.database.write() as connection:
        connection.execute(update(schema.rollups).values(hour=old))
        assert housekeeping.sweep(connection, NOW, 500) == 500
        assert housekeeping.sweep(connection, NOW, 500) == 0
    assert counted(deps) == {}


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("a@docomo.ne.jp", "docomo.ne.jp"), ("a@EZWEB.ne.jp", "au.com"), ("a@i.softbank.jp", "softbank.ne.jp"),
        ("a@t.vodafone.ne.jp", "softbank.ne.jp"), ("a@gmail.com", "gmail.com"), ("a@notdocomo.ne.jp", "others"),
        ("a@docomo.ne.jp.example", "others"), ("", "others"),
    ],
)  # fmt: skip
def test_carriers_are_known_by_the_whole_domain(address: str, group: str) -> None:
    assert rollup.carrier(address) == group


@pytest.mark.parametrize(
    ("steps", "half", "most"),
    [({}, None, None), ({0: 9}, None, None), ({3: 1}, 3, 3), ({1: 95, 30: 5}, 1, 1), ({1: 94, 30: 6}, 1, 30), ({1: 1, 2: 1, 600: 1}, 2, 600)],
)
def test_a_quantile_is_the_step_by_which_so_many_had_arrived(steps: dict[int, int], half: int | None, most: int | None) -> None:
    assert (rollup.within(steps, 0.5), rollup.within(steps, 0.95)) == (half, most)


@pytest.mark.parametrize(("seconds", "step"), [(0, 1), (1, 1), (4, 5), (600, 600), (9_999, 600), (-5, 1)])
def test_durations_fall_into_steps(seconds: int, step: int) -> None:
    assert rollup.step_of(seconds) == step
