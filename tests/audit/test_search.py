"""Looking through the record: along an index for every filter, a bounded way at a time, whatever else is asked for."""

import pytest
from sqlalchemy import text

from idp.deps import Deps
from idp.tables import audit, audit_search
from idp.tables.audit_search import Filter
from idp.tables.schema import audit as table
from tests.audit.record import do

NOW = 1_800_000_000
WAYS = {
    "ix_audit_actor": Filter(actor="desk1"),
    "ix_audit_account": Filter(account_id="account7"),
    "ix_audit_client": Filter(client_id="portal3"),
    "ix_audit_event": Filter(event="role_changed"),
    "ix_audit_result": Filter(result="locked"),
}
LAST = 6_000


def fill(deps: Deps, count: int = LAST) -> None:
    """Rows as they come in real life: most of them good sign-ins."""
    rows = [
        {
            "at": NOW + number, "event": "role_changed" if number % 500 == 0 else "sign_in", "result": "locked" if number % 300 == 0 else "ok",
            "account_id": f"account{number % 1_000}", "client_id": f"portal{number % 250}", "actor": "desk1" if number % 400 == 0 else None, "detail": "{}",
        }
        for number in range(count)
    ]  # fmt: skip
    with deps.database.write() as connection:
        connection.execute(table.insert(), rows)


def look(deps: Deps, wanted: Filter, limit: int = 10) -> audit_search.Page:
    with deps.database.read() as connection:
        return audit_search.page(connection, wanted, limit)


@pytest.mark.parametrize("index", WAYS)
def test_each_filter_follows_its_index_and_sorts_nothing(deps: Deps, index: str) -> None:
    fill(deps)
    do(deps, "ANALYZE")
    with deps.database.write() as connection:
        if deps.database.dialect == "postgresql":  # at 10,000,000 rows it needs no such hints
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        for statement in audit_search.statement(WAYS[index], 10):
            said = statement.compile(connection, compile_kwargs={"literal_binds": True})
            plan = "\n".join(str(tuple(row)) for row in connection.execute(text(f"{_EXPLAIN[deps.database.dialect]} {said}")))
            assert index in plan, plan
            assert "SCAN audit" not in plan and "Seq Scan" not in plan and "TEMP B-TREE" not in plan and "Sort" not in plan.replace("Sort Key", ""), plan


_EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}


@pytest.mark.parametrize("wanted", [*WAYS.values(), Filter(), Filter(result="ok"), Filter(event="sign_in", result="locked", client_id="portal5"),
                                    Filter(since=NOW + 100, until=NOW + 900), Filter(actor="desk1", event="sign_in", result="ok")], ids=str)  # fmt: skip
def test_every_row_is_found_once_page_by_page(deps: Deps, wanted: Filter) -> None:
    fill(deps, 3_000)
    given = {"actor": wanted.actor, "account_id": wanted.account_id, "client_id": wanted.client_id, "event": wanted.event, "result": wanted.result}
    query = "SELECT id FROM audit WHERE at >= :since AND at < :until" + "".join(f" AND {name} = :{name}" for name in given if given[name])
    values = {name: value for name, value in given.items() if value} | {"since": wanted.since or 0, "until": wanted.until or 2**40}
    with deps.database.read() as connection:
        expected = list(connection.scalars(text(query + " ORDER BY id DESC"), values))
    seen: list[int] = []
    below = 2**62
    while True:
        page = look(deps, Filter(**{**vars(wanted), "below": below}), 100)
        seen += [row.id for row in page.rows]
        if page.reached is None:
            break
        assert page.reached < below
        below = page.reached
    assert seen == expected


def test_the_way_of_one_page_is_bounded(deps: Deps) -> None:
    fill(deps, audit_search.SCAN + 50)
    page = look(deps, Filter(event="sign_in", client_id="portal1", result="nothing"))
    assert page.rows == [] and page.reached is None, "the rarest condition leads"
    page = look(deps, Filter(result="ok", until=NOW - 1))
    assert page.rows == [] and page.reached == 51, "the oldest fifty are left for the next page"
    assert look(deps, Filter(result="ok", until=NOW - 1, below=51)).reached is None


def test_rows_of_a_time_lie_between_two_ids(deps: Deps) -> None:
    fill(deps)
    with deps.database.read() as connection:
        low, high = audit.ids_of_time(connection, NOW + 3_000, NOW + 3_100)
        first = connection.execute(text("SELECT min(id) FROM audit WHERE at >= :at"), {"at": NOW + 3_000}).scalar_one()
        assert first - audit.SLACK - 1 <= low < first and first + 100 <= high <= first + 101 + audit.SLACK
        assert audit.ids_of_time(connection, None, None)[0] < 0
