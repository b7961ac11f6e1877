"""Letters made for the print shop: each password once in the file that is fetched once, nowhere on a page, and void when told."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.policy import Argon2Cost
from idp.services import print_batches
from idp.services.passwords import Hasher
from idp.tables import accounts, letter_requests, schema
from idp.tables import print_batches as table
from idp.tables.database import Database
from tests.console.conftest import Built
from tests.console.people import Inside, account_of
from tests.courier.house import NOW, Clock, house
from tests.services import race

WHY = {"reason": "月次の発行"}
BOSS = Account("boss", "boss", "boss", "責任者", role="supervisor")


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    return house(database, tmp_path, Clock())


@pytest.fixture
def hasher(deps: Deps) -> Hasher:
    return Hasher(Argon2Cost(8_192, 5, 1), deps.vault, slots=1, waiting=64, patience=60.0)


def members(deps: Deps, many: int, **changes: object) -> list[str]:
    ids = [vault.random_id() for _ in range(many)]
    with deps.database.write() as connection:
        for one in ids:
            accounts.add(connection, replace(Account(one, one, one, "n", created_at=1, updated_at=1), **changes))  # type: ignore[arg-type]
    return ids


def test_every_letter_is_in_the_file_and_lets_its_member_in(deps: Deps, hasher: Hasher) -> None:
    ids = members(deps, 18) + members(deps, 2, status="suspended")
    with deps.database.write() as connection:
        letter_requests.add(connection, ids[0], "desk", NOW)
    batch = print_batches.order(deps, BOSS, ["requested", "without"], 200, WHY, "")
    print_batches.make(deps, hasher, batch)
    file = print_batches.fetch(deps, BOSS, batch, WHY, "")
    assert file
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert {row["login_id"].removeprefix("'") for row in rows} == set(ids[:18]) and len({row["first_password"] for row in rows}) == 18
    for row in rows[:2]:
        found = account_of(deps, row["login_id"].removeprefix("'"))
        assert found.password_state == "letter" and hasher.verify(found.password_hash, row["first_password"]).ok
    with deps.database.read() as connection:
        assert letter_requests.count(connection) == 0 and table.rows(connection, batch) == []
        sealed = connection.execute(select(func.count()).select_from(schema.print_rows)).scalar_one()
    assert sealed == 0 and print_batches.fetch(deps, BOSS, batch, WHY, "") is None


def test_a_batch_is_fetched_by_one_of_sixteen(deps: Deps, hasher: Hasher) -> None:
    members(deps, 2)
    batch = print_batches.order(deps, BOSS, ["without"], 200, WHY, "")
    print_batches.make(deps, hasher, batch)
    files = race(16, lambda: print_batches.fetch(deps, BOSS, batch, WHY, ""))
    assert len([one for one in files if one]) == 1


def test_parallel_couriers_make_each_letter_once(deps: Deps, hasher: Hasher) -> None:
    members(deps, 5)
    batch = print_batches.order(deps, BOSS, ["without"], 4, WHY, "")
    race(4, lambda: print_batches.make(deps, hasher, batch))
    with deps.database.read() as connection:
        found, rows = table.find(connection, batch), table.rows(connection, batch)
        left = table.counts(connection, NOW - deps.policy.letters.valid, 100)
    assert found and (found.state, found.made) == ("ready", 4) and [row.seq for row in rows] == [0, 1, 2, 3]
    assert len({row.account_id for row in rows}) == 4 and left == {"without": 1, "printed": 4, "expired": 0}


def test_counts_read_an_index_of_few(deps: Deps) -> None:
    """Among a million members with passwords, it is the few others that are counted."""
    members(deps, 400, password_state="current", password_hash="x")
    members(deps, 3, password_state="letter", password_hash="x", password_at=NOW)
    with deps.database.write() as connection:
        connection.execute(text("ANALYZE"))
        explain = "EXPLAIN" if deps.database.dialect == "postgresql" else "EXPLAIN QUERY PLAN"
        for query in table.counting(NOW - 1, 100).values():
            said = query.compile(connection, compile_kwargs={"literal_binds": True})
            plan = "\n".join(str(tuple(row)) for row in connection.execute(text(f"{explain} {said}")))
            assert "ix_accounts_letter" in plan, plan


def test_letters_that_have_expired_are_made_again(deps: Deps, hasher: Hasher) -> None:
    late = members(deps, 1, password_state="letter", password_at=NOW - deps.policy.letters.valid - 5, password_hash="x")
    members(deps, 1, password_state="letter", password_at=NOW - 5, password_hash="x")
    batch = print_batches.order(deps, BOSS, ["expired"], 200, WHY, "")
    print_batches.make(deps, hasher, batch)
    with deps.database.read() as connection:
        assert [row.account_id for row in table.rows(connection, batch)] == late


def test_a_batch_that_is_voided_leaves_nothing_behind(deps: Deps, hasher: Hasher) -> None:
    ids = members(deps, 3)
    batch = print_batches.order(deps, BOSS, ["without"], 200, WHY, "")
    print_batches.make(deps, hasher, batch)
    with deps.database.write() as connection:  # one of them has replaced it
        connection.execute(update(schema.accounts).where(schema.accounts.c.id == ids[0]).values(password_state="current"))
    assert print_batches.void(deps, BOSS, batch, WHY, "") == 2 and print_batches.void(deps, BOSS, batch, WHY, "") is None
    states = {one: account_of(deps, one) for one in ids}
    assert states[ids[0]].password_state == "current" and {states[one].password_hash for one in ids[1:]} == {None}
    assert print_batches.fetch(deps, BOSS, batch, WHY, "") is None
    with deps.database.read() as connection:
        kept = connection.execute(select(schema.audit.c.event, schema.audit.c.detail).where(schema.audit.c.actor == "boss")).all()
    told = {event: json.loads(detail) for event, detail in kept if event.startswith("letters_")}
    assert told["letters_voided"] == {"batch": batch, "count": 2, **WHY} and "letters_ordered" in told


def test_a_batch_voided_while_it_is_made_stops(deps: Deps, hasher: Hasher) -> None:
    members(deps, 2)
    batch = print_batches.order(deps, BOSS, ["without"], 200, WHY, "")
    print_batches.void(deps, BOSS, batch, WHY, "")
    print_batches.make(deps, hasher, batch)
    with deps.database.read() as connection:
        assert table.counts(connection, 0, 100)["without"] == 2


def test_the_pages_ask_for_a_fresh_proof_and_show_no_password(built: Built, staff: dict[str, Inside]) -> None:
    old = built.colleague("supervisor", seconds=3_600)
    for path in ("/console/letters/new", "/console/letters/x/file", "/console/letters/x/void"):
        assert "fresh=1" in old.get(path).headers["Location"]
    assert staff["desk"].get("/console/letters/new").status_code == 403 and staff["desk"].get("/console/letters").status_code == 200
    boss = built.colleague("supervisor")
    assert boss.post("/console/letters/new", reason="r").status_code == 400 and boss.post("/console/letters/new", without="yes").status_code == 400
    assert boss.post("/console/letters/new", without="yes", reason="r").status_code == 303
    with built.deps.database.read() as connection:
        (batch,) = table.newest(connection, 1)
    print_batches.make(built.deps, Hasher(Argon2Cost(8_192, 5, 1), built.deps.vault, slots=1, waiting=8), batch.id)
    assert "受け取る" in boss.get(f"/console/letters/{batch.id}/file").text and boss.get("/console/letters/none/file").status_code == 404
    assert boss.post(f"/console/letters/{batch.id}/file").status_code == 400
    file = boss.post(f"/console/letters/{batch.id}/file", reason="r")
    assert file.status_code == 200 and file.headers["Content-Type"].startswith("text/csv") and "attachment" in file.headers["Content-Disposition"]
    assert file.headers["Cache-Control"] == "no-store" and boss.post(f"/console/letters/{batch.id}/file", reason="r").status_code == 303
