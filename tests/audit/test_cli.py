"""`idp audit verify` and `idp audit export`, as an operator uses them."""

import csv
import io
import json
from pathlib import Path
from typing import Any, Iterator

import pytest
from click.testing import CliRunner, Result

from idp import cli, config, parts
from idp.deps import Deps
from idp.services import audit_chain, records
from idp.tables.schema import audit
from tests import running
from tests.audit.record import GO, do
from tests.running import Idp

HOSTILE = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "a\r\n=b", 'quo"te', "\u202etxt.exe", "<script>", "花子,山田", "\x1b[31m"]


@pytest.fixture
def installed(database_url: str, tmp_path: Path) -> Idp:
    """An installation on each engine in turn."""
    return running.configure(tmp_path, database_url, "sqlite:///ephemeral.db", 8000)


@pytest.fixture
def deps(installed: Idp) -> Iterator[Deps]:
    """What it holds."""
    opened = parts.open_deps(*config.load(str(installed.config)))
    yield opened
    parts.close_deps(opened)


def run(installed: Idp, *arguments: str) -> Result:
    """`idp audit ARGUMENTS`."""
    return CliRunner().invoke(cli.root, ["--config", str(installed.config), "audit", *arguments])


def put(deps: Deps, at: int, **changes: Any) -> None:
    """A row of this time."""
    with deps.database.write() as connection:
        connection.execute(audit.insert(), {"at": at, "event": "sign_in", "result": "ok", "detail": "{}", **changes})


def test_a_good_record(installed: Idp, deps: Deps) -> None:
    put(deps, 1_700_000_000)
    put(deps, 1_700_000_001)
    audit_chain.seal(deps, GO)
    with deps.database.write() as connection:
        records.add(connection, deps, "sign_in")
    done = run(installed, "verify")
    kept = audit_chain.head(deps)
    assert kept and done.exit_code == 0, done.output
    assert "1 blocks, 0 of them purged" in done.output and "1 rows not sealed yet" in done.output
    assert f"The record reaches 1:{kept[1]}\n" in done.output and "courier" not in done.output
    assert run(installed, "verify", "--head", f"1:{kept[1]}").exit_code == 0
    missing = run(installed, "verify", "--head", f"7:{kept[1]}")
    assert missing.exit_code == 1 and "known to have reached block 7" in missing.output


def test_a_changed_record_is_told_row_by_row(installed: Idp, deps: Deps) -> None:
    for number in range(3):
        put(deps, 1_700_000_000 + number)
    audit_chain.seal(deps, GO)
    do(deps, "UPDATE audit SET client_id = 'other' WHERE at = 1700000001")
    done = run(installed, "verify")
    assert done.exit_code == 1 and "block 1: rows were changed: " in done.output and "1 problem(s)" in done.output


def test_rows_that_nobody_seals_are_told(installed: Idp, deps: Deps) -> None:
    put(deps, 1_700_000_000)
    done = run(installed, "verify")
    assert done.exit_code == 0 and "Rows since 2023-11-15T07:13:20+09:00 are not sealed" in done.output


@pytest.mark.parametrize("head", ["", "1", "1:", "x:" + "a" * 43, "1:" + "a" * 42, "0:" + "a" * 43, "9" * 30 + ":" + "a" * 43])
def test_a_head_that_is_none(installed: Idp, head: str) -> None:
    assert run(installed, "verify", "--head", head).exit_code == 2


def test_the_export_of_a_month(installed: Idp, deps: Deps) -> None:
    april, may, june = 1_711_897_200, 1_714_489_200, 1_717_167_600  # in Japan's time, 2024
    for at in (april, may - 1, may, june - 1, june):
        put(deps, at, account_id=f"at{at}")
    done = run(installed, "export", "--from", "2024-05-01", "--to", "2024-06-01")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["account_id"] for row in rows] == [f"at{may}", f"at{june - 1}"] and rows[0]["at"] == "2024-05-01T00:00:00+09:00"
    everything = run(installed, "export").stdout.splitlines()
    events = [json.loads(line)["event"] for line in everything]
    assert events.count("sign_in") == 5 and events.count("audit_exported") == 2, "what is exported is on record first"


def test_rows_out_of_the_order_of_their_times(installed: Idp, deps: Deps) -> None:
    for at in (1_711_897_500, 1_711_897_190, 1_711_897_210, 1_711_897_100):
        put(deps, at)
    done = run(installed, "export", "--from", "2024-04-01", "--to", "2024-04-01T00:05+09:00")
    assert [json.loads(line)["at"][11:19] for line in done.stdout.splitlines()] == ["00:00:10"]


def test_hostile_text_is_inert_in_csv(installed: Idp, deps: Deps) -> None:
    for number, text in enumerate(HOSTILE):
        put(deps, 1_700_000_000 + number, client_id=text, detail=json.dumps({"reason": text}))
    done = run(installed, "export", "--format", "csv", "--to", "2024-01-01")
    assert done.stdout_bytes.startswith(b"\xef\xbb\xbfid,at,event,")
    rows = list(csv.DictReader(io.StringIO(done.stdout_bytes.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(HOSTILE)
    for row, text in zip(rows, HOSTILE):
        assert not row["client_id"].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert not set(row["client_id"] + row["detail"]) & set("\t\r\n\x1b\u202e")
    assert [rows[0]["client_id"], rows[9]["client_id"], rows[11]["client_id"]] == ["'=HYPERLINK(1)", "\\u202etxt.exe", "花子,山田"]


def test_hostile_text_is_itself_in_json(installed: Idp, deps: Deps) -> None:
    for number, text in enumerate(HOSTILE):
        put(deps, 1_700_000_000 + number, client_id=text)
    done = run(installed, "export", "--to", "2024-01-01")
    assert done.stdout.isascii() and [json.loads(line)["client_id"] for line in done.stdout.splitlines()] == HOSTILE


@pytest.mark.parametrize("time", ["yesterday", "2024-13-01", "", "9" * 50, "2024-01-01T25:00"])
def test_a_time_that_is_none(installed: Idp, time: str) -> None:
    assert run(installed, "export", "--from", time).exit_code == 2


def test_nothing_to_export(installed: Idp) -> None:
    assert run(installed, "export", "--to", "1999-01-01").stdout == ""
