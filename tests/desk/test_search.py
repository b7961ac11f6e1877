"""One box: what was typed is read in every way, found by indexes alone, and stands in no address and in no record."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from idp.domain import search
from idp.domain.masks import inert, mask_name, mask_number, odd_mail
from idp.features.console_members import flow, timeline
from idp.services import letters
from idp.tables import accounts, audit, login_ids, member_search, outbox
from idp.tables.database import Database
from idp.tables.schema import accounts as table
from tests.courier.house import NOW
from tests.desk.conftest import HERE, Desk
from tests.desk.looking import records


def ids(desk: Desk, typed: str) -> tuple[list[str], list[str]]:
    found = flow.find(desk.deps, typed)
    return [one.id for one in found.exact], [one.id for one in found.beginning]


@pytest.mark.parametrize(
    "typed",
    [
        "hanako.01", "ＨＡＮＡＫＯ．０１", " Hanako.01 ", "hana\u200bko.01", "hanako@home.example", "Ｈanako@HOME.example", "090-1234-5678",
        "０９０ー１２３４ー５６７８", "+81 90-1234-5678", "0017", "１７", "00-17", "unproven@home.example",
    ],
)  # fmt: skip
def test_an_exact_match_in_any_spelling(desk: Desk, typed: str) -> None:
    assert ids(desk, typed)[0] == [desk.member.id]


@pytest.mark.parametrize("typed", ["hana", "ﾊﾅ", "はな", "ハナコ", "山崎", "山﨑花", "山﨑　花子", "HANAKO"])
def test_a_beginning_of_a_login_id_or_a_name(desk: Desk, typed: str) -> None:
    assert ids(desk, typed) == ([], [desk.member.id])


@pytest.mark.parametrize("typed", ["nako", "崎", "x" * 2000, "%", "h%", "_anako.01", "\U0010ffff\U0010ffff", "'; DROP TABLE accounts;--", "8090"])
def test_nothing_else(desk: Desk, typed: str) -> None:
    assert ids(desk, typed) == ([], [])


def test_an_account_whose_contract_the_register_alone_names_is_found_by_its_number(desk: Desk) -> None:
    with desk.deps.database.write() as connection:
        accounts.change(connection, desk.member.id, NOW, contractor_id=desk.member.contract_key)
    assert ids(desk, "17")[0] == [desk.member.id]


def test_a_login_id_of_before_still_leads_there_and_names_follow_their_changes(desk: Desk) -> None:
    with desk.deps.database.write() as connection:
        assert login_ids.change_login_id(connection, desk.now(), "hanabi", "hanabi", NOW, NOW)
        accounts.change(connection, desk.member.id, NOW, nickname="さくら", profile={})
    assert ids(desk, "hanako.01") == ([desk.member.id], []) and ids(desk, "hanab")[1] == [desk.member.id]
    assert ids(desk, "サクラ")[1] == [desk.member.id] and ids(desk, "山﨑") == ids(desk, "ハナコ") == ([], [])


def test_pages_follow_each_other_without_gap_or_repetition(desk: Desk) -> None:
    people = {desk.add(f"walker{n:02}", nickname=f"Walker {n}").id for n in range(2 * flow.PAGE + 3)}
    seen: list[str] = []
    at: str | None = ""
    while at is not None:
        found = flow.find(desk.deps, "walker", at)
        seen += [one.id for one in found.beginning]
        at = found.further
        assert at is None or ("walker" not in at and len(at) < 300), "the place is sealed"
    assert len(seen) == len(people) and set(seen) == people


@pytest.mark.parametrize("at", ["x", "0.0", "test.AAAA", "\u202e", "9" * 400])
def test_a_place_that_somebody_has_made_up_is_the_beginning(desk: Desk, at: str) -> None:
    assert flow.find(desk.deps, "hana", at).beginning == flow.find(desk.deps, "hana").beginning


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=40))
def test_whatever_is_typed_is_read(typed: str) -> None:
    found = search.read(typed)
    assert len(found.beginning) <= search.KEY_MAX and isinstance(found.empty, bool)


def test_the_term_stands_in_no_record_and_in_no_address(desk: Desk) -> None:
    name = flow.keep(desk.deps, desk.agent, "session", "hanako@home.example", HERE)
    (row,) = records(desk.deps, "members_searched")
    assert "hanako" not in str(row) and len(row["detail"]["term"]) == 22 and "hanako" not in name
    assert flow.kept(desk.deps, "session", name) == "hanako@home.example" and flow.kept(desk.deps, "another", name) is None
    flow.keep(desk.deps, desk.agent, "session", "Hanako@home.example ", HERE)
    assert len({one["detail"]["term"] for one in records(desk.deps, "members_searched")}) == 1, "the same term is the same hash"


def test_the_last_ten_that_an_agent_has_opened(desk: Desk) -> None:
    people = [desk.add(f"p{n}") for n in range(12)]
    for one in [*people, people[5]]:
        flow.looked_at(desk.deps, desk.agent, one)
    assert [one.id for one in flow.recent(desk.deps, desk.agent)][:2] == [people[5].id, people[11].id]
    assert len(flow.recent(desk.deps, desk.agent)) == 10 and flow.recent(desk.deps, desk.supervisor) == []


def plan(database: Database, query: Any) -> str:
    """How the engine would run it, with a whole scan only where nothing else is possible."""
    compiled = query.compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            rows = connection.exec_driver_sql("EXPLAIN " + str(compiled).replace("%", "%%")).all()
        else:
            rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + str(compiled)).all()
    return "\n".join(str(row) for row in rows)


TERMS = [search.read(typed) for typed in ("8zbvuh28duqpr6wtpszamtxmss", "hanako@home.example", "09012345678", "ハナ")]


def test_no_search_reads_a_whole_table(desk: Desk) -> None:
    database = desk.deps.database
    for n in range(60):  # none of whom has a mailbox: an index that says nothing else must not be passed over
        desk.add(f"p{n}")
    with database.write() as connection:
        connection.execute(text("ANALYZE"))
    queries = [query for terms in TERMS for query in member_search.exact(terms, ["k:1"])]
    starts = [terms.beginning for terms in TERMS if terms.beginning]
    queries += [member_search.beginning(one, after, 20) for one in starts for after in (None, ("hana", "s-1"))]
    assert len(queries) > 12
    for query in queries:
        found = plan(database, query)
        assert "Seq Scan" not in found and "SCAN" not in found.replace("SCAN CONSTANT ROW", ""), found


def test_a_whole_scan_would_be_seen(desk: Desk) -> None:
    found = plan(desk.deps.database, select(table.c.id).where(table.c.nickname == "x"))
    assert "Seq Scan" in found or "SCAN accounts" in found


def test_the_history_mixes_events_and_letters_and_pages(desk: Desk) -> None:
    deps = desk.deps
    for n in range(30):
        with deps.database.write() as connection:
            audit.record(connection, at=NOW + 2 * n, event="sign_in", result="ok" if n % 2 else "wrong", account_id=desk.member.id)
            late = NOW + 2 * n + 1
            key = letters.write(
                connection, deps, account_id=desk.member.id, channel="sms", to="+819012345678", template="sms.username", locale="ja",
                facts={"login_id": "x"}, expires_at=late + 900,
            )  # fmt: skip
            connection.execute(text("UPDATE outbox SET created_at = :at, outcome = 'delivered', outcome_at = :at + 3 WHERE key = :key"), {"at": late, "key": key})
    seen: list[timeline.Line] = []
    at = ""
    while True:
        page = timeline.read(deps, desk.now(), "", at)
        seen += page.lines
        at = page.further
        if not at:
            break
    assert len(seen) == 60 and [one.at for one in seen] == sorted((one.at for one in seen), reverse=True)
    letter = seen[0]
    assert (letter.kind, letter.to, letter.seconds, letter.key, letter.good) == ("sent", "090-****-5678", 3, "con.member.outcome.delivered", True)
    assert {one.kind for one in timeline.read(deps, desk.now(), "sent").lines} == {"sent"}
    assert {one.kind for one in timeline.read(deps, desk.now(), "sign_in").lines} == {"sign_in"}
    assert timeline.read(deps, desk.now(), "desk").lines == ()
    with deps.database.read() as connection:
        assert len(outbox.of_account(connection, desk.member.id, None, 100)) == 30


@pytest.mark.parametrize(
    ("name", "masked"),
    [("山田 花子", "山田 花＊"), ("田中", "田＊"), ("", ""), ("Anna Maria Smith", "Anna Maria S＊＊＊"), ("\u202e花子", "\ufffd＊＊")],
)
def test_names_are_masked(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_numbers_are_masked_and_odd_addresses_known() -> None:
    assert (mask_number("1234567"), mask_number("12")) == ("12＊＊＊＊7", "＊＊＊＊")
    assert [odd_mail(one) for one in ("a..b@docomo.ne.jp", "ab.@ezweb.ne.jp", ".a@x.jp", "a.b@x.jp")] == [True, True, True, False]
    assert inert("a\u202eb\x00👩\u200d👧") == "a\ufffdb\ufffd👩\u200d👧"
