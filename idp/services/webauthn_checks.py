"""What a browser says of a passkey, taken apart and verified by the `webauthn` library (WebAuthn Level 3, sections 7.1 and 7.2)."""

import base64
import ipaddress
import json
from dataclasses import dataclass
from typing import Any, Mapping

import structlog

from idp.config import Settings

log = structlog.get_logger("idp.passkeys")
MAX_TEXT = 16_384  # an RSA key and the longest credential id are a fifth of it
MAX_ID = 1_364  # 1023 bytes in base64url (section 4, Credential ID)
ES256, EDDSA, RS256 = -7, -8, -257  # COSE algorithms, in the order in which they are asked for
ALGORITHMS = (ES256, EDDSA, RS256)
TRANSPORTS = frozenset({"ble", "hybrid", "internal", "nfc", "smart-card", "usb"})
FORMATS = frozenset({"none", "packed"})  # what browsers send where no attestation is asked for; packed: the key's own word
RSA_BYTES = range(256, 513)
# the base point of P-256 as a COSE key: asked in place of a key that there is none of, so that both take as long
NOBODY = "pQECAyYgASFYIGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWIlggT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"


class Refused(Exception):
    """What was said proves nothing; the reason is for the log."""


@dataclass(frozen=True)
class Given:
    """An answer of `navigator.credentials.get()`: ids in base64url, the rest as the library takes it. `owner`: the user handle
    that was stored beside the key, None if there is none."""

    credential_id: str
    owner: str | None
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class Asserted:
    """A good signature: how often the authenticator has signed (0: it does not count), whether copies of the key may be kept
    (`eligible`; section 6.1.3), and whether they are."""

    counter: int
    eligible: bool
    backed_up: bool


@dataclass(frozen=True)
class Registered:
    """A new credential; `credential_id` and `public_key` (COSE) in base64url, `eligible` and `backed_up` as in `Asserted`."""

    credential_id: str
    public_key: str
    counter: int
    transports: tuple[str, ...]
    eligible: bool
    backed_up: bool


def rp_id(settings: Settings) -> str | None:
    """The relying party's id: the issuer's host. None for an address, which no browser makes passkeys for (section 5.1.2)."""
    try:
        ipaddress.ip_address(settings.host)
    except ValueError:
        return settings.host
    return None


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _read(text: str, wanted: tuple[str, ...]) -> dict[str, Any]:
    """The members of a credential's JSON (section 5.1, toJSON) that matter here. Raises `Refused`."""
    try:
        said = json.loads(text) if len(text) <= MAX_TEXT else None
    except (ValueError, RecursionError):
        said = None
    response = said.get("response") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(response, dict):
        raise Refused("not a credential")
    found = {name: response.get(name) for name in wanted}
    if said.get("type") != "public-key" or not all(isinstance(one, str) for one in (said.get("id"), *found.values())):
        raise Refused("not a public-key credential")
    if not 1 <= len(said["id"]) <= MAX_ID:
        raise Refused("the credential's id is too long")
    return {"id": said["id"], "rawId": said.get("rawId", ""), "type": "public-key", "response": found | _optional(response)}


def _optional(response: Mapping[str, Any]) -> dict[str, Any]:
    handle, transports = response.get("userHandle"), response.get("transports")
    known = [one for one in transports[:16] if isinstance(one, str) and one in TRANSPORTS] if isinstance(transports, list) else []
    return {"transports": list(dict.fromkeys(known)), **({"userHandle": handle} if isinstance(handle, str) and handle else {})}


def given(text: str) -> Given:
    """The answer that a form has carried, not verified yet. Raises `Refused`."""
    raw = _read(text, ("clientDataJSON", "authenticatorData", "signature"))
    try:
        handle = raw["response"].get("userHandle")
        return Given(raw["id"], _bytes(handle).decode() if handle else None, raw)
    except ValueError:
        raise Refused("the user handle is none of ours") from None


def _same_site(raw: Mapping[str, Any]) -> None:
    """Section 7.2 step 14: nothing that was said in a frame of another site counts. Raises `Refused`."""
    from webauthn.helpers import parse_client_data_json

    if parse_client_data_json(_bytes(raw["response"]["clientDataJSON"])).cross_origin:
        raise Refused("said in a frame of another site")


def asserted(said: Given, challenge: str, public_key: str, settings: Settings) -> Asserted:
    """Verify what was given against the challenge, the issuer, and the key (COSE, base64url); the user must have been verified.
    What the authenticator counts is for the caller to compare. Raises `Refused`."""
    from webauthn import verify_authentication_response  # takes long to import, and most workers need it late

    try:
        _same_site(said.raw)
        found = verify_authentication_response(
            credential=dict(said.raw),
            expected_challenge=_bytes(challenge),
            expected_rp_id=rp_id(settings) or "",
            expected_origin=settings.issuer,
            credential_public_key=_bytes(public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # whatever the formats inside hold that the library does not expect
        raise _refused(error) from error
    return Asserted(found.new_sign_count, _eligible(found), found.credential_backed_up)


def registered(text: str, challenge: str, settings: Settings) -> Registered:
    """Verify an answer of `navigator.credentials.create()`: the same, for a key of one of our algorithms. Raises `Refused`."""
    from webauthn import verify_registration_response
    from webauthn.helpers import parse_attestation_object
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    raw = _read(text, ("clientDataJSON", "attestationObject"))
    try:
        _same_site(raw)
        statement = parse_attestation_object(_bytes(raw["response"]["attestationObject"]))
        if statement.fmt not in FORMATS or getattr(statement.att_stmt, "x5c", None):
            raise Refused("an attestation that nobody asked for")
        found = verify_registration_response(
            credential=raw,
            expected_challenge=_bytes(challenge),
            expected_rp_id=rp_id(settings) or "",
            expected_origin=settings.issuer,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(one) for one in ALGORITHMS],
        )
        if _text(found.credential_id) != raw["id"]:
            raise Refused("two ids of one credential")
        _usable(found.credential_public_key)
    except Exception as error:  # as above
        raise _refused(error) from error
    key = _text(found.credential_public_key)
    transports = tuple(raw["response"]["transports"])
    return Registered(raw["id"], key, found.sign_count, transports, _eligible(found), found.credential_backed_up)


def _eligible(found: Any) -> bool:
    return str(found.credential_device_type.value) == "multi_device"


def _usable(key: bytes) -> None:
    """The key is one that the algorithm takes, and not one whose size makes verifying slow (section 5.8.5; RFC 9053 section
    2). Raises `Refused` or what the library raises."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography

    decoded = decode_credential_public_key(key)
    public = decoded_public_key_to_cryptography(decoded)
    kinds = {ES256: ec.EllipticCurvePublicKey, EDDSA: ed25519.Ed25519PublicKey, RS256: rsa.RSAPublicKey}
    kind = kinds.get(int(decoded.alg))
    if kind is None or not isinstance(public, kind):
        raise Refused("a key of another kind than its algorithm")
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name != "secp256r1":
        raise Refused("a curve that ES256 does not have")
    if isinstance(public, rsa.RSAPublicKey) and (public.key_size // 8 not in RSA_BYTES or public.public_numbers().e != 65_537):
        raise Refused("an RSA key of an unusual size")


def _refused(error: Exception) -> Refused:
    # what was said is the visitor's: no more of it than the library's own sentence
    log.info("passkey refused", reason=f"{type(error).__name__}: {error}"[:200])
    return error if isinstance(error, Refused) else Refused(type(error).__name__)
