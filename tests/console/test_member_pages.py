"""Pages of members and of the desk, walked as a browser walks them: what is shown, what is masked, what is refused and recorded."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from idp.domain.desk import OPERATIONS
from idp.services import desk_identity
from idp.tables import accounts, desk_requests
from idp.tables.schema import audit
from tests.console.conftest import Built
from tests.console.people import Inside, account_of
from tests.running import new_name

EVIL = '<img src=x onerror=alert(1)>'
HOSTILE = [EVIL, "\u202eokanah\u2066", "=HYPERLINK(1)", "{{7*7}}${7*7}{brand}", "'\"><zq>"]


@pytest.fixture
def member(built: Built) -> str:
    """The subject of somebody with both kinds of destinations."""
    name = new_name()
    number = "090" + str(int(name[1:], 16))[-8:]
    return built.idp.account(name, "--email", f"{name}@home.example", "--phone", "0901" + number[-7:], "--email-login", "--contractor-id", "55" + number[-6:])


def errors(page: Any) -> str:
    return " ".join(re.sub("<[^>]+>", "", one) for one in re.findall(r'<p class="error"[^>]*>(.*?)</p>', page.text, re.S))


def follow(who: Inside, answer: Any) -> Any:
    assert answer.status_code == 303, answer.text[:500]
    return who.get(answer.headers["Location"])


def rows(built: Built, event: str, target: str | None = None) -> list[dict[str, Any]]:
    with built.deps.database.read() as connection:
        query = select(audit).where(audit.c.event == event).order_by(audit.c.id)
        found = [dict(row) for row in connection.execute(query).mappings()]
    return [{**row, "detail": json.loads(row["detail"])} for row in found if target is None or row["account_id"] == target]


def test_from_the_box_to_the_member_and_the_term_in_no_address(built: Built, staff: dict[str, Inside], member: str) -> None:
    account = account_of(built.deps, member)
    answer = staff["desk"].post("/console/members", q=account.email_login or "", ticket="2026-1")
    assert account.login_id not in answer.headers["Location"] and "%40" not in answer.headers["Location"]
    page = follow(staff["desk"], answer)
    assert f"/console/members/{member}" in page.text and "ぴったり合う会員" in page.text
    assert f"{account.login_id}@home" not in re.sub(r'<input[^>]*name="q"[^>]*>', "", page.text), "masked in the list"
    assert follow(staff["viewer"], staff["viewer"].post("/console/members", q=account.login_id)).status_code == 200
    other = staff["viewer"].get(answer.headers["Location"])
    assert account.login_id not in other.text, "another session's search is not found"


def test_nobody_found_gives_hints(staff: dict[str, Inside]) -> None:
    page = follow(staff["desk"], staff["desk"].post("/console/members", q="zzzzzzzz"))
    assert "0件でした" in page.text and "先頭の0" in page.text and "半角カナ" in page.text
    assert "2文字以上" in errors(follow(staff["desk"], staff["desk"].post("/console/members", q="\u200b")))


def test_the_page_masks_and_a_field_is_shown_with_a_reason_on_record(built: Built, staff: dict[str, Inside], member: str) -> None:
    account = account_of(built.deps, member)
    path, desk = f"/console/members/{member}", built.colleague("desk")
    page = desk.get(path)
    assert page.status_code == 200 and "ログインできます。" in page.text
    assert str(account.email_login) not in page.text and str(account.contractor_id) not in page.text
    for button in ("停止を解除", "IDを送る", "再設定を送る", "書面を発行", "端末をすべて削除"):
        assert button in page.text
    assert "を表示" not in staff["viewer"].get(path).text and "停止を解除" not in staff["viewer"].get(path).text
    assert "理由を" in errors(follow(desk, desk.post(f"{path}/reveal", field="email_login")))
    page = follow(desk, desk.post(f"{path}/reveal", field="email_login", reason="ご本人からのお電話", ticket="7"))
    assert str(account.email_login) in page.text and str(account.contractor_id) not in page.text
    (row,) = rows(built, "member_revealed", member)
    assert (row["actor"], row["detail"]) == (desk.account.id, {"field": "email_login", "reason": "ご本人からのお電話", "ticket": "7"})
    assert str(account.email_login) not in staff["desk"].get(path).text, "to this session only"


@pytest.mark.parametrize("field", ["password_hash", "", "nobody", "../x"])
def test_no_other_field_is_shown(staff: dict[str, Inside], member: str, field: str) -> None:
    path = f"/console/members/{member}/reveal"
    assert staff["desk"].get(f"{path}?field={field}").status_code == 404
    assert staff["desk"].post(path, field=field, reason="なぜなら").status_code == 404


@pytest.mark.parametrize("hostile", HOSTILE)
def test_names_are_inert(built: Built, staff: dict[str, Inside], member: str, hostile: str) -> None:
    with built.deps.database.write() as connection:
        accounts.change(connection, member, built.deps.now(), nickname=hostile, profile={"name": f"山田 {hostile}"})
    follow(staff["desk"], staff["desk"].post(f"/console/members/{member}/reveal", field="name", reason="確認"))
    for path in (f"/console/members/{member}", f"/console/members/{member}/unlock", "/console/members", f"/console/members/{member}/check"):
        page = staff["desk"].get(path)
        assert page.status_code == 200 and EVIL not in page.text and "<zq>" not in page.text and "49" not in re.findall(r"<bdi>([^<]*)</bdi>", page.text)
        assert "\u202e" not in page.text and "\u2066" not in page.text
    page = follow(staff["desk"], staff["desk"].post("/console/members", q="山田"))
    assert EVIL not in page.text and "\u202e" not in page.text


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.slug)
def test_without_a_caller_nothing_is_done_and_the_page_says_what_is_wanted(built: Built, staff: dict[str, Inside], member: str, operation: Any) -> None:
    path = f"/console/members/{member}/{operation.slug}"
    page = staff["supervisor"].get(path)
    assert page.status_code == 200
    if operation.level and "active" in operation.on:
        assert f"/console/members/{member}/check" in page.text and "<form method=\"post\" novalidate>" not in page.text.split("<main")[1]
        answer = staff["supervisor"].post(path, reason="なぜなら", to="x", usable="yes", action="propose", number="1")
        assert answer.status_code == 303 and not rows(built, operation.name, member)


def test_colleagues_and_oneself_are_left_alone(built: Built, staff: dict[str, Inside]) -> None:
    for target in (staff["desk"].account, staff["supervisor"].account, staff["administrator"].account):
        path = f"/console/members/{target.id}"
        assert staff["desk"].get(path).status_code == 200
        for slug in ("sign-out", "suspend", "check", "reveal?field=name"):
            assert staff["desk"].get(f"{path}/{slug}").status_code == 403
        assert staff["desk"].post(f"{path}/suspend", why="lost", reason="なぜなら").status_code == 403
        assert account_of(built.deps, target.id).status == "active"
        assert {row["result"] for row in rows(built, "console_refused", target.id)} == {"over"}


def test_suspended_by_the_desk_and_resumed_by_a_supervisor_alone(built: Built, staff: dict[str, Inside], member: str) -> None:
    path, desk = f"/console/members/{member}", staff["desk"]
    assert "停止する理由を選んで" in errors(follow(desk, desk.post(f"{path}/suspend", reason="ご依頼")))
    page = follow(desk, desk.post(f"{path}/suspend", reason="ご依頼", ticket="2026-9", why="taken_over"))
    assert "ログインを停止しました。" in page.text and "不正ログインの疑い" in page.text and "2026-9" in page.text
    assert desk.get(f"{path}/resume").status_code == 403 and desk.post(f"{path}/resume", reason="x").status_code == 403
    assert "お電話の相手を確認して" in staff["supervisor"].get(f"{path}/resume").text
    assert account_of(built.deps, member).status == "suspended"


def test_a_destructive_act_wants_a_fresh_proof(built: Built, member: str) -> None:
    old = built.colleague("supervisor", seconds=1_700)
    for slug in ("close", "factor-off", "destination", "contract"):
        answer = old.get(f"/console/members/{member}/{slug}")
        assert answer.status_code == 303 and "fresh=1" in answer.headers["Location"]


def test_a_request_is_proposed_shown_decided_and_withdrawn(built: Built, staff: dict[str, Inside], member: str) -> None:
    path = f"/console/members/{member}/contract"
    desk, supervisor = staff["desk"], staff["supervisor"]
    page = follow(desk, desk.post(path, reason="入力のまちがい", unlink="yes", ticket="2026-3"))
    assert "承認を依頼しました。" in page.text and "ご自分では承認できません" in page.text
    with built.deps.database.read() as connection:
        (request,) = desk_requests.of_account(connection, member, built.deps.now())
    at = f"/console/requests/{request.id}"
    assert at in desk.get("/console/requests").text and at in desk.get(f"/console/members/{member}").text
    assert desk.get(f"{at}/decide").status_code == 403 and desk.post(f"{at}/decide", decision="approved", reason="x").status_code == 403
    assert "どちらかを選んで" in errors(follow(supervisor, supervisor.post(f"{at}/decide", reason="確認した")))
    page = follow(supervisor, supervisor.post(f"{at}/decide", decision="approved", reason="確認した"))
    assert "承認し、実行しました。" in page.text and account_of(built.deps, member).contractor_id is None
    page = follow(supervisor, supervisor.post(f"{at}/decide", decision="approved", reason="もう一度"))
    assert "すでに決まっている" in page.text
    assert staff["viewer"].get(at).status_code == 403 and desk.get("/console/requests/nobody").status_code == 404


def test_a_withdrawn_request_cannot_be_approved(built: Built, staff: dict[str, Inside], member: str) -> None:
    supervisor = staff["supervisor"]
    follow(supervisor, supervisor.post(f"/console/members/{member}/contract", reason="まちがい", unlink="yes"))
    with built.deps.database.read() as connection:
        (request,) = desk_requests.of_account(connection, member, built.deps.now())
    at = f"/console/requests/{request.id}"
    assert "あなたには承認できません" in follow(supervisor, supervisor.post(f"{at}/decide", decision="approved", reason="自分で")).text
    assert "取り下げました" in follow(supervisor, supervisor.post(at)).text
    assert "すでに決まっている" in follow(staff["administrator"], staff["administrator"].post(f"{at}/decide", decision="approved", reason="x")).text
    assert account_of(built.deps, member).contractor_id


def test_what_the_caller_said_stands_on_no_page_and_in_no_record(built: Built, staff: dict[str, Inside], member: str) -> None:
    said = {"number": "99887766", "name": "カワバタ スミレ", "born": "1971-02-03", "phone": "0748112233"}
    desk, path = staff["desk"], f"/console/members/{member}/check"
    page = follow(desk, desk.post(path, **said))
    assert "一致しませんでした" in errors(page) and not [one for one in said.values() if one in page.text]
    (row,) = rows(built, "desk_identity", member)
    assert (row["result"], row["detail"]["how"]) == ("mismatch", "facts") and not [one for one in said.values() if one in str(row)]
    assert desk_identity.find(built.deps, desk.account, account_of(built.deps, member)).level == 0


@pytest.mark.parametrize("query", ["kind=x", "at=1", "at=x.y", "at=" + "9" * 400, "at=1.1&at=2.2"])
def test_odd_addresses_are_answered_decently(staff: dict[str, Inside], member: str, query: str) -> None:
    assert staff["desk"].get(f"/console/members/{member}?{query}").status_code == 400


@pytest.mark.parametrize("value", ["x" * 2_000, "\u202e\u0000", EVIL, "💣" * 300])
def test_odd_forms_are_answered_decently(staff: dict[str, Inside], member: str, value: str) -> None:
    for path in ("/console/members", *(f"/console/members/{member}/{one}" for one in ("check", "second", "reset", "suspend", "reveal", "destination", "contract"))):
        answer = staff["supervisor"].post(path, q=value, number=value, name=value, born=value, reason=value, to=value, field=value, address=value)
        assert answer.status_code in (303, 400, 404), (path, answer.status_code)


def test_the_english_pages(staff: dict[str, Inside], member: str) -> None:
    page = staff["desk"].get(f"/console/members/{member}?lang=en")
    assert "Can sign in." in page.text and "End the wait" in page.text
    assert "Identify the caller" in staff["desk"].get(f"/console/members/{member}/check?lang=en").text
