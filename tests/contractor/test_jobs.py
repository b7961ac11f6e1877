"""Imports from the console: tried, applied and taken back by the courier, on each engine."""

import threading

import pytest
from sqlalchemy import func, select

from idp.adapters.contractors_register import RegisterContractors
from idp.deps import Deps
from idp.services import contract_jobs, contract_work
from idp.services.contract_lease import RegisterLease
from idp.services.passwords import Hasher
from idp.tables import contract_imports as table
from idp.tables import schema
from tests.closing import member
from tests.closing.conftest import clock, deps, hasher  # noqa: F401  # fixtures
from tests.contractor.files import contract, text
from tests.contractor.jobs import ANNA, BEN, Desk
from tests.courier.house import Clock
from tests.services import race

ROWS = [contract(number) for number in range(1, 101)]


@pytest.fixture
def desk(deps: Deps, clock: Clock) -> Desk:
    return Desk(deps, clock)


def facts(deps: Deps) -> list[tuple]:
    """What the register knows: type, facts and whether it lives, by contract."""
    with deps.database.read() as connection:
        own: dict[str, list[str]] = {}
        for fact, contractor in connection.execute(select(schema.contractor_facts)):
            own.setdefault(contractor, []).append(fact)
        rows = connection.execute(select(schema.contractors)).all()
    return sorted((row.id, row.contract_type, row.row_hash, tuple(sorted(own.get(row.id, ())))) for row in rows if row.ended_at is None)


def rows_of(deps: Deps, wanted: schema.Table) -> int:
    with deps.database.read() as connection:
        return connection.execute(select(func.count()).select_from(wanted)).scalar_one()


def test_tried_then_applied_then_taken_back(desk: Desk, deps: Deps) -> None:
    desk.applied(ROWS)
    before = facts(deps)
    rows = ROWS[1:-2] + [contract(500)]
    rows[3] = rows[3] | {"phone": "090-1234-5678"}
    job = desk.tried(rows)
    assert (job.state, desk.counts(job)) == ("checked", {"rows": 98, "new": 1, "changed": 1, "unchanged": 96, "ended": 3, "live": 100})
    assert facts(deps) == before, "only tried"
    desk.clock.now += 1
    contract_jobs.apply(deps, ANNA, job, "monthly", "")
    assert desk.work() and desk.read(job).state == "done"
    assert RegisterContractors(deps.database, deps.vault).match({"customer_number": "500"})
    assert facts(deps) != before
    assert desk.undone(job).state == "undone"
    assert facts(deps) == before
    assert RegisterContractors(deps.database, deps.vault).match({"customer_number": "500"}) is None
    for left in (schema.contract_import_parts, schema.contract_import_before, schema.leases):
        assert rows_of(deps, left) == 0, left.name


def test_undoing_the_first_import_leaves_nobody_to_be_recognised(desk: Desk, deps: Deps) -> None:
    desk.undone(desk.applied(ROWS))
    assert facts(deps) == []
    job = desk.tried(ROWS)
    assert desk.counts(job) == {"rows": 100, "new": 100}


def test_a_number_that_went_to_somebody_else_goes_back(desk: Desk, deps: Deps) -> None:
    desk.applied(ROWS)
    desk.applied(ROWS[:-1])
    job = desk.applied([*ROWS[:-1], contract(100, kana_name="ｽｽﾞｷ ｲﾁﾛｳ", kanji_name="鈴木 一郎")])
    desk.undone(job)
    plug = RegisterContractors(deps.database, deps.vault)
    assert plug.match({"customer_number": "100"}) is None
    desk.applied(ROWS)
    assert plug.match({"customer_number": "100", "phone": ROWS[-1]["phone"]})


def test_members_follow_an_import_and_its_undoing(desk: Desk, deps: Deps, hasher: Hasher) -> None:
    account = member.add(deps, hasher, contractor_id="7")
    desk.applied(ROWS)
    job = desk.tried([row for row in ROWS if row["customer_number"] != "0000000007"])
    assert (job.report or {})["members"] == 1
    desk.clock.now += 1
    contract_jobs.apply(deps, ANNA, job, "monthly", "")
    desk.work()
    assert member.read(deps, account.id).closes_at > 0
    desk.undone(job)
    after = member.read(deps, account.id)
    assert after.closes_at == 0 and after.contract_key


def test_examples_say_what_differs_and_nothing_of_a_person(desk: Desk) -> None:
    desk.applied(ROWS)
    changed = [ROWS[0] | {"phone": "0312345678"}, ROWS[1] | {"kana_name": "ｽｽﾞｷ", "type": "corporate"}, ROWS[2] | {"isp_mail": ""}, *ROWS[3:]]
    report = desk.tried([*changed, contract(12345678, phone="0312345679")]).report or {}
    assert report["examples"] == [
        {"kind": "changed", "line": 2, "number": "*", "facts": ["phone"]},
        {"kind": "changed", "line": 3, "number": "*", "facts": ["name", "type"]},
        {"kind": "changed", "line": 4, "number": "*", "facts": ["less"]},
        {"kind": "new", "line": 102, "number": "12*****8", "facts": []},
    ]


@pytest.mark.parametrize(("rows", "again"), [(ROWS[:94], False), (ROWS[:95], True), ([*ROWS, ROWS[3]], False), ([*ROWS, ROWS[3] | {"phone": "0312345678"}], False)])
def test_above_the_threshold_somebody_else_has_to_apply(desk: Desk, deps: Deps, rows: list, again: bool) -> None:
    desk.applied(ROWS)
    job = desk.tried(rows)
    desk.clock.now += 1
    assert contract_jobs.needs_another(job) is not again
    if not again:
        with pytest.raises(contract_jobs.Refused, match="other"):
            contract_jobs.apply(deps, ANNA, job, "r", "")
        assert desk.read(job).state == "checked"
    contract_jobs.apply(deps, ANNA if again else BEN, job, "r", "")
    assert desk.work() and desk.read(job).state == "done"


def test_more_than_was_agreed_to_never_ends(desk: Desk, deps: Deps) -> None:
    """The register grows between the trial and its applying by other means than an import."""
    desk.applied(ROWS)
    job = desk.tried(ROWS[:90])
    desk.clock.now += 1
    contract_jobs.apply(deps, BEN, job, "r", "")
    with deps.database.write() as connection:
        for number in range(20):
            connection.execute(schema.contractors.insert(), {"id": f"x{number}", "contract_type": "individual", "row_hash": "", "import_id": "", "updated_at": 0})
    desk.work()
    after = desk.read(job)
    assert (after.state, after.stopped) == ("stopped", "ending")


def test_a_trial_older_than_the_register_has_to_be_repeated(desk: Desk, deps: Deps) -> None:
    first = desk.tried(ROWS)
    desk.applied(ROWS[:99])
    with pytest.raises(contract_jobs.Refused, match="stale"):
        contract_jobs.apply(deps, ANNA, first, "r", "")
    contract_jobs.check(deps, ANNA, first, None)
    desk.work()
    desk.clock.now += 1
    contract_jobs.apply(deps, ANNA, desk.read(first), "r", "")


def test_a_file_that_names_nobody_is_never_applied(desk: Desk, deps: Deps) -> None:
    desk.applied(ROWS)
    job = desk.tried(text([]))
    with pytest.raises(contract_jobs.Refused, match="empty"):
        contract_jobs.apply(deps, BEN, job, "r", "")


def test_only_the_last_import_can_be_taken_back_and_only_for_a_day(desk: Desk, deps: Deps, clock: Clock) -> None:
    first, second = desk.applied(ROWS), desk.applied(ROWS[:98])
    assert not contract_jobs.can_undo(deps, first) and contract_jobs.can_undo(deps, second)
    with pytest.raises(contract_jobs.Refused, match="late"):
        contract_jobs.undo(deps, ANNA, first, "r", "")
    clock.now += 86_400
    with pytest.raises(contract_jobs.Refused, match="late"):
        contract_jobs.undo(deps, ANNA, second, "r", "")
    contract_work.keep_house(deps, threading.Event())
    assert rows_of(deps, schema.contract_import_before) == 0


def test_of_sixteen_who_press_at_once_one_applies_and_one_courier_works(desk: Desk, deps: Deps) -> None:
    job = desk.tried(ROWS)
    desk.clock.now += 1

    def press() -> bool:
        try:
            contract_jobs.apply(deps, BEN, job, "r", "")
        except contract_jobs.Refused:
            return False
        return True

    assert race(16, press).count(True) == 1
    assert race(16, lambda: contract_work.run_next(deps, threading.Event())).count(True) == 1
    assert desk.counts(job) == {"rows": 100, "new": 100}


def test_two_imports_at_once_come_one_after_the_other(desk: Desk, deps: Deps, clock: Clock) -> None:
    job = desk.tried(ROWS)
    clock.now += 1
    contract_jobs.apply(deps, ANNA, job, "r", "")
    with RegisterLease(deps.database, clock).alone():
        assert not desk.work()
        assert desk.read(job).state == "apply"
    assert desk.work() and desk.read(job).state == "done"


def test_a_courier_that_dies_is_followed_by_another(desk: Desk, deps: Deps, clock: Clock) -> None:
    rows = [contract(number) for number in range(1, 4_001)]
    job = desk.tried(rows)
    clock.now += 1
    contract_jobs.apply(deps, ANNA, job, "r", "")

    class Dies(threading.Event):
        looks = 0

        def is_set(self) -> bool:
            Dies.looks += 1
            if Dies.looks == 3:
                raise KeyboardInterrupt  # after the first of two pieces was written
            return False

    with pytest.raises(KeyboardInterrupt):
        contract_work.run_next(deps, Dies())
    assert 0 < len(facts(deps)) < 4_000
    assert not desk.work(), "it is still in the hands of who died"
    clock.now += contract_work.LEASE
    assert desk.work()
    assert (desk.read(job).state, len(facts(deps)), desk.counts(job)) == ("done", 4_000, {"rows": 4_000, "new": 4_000})
    desk.undone(job)
    assert facts(deps) == []


def test_a_courier_that_is_told_to_stop_leaves_it_to_the_next(desk: Desk, deps: Deps) -> None:
    job = desk.tried(ROWS)
    desk.clock.now += 1
    contract_jobs.apply(deps, ANNA, job, "r", "")
    stopping = threading.Event()
    stopping.set()
    assert not contract_work.run_next(deps, stopping)
    assert desk.read(job).attempts == 0 and desk.work() and desk.read(job).state == "done"


def test_a_file_changed_in_the_database_is_not_believed(desk: Desk, deps: Deps) -> None:
    job = desk.tried(ROWS)
    with deps.database.write() as connection:
        sealed = table.part(connection, job.id, 0) or ""
        connection.execute(schema.contract_import_parts.update().values(sealed=sealed[:-4] + "AAA="))
    desk.clock.now += 1
    contract_jobs.apply(deps, ANNA, job, "r", "")
    desk.work()
    assert (desk.read(job).state, desk.read(job).stopped, facts(deps)) == ("stopped", "file", [])


def test_what_nobody_goes_on_with_is_gone_after_a_day(desk: Desk, deps: Deps, clock: Clock) -> None:
    brought, tried = desk.bring(ROWS), desk.tried([*ROWS, contract(500, type="?")])
    clock.now += 86_400
    contract_work.keep_house(deps, threading.Event())
    assert {desk.read(one).state for one in (brought, tried)} == {"dropped"}
    assert rows_of(deps, schema.contract_import_parts) == 0
    assert rows_of(deps, schema.contract_import_problems) == 1, "why rows were left out can be read for longer"
    clock.now += 30 * 86_400
    contract_work.keep_house(deps, threading.Event())
    assert rows_of(deps, schema.contract_import_problems) == 0
