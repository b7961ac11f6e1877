"""Files that are brought to the console: what is taken, how its columns are remembered, what is kept of it."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from idp.deps import Deps
from idp.services import contract_jobs
from idp.services.contractor_csv import Unreadable
from idp.tables import contract_imports as table
from idp.tables import schema
from tests.closing.conftest import clock, deps  # noqa: F401  # fixtures
from tests.contractor.files import JAPANESE, contract, text
from tests.contractor.jobs import ANNA, BEN, Desk
from tests.courier.house import NOW, Clock

ROWS = [contract(number) for number in range(1, 101)]


@pytest.fixture
def desk(deps: Deps, clock: Clock) -> Desk:
    return Desk(deps, clock)


def rows_of(deps: Deps, wanted: schema.Table) -> int:
    with deps.database.read() as connection:
        return connection.execute(select(func.count()).select_from(wanted)).scalar_one()


def test_columns_that_were_named_by_hand_are_remembered(desk: Desk, deps: Deps) -> None:
    headings = ["No", "区分", "でんわ", "よみ", "名", "うまれ", "めーる"]
    names = ["customer_number", "type", "phone", "kana_name", "kanji_name", "birth_date", "isp_mail"]
    job = desk.bring(text(ROWS, headings))
    assert contract_jobs.guess(deps, headings) == [None] * 7
    with pytest.raises(contract_jobs.Refused, match="no_customer_number"):
        contract_jobs.check(deps, ANNA, job, [None] * 7)
    contract_jobs.check(deps, ANNA, job, names)
    desk.work()
    desk.clock.now += 1
    contract_jobs.apply(deps, ANNA, desk.read(job), "r", "")
    desk.work()
    assert desk.read(job).state == "done"
    assert contract_jobs.guess(deps, [*reversed(headings), "？"]) == [*reversed(names), None]
    assert contract_jobs.guess(deps, JAPANESE) == names


def test_nothing_of_a_person_stands_in_the_tables_of_an_import(desk: Desk, deps: Deps) -> None:
    desk.tried([contract(1, phone="110", kanji_name="髙橋 俊介"), contract(2)])
    with deps.database.read() as connection:
        dump = "\n".join(
            str(tuple(row))
            for one in (schema.contract_imports, schema.contract_import_parts, schema.contract_import_problems, schema.contract_import_before, schema.audit)
            for row in connection.execute(select(one))
        )
    assert "phone.invalid" in dump
    assert not [trace for trace in ("髙橋", "俊介", "0748000002", "example.jp", "ﾔﾏﾀﾞ", "昭和") if trace in dump]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b"PK\x03\x04rest", "excel"), ("a,b".encode("utf-16"), "utf16"), (b"\r\n\r\n", "empty"), (b'"a\nb\n', "empty")],
)
def test_what_is_no_file_of_contracts_is_refused_when_it_is_brought(desk: Desk, deps: Deps, content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        desk.bring(content)
    assert refused.value.code == code
    assert rows_of(deps, schema.contract_imports) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_encodings(desk: Desk, encoding: str) -> None:
    job = desk.tried(text(ROWS, JAPANESE).encode(encoding))
    assert desk.counts(job) == {"rows": 100, "new": 100}


def test_broken_bytes_make_single_rows_a_problem(desk: Desk, deps: Deps) -> None:
    raw = text(ROWS, JAPANESE).encode("cp932").replace("花子7".encode("cp932"), b"\x81\xff\xfe", 1)
    job = desk.tried(raw)
    assert desk.counts(job)["errors"] == 1
    with deps.database.read() as connection:
        assert [codes for _, codes in table.problems_of(connection, job.id, 0, 10)] == [("kanji_name.encoding",)]
    assert NOW < job.checked_at


def test_who_says_what_the_columns_are_has_prepared_the_file_as_well_as_who_brought_it(desk: Desk, deps: Deps) -> None:
    """Requirement AD-04: with other columns a file says something else, so that a mass end takes a second person then, too."""
    clara, columns = replace(BEN, id="clara"), contract_jobs.guess(deps, list(ROWS[0]))
    desk.applied(ROWS)
    job = desk.tried(ROWS[:50])
    contract_jobs.check(deps, BEN, job, columns)
    assert desk.work()
    contract_jobs.check(deps, clara, desk.read(job), None)  # the same once more prepares nothing
    assert desk.work()
    seen, desk.clock.now = desk.read(job), desk.clock.now + 1
    for one in (ANNA, BEN):
        with pytest.raises(contract_jobs.Refused, match="other"):
            contract_jobs.apply(deps, one, seen, "r", "")
    contract_jobs.check(deps, clara, seen, columns)
    assert desk.work()
    with pytest.raises(contract_jobs.Refused, match="stale"):  # what was seen has changed since, and who may apply it, too
        contract_jobs.apply(deps, clara, seen, "r", "")
    with pytest.raises(contract_jobs.Refused, match="other"):
        contract_jobs.apply(deps, clara, desk.read(job), "r", "")
    contract_jobs.apply(deps, BEN, desk.read(job), "r", "")
    assert desk.work() and desk.read(job).state == "done"
