"""Retention: old rows go by whole blocks, what is left is still proven, and nobody can pass a deletion off as one of ours."""

import io

import pytest
from sqlalchemy import select, text

from idp.deps import Deps
from idp.domain.audit_chain import Finding
from idp.services import audit_chain, audit_purge
from idp.tables.schema import audit
from tests.audit.record import GO, do, fill, found, ids, later, sealed
from tests.services import race

DAY = 86_400


def test_old_blocks_lose_their_rows_and_the_chain_holds(deps: Deps) -> None:
    sealed(deps, 4, 4)
    later(deps, 100 * DAY)
    sealed(deps, 4)
    later(deps, 81 * DAY)
    audit_purge.keep_house(deps, GO)
    assert ids(deps) == [9, 10, 11, 12, 13] and found(deps) == []
    later(deps)
    audit_chain.seal(deps, GO)
    audit_purge.keep_house(deps, GO)
    assert ids(deps) == [9, 10, 11, 12, 13], "nothing is old enough"
    with deps.database.read() as connection:
        row = connection.execute(select(audit).where(audit.c.event == "audit_purged")).mappings().one()
    assert (row["actor"], row["detail"]) == ("courier", '{"from": 1, "rows": 8, "to": 2}') and found(deps) == []


def test_the_last_block_stays_so_that_no_id_is_given_twice(deps: Deps) -> None:
    sealed(deps, 4, 4)
    later(deps, 1_000 * DAY)
    audit_purge.keep_house(deps, GO)
    assert ids(deps) == [5, 6, 7, 8, 9]
    sealed(deps, 2)
    assert found(deps) == []


def test_a_block_that_was_changed_is_kept_as_evidence(deps: Deps, logged: io.StringIO) -> None:
    sealed(deps, 4, 4, 4)
    do(deps, "UPDATE audit SET result = 'ok' WHERE id = 6")
    later(deps, 1_000 * DAY)
    audit_purge.keep_house(deps, GO)
    assert ids(deps)[:8] == list(range(5, 13)) and found(deps) == [Finding("changed", 2, (6,))]
    assert "nothing purged from here" in logged.getvalue()


def test_of_many_couriers_one_purges(deps: Deps) -> None:
    sealed(deps, *[3] * 8)
    later(deps, 1_000 * DAY)
    race(16, lambda: audit_purge.keep_house(deps, GO))
    assert ids(deps)[:3] == [22, 23, 24] and found(deps) == []
    with deps.database.read() as connection:
        rows = connection.scalars(text("SELECT detail FROM audit WHERE event = 'audit_purged'")).all()
    assert list(rows) == ['{"from": 1, "rows": 21, "to": 7}']


def test_large_blocks_go_a_few_at_a_time(deps: Deps) -> None:
    fill(deps, 12_500)
    later(deps)
    assert audit_chain.seal(deps, GO) == 13
    later(deps, 1_000 * DAY)
    audit_purge.keep_house(deps, GO)
    assert len(ids(deps)) == 500 + 3 and found(deps) == [], "12,000 rows in three transactions"


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE audit_blocks SET purged_at = 0 WHERE seq = 1", "edited"),
        ("UPDATE audit_blocks SET purged_at = purged_at + 1 WHERE seq = 1", "unpurged"),
        ("UPDATE audit_blocks SET purge_mac = 'x' WHERE seq = 1", "unpurged"),
        ("UPDATE audit_blocks SET purge_mac = (SELECT purge_mac FROM audit_blocks WHERE seq = 1) WHERE seq = 2", "unpurged"),
        ("INSERT INTO audit (id, at, event, result, detail) VALUES (2, 1, 'x', 'ok', '{}')", "inserted"),
        ("DELETE FROM audit_blocks WHERE seq = 1", "missing"),
    ],
)
def test_what_is_done_to_purged_blocks_is_found(deps: Deps, statement: str, kind: str) -> None:
    sealed(deps, 4, 4, 4)
    later(deps, 1_000 * DAY)
    audit_purge.keep_house(deps, GO)
    assert found(deps) == []
    do(deps, statement)
    assert kind in {one.kind for one in found(deps)}
