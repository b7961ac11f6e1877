"""The audit record in the console: found by filters, shown inert, exported, proven."""

import ast
import csv
import io
import json
import re
import threading
from typing import Any

import pytest
from sqlalchemy import select

from idp.features.console_audit import flow, words
from idp.services import audit_chain, desk, records
from idp.tables.schema import audit
from tests.console.conftest import Built
from tests.console.people import Inside
from tests.house.tree import TOP, files
from tests.running import new_name

GO = threading.Event()
TODAY = {"since": "2027-01-01", "until": "2027-01-02"}


def put(built: Built, event: str = "sign_in", result: str = "ok", **changes: Any) -> str:
    """A row about somebody new; the subject."""
    subject = changes.pop("account_id", None) or built.idp.account(new_name())
    with built.deps.database.write() as connection:
        records.add(connection, built.deps, event, result, account_id=subject, **changes)
    return subject


def rows_of(page: Any) -> list[str]:
    """The table's rows without markup."""
    body = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in re.findall("<tr>(.*?)</tr>", body, re.S)]


def test_filters_are_typed_by_name_and_stand_in_the_address_by_id(built: Built, staff: dict[str, Inside]) -> None:
    somebody = built.colleague("desk")
    subject = put(built, "member_revealed", actor=somebody.account.id, detail={"reason": "本人から電話", "field": "phone"})
    me = staff["supervisor"]
    answer = me.post("/console/audit", who=somebody.account.login_id, event="member_revealed", since="2020-01-01")
    assert answer.status_code == 303 and somebody.account.login_id not in answer.headers["Location"]
    page = me.get(answer.headers["Location"])
    assert page.status_code == 200 and len(rows_of(page)) == 1
    assert "隠した項目の表示" in rows_of(page)[0] and "本人から電話" in rows_of(page)[0] and somebody.account.login_id in rows_of(page)[0]
    assert f'value="{somebody.account.login_id}"' in page.text and subject in page.text


@pytest.mark.parametrize("values", [{"who": "no such person 花子"}, {"since": "2026-02-30"}, {"until": "yesterday"}, {"whom": "\u202e"}], ids=str)
def test_what_cannot_be_looked_for_is_said(built: Built, staff: dict[str, Inside], values: dict[str, str]) -> None:
    answer = staff["supervisor"].post("/console/audit", **values)
    page = staff["supervisor"].get(answer.headers["Location"])
    assert page.status_code == 200 and 'id="error-summary"' in page.text


@pytest.mark.parametrize("query", ["since=x", "before=0", "before=x", "who=" + "x" * 65, "since=2026-99-99", "before=99999999999999999999"])
def test_an_address_that_nobody_made(built: Built, staff: dict[str, Inside], query: str) -> None:
    assert staff["supervisor"].get(f"/console/audit?{query}").status_code in (303, 400)


def test_what_somebody_wrote_is_inert(built: Built, staff: dict[str, Inside]) -> None:
    subject = put(built, "desk_reset", actor="cli:0", detail={"reason": "<script>alert(1)</script>\u202egnp", "to": "hanako@example.jp", "from": "=1+1"})
    page = staff["supervisor"].get(f"/console/audit?whom={subject}")
    (row, *_) = rows_of(page)
    assert "<script>alert" not in page.text and "&lt;script&gt;" in page.text and "\u202e" not in page.text and "\\u202e" in page.text
    assert "hanako@example.jp" not in row and "h****o@example.jp" in row


def test_pages_go_on_where_the_last_one_ended(built: Built, staff: dict[str, Inside]) -> None:
    subject = put(built)
    for number in range(flow.PAGE + 5):
        put(built, account_id=subject, detail={"n": number})
    first = staff["supervisor"].get(f"/console/audit?whom={subject}&event=sign_in")
    further = re.findall(r'<a href="([^"]+)" rel="next">', first.text)[0].replace("&amp;", "&")
    second = staff["supervisor"].get(further)
    assert (len(rows_of(first)), len(rows_of(second))) == (flow.PAGE, 6) and 'rel="next"' not in second.text


# calls that put something on record, by the ends of their names, and where among their arguments the event may stand
RECORDERS = ("records.add", "audit.record", "service.record", "desk.note", "desk.add", "_record", "_note")
NO_EVENTS = {"another_client", "reset_code"}  # results


def recorded() -> set[str]:
    """Every event that code names where it puts something on record."""
    found = set()
    for path in files():
        if path.startswith("idp/") and path.endswith(".py"):
            for call in (one for one in ast.walk(ast.parse((TOP / path).read_text())) if isinstance(one, ast.Call)):
                if ast.unparse(call.func).endswith(RECORDERS):
                    arms = [arm for part in call.args for arm in ([part.body, part.orelse] if isinstance(part, ast.IfExp) else [part])]
                    found |= {arm.value for arm in arms if isinstance(arm, ast.Constant) and isinstance(arm.value, str)}
    return {one for one in found if re.fullmatch("[a-z]+(_[a-z]+)+", one)} - NO_EVENTS


def test_every_event_of_the_house_has_words() -> None:
    """Events that others add are shown by their code until they have words; ours have them."""
    assert len(recorded()) > 50 and not recorded() - set(words.EVENTS) and len(set(words.EVENTS)) == len(words.EVENTS)


def test_an_event_without_words_is_shown_by_its_code(built: Built, staff: dict[str, Inside]) -> None:
    subject = put(built, "something_new", "odd")
    assert "something_new" in rows_of(staff["supervisor"].get(f"/console/audit?whom={subject}"))[0]


# ---- export ----


def test_an_export_is_on_record_and_safe(built: Built, staff: dict[str, Inside]) -> None:
    me = staff["supervisor"]
    subject = put(built, "sign_in", "wrong", client_id="=HYPERLINK(1)")
    days = _today(built)
    page = me.post("/console/audit/export", form="csv", reason="=cmd", ticket="T-1", **days)
    assert page.status_code == 200 and page.headers["Content-Disposition"].startswith('attachment; filename="audit-') and "no-store" in page.headers["Cache-Control"]
    rows = list(csv.DictReader(io.StringIO(page.data.decode("utf-8-sig"), newline="")))
    (mine,) = [row for row in rows if row["account_id"] == subject and row["event"] == "sign_in"]
    assert mine["client_id"] == "'=HYPERLINK(1)"
    told = [row for row in rows if row["event"] == "audit_exported" and row["actor"] == me.account.id][-1]
    assert json.loads(told["detail"])["reason"] == "=cmd"
    lines = me.post("/console/audit/export", form="jsonl", reason="r", **days).data.splitlines()
    assert len(lines) >= len(rows) and all(json.loads(line)["at"].endswith("+09:00") for line in lines)


def _today(built: Built) -> dict[str, str]:
    from idp.services.audit_export import iso

    today = iso(built.deps.now())[:10]
    return {"since": today, "until": today}


@pytest.mark.parametrize(
    "values",
    [{**TODAY, "reason": ""}, {**TODAY, "reason": "x" * 301}, {**TODAY, "reason": "r", "ticket": "x" * 65}, {"reason": "r"}, {"reason": "r", "since": "2027-01-02", "until": "2027-01-01"},
     {"reason": "r", "since": "2027-01-01", "until": "2027-02-01"}, {"reason": "r", "since": "٢٠٢٧-٠١-٠١", "until": "2027-01-01"}],
    ids=["no reason", "a long reason", "a long ticket", "no days", "backwards", "too long", "other digits"],
)  # fmt: skip
def test_an_export_that_is_not_made(built: Built, staff: dict[str, Inside], values: dict[str, str]) -> None:
    answer = staff["supervisor"].post("/console/audit/export", **values)
    assert answer.status_code == 303
    assert 'id="error-summary"' in staff["supervisor"].get(answer.headers["Location"]).text


# ---- chain ----


def test_the_button_proves_the_newest_blocks(built: Built, staff: dict[str, Inside]) -> None:
    me = staff["supervisor"]
    put(built)
    later = _later(built)
    assert audit_chain.seal(later, GO) >= 1
    assert "まだ一度も終わっていません" in me.get("/console/audit/chain").text
    assert me.post("/console/audit/chain").status_code == 303
    page = me.get("/console/audit/chain")
    assert "封印したときのままです" in page.text and "違います" not in page.text
    with built.deps.database.write() as connection:
        last = connection.execute(select(audit.c.id).order_by(audit.c.id)).scalars().first()
        connection.execute(audit.update().where(audit.c.id == last).values(result="forged"))
    me.post("/console/audit/chain")
    page = me.get("/console/audit/chain")
    assert "封印したときと違います" in page.text and f"行が変更されています（{last}）" in page.text
    with built.deps.database.read() as connection:
        results = connection.scalars(select(audit.c.result).where(audit.c.event == "audit_verified", audit.c.actor == me.account.id)).all()
    assert list(results) == ["ok", "wrong"]


def _later(built: Built) -> Any:
    from dataclasses import replace

    return replace(built.deps, clock=lambda: built.deps.clock() + 61)


def test_a_desk_agent_sees_nothing_of_it(built: Built, staff: dict[str, Inside]) -> None:
    for path in ("/console/audit", "/console/audit/export", "/console/audit/chain"):
        assert staff["desk"].get(path).status_code == 403
    desk.note(built.deps, staff["desk"].account, "console_refused", "role")
