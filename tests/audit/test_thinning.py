"""Contract checks go after a month, the rest stays, and what is left is proven (requirement LGN-03)."""

import io

import pytest
from sqlalchemy import select

from idp.deps import Deps
from idp.domain.audit_chain import Finding
from idp.services import audit_chain, audit_purge, audit_thinning, records
from idp.tables.schema import audit
from tests.audit.record import GO, do, fill, found, ids, later, sealed
from tests.services import race

DAY = 86_400


def checks(deps: Deps, count: int) -> None:
    """So many rows of contract checks more."""
    with deps.database.write() as connection:
        for number in range(count):
            records.add(connection, deps, ("registration_started", "desk_identity")[number % 2], "mismatch", address="192.0.2.1", detail={"n": number})


def mixed(deps: Deps, blocks: int = 3) -> None:
    """Blocks of three sign-ins and two contract checks each."""
    for _ in range(blocks):
        fill(deps, 2)
        checks(deps, 2)
        fill(deps, 1)
        later(deps)
        while audit_chain.seal_next(deps, GO):
            pass


def thinned(deps: Deps, days: int = 31) -> None:
    later(deps, days * DAY)
    audit_thinning.keep_house(deps, GO)


def test_contract_checks_go_after_thirty_days_and_the_chain_holds(deps: Deps) -> None:
    mixed(deps)
    thinned(deps, 29)
    assert ids(deps) == list(range(1, 16))
    thinned(deps, 2)
    assert ids(deps) == [1, 2, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16] and found(deps) == [], "the last block stays whole"
    with deps.database.read() as connection:
        row = connection.execute(select(audit).where(audit.c.event == "audit_thinned")).mappings().one()
    assert (row["actor"], row["detail"]) == ("courier", '{"from": 1, "rows": 4, "to": 2}')
    later(deps)
    audit_chain.seal(deps, GO)
    thinned(deps, 1)
    assert 13 not in ids(deps) and 14 not in ids(deps) and found(deps) == []
    assert not [one for one in ids(deps) if one > 17], "nothing is put on record where nothing went but once"


def test_the_rest_goes_in_its_own_time(deps: Deps) -> None:
    mixed(deps)
    thinned(deps)
    later(deps, 150 * DAY)
    audit_purge.keep_house(deps, GO)
    assert min(ids(deps)) == 11 and found(deps) == []


def test_of_many_couriers_one_thins(deps: Deps) -> None:
    mixed(deps, 6)
    later(deps, 31 * DAY)
    race(16, lambda: audit_thinning.keep_house(deps, GO))
    audit_thinning.keep_house(deps, GO)
    assert len([one for one in ids(deps) if one <= 25]) == 15 and found(deps) == []


def test_a_block_that_was_changed_is_kept_as_evidence(deps: Deps, logged: io.StringIO) -> None:
    mixed(deps)
    do(deps, "UPDATE audit SET result = 'ok' WHERE id = 8")
    thinned(deps)
    assert ids(deps)[:8] == [1, 2, 5, 6, 7, 8, 9, 10] and found(deps) == [Finding("changed", 2, (8,))]
    assert "nothing thinned from here" in logged.getvalue()


def test_a_record_without_contract_checks_is_only_marked(deps: Deps) -> None:
    sealed(deps, 3, 3, 3)
    thinned(deps)
    assert ids(deps) == list(range(1, 10)) and found(deps) == []


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        ("DELETE FROM audit WHERE id = 2", {"removed"}),
        ("UPDATE audit SET result = 'x' WHERE id = 5", {"changed"}),
        ("INSERT INTO audit (id, at, event, result, detail) VALUES (3, 1, 'x', 'ok', '{}')", {"inserted"}),
        ("UPDATE audit_blocks SET thinned_at = 0 WHERE seq = 1", {"edited"}),
        ("UPDATE audit_blocks SET thinned_at = thinned_at + 1 WHERE seq = 1", {"unpurged"}),
        ("UPDATE audit_blocks SET left_count = 2 WHERE seq = 1", {"unpurged"}),
        ("UPDATE audit_blocks SET thinned_mac = (SELECT thinned_mac FROM audit_blocks WHERE seq = 1) WHERE seq = 2", {"unpurged"}),
        ("UPDATE audit_blocks SET marks = '' WHERE seq = 1", {"edited"}),
    ],
)
def test_what_is_done_to_thinned_blocks_is_found(deps: Deps, statement: str, kinds: set[str]) -> None:
    mixed(deps)
    thinned(deps)
    assert found(deps) == []
    do(deps, statement)
    assert {one.kind for one in found(deps)} == kinds


def test_rows_removed_as_if_they_had_been_thinned_are_found(deps: Deps) -> None:
    """Whoever can write to the database and has none of our keys."""
    mixed(deps)
    do(deps, "DELETE FROM audit WHERE id IN (1, 2)")
    do(deps, "UPDATE audit_blocks SET thinned_at = 9, left_count = 3, left_digest = rows_digest WHERE seq = 1")
    assert found(deps) == [Finding("unpurged", 1)]
