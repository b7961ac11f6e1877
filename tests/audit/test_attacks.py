"""Somebody with access to the database and without our keys: whatever they do to what is sealed is found and named."""

from dataclasses import replace
from typing import Callable

import pytest

from idp.deps import Deps
from idp.domain.audit_chain import Finding
from idp.services import audit_chain, audit_verify
from idp.tables.schema import audit
from idp.vault import Vault
from tests.audit.record import GO, do, fill, found, ids, later, sealed

Attack = Callable[[Deps], None]


def _swap_rows(deps: Deps) -> None:
    do(deps, "UPDATE audit SET id = -5 WHERE id = 5")
    do(deps, "UPDATE audit SET id = 5 WHERE id = 6")
    do(deps, "UPDATE audit SET id = 6 WHERE id = -5")


def _swap_blocks(deps: Deps) -> None:
    do(deps, "UPDATE audit_blocks SET seq = -1 WHERE seq = 1")
    do(deps, "UPDATE audit_blocks SET seq = 1 WHERE seq = 2")
    do(deps, "UPDATE audit_blocks SET seq = 2 WHERE seq = -1")


def _insert(deps: Deps, id: int) -> None:
    with deps.database.write() as connection:
        connection.execute(audit.insert(), {"id": id, "at": 1, "event": "x", "result": "ok", "detail": "{}"})


# three blocks: ids 1 to 4, 5 to 8, 9 to 12
ATTACKS: dict[str, tuple[Attack, list[Finding]]] = {
    "a result changed": (lambda deps: do(deps, "UPDATE audit SET result = 'ok' WHERE id = 6"), [Finding("changed", 2, (6,))]),
    "a blank added": (lambda deps: do(deps, "UPDATE audit SET detail = detail || ' ' WHERE id = 12"), [Finding("changed", 3, (12,))]),
    "nothing made empty": (lambda deps: do(deps, "UPDATE audit SET actor = '' WHERE id = 1"), [Finding("changed", 1, (1,))]),
    "a time changed": (lambda deps: do(deps, "UPDATE audit SET at = at + 1 WHERE id = 7"), [Finding("changed", 2, (7,))]),
    "two rows changed": (lambda deps: do(deps, "UPDATE audit SET event = 'y' WHERE id IN (2, 9)"), [Finding("changed", 1, (2,)), Finding("changed", 3, (9,))]),
    "the first row removed": (lambda deps: do(deps, "DELETE FROM audit WHERE id = 1"), [Finding("removed", 1, (1,))]),
    "a block's last row removed": (lambda deps: do(deps, "DELETE FROM audit WHERE id = 8"), [Finding("removed", 2, (8,))]),
    "a block's rows removed": (lambda deps: do(deps, "DELETE FROM audit WHERE id BETWEEN 5 AND 8"), [Finding("removed", 2, (5, 6, 7, 8))]),
    "the tail's rows removed": (lambda deps: do(deps, "DELETE FROM audit WHERE id >= 11"), [Finding("removed", 3, (11, 12))]),
    "a row put before all": (lambda deps: _insert(deps, -7), [Finding("inserted", 1, (-7,))]),
    "two rows swapped": (_swap_rows, [Finding("reordered", 2, (5, 6))]),
    "a row moved away": (lambda deps: do(deps, "UPDATE audit SET id = -4 WHERE id = 3"), [Finding("removed", 1, (3,)), Finding("inserted", 1, (-4,))]),
    "two blocks swapped": (_swap_blocks, [Finding("edited", 1), Finding("edited", 2), Finding("edited", 3)]),
    "a digest of rows changed": (lambda deps: do(deps, "UPDATE audit_blocks SET rows_digest = 'x' WHERE seq = 2"), [Finding("edited", 2)]),
    "a digest changed": (lambda deps: do(deps, "UPDATE audit_blocks SET digest = 'x' WHERE seq = 2"), [Finding("edited", 2), Finding("edited", 3)]),
    "marks changed": (lambda deps: do(deps, "UPDATE audit_blocks SET marks = 'zz' WHERE seq = 2"), [Finding("edited", 2)]),
    "a time of sealing changed": (lambda deps: do(deps, "UPDATE audit_blocks SET sealed_at = 1 WHERE seq = 3"), [Finding("edited", 3)]),
    "another key named": (lambda deps: do(deps, "UPDATE audit_blocks SET key_id = 'lost' WHERE seq = 3"), [Finding("key", 3)]),
    "a block removed": (lambda deps: do(deps, "DELETE FROM audit_blocks WHERE seq = 2"), [Finding("missing", 2, until=2)]),
    "the first blocks removed": (lambda deps: do(deps, "DELETE FROM audit_blocks WHERE seq < 3"), [Finding("missing", 1, until=2)]),
    "rows removed as if purged": (
        lambda deps: [do(deps, "DELETE FROM audit WHERE id <= 4"), do(deps, "UPDATE audit_blocks SET purged_at = 9, marks = '' WHERE seq = 1")] and None,
        [Finding("unpurged", 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_found_and_named(deps: Deps, name: str) -> None:
    attack, expected = ATTACKS[name]
    sealed(deps, 4, 4, 4)
    assert found(deps) == [] and ids(deps) == list(range(1, 13))
    attack(deps)
    assert found(deps) == expected


@pytest.mark.parametrize("gap", [2, 5], ids=["inside a block", "between two blocks"])
def test_a_row_put_where_an_id_was_never_used(deps: Deps, gap: int) -> None:
    fill(deps, 5)
    do(deps, "DELETE FROM audit WHERE id = :gap", gap=gap)
    fill(deps, 1)
    later(deps)
    audit_chain.seal(deps, GO)
    sealed(deps, 3)
    there = ids(deps)
    free = next((id for id in range(1, there[-1]) if id not in there), None)
    if free is None:  # SQLite gives an id again if it was the highest
        assert deps.database.dialect == "sqlite" and gap == 5
        return
    _insert(deps, free)
    assert [(one.kind, one.ids) for one in found(deps)] == [("inserted", (free,))]


def test_thousands_of_rows_put_in_are_not_all_read(deps: Deps) -> None:
    sealed(deps, 4)
    with deps.database.write() as connection:
        connection.execute(audit.insert(), [{"id": -n, "at": 1, "event": "x", "result": "ok", "detail": "{}"} for n in range(5_000)])
    problems = found(deps)
    assert {one.kind for one in problems} >= {"inserted"} and all(len(one.ids) <= 20 for one in problems)


def test_the_newest_blocks_cut_off_are_missed_by_whoever_knows_them(deps: Deps) -> None:
    sealed(deps, 4, 4, 4)
    head = audit_chain.head(deps)
    do(deps, "DELETE FROM audit WHERE id > 4")
    do(deps, "DELETE FROM audit_blocks WHERE seq > 1")
    assert found(deps) == [], "what is left is a good chain"
    place = [audit_verify.behind(block) for block, _ in audit_verify.walk(deps)][-1]
    assert audit_verify.ends(deps, place, head) == [Finding("shorter", 2, until=3)]
    sealed(deps, 1, 1)
    place = [audit_verify.behind(block) for block, _ in audit_verify.walk(deps)][-1]
    assert head and audit_verify.ends(deps, place, head) == [Finding("edited", 3)], "and another chain in its place too"


def test_everything_gone_is_missed(deps: Deps) -> None:
    sealed(deps, 4, 4)
    head = audit_chain.head(deps)
    do(deps, "DELETE FROM audit")
    do(deps, "DELETE FROM audit_blocks")
    assert found(deps) == [] and audit_verify.ends(deps, audit_verify.Place(), head) == [Finding("shorter", 1, until=2)]


def test_who_has_another_key_seals_nothing_that_counts(deps: Deps) -> None:
    sealed(deps, 4)
    thief = replace(deps, vault=Vault((("test", bytes(range(1, 33))),)))
    do(deps, "UPDATE audit SET result = 'ok'")
    do(deps, "DELETE FROM audit_blocks")
    later(deps)
    assert audit_chain.seal(thief, GO) == 1 and found(thief) == []
    assert found(deps) == [Finding("edited", 1)]


def test_an_old_key_goes_on_proving_what_it_sealed(deps: Deps) -> None:
    sealed(deps, 4)
    renewed = replace(deps, vault=Vault((("new", bytes(range(50, 82))), ("test", bytes(range(32))))))
    sealed(renewed, 2)
    assert found(renewed) == []
    without = replace(deps, vault=Vault((("new", bytes(range(50, 82))),)))
    assert found(without) == [Finding("key", 1)]
