"""The audit record by the API: paged, filtered, exported, and every look at it whole on record."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests import running
from tests.admin_api.api import WHY, Api, Program
from tests.admin_api.test_members import somebody


@pytest.fixture
def program(api: Api) -> Program:
    """One that may read the record, and the keys."""
    return api.program("admin:audit", "admin:keys", "admin:members:write")


def all_of(program: Program, query: str) -> list[dict[str, Any]]:
    """Every row, page by page."""
    found: list[dict[str, Any]] = []
    before = ""
    while True:
        page = program.get("/audit", f"{query}&limit=3{before}")
        found += page["rows"]
        if page["next"] is None:
            return found
        before = f"&before={page['next']}"


def test_rows_are_paged_by_keyset_the_newest_first(api: Api, program: Program) -> None:
    account = somebody(api)
    for _ in range(4):
        program.post(f"/members/{account.id}/sign-out", WHY)
    rows = all_of(program, f"account={account.id}")
    ids = [row["id"] for row in rows]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == len(ids) >= 9  # each act is two rows, and one of its making
    assert {row["account_id"] for row in rows} == {account.id}
    newest = next(row for row in rows if row["event"] == "desk_sign_out")
    assert newest["actor"] == f"client:{program.id}" and newest["client_id"] == program.id and newest["detail"]["reason"] == WHY["reason"]
    assert newest["request_id"] and datetime.fromisoformat(newest["at"]).utcoffset()


@pytest.mark.parametrize("query", ["event=desk_sign_out", "result=ok", "client={id}", "actor=client:{id}", "since={past}", "until={future}"])
def test_a_filter_leaves_what_it_names(api: Api, program: Program, query: str) -> None:
    account = somebody(api)
    program.post(f"/members/{account.id}/sign-out", WHY)
    query = query.format(id=program.id, past="2020-01-01T00:00:00Z", future="2099-01-01T00:00:00Z")
    rows = all_of(program, f"account={account.id}&{query}")
    assert "desk_sign_out" in {row["event"] for row in rows}
    name, _, value = query.partition("=")
    column = {"client": "client_id"}.get(name, name)
    if name not in ("since", "until"):
        assert {row[column] for row in rows} == {value}
    for other in ("event=nothing", "since=2099-01-01T00:00:00Z", "until=2020-01-01T00:00:00Z", "since=2027-01-02T00:00:00Z&until=2027-01-01T00:00:00Z"):
        assert all_of(program, f"account={account.id}&{other}") == []


def test_an_export_is_json_lines_of_its_time_and_on_record(api: Api, program: Program) -> None:
    account, since = somebody(api), datetime.fromtimestamp(api.deps.now() - 60, UTC).isoformat()
    program.post(f"/members/{account.id}/sign-out", WHY)
    answer = program.call("POST", "/audit/export", {**WHY, "since": since, "days": 1})
    assert answer.status == 200 and answer.header("Content-Type") == "application/jsonl" and not answer.header("Content-Length")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    mine = [line for line in lines if line["account_id"] == account.id and line["event"] == "desk_sign_out"]
    assert len(mine) == 1 and mine[0]["detail"]["ticket"] == WHY["ticket"]
    (row,) = [row for row in api.rows("audit_exported") if row.client_id == program.id]
    assert json.loads(row.detail)["reason"] == WHY["reason"]
    for days in (0, 32, -1, 1.5, True, "1"):
        assert program.call("POST", "/audit/export", {**WHY, "since": since, "days": days}).status == 400
    assert program.call("POST", "/audit/export", {**WHY, "since": "2020-01-01T00:00:00Z", "days": 31}).text == ""


def test_keys_are_listed_without_their_private_part(api: Api, program: Program) -> None:
    keys = program.get("/keys")["keys"]
    assert {one["alg"] for one in keys if one["state"] == "current"} == {"RS256", "ES256", "PS256", "EdDSA"}
    assert {name for one in keys for name in one} == {"kid", "alg", "state", "active_from", "created_at"}


def test_nobody_reads_more_than_was_asked_by_a_name_of_a_person(api: Api, program: Program) -> None:
    """Requirement LGN-02: no personal data stands in a row."""
    name = running.new_name()
    account = somebody(api, login_id=name, email=f"{name}@mail.example")
    program.post(f"/members/{account.id}/sign-out", WHY)
    assert name not in json.dumps(all_of(program, f"account={account.id}"))
