"""What a browser may say of a passkey that proves nothing: refused in the same words, and the passkey goes on (WebAuthn Level 3
section 7.2)."""

from typing import Any, Callable

import pytest

from tests.passkeys.authenticator import BE, BS, UP, UV, Authenticator, text
from tests.passkeys.person import NO, Holder, give, holder, options_of
from tests.running import Browser, Idp, answer_of
from tests.settings.member import errors, rows

Change = Callable[[Authenticator, dict[str, Any]], Any]


def _answer(key: Authenticator, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = key.answer(options)
    response = {**said["response"], **{name: value for name, value in changes.items() if name in said["response"]}}
    return {**said, **{name: value for name, value in changes.items() if name not in said["response"]}, "response": response}


def _broken_signature(key: Authenticator, options: dict[str, Any]) -> dict[str, Any]:
    signature = key.answer(options)["response"]["signature"]
    return _answer(key, options, signature=signature)  # of another client data


WRONG: dict[str, Change] = {
    "another site's origin": lambda key, options: key.answer(options, origin="https://evil.example"),
    "a port beside ours": lambda key, options: key.answer(options, origin="http://localhost:1"),
    "in a frame of another site": lambda key, options: key.answer(options, crossOrigin=True),
    "another site's key": lambda key, options: Authenticator(key.origin, "evil.example", key=key.key, id=key.id, owner=key.owner).answer(options),
    "no user verified": lambda key, options: key.answer(options, flags=UP),
    "no user present": lambda key, options: key.answer(options, flags=UV),
    "a copy where there can be none": lambda key, options: key.answer(options, flags=UP | UV | BS),
    "copies where there were none before": lambda key, options: key.answer(options, flags=UP | UV | BE),
    "a challenge of nobody": lambda key, options: key.answer({"challenge": text(b"x" * 32)}),
    "an empty challenge": lambda key, options: key.answer({"challenge": ""}),
    "the type of a registration": lambda key, options: key.answer(options, kind="webauthn.create"),
    "another key": lambda key, options: Authenticator(key.origin, id=key.id, owner=key.owner).answer(options),
    "a signature of something else": _broken_signature,
    "no signature": lambda key, options: _answer(key, options, signature=""),
    "nobody's credential": lambda key, options: Authenticator(key.origin, key=key.key, owner=key.owner).answer(options),
    "another owner": lambda key, options: _answer(key, options, userHandle=text(b"somebody")),
    "no owner": lambda key, options: _answer(key, options, userHandle=None),
    "an owner who is no text": lambda key, options: _answer(key, options, userHandle=text(b"\xff\xfe")),
    "two ids": lambda key, options: _answer(key, options, rawId=text(b"x" * 32)),
    "a foreign type": lambda key, options: _answer(key, options, type="password"),
    "no type": lambda key, options: _answer(key, options, type=None),
    "an endless id": lambda key, options: _answer(key, options, id="a" * 2_000, rawId="a" * 2_000),
    "short authenticator data": lambda key, options: _answer(key, options, authenticatorData=text(b"x" * 36)),
    "authenticator data and more": lambda key, options: _answer(key, options, authenticatorData=key.answer(options)["response"]["authenticatorData"] + "AAAA"),
    "broken CBOR in it": lambda key, options: _answer(key, options, authenticatorData=text(b"x" * 32 + b"\xc5" + b"x" * 20 + b"\x00\x01i\xff")),
    "endless CBOR in it": lambda key, options: _answer(key, options, authenticatorData=text(b"x" * 32 + b"\xc5" + b"x" * 20 + b"\x00\x01i" + b"\x9b" + b"\x7f" * 8)),
    "client data that is no JSON": lambda key, options: _answer(key, options, clientDataJSON=text(b"{")),
    "client data that is a list": lambda key, options: _answer(key, options, clientDataJSON=text(b"[]")),
    "client data of numbers": lambda key, options: _answer(key, options, clientDataJSON=text(b'{"type": 1, "challenge": 2, "origin": 3}')),
    "deep client data": lambda key, options: _answer(key, options, clientDataJSON=text(b"[" * 9_000)),
    "no base64": lambda key, options: _answer(key, options, authenticatorData="あ"),
    "no JSON": lambda key, options: "{",
    "deep JSON": lambda key, options: "[" * 16_000,
    "a list": lambda key, options: [],
    "null": lambda key, options: None,
    "nothing": lambda key, options: "",
    "no response": lambda key, options: {"id": text(key.id), "rawId": text(key.id), "type": "public-key"},
    "a response of lists": lambda key, options: {"id": text(key.id), "type": "public-key", "response": {"clientDataJSON": [], "authenticatorData": {}, "signature": 1}},
}


@pytest.fixture(scope="module")
def kept(idp: Idp) -> tuple[Holder, Authenticator]:
    """One member for all the wrong answers."""
    return holder(idp)


@pytest.mark.parametrize("what", WRONG)
def test_what_proves_nothing_is_refused_in_the_same_words(idp: Idp, portal: dict, kept: tuple[Holder, Authenticator], what: str) -> None:
    member, key = kept
    rows(idp, "DELETE FROM failures WHERE bucket LIKE 'passkey:%'")
    browser = Browser(idp)
    page = browser.authorize(portal)
    answer = give(browser, page, WRONG[what](key, options_of(page)))
    assert (answer.status_code, errors(answer)) == (200, errors(answer)) and NO in errors(answer), what
    assert "idp-session" not in browser.cookies
    assert answer_of(member.sign_in(key, answer, browser))["code"], "the page has another challenge, and the passkey goes on"
