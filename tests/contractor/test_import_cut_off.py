"""Two imports at once, an import that is cut off or overtaken, and a file that changes meanwhile."""

import threading

import pytest

from idp.services import contractor_import
from idp.services.contractor_csv import ContractFile
from idp.services.contractor_import import CHUNK, Counts, Refused
from idp.tables import leases
from tests.contractor.files import Importer, contract
from tests.services import race

ROWS = [contract(number) for number in range(1, 101)]


@pytest.fixture
def run(database, vault, tmp_path):
    return Importer(database, vault, tmp_path)


def test_two_imports_at_once_are_one(run, database, vault):
    run(ROWS)

    def attempt():
        try:
            with open(run.path, "rb") as file:
                return contractor_import.run(database, vault, lambda: run.now, ContractFile(file), progress=slowly)
        except Refused as error:
            return str(error)

    def slowly(*_):
        threading.Event().wait(0.5)

    results = race(8, attempt)
    assert sum(isinstance(result, Counts) for result in results) == 1
    assert sum("Another import is running" in result for result in results if isinstance(result, str)) == 7
    assert run.dump()["leases"] == []


def test_a_lease_is_taken_by_one_of_sixteen(database):
    def claim(holder, now):
        with database.write() as connection:
            return leases.claim(connection, "job", holder, now, 60)

    assert race(16, lambda: claim(f"{threading.get_ident()}", 1_000)).count(True) == 1
    assert race(16, lambda: claim(f"{threading.get_ident()}", 1_060)).count(True) == 0
    assert race(16, lambda: claim(f"{threading.get_ident()}", 1_061)).count(True) == 1
    with database.write() as connection:
        assert not leases.renew(connection, "job", "somebody else", 1_062, 60)
        leases.release(connection, "job", "somebody else")
    assert race(16, lambda: claim(f"{threading.get_ident()}", 1_062)).count(True) == 0


def test_an_import_that_was_cut_off_is_completed_by_the_next(run):
    rows = [contract(number) for number in range(1, 2 * CHUNK + 1)]

    def cut(step, done, total):
        if step == "writing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(rows, progress=cut)
    assert len(run.register()[0]) == CHUNK
    assert run(rows) == Counts(rows=2 * CHUNK, new=CHUNK, unchanged=CHUNK, live=CHUNK)


def test_an_import_that_lost_its_lease_writes_no_more(run, database):
    def sleep(step, done, total):
        if step == "reading":
            with database.write() as connection:
                assert leases.claim(connection, "contractor import", "another", int(run.now) + 121, 120)

    with pytest.raises(Refused, match="taken over"):
        run(ROWS, progress=sleep)
    assert run.register() == [[], []]


def test_a_file_that_changes_under_the_reader_is_not_trusted(run):
    def append(step, done, total):
        with open(run.path, "ab") as file:
            file.write(b"more\n")

    with pytest.raises(Refused, match="wrote to the file"):
        run(ROWS, progress=append)
    assert run.register() == [[], []]
