"""The specification's own test vectors before our checks: what refuses one is what we demand beyond it, and nothing else
(WebAuthn Level 3 section 16; requirement MF-10)."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

from idp.config import Settings
from idp.services import webauthn_checks
from idp.services.webauthn_checks import Refused
from tests.passkeys.authenticator import BE, BS, data, text
from tests.passkeys.vectors import ASSERTED, ORIGIN, Vector, vector

UNVERIFIED, FRAMED, ATTESTED = "User verification is required", "in a frame of another site", "nobody asked for"
MADE = {
    "none.ES256": UNVERIFIED,
    "packed-self.ES256": "",
    "none.ES256.crossOrigin": FRAMED,
    "none.ES256.topOrigin": FRAMED,
    "none.ES256.long-credential-id": UNVERIFIED,
    "packed.ES256": ATTESTED,
}
USED = {
    "none.ES256": UNVERIFIED,
    "packed-self.ES256": UNVERIFIED,
    "none.ES256.crossOrigin": FRAMED,
    "none.ES256.topOrigin": FRAMED,
    "none.ES256.long-credential-id": "",
    "packed.ES256": "",
    "packed.RS256": UNVERIFIED,
    "packed.EdDSA": UNVERIFIED,
}
HERE = Settings(issuer=ORIGIN)


def why(error: Refused) -> str:
    """What was wrong, whoever found it."""
    return f"{error} {error.__cause__}"


@pytest.mark.parametrize("name", ASSERTED)
def test_what_is_derived_here_is_what_was_signed_there(name: str) -> None:
    one = vector(name)
    response = one.authentication["response"]
    signature = data(response["signature"])
    signed = data(response["authenticatorData"]) + hashlib.sha256(data(response["clientDataJSON"])).digest()
    # each raises InvalidSignature otherwise
    if isinstance(one.public_key, ec.EllipticCurvePublicKey):
        one.public_key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    elif isinstance(one.public_key, ed25519.Ed25519PublicKey):
        one.public_key.verify(signature, signed)
    else:
        one.public_key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    assert len(data(one.challenges[1])) == 32


@pytest.mark.parametrize("name", MADE)
def test_a_registration_is_taken_or_refused_for_the_one_thing_that_we_demand_beyond(name: str) -> None:
    one = vector(name)
    said = json.dumps(one.registration)
    if MADE[name]:
        with pytest.raises(Refused) as refused:
            webauthn_checks.registered(said, one.challenges[0], HERE)
        assert MADE[name] in why(refused.value)
        return
    made = webauthn_checks.registered(said, one.challenges[0], HERE)
    assert (made.credential_id, made.public_key, made.counter) == (one.registration["id"], text(one.cose), 0)
    assert (made.backed_up, made.eligible) == (bool(one.flags[0] & BS), bool(one.flags[0] & BE)) == (True, True)
    with pytest.raises(Refused):
        webauthn_checks.registered(said, one.challenges[1], HERE)


@pytest.mark.parametrize("name", USED)
def test_an_authentication_is_taken_or_refused_for_the_one_thing_that_we_demand_beyond(name: str) -> None:
    one = vector(name)
    if USED[name]:
        with pytest.raises(Refused) as refused:
            _asserted(one, one.challenges[1])
        assert USED[name] in why(refused.value)
        return
    shown = _asserted(one, one.challenges[1])
    assert (shown.counter, shown.backed_up, shown.eligible) == (0, bool(one.flags[1] & BS), bool(one.flags[1] & BE)) == (0, False, True)
    for wrong in (_changed(one, "signature"), _changed(one, "authenticatorData"), _changed(one, "clientDataJSON")):
        with pytest.raises(Refused):
            _asserted(wrong, one.challenges[1])
    with pytest.raises(Refused):
        _asserted(one, one.challenges[0])


def _asserted(one: Vector, challenge: str) -> webauthn_checks.Asserted:
    said = webauthn_checks.given(json.dumps(one.authentication))
    return webauthn_checks.asserted(said, challenge, text(one.cose), HERE)


def _changed(one: Vector, part: str) -> Vector:
    """The vector with one bit turned, in the last byte."""
    response = one.authentication["response"]
    whole = bytearray(data(response[part]))
    whole[-1] ^= 1
    turned = {**one.authentication, "response": {**response, part: text(bytes(whole))}}
    return Vector(one.public_key, one.cose, one.flags, one.challenges, one.registration, turned)
