"""Sealing: which rows, in which blocks, by which of many couriers, and what the log says of them."""

import io
import json
import threading

from idp.deps import Deps
from idp.domain import audit_chain as domain
from idp.services import audit_chain, audit_verify, records
from idp.tables import audit_blocks
from idp.tables.schema import audit
from tests.audit.record import GO, fill, found, later, sealed
from tests.services import race, wait_until


def blocks(deps: Deps) -> list[tuple[int, int, int, int]]:
    """(number, first id, last id, count) of each."""
    with deps.database.read() as connection:
        return [(one.seq, one.first_id, one.last_id, one.count) for one in audit_blocks.after(connection, 0, 1_000)]


def test_every_column_is_sealed() -> None:
    assert domain.COLUMNS == tuple(column.name for column in audit.c)


def test_rows_wait_a_minute_for_more(deps: Deps) -> None:
    fill(deps, 3)
    assert audit_chain.seal(deps, GO) == 0
    later(deps)
    fill(deps, 2)
    assert audit_chain.seal(deps, GO) == 1 and blocks(deps) == [(1, 1, 5, 5)]
    later(deps, 3_600)
    assert audit_chain.seal(deps, GO) == 0, "nothing new"


def test_a_full_block_waits_for_nobody(deps: Deps) -> None:
    fill(deps, 2 * domain.MOST + 1)
    assert audit_chain.seal(deps, GO) == 2
    assert blocks(deps) == [(1, 1, 1_000, 1_000), (2, 1_001, 2_000, 1_000)] and found(deps) == []


def test_an_empty_record_has_no_blocks(deps: Deps) -> None:
    assert audit_chain.seal(deps, GO) == 0 and found(deps) == []


def test_of_many_couriers_one_seals_each_block(deps: Deps) -> None:
    fill(deps, 3_500)
    later(deps)
    race(16, lambda: audit_chain.seal(deps, GO))
    audit_chain.seal(deps, GO)
    assert [row[3] for row in blocks(deps)] == [1_000, 1_000, 1_000, 500] and found(deps) == []


def test_sixteen_writers_beside_four_couriers(deps: Deps) -> None:
    turn = iter(range(20))

    def work() -> None:
        if next(turn) < 4:
            for _ in range(30):
                audit_chain.seal(deps, GO)
        else:
            for _ in range(30):
                fill(deps, 1)

    later(deps)
    race(20, work)
    later(deps)
    audit_chain.seal(deps, GO)
    assert sum(row[3] for row in blocks(deps)) == 16 * 30 and found(deps) == []


def test_rows_that_may_still_come_are_waited_for(deps: Deps) -> None:
    """Held open on PostgreSQL: a lower id that is not committed yet; on SQLite there is no such thing."""
    if deps.database.dialect == "sqlite":
        with deps.database.write() as connection:
            assert audit_blocks.writing(connection) == frozenset()
        return
    inserted, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with deps.database.write() as connection:
            connection.execute(audit.insert(), {"at": deps.now(), "event": "slow", "result": "ok", "detail": "{}"})
            inserted.set()
            assert go_on.wait(20)

    writer = threading.Thread(target=slow)
    writer.start()
    assert inserted.wait(20)
    fill(deps, 5)
    later(deps)
    assert audit_chain.seal(deps, GO) == 0, "the row with the id 1 is not there yet"
    go_on.set()
    writer.join()
    assert audit_chain.seal(deps, GO) == 1
    assert blocks(deps) == [(1, 1, 6, 6)] and found(deps) == []


def test_a_row_that_never_comes_is_no_hindrance(deps: Deps) -> None:
    fill(deps, 2)
    try:
        with deps.database.write() as connection:
            connection.execute(audit.insert(), {"at": deps.now(), "event": "lost", "result": "ok", "detail": "{}"})
            raise InterruptedError
    except InterruptedError:
        pass
    fill(deps, 2)
    later(deps)
    assert audit_chain.seal(deps, GO) == 1 and found(deps) == []


def test_a_writer_that_waits_while_another_ends_holds_up_nobody_for_long(deps: Deps) -> None:
    """Transactions that began after the highest id was read do not count."""
    fill(deps, 2)
    later(deps)
    stop = threading.Event()
    writers = [threading.Thread(target=lambda: [fill(deps, 1) for _ in iter(lambda: stop.is_set(), True)]) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        wait_until(lambda: audit_chain.seal(deps, GO) > 0)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert found(deps) == []


def test_the_rows_stand_in_the_log_once_and_without_personal_data(deps: Deps, logged: io.StringIO) -> None:
    with deps.database.write() as connection:
        records.add(
            connection, deps, "desk_did", account_id="subject1", actor="subject2", client_id="portal", address="203.0.113.9",
            detail={"reason": "hanako called", "ticket": "T-1", "what": "links.dropped", "name": "花子", "to": "hanako@example.jp", "n": 3},
        )  # fmt: skip
    later(deps)
    race(4, lambda: audit_chain.seal(deps, GO))
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    (row,) = [line for line in lines if line["logger"] == "idp.audit.row"]
    told = {name: row[name] for name in ("event", "result", "account_id", "actor", "client_id", "detail")}
    assert told == {
        "event": "desk_did", "result": "ok", "account_id": "subject1", "actor": "subject2", "client_id": "portal",
        "detail": {"what": "links.dropped", "n": 3},
    }  # fmt: skip
    assert not [word for word in ("203.0.113", "called", "T-1", "花子", "example.jp", "\\u82b1") if word in logged.getvalue()]
    (block,) = [line for line in lines if line["event"] == "audit block sealed"]
    assert (block["block"], block["rows"]) == (1, 1) and audit_chain.head(deps) == (1, block["digest"])


def test_the_courier_verifies_everything_once_a_day(deps: Deps, logged: io.StringIO) -> None:
    sealed(deps, 3, 4)
    audit_verify.keep_house(deps, GO)
    first = audit_verify.state(deps)
    assert (first.finished, first.blocks, first.last_found) == (deps.now(), 2, ())
    later(deps, 3_600)
    audit_verify.keep_house(deps, GO)
    assert audit_verify.state(deps) == first, "not again so soon"
    later(deps, 86_400)
    audit_verify.keep_house(deps, GO)
    assert audit_verify.state(deps).finished == deps.now() and "broken" not in logged.getvalue()


def test_a_long_record_is_verified_in_several_turns(deps: Deps, logged: io.StringIO) -> None:
    sealed(deps, *[1] * (audit_verify.ROUND + 5))
    audit_verify.keep_house(deps, GO)
    half = audit_verify.state(deps)
    assert (half.place.seq, half.began > 0, half.finished) == (audit_verify.ROUND, True, 0)
    with deps.database.write() as connection:
        connection.execute(audit.update().where(audit.c.id == audit_verify.ROUND + 2).values(result="ok "))
    audit_verify.keep_house(deps, GO)
    whole = audit_verify.state(deps)
    assert (whole.blocks, [(one.kind, one.seq) for one in whole.last_found]) == (audit_verify.ROUND + 5, [("changed", audit_verify.ROUND + 2)])
    assert "audit record broken" in logged.getvalue()
