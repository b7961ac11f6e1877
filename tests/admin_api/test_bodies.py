"""What is not as it has to be is refused with what is wrong, and changes nothing."""

import json
from typing import Any

import pytest

from tests.admin_api.api import WHY, Api, Program, error
from tests.admin_api.test_members import somebody
from tests.input.hostile import ODD

ACT = json.dumps(WHY).encode()
BROKEN = {
    "nothing": b"",
    "no JSON": b"reason=x",
    "half of it": ACT[:-1],
    "two": ACT + ACT,
    "an array": b"[" + ACT + b"]",
    "null": b"null",
    "a text": b'"reason"',
    "a member twice": b'{"reason":"asked by phone","ticket":"T-1","ticket":"T-2"}',
    "a member twice, deep": b'{"reason":"asked by phone","ticket":"T-1","more":{"a":1,"a":2}}',
    "one too many": b'{"reason":"asked by phone","ticket":"T-1","role":"administrator"}',
    "NaN": b'{"reason":"asked by phone","ticket":NaN}',
    "a number": b'{"reason":"asked by phone","ticket":7}',
    "an object": b'{"reason":{"a":"b"},"ticket":"T-1"}',
    "NUL": b'{"reason":"asked\\u0000by","ticket":"T-1"}',
    "half a character": b'{"reason":"asked \\ud800 by","ticket":"T-1"}',
    "Shift_JIS": '{"reason":"電話","ticket":"T-1"}'.encode("cp932"),
    "UTF-16": '{"reason":"asked by phone","ticket":"T-1"}'.encode("utf-16"),
    "deep": b"[" * 30_000,
    "deep objects": b'{"a":' * 9_000,
    "a line end": b'{"reason":"asked by phone\\n","ticket":"T-1"}',
    "no ticket": b'{"reason":"asked by phone"}',
    "no reason": b'{"reason":"","ticket":"T-1"}',
    "long": json.dumps({"reason": "x" * 201, "ticket": "T-1"}).encode(),
    "huge number": b'{"reason":' + b"9" * 5_000 + b"}",
}


@pytest.fixture
def program(api: Api) -> Program:
    """One that may act on members."""
    return api.program("admin:members:read", "admin:members:write", "admin:audit", "admin:clients")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_body_does_nothing(api: Api, program: Program, name: str) -> None:
    account = somebody(api)
    answer = program.call("POST", f"/members/{account.id}/sign-out", BROKEN[name], kind="application/json")
    assert answer.status in (400, 415) and error(answer)
    assert api.now(account) == account and not api.letters(account)


def test_too_much_and_another_type_are_refused(api: Api, program: Program) -> None:
    path = f"/members/{somebody(api).id}/sign-out"
    answer = program.call("POST", path, b'{"reason":"' + b"x" * 70_000 + b'"}')
    assert (answer.status, error(answer)) == (413, "too_large")
    for kind in ("application/x-www-form-urlencoded", "text/plain", "application/jsonp", "multipart/form-data; boundary=x"):
        answer = program.call("POST", path, ACT, kind=kind)
        assert (answer.status, error(answer)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("name", ODD)
def test_odd_texts_are_taken_or_refused_and_stand_inert_in_the_record(api: Api, program: Program, name: str) -> None:
    """Requirement AD-08: nothing unseen, nothing that turns the line around."""
    account = somebody(api)
    assert program.call("POST", "/members/search", {"identifier": ODD[name]}).status in (200, 400)
    answer = program.call("POST", f"/members/{account.id}/sign-out", {"reason": ODD[name], "ticket": "T-1"})
    assert answer.status in (200, 400)
    rows = [row for row in api.rows("desk_sign_out") if row.account_id == account.id]
    assert len(rows) == (answer.status == 200)
    for row in rows:
        assert not {"\u202e", "\u2066", "\u200b", "\0", "\n"} & set(json.loads(row.detail)["reason"])


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/audit", "limit=0"), ("/audit", "limit=201"), ("/audit", "limit=1.0"), ("/audit", "limit=%EF%BC%91"), ("/audit", "limit=1&limit=2"),
        ("/audit", "nothing=1"), ("/audit", "before=-1"), ("/audit", "before=99999999999999999999"), ("/audit", "since=yesterday"),
        ("/audit", "since=2026-13-01T00:00:00Z"), ("/audit", "since=2026-01-01T00:00:00"), ("/audit", "event=%00"), ("/audit", "event="),
        ("/audit", "event=%ff"), ("/clients", "after=%20"), ("/clients", "x=1"),
    ],
)  # fmt: skip
def test_a_query_is_read_strictly(program: Program, path: str, query: str) -> None:
    answer = program.call("GET", path, query=query)
    assert (answer.status, error(answer)) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["", "/", "/members", "/members/", "/members/a/b", "/members/%", "/members/a b", "/members/..", "/audit/", "/nothing", "/members/" + "a" * 65])
def test_where_nothing_is_there_is_nothing(program: Program, path: str) -> None:
    answer = program.call("GET", path)
    assert (answer.status, error(answer)) == (404, "not_found")


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE", "TRACE", "BREW"])
def test_a_method_that_is_not_there_says_which_are(program: Program, method: str) -> None:
    """RFC 9110 section 15.5.6."""
    answer: Any = program.call(method, "/keys")
    assert (answer.status, error(answer), answer.header("Allow")) == (405, "method_not_allowed", "GET, HEAD, OPTIONS")
    asked = program.call("OPTIONS", "/members/search")
    assert (asked.status, asked.header("Allow")) == (204, "POST, OPTIONS")
