"""Tokens that must not be believed: altered, signed by somebody else, or signed by us and of the wrong kind."""

import hashlib
import hmac
import json
import warnings
from typing import Any, Iterator

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from idp.features.oidc import jose
from idp.services.keyring import Keyring
from tests.oidc.installation import Installation
from tests.oidc.relying_party import Provider, base64url, header_of, unbase64
from tests.running import claims_of


def ours(house: Installation, token: str, typ: str | None = None, alg: str | None = None, **claims: Any) -> str:
    """The token with other claims (None removes one), signed with the provider's own key: what a leak of a signing
    service, or a mix-up of types, would give."""
    header = header_of(token)
    said = {name: value for name, value in {**claims_of(token), **claims}.items() if value is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # RFC 9864 has a new name for EdDSA
        return jose.sign(Keyring(house.deps).ring(), alg or header["alg"], typ or header["typ"], said, house.deps.now())


def joined(header: Any, payload: bytes, signature: bytes) -> str:
    """A compact JWS of these parts."""
    return ".".join(map(base64url, (json.dumps(header).encode(), payload, signature)))


def joined_by(key: Any, claims: dict[str, Any], header: dict[str, Any]) -> str:
    """A JWS of an ES256 key with whatever stands in the header."""
    full = {"alg": "ES256", "kid": key.get("kid"), **header}
    text = ".".join(base64url(json.dumps(part).encode()) for part in (full, claims))
    r, s = decode_dss_signature(key.private_key.sign(text.encode(), ECDSA(SHA256())))
    return f"{text}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


KIDS = ("unknown", "../../../dev/null", "/dev/null", "' OR 1=1 --", "a\x00b", "x" * 6000, "", None, 7, [], {})
CHANGES: tuple[tuple[str, Any], ...] = (
    ("crit", ["exp"]), ("crit", ["b64"]), ("b64", False), ("alg", "HS256"), ("alg", 7), ("alg", ["RS256"]), ("alg", None), ("typ", 7),
)  # fmt: skip


def forgeries(provider: Provider, token: str) -> Iterator[tuple[str, str]]:
    """(what is wrong, token): the same claims without a signature of ours."""
    [jwk] = [key for key in provider.fetch_keys() if key["kid"] == header_of(token)["kid"]]
    yield from forgeries_of(jwk, token)


def forgeries_of(jwk: dict[str, Any], token: str) -> Iterator[tuple[str, str]]:
    """The same for a token signed by the key whose public half this is."""
    header, payload, signature = header_of(token), unbase64(token.split(".")[1]), unbase64(token.split(".")[2])
    for none in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {none!r}", joined({**header, "alg": none}, payload, b"")
        yield f"alg {none!r} without kid", joined({"alg": none, "typ": header.get("typ", "JWT")}, payload, b"")
    yield from _hmac(jwk, header, payload)
    yield from _own_key(header, payload)
    yield from _headers(header, payload, signature)
    yield from _parts(token, signature)


def _headers(header: dict[str, Any], payload: bytes, signature: bytes) -> Iterator[tuple[str, str]]:
    """The good signature under another header."""
    for kid in (*KIDS, header.get("kid", "none") + " "):
        yield f"kid {str(kid)[:20]!r}", joined({**header, "kid": kid}, payload, signature)
    yield "no kid", joined({k: v for k, v in header.items() if k != "kid"}, payload, signature)
    for name, changed in CHANGES:
        yield f"{name} {changed!r}", joined({**header, name: changed}, payload, signature)


def _parts(token: str, signature: bytes) -> Iterator[tuple[str, str]]:
    """Other claims under the good signature, and what is no compact JWS at all or too much of one."""
    head, body, tail = token.split(".")
    changed = base64url(unbase64(body).replace(b"{", b'{"x":1,', 1))
    for name, text in {
        "changed claims": f"{head}.{changed}.{tail}", "cut signature": f"{head}.{body}.{base64url(signature[:-1])}",
        "no signature": f"{head}.{body}.", "another end": f"{head}.{body}.{base64url(signature[:-1] + bytes([signature[-1] ^ 1]))}",
        "two parts": f"{head}.{body}", "four parts": f"{token}.x", "five parts": f"{token}.{body}.{tail}", "garbage": "garbage",
        "dots": "..", "JSON": json.dumps({"payload": body, "protected": head, "signature": tail}),
        "header is a list": f"W10.{body}.{tail}",
        "header is a number": f"MQ.{body}.{tail}", "header is no JSON": f"e30x.{body}.{tail}",
        "header is not UTF-8": f"____.{body}.{tail}",
        "payload is a list": f"{head}.W10.{tail}", "deep header": base64url(b"[" * 3000) + f".{body}.{tail}",
        "space": f" {token}",
        "padding": f"{token}=", "new line": f"{token}\n", "oversized": f"{head}.{body}{'A' * 9000}.{tail}",
    }.items():  # fmt: skip
        yield name, text


def _hmac(jwk: dict[str, Any], header: dict[str, Any], payload: bytes) -> Iterator[tuple[str, str]]:
    """The public key taken for a shared secret (RFC 8725 section 2.1)."""
    key = {"RSA": RSAKey, "EC": ECKey}[jwk["kty"]].import_key(jwk)
    for form, secret in (("PEM", key.as_pem()), ("DER", key.as_der()), ("JWK", json.dumps(jwk).encode()), ("empty", b"")):
        signed = ".".join(map(base64url, (json.dumps({**header, "alg": "HS256"}).encode(), payload)))
        yield f"HS256 with {form}", f"{signed}.{base64url(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _own_key(header: dict[str, Any], payload: bytes) -> Iterator[tuple[str, str]]:
    """A key of the forger's, offered in the header (CVE-2026-27962)."""
    private = rsa.generate_private_key(65537, 2048)
    jwk = RSAKey.import_key(private.public_key()).as_dict(private=False)
    places = {
        "nowhere": {}, "jwk": {"jwk": jwk}, "jwk and its kid": {"jwk": {**jwk, "kid": "mine"}, "kid": "mine"},
        "jku": {"jku": "https://evil.example/jwks"}, "jku of loopback": {"jku": "http://127.0.0.1:1/jwks"},
        "x5u": {"x5u": "https://evil.example/cert"}, "x5c": {"x5c": ["MIIB"]},
    }  # fmt: skip
    for name, place in places.items():
        given = {**header, "alg": "RS256", **place}
        signed = ".".join(map(base64url, (json.dumps(given).encode(), payload)))
        yield f"key in {name}", f"{signed}.{base64url(private.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"
