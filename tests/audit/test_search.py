"""Looking through the record: along an index for every filter, a bounded way at a time, whatever else is asked for."""

from dataclasses import replace
from typing import Any, Callable

import pytest
from sqlalchemy import Connection, text

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


def fill(deps: Deps, count: int = LAST, since: int = NOW) -> None:
    """Rows as they come in real life: most of them good sign-ins."""
    rows = [
        {
            "at": since + number, "event": "role_changed" if number % 500 == 0 else "sign_in", "result": "locked" if number % 300 == 0 else "ok",
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
        (lead,) = audit_search.ways(WAYS[index])
        mixture = replace(WAYS[index], since=NOW)
        for statement in (audit_search.statement(WAYS[index], lead, 10), audit_search.statement(mixture, lead, 10), audit_search.end(WAYS[index], lead)):
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


def test_of_two_conditions_the_rarer_one_leads(deps: Deps) -> None:
    """Whichever column that is: a mixture with something rare in it is looked through in one page."""
    fill(deps)
    rare = look(deps, Filter(event="role_changed", result="ok"), 100)
    assert len(rare.rows) == 8 and rare.reached is None
    assert len(look(deps, Filter(event="sign_in", result="locked"), 100).rows) == 16
    assert len(look(deps, Filter(client_id="portal0", event="role_changed"), 100).rows) == 12


def test_rows_that_come_between_two_statements_hide_none(deps: Deps) -> None:
    """What `end` has measured holds for the rows that are read afterwards."""
    fill(deps, audit_search.SCAN + 500)
    wanted = Filter(event="sign_in", until=NOW + 505)

    def arrive() -> None:
        fill(deps, 200, NOW + 9_000)

    with deps.database.read() as connection:
        found = audit_search.page(_Between(connection, arrive), wanted, 50)  # type: ignore[arg-type]
    fits = [row.id for row in found.rows]
    assert fits and max(fits) <= 505 and fits == sorted(fits, reverse=True)
    assert found.reached is not None and min(fits) == found.reached, "up to where it says that it has looked, nothing is left out"


class _Between:
    """A connection on which something happens after the first statement."""

    def __init__(self, connection: Connection, then: Callable[[], None]):
        self.connection, self.then = connection, then

    def execute(self, statement: Any) -> Any:
        done = self.connection.execute(statement).fetchall()
        then, self.then = self.then, lambda: None
        then()
        return _Rows(done)


class _Rows(list[Any]):
    """What it gave."""

    def scalar(self) -> Any:
        return self[0][0] if self else None


def test_rows_of_a_time_lie_between_two_ids(deps: Deps) -> None:
    fill(deps)
    with deps.database.read() as connection:
        low, high = audit.ids_of_time(connection, NOW + 3_000, NOW + 3_100)
        first = connection.execute(text("SELECT min(id) FROM audit WHERE at >= :at"), {"at": NOW + 3_000}).scalar_one()
        assert first - audit.SLACK - 1 <= low < first and first + 100 <= high <= first + 101 + audit.SLACK
        assert audit.ids_of_time(connection, None, None)[0] < 0
