"""The endpoint for events of portals: who may send them, of what shape, each once."""

import json
from typing import Any, Iterator

import pytest

from tests.input.wire import FORM
from tests.portal_events.post import SECRET, Post, event


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """One installation for the file."""
    yield Post(tmp_path_factory.mktemp("events"))


DELETED = event("mailbox.deleted", address="nobody@isp.example")


def test_an_event_is_taken_and_answered_by_202_without_a_body(inside: Post) -> None:
    for client, more in (("teller", {}), (None, {"client_id": "poster", "client_secret": SECRET})):
        answer = inside.post(event("mailbox.deleted", address="nobody@isp.example", **more), client)
        assert (answer.status, answer.body) == (202, b"") and "no-store" in answer.header("Cache-Control")


@pytest.mark.parametrize(
    ("data", "client", "secret", "status", "err"),
    [
        (DELETED, None, "", 401, "authentication_failed"),
        (DELETED, "teller", "wrong-wrong-wrong", 401, "authentication_failed"),
        (DELETED, "nobody", SECRET, 401, "authentication_failed"),
        (DELETED, "poster", SECRET, 401, "authentication_failed"),
        (DELETED | {"client_id": "teller", "client_secret": SECRET}, None, "", 401, "authentication_failed"),
        (DELETED | {"client_id": "poster"}, None, "", 401, "authentication_failed"),
        (DELETED | {"client_id": "poster", "client_secret": [SECRET]}, None, "", 401, "authentication_failed"),
        (DELETED | {"client_id": "open"}, None, "", 401, "authentication_failed"),
        (DELETED | {"client_id": "mute"}, "teller", SECRET, 401, "authentication_failed"),
        (DELETED | {"client_secret": SECRET}, "teller", SECRET, 401, "authentication_failed"),
        (DELETED, "mute", SECRET, 403, "access_denied"),
    ],
)
def test_who_may_not_changes_nothing(inside: Post, data: Any, client: str | None, secret: str, status: int, err: str) -> None:
    inside.post(data, client, secret)  # that it could not prove itself is put on record once a minute
    before = inside.stored()
    answer = inside.post(data, client, secret)
    assert (answer.status, answer.json()["err"]) == (status, err) and answer.json()["description"] and inside.stored() == before
    assert (answer.header("WWW-Authenticate") == 'Basic realm="idp"') == (status == 401)
    assert answer.header("Content-Language") == "en"


GOOD = {
    "mailbox.renamed": {"old": "a@isp.example", "new": "b@isp.example"},
    "mailbox.deleted": {"address": "a@isp.example"},
    "contract.ended": {"sub": "nobody"},
}
BAD: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": b'{"jti":"\xff"}',
    "no object": b"[]",
    "a text": b'"x"',
    "NaN": b'{"jti":NaN}',
    "a member twice": json.dumps(event("mailbox.deleted", **GOOD["mailbox.deleted"])).replace("{", '{"jti":"a",', 1).encode(),
    "deep": b"[" * 4_000,
    "a huge number": b'{"jti":"a","event":"mailbox.renamed","old_valid_until":' + b"9" * 5_000 + b"}",
    "no event": {"jti": "a"},
    "no jti": {"event": "mailbox.deleted", **GOOD["mailbox.deleted"]},
    "an odd jti": event("mailbox.deleted", **GOOD["mailbox.deleted"]) | {"jti": "a\nb"},
    "an empty jti": event("mailbox.deleted", **GOOD["mailbox.deleted"]) | {"jti": ""},
    "a long jti": event("mailbox.deleted", **GOOD["mailbox.deleted"]) | {"jti": "a" * 129},
    "a number as jti": event("mailbox.deleted", **GOOD["mailbox.deleted"]) | {"jti": 7},
    "an unknown event": event("mailbox.added", **GOOD["mailbox.deleted"]),
    "a list as event": event("", **GOOD["mailbox.deleted"]) | {"event": ["mailbox.deleted"]},
    "an unknown member": event("mailbox.deleted", **GOOD["mailbox.deleted"], more=1),
    "many members": {f"m{n}": n for n in range(20)},
    "no address": event("mailbox.deleted", address="x"),
    "a null address": event("mailbox.deleted", address=None),
    "a long address": event("mailbox.deleted", address="a" * 300 + "@isp.example"),
    "a surrogate": event("mailbox.deleted", address="\ud800@isp.example"),
    "NUL": event("mailbox.deleted", address="a\x00@isp.example"),
    "the same address": event("mailbox.renamed", old="a@isp.example", new="Ａ@isp.example"),
    "a date as text": event("mailbox.renamed", **GOOD["mailbox.renamed"], old_valid_until="2027-01-01"),
    "a truth as date": event("mailbox.renamed", **GOOD["mailbox.renamed"], old_valid_until=True),
    "a fraction as date": event("mailbox.renamed", **GOOD["mailbox.renamed"], old_valid_until=1.5),
    "the end of time": event("mailbox.renamed", **GOOD["mailbox.renamed"], old_valid_until=2**63),
    "before all time": event("mailbox.renamed", **GOOD["mailbox.renamed"], old_valid_until=-1),
    "no contract": event("contract.ended"),
    "two contracts": event("contract.ended", sub="a", contractor_id="1"),
    "a long contract": event("contract.ended", contractor_id="1" * 65),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_event_is_refused_with_a_reason(inside: Post, name: str) -> None:
    before = inside.stored()
    answer = inside.post(BAD[name])
    assert answer.status == 400, answer.text
    assert answer.json()["err"] == "invalid_request" and len(answer.json()["description"]) > 10 and inside.stored() == before


def test_what_is_too_long_or_no_json_at_all(inside: Post) -> None:
    before = inside.stored()
    assert inside.post(event("mailbox.deleted", address="a" * 9_000)).status == 413
    assert inside.post(b"x" * 70_000).status == 413
    assert [inside.post(DELETED, kind=kind).status for kind in (FORM, "application/jwt", "")] == [415] * 3
    assert inside.post(event("contract.ended", sub="x"), kind="application/json; charset=utf-8").status == 202
    assert inside.stored()[1] == before[1]


@pytest.mark.parametrize("name", GOOD)
def test_the_same_event_counts_once_and_that_of_another_portal_by_itself(inside: Post, name: str) -> None:
    count = lambda: inside.column("SELECT COUNT(*) FROM received_events")[0]  # noqa: E731
    one, before = event(name, **GOOD[name]), count()
    assert [inside.post(one).status for _ in range(3)] == [202] * 3 and count() == before + 1
    assert inside.post(one | {"client_id": "poster", "client_secret": SECRET}, None).status == 202 and count() == before + 2


def test_the_answer_does_not_say_whether_somebody_is_concerned(inside: Post) -> None:
    member = inside.member()
    known = inside.post(event("mailbox.deleted", address=member.mailbox))
    unknown = inside.post(event("mailbox.deleted", address="nobody@isp.example"))
    told = [[pair for pair in one.headers if pair[0] != "X-Request-Id"] for one in (known, unknown)]
    assert (known.status, known.body) == (unknown.status, unknown.body) and told[0] == told[1]
    assert inside.read(member).mailbox is None
