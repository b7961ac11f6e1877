"""FAPI 2.0 Message Signing, Final: the modules that its certification plan has beyond the Security Profile's, each under the
name that it has there, and signed answers."""

import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from idp.domain.fapi import SIGNING
from tests.oidc import signing
from tests.oidc.fapi import Party, is_refused
from tests.oidc.installation import Installation
from tests.oidc.relying_party import base64url, header_of, unbase64
from tests.oidc.test_request_object import signed
from tests.running import Browser, claims_of

NOW = time.time


@pytest.fixture(scope="module")
def signer(house: Installation) -> Party:
    """A portal that signs its requests."""
    return Party(house, house.portals[SIGNING])


def sent(signer: Party, **changes: Any) -> str:
    """A request object for the mode that the profile wants, with changes; None leaves one out."""
    return signed(signer.portal, **{"response_mode": "jwt", **changes})


def is_no_object(signer: Party, text: str) -> bool:
    """Whether the push of this object fails as it should (RFC 9101 section 7)."""
    return is_refused(signer.push({"client_id": signer.portal.id, "request": text}), "invalid_request_object")


def test_ensure_request_object_with_multiple_aud_succeeds(signer: Party, signed_in: Browser) -> None:
    """The issuer among others."""
    many = sent(signer, aud=["https://other.example", signer.portal.provider.issuer])
    uri = signer.push({"request": many}).json()["request_uri"]
    assert "code" in signer.answer(signer.come(signed_in, uri))


def test_ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(signer: Party) -> None:
    """A clock that is somewhat ahead."""
    assert signer.push(nbf=int(NOW()) + 8).status_code == 201


def test_request_objects_with_wrong_times_fail(signer: Party) -> None:
    """ensure-request-object-without-exp-fails, -without-nbf-fails, -with-exp-over-60-fails, -with-nbf-over-60-fails,
    ensure-expired-request-object-fails."""
    now = int(NOW())
    for changes in ({"exp": None}, {"nbf": None}, {"exp": now + 3_700}, {"nbf": now - 3_700, "exp": now + 60}, {"nbf": now - 600, "exp": now - 300}):
        assert is_no_object(signer, sent(signer, **changes)), changes
    assert signer.push(nbf=now - 3_500, exp=now + 60).status_code == 201


def test_ensure_request_object_with_bad_aud_fails(signer: Party) -> None:
    """Meant for somebody else."""
    for aud in ("https://other.example", ["https://other.example"], signer.portal.provider.endpoint("token"), None):
        assert is_no_object(signer, sent(signer, aud=aud)), aud


def test_ensure_signed_request_object_with_rs256_fails(signer: Party) -> None:
    """RS256 by the very key that is registered for PS256."""
    key = signing.KEYS["portal-PS256"]
    same = type(key).import_key({**key.as_dict(private=True), "alg": "RS256"})
    assert header_of(signed(signer.portal, key=same))["alg"] == "RS256"
    assert is_no_object(signer, signed(signer.portal, key=same, response_mode="jwt"))


def test_ensure_request_object_signature_algorithm_is_not_none(signer: Party) -> None:
    """Unsigned, in any spelling."""
    body = sent(signer).split(".")[1]
    for none in ("none", "NONE", "nOnE"):
        assert is_no_object(signer, f"{base64url(json.dumps({'alg': none}).encode())}.{body}.")


def test_ensure_request_object_with_invalid_signature_fails(signer: Party) -> None:
    """One bit of it is wrong."""
    head, body, tail = sent(signer).split(".")
    wrong = bytearray(unbase64(tail))
    wrong[0] ^= 1
    assert is_no_object(signer, f"{head}.{body}.{base64url(bytes(wrong))}")


def test_ensure_matching_key_in_authorization_request(house: Installation, signer: Party) -> None:
    """Signed by another client, by its own name or by ours."""
    other = house.portals[f"{SIGNING}-other"]
    for text in (signed(other, response_mode="jwt"), signed(signer.portal, key=signing.KEYS["portal-ES256"], response_mode="jwt")):
        assert is_no_object(signer, text)


def test_ensure_unsigned_request_at_par_endpoint_fails(signer: Party) -> None:
    """Parameters without an object."""
    assert is_refused(signer.push(signer.portal.request(response_mode="jwt")), "invalid_request_object", "invalid_request")


def test_answers_are_signed_and_short_lived(signer: Party, signed_in: Browser) -> None:
    """JARM: `response` and nothing beside it, good for 10 seconds to 10 minutes, by an algorithm of the profile."""
    page = signer.come(signed_in, signer.pushed())
    [(name, text)] = parse_qsl(urlsplit(page.headers["Location"]).query)
    assert name == "response" and header_of(text)["alg"] == "ES256" and header_of(text)["kid"]
    assert 10 <= claims_of(text)["exp"] - NOW() <= 600 and claims_of(text)["aud"] == signer.portal.id


def test_an_unsigned_answer_cannot_be_asked_for(signer: Party) -> None:
    """Message Signing section 5.4.1: the mode is one of the signed ones."""
    for mode in ("query", "form_post", "fragment", None):
        assert is_refused(signer.push(form={"request": sent(signer, response_mode=mode)}), "invalid_request"), mode
    for mode in ("jwt", "query.jwt", "form_post.jwt"):
        assert signer.push(form={"request": sent(signer, response_mode=mode)}).status_code == 201, mode


def test_the_error_of_a_plain_request_is_signed_too(signer: Party, browser: Browser) -> None:
    """Message Signing section 5.4.1: also of one that names no mode, none that we know, an unsigned one, or several."""
    for changes in ({}, {"response_mode": "fragment"}, {"response_mode": "query"}, {"response_mode": "form_post"}, {"request": "x.y.z"}):
        assert signer.answer(signer.portal.ask(browser, **changes))["error"] in ("invalid_request", "invalid_request_object"), changes
    twice = browser.go(signer.portal.address(response_mode="jwt") + "&response_mode=jwt")
    assert signer.answer(twice)["error"] == "invalid_request"
