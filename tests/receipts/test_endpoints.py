"""The endpoints for receipts: bodies of each shape, and nothing that breaks them."""

from pathlib import Path
from typing import Any, Iterator

import pytest

from tests.input.wire import FORM, Request
from tests.receipts.post import BEARER, FIRST, JSON, SECOND, SECRET, Post

WORDS = '{ DELIVRD = "delivered", UNDELIV = "unreachable", WAIT = "accepted" }'
GENERIC = 'body = "n={to}&b={body}"\n[sms.gateway.receipt]\nid_field = "id"\nstatus_field = "state.word"\n'
GENERIC += f'secret = "{SECRET}"\noutcomes = {WORDS}\n'
KARADEN = f'[sms.fallback]\nurl = "http://127.0.0.1:9/"\nprofile = "karaden"\n[sms.fallback.receipt]\nsecret = "{SECRET}"\n'


@pytest.fixture(scope="module")
def generic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """A described gateway, and Karaden behind it."""
    yield Post(tmp_path_factory.mktemp("generic"), GENERIC + KARADEN)


def one(provider_id: str, word: str = "DELIVRD") -> dict[str, Any]:
    return {"id": provider_id, "state": {"word": word}, "more": [1, None, "x"]}


def test_json_with_one_result_and_with_several(generic: Post) -> None:
    for number in range(4):
        generic.taken(f"j-{number}")
    generic.taken("77")
    assert generic.post(one("j-0")).json() == {"results": 1}
    several = [one("j-1"), one("j-2", "UNDELIV"), one("j-1"), one("j-2", "WAIT"), one("strange"), one("j-3", "WHO KNOWS"), one(77)]  # type: ignore[arg-type]
    assert generic.post(several).json() == {"results": 7}
    found = generic.outcomes()
    assert [found[name] for name in ("j-0", "j-1", "j-2", "j-3", "77")] == ["delivered", "delivered", "unreachable", "accepted", "delivered"]


def test_a_form_with_one_result_and_with_several(generic: Post) -> None:
    for number in range(3):
        generic.taken(f"f-{number}")
    form = [("id", "f-0"), ("state.word", "DELIVRD"), ("id", "f-1"), ("state.word", "UNDELIV"), ("x", "y")]
    assert generic.post(form, kind=FORM + "; charset=UTF-8").status == 200
    assert generic.post([("id", "f-2"), ("state.word", "DELIVRD")], kind=FORM).status == 200
    assert [generic.outcomes()[f"f-{number}"] for number in range(3)] == ["delivered", "unreachable", "delivered"]


def test_karaden_behind_it(generic: Post) -> None:
    words = {"none": "accepted", "received": "delivered", "unconnected": "unreachable", "error": "failed", "unknown": "unknown"}
    for word in words:
        generic.taken(f"uuid-{word}", "fallback")
        assert generic.post({"object": "message", "id": f"uuid-{word}", "result": word}, SECOND).status == 200
    assert {word: generic.outcomes()[f"uuid-{word}"] for word in words} == words
    # each gateway speaks of its own messages only
    generic.taken("uuid-x", "fallback")
    assert generic.post(one("uuid-x")).status == 200 and generic.outcomes()["uuid-x"] == "accepted"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((), 401),
        ((("Authorization", ""),), 401),
        ((("Authorization", "Bearer wrong"),), 403),
        ((("Authorization", SECRET),), 403),
        ((("Authorization", f"Bearer {SECRET} "),), 403),
        ((("Authorization", f"bearer {SECRET[:-1]}"),), 403),
        ((("Authorization", "\xff\xfe"),), 403),
        ((("X-Secret", SECRET),), 401),
    ],
    ids=range(8),
)
def test_without_the_secret_nothing_changes(generic: Post, headers: tuple[tuple[str, str], ...], status: int) -> None:
    generic.taken("kept")
    before = generic.stored()
    answer = generic.post(one("kept"), headers=headers)
    assert answer.status == status and answer.json()["error_description"] and generic.stored() == before
    assert (answer.header("WWW-Authenticate") == "Bearer") == (status == 401)


BAD: dict[str, tuple[str | None, bytes]] = {
    "nothing": (JSON, b""),
    "no JSON": (JSON, b"{"),
    "another type": ("text/plain", b"{}"),
    "no type": (None, b"{}"),
    "no UTF-8": (JSON, b'{"id": "\xff"}'),
    "no results": (JSON, b"[]"),
    "null": (JSON, b"null"),
    "a number": (JSON, b"7"),
    "a text": (JSON, b'"id"'),
    "no id": (JSON, b'{"state": {"word": "DELIVRD"}}'),
    "no status": (JSON, b'{"id": "1"}'),
    "a status too high": (JSON, b'{"id": "1", "state": "word"}'),
    "an empty id": (JSON, b'{"id": "", "state": {"word": "DELIVRD"}}'),
    "an id of true": (JSON, b'{"id": true, "state": {"word": "DELIVRD"}}'),
    "an id that is a list": (JSON, b'{"id": ["1"], "state": {"word": "DELIVRD"}}'),
    "a fraction": (JSON, b'{"id": 1.5, "state": {"word": "DELIVRD"}}'),
    "a huge number": (JSON, b'{"id": ' + b"9" * 5_000 + b', "state": {"word": "DELIVRD"}}'),
    "a long id": (JSON, b'{"id": "' + b"9" * 201 + b'", "state": {"word": "DELIVRD"}}'),
    "one bad among good": (JSON, b'[{"id": "1", "state": {"word": "DELIVRD"}}, 7]'),
    "deep": (JSON, b"[" * 60_000),
    "too many": (JSON, b"[" + b"1," * 1_000 + b"1]"),
    "a form without fields": (FORM, b""),
    "a form without status": (FORM, b"id=1"),
    "a form with two ids": (FORM, b"id=1&id=2&state.word=DELIVRD"),
    "a form with a broken escape": (FORM, b"id=%4&state.word=DELIVRD"),
    "a form with NUL": (FORM, b"id=%00&state.word=DELIVRD"),
    "a form with empty values": (FORM, b"id=&state.word="),
    "a form of many fields": (FORM, b"id=1&state.word=DELIVRD" + b"&a=b" * 200),
    "multipart": ("multipart/form-data; boundary=x", b"--x--"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_body_is_refused_whole(generic: Post, kind: str) -> None:
    generic.taken("1")
    before = generic.stored()
    content_type, body = BAD[kind]
    answer = generic.call(Request("POST", FIRST, body=body, content_type=content_type, headers=BEARER))
    assert answer.status == 400 and answer.json()["error_description"] and generic.stored() == before


@pytest.mark.parametrize("word", ["\x00", "\ud800", "' OR 1=1 --", "{brand}"])
def test_odd_ids_and_words_change_nothing_and_break_nothing(generic: Post, word: str) -> None:
    generic.taken(f"odd-{len(word)}")
    before = generic.stored()
    assert generic.post([one(word), one(f"odd-{len(word)}", word)]).status == 200 and generic.stored() == before


def test_a_body_that_is_too_large_is_not_read(generic: Post) -> None:
    assert generic.post(b" " * 65_537).status == 413
    assert generic.post(b" " * 65_537, chunked=True).status == 413
    assert generic.post(b"", length="99999999999").status == 413


def test_only_by_post(generic: Post) -> None:
    for path in (FIRST, SECOND):
        for method in ("GET", "PUT", "DELETE", "HEAD"):
            assert generic.call(Request(method, path, headers=BEARER)).status == 405


def test_a_header_by_name_and_results_further_down(tmp_path: Path) -> None:
    rest = f'header = "X-Gateway-Key"\nresults_field = "data.reports"\nid_field = "0"\nstatus_field = "1"\nsecret = "{SECRET}"\n'
    post = Post(tmp_path, f'body = "n={{to}}&b={{body}}"\n[sms.gateway.receipt]\n{rest}outcomes = {WORDS}\n')
    post.taken("h-1")
    data = {"data": {"reports": [["h-1", "DELIVRD"]]}}
    assert post.post(data).status == 401
    assert post.post(data, headers=(("X-Gateway-Key", f"Bearer {SECRET}"),)).status == 403
    assert post.post(data, headers=(("X-Gateway-Key", SECRET),)).status == 200 and post.outcomes() == {"h-1": "delivered"}
