"""What a report changes in the outbox, on each engine: late, repeated, out of order, unknown, at the same time."""

import itertools
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.domain.letter import REPORTED, earlier
from idp.tables import outbox, schema
from idp.tables.database import Database
from tests.courier.house import NOW, letter
from tests.services import race


def sent(database: Database, outcome: str = "accepted", gateway: str = "gateway", provider_id: str = "g-1", number: int = 0) -> None:
    """An SMS that a gateway has taken."""
    with database.write() as connection:
        outbox.queue(connection, letter(number, channel="sms", recipient="+819012345678"), NOW)
        (held,) = outbox.claim(connection, "a", NOW, 60, 1)
        assert outbox.finish(connection, held.id, "a", outcome, NOW, provider_id, "", gateway)


def report(database: Database, outcome: str, now: int, gateway: str = "gateway", provider_id: str = "g-1") -> bool:
    with database.write() as connection:
        return outbox.report(connection, gateway, provider_id, outcome, f"said {outcome}", now)


def row(database: Database) -> Any:
    with database.read() as connection:
        return connection.execute(select(schema.outbox)).mappings().one()


@pytest.mark.parametrize("outcome", REPORTED)
def test_a_report_changes_outcome_time_and_reason_and_is_taken_once(database: Database, outcome: str) -> None:
    sent(database)
    assert report(database, outcome, NOW + 9) == (outcome != "accepted")
    assert not report(database, outcome, NOW + 99)
    found = row(database)
    if outcome != "accepted":
        assert (found["outcome"], found["outcome_at"], found["reason"]) == (outcome, NOW + 9, f"said {outcome}")
    else:
        assert (found["outcome"], found["outcome_at"], found["reason"]) == (outcome, NOW, None)


def test_every_order_of_reports_ends_alike(database: Database) -> None:
    words = ("accepted", "unknown", "unreachable", "delivered")
    for number, order in enumerate(itertools.permutations(words)):
        sent(database, provider_id=f"g-{number}", number=number)
        for second, outcome in enumerate(order):
            report(database, outcome, NOW + second, provider_id=f"g-{number}")
    with database.read() as connection:
        assert set(connection.execute(select(schema.outbox.c.outcome)).scalars()) == {"delivered"}


def test_what_was_delivered_stays_so_and_keeps_its_time(database: Database) -> None:
    sent(database, "delivered")
    assert not any(report(database, outcome, NOW + 9) for outcome in REPORTED)
    assert (row(database)["outcome"], row(database)["outcome_at"]) == ("delivered", NOW)
    assert not any("delivered" in earlier(outcome) for outcome in REPORTED)


@pytest.mark.parametrize(("first", "then"), [("rejected", "failed"), ("failed", "rejected"), ("failed", "unreachable"), ("failed", "unknown")])
def test_a_refusal_stays_unless_it_was_delivered_after_all(database: Database, first: str, then: str) -> None:
    sent(database)
    assert report(database, first, NOW + 1) and not report(database, then, NOW + 2) and row(database)["outcome"] == first
    assert report(database, "delivered", NOW + 3)


@pytest.mark.parametrize("provider_id", ["", "g-2", "g-1 ", "G-1", "%", "g-1\x00", "\ud800", "x" * 5_000, "' OR '1'='1"])
def test_an_id_that_is_not_ours_changes_nothing(database: Database, provider_id: str) -> None:
    sent(database)
    sent(database, provider_id="", number=1)
    before = _all(database)
    assert not report(database, "delivered", NOW + 1, provider_id=provider_id)
    assert not report(database, "delivered", NOW + 1, gateway="fallback")
    assert _all(database) == before


def _all(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(schema.outbox).order_by(schema.outbox.c.id)).all())


def test_an_odd_id_is_found_as_it_was_kept(database: Database) -> None:
    sent(database, provider_id="g\x00\ud800" + "x" * 500)
    assert report(database, "delivered", NOW, provider_id="g\x00\ud800" + "x" * 500)


@pytest.mark.parametrize("outcome", ["queued", "parked", "expired"])
def test_letters_that_no_gateway_holds_are_not_touched(database: Database, outcome: str) -> None:
    sent(database)
    with database.write() as connection:
        connection.execute(update(schema.outbox).values(outcome=outcome))
    assert not report(database, "delivered", NOW)


def test_mail_is_not_touched(database: Database) -> None:
    sent(database)
    with database.write() as connection:
        connection.execute(update(schema.outbox).values(channel="mail"))
    assert not report(database, "delivered", NOW)


def test_sixteen_reports_at_once_change_it_once_and_end_with_the_most_final(database: Database) -> None:
    sent(database)
    left = ["delivered"] * 8 + ["unreachable"] * 8
    changed = race(16, lambda: report(database, left.pop(), NOW))
    assert row(database)["outcome"] == "delivered" and 1 <= sum(changed) <= 2
