"""Memory does not grow with the file: 50,000 contracts are received, tried and applied in a few megabytes."""

import csv
from pathlib import Path

import pytest

from idp.deps import Deps
from idp.services import contract_jobs
from idp.tables import schema
from idp.tables.database import Database
from tests.contractor.files import HEADINGS, contract
from tests.contractor.jobs import ANNA, Desk
from tests.courier.house import Clock, house

ROWS, MEGABYTES = 50_000, 24


@pytest.fixture
def deps(tmp_path: Path) -> Deps:
    """On the embedded store alone: what is measured is our own process."""
    database = Database(f"sqlite:///{tmp_path}/idp.db")
    schema.metadata.create_all(database.engine)
    return house(database, tmp_path, Clock())


def peak(reset: bool = False) -> int:
    """The most memory that this process has held since it was last reset, in kB (Linux, proc(5))."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])


def test_memory_does_not_grow_with_the_file(deps: Deps, tmp_path: Path) -> None:
    desk, path = Desk(deps, deps.clock), tmp_path / "many.csv"  # type: ignore[arg-type]
    desk.applied([contract(number) for number in range(1, 101)])  # what is loaded once is loaded
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, HEADINGS)
        writer.writeheader()
        writer.writerows(contract(number) for number in range(1, ROWS + 1))
    before = peak(reset=True)
    with open(path, "rb") as file:
        job = desk.read(contract_jobs.receive(deps, ANNA, "many.csv", file))
    contract_jobs.check(deps, ANNA, job, contract_jobs.guess(deps, HEADINGS))
    assert desk.work()
    desk.clock.now += 1
    contract_jobs.apply(deps, ANNA, desk.read(job), "r", "")
    assert desk.work()
    assert desk.counts(job) == {"rows": ROWS, "new": ROWS - 100, "unchanged": 100, "live": 100}
    assert peak() - before < MEGABYTES * 1_024
    deps.database.close()
