"""An authenticator and its browser in software: says what they say, and whatever else a test wants said (WebAuthn Level 3)."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
ES256, EDDSA, RS256 = -7, -8, -257


def text(data: bytes) -> str:
    """Base64url."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def data(said: str) -> bytes:
    """What base64url stands for."""
    return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))


def _key(alg: int) -> Any:
    if alg == ES256:
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate() if alg == EDDSA else rsa.generate_private_key(65537, 2048)


def cose(key: Any, alg: int) -> dict[int, Any]:
    """The public key as COSE has it (RFC 9053)."""
    public = key.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        numbers, size = public.public_numbers(), (public.curve.key_size + 7) // 8
        curve = {"secp256r1": 1, "secp384r1": 2, "secp521r1": 3}[public.curve.name]
        return {1: 2, 3: alg, -1: curve, -2: numbers.x.to_bytes(size, "big"), -3: numbers.y.to_bytes(size, "big")}
    if isinstance(public, ed25519.Ed25519PublicKey):
        return {1: 1, 3: alg, -1: 6, -2: public.public_bytes_raw()}
    numbers = public.public_numbers()
    whole = lambda number: number.to_bytes((number.bit_length() + 7) // 8, "big")  # noqa: E731
    return {1: 3, 3: alg, -1: whole(numbers.n), -2: whole(numbers.e)}


def cose_bytes(device: "Authenticator") -> bytes:
    """The device's public key as it is stored."""
    return cbor2.dumps(cose(device.key, device.alg))


@dataclass
class Authenticator:
    """One credential at a site: `origin` is what the browser shows, `rp_id` what the key is for; `owner` the user handle."""

    origin: str
    rp_id: str = "localhost"
    alg: int = ES256
    key: Any = None
    id: bytes = field(default_factory=lambda: os.urandom(32))
    owner: str = ""
    counter: int = 0
    counts: bool = True
    eligible: bool = False
    backed_up: bool = False

    def __post_init__(self) -> None:
        self.key = self.key or _key(self.alg)

    def _client_data(self, kind: str, challenge: str, **more: Any) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **more}).encode()

    def _authenticator_data(self, flags: int, attested: bytes = b"") -> bytes:
        self.counter += self.counts
        site = hashlib.sha256(self.rp_id.encode()).digest()
        flags |= BE if self.eligible or self.backed_up else 0
        flags |= BS if self.backed_up else 0
        return site + bytes([flags]) + self.counter.to_bytes(4, "big") + attested

    def make(self, options: dict[str, Any], flags: int = UP | UV | AT, key: Any = None, fmt: str = "none", statement: Any = None, **said: Any) -> dict[str, Any]:
        """The answer of `navigator.credentials.create()`. `key`: another COSE key, as an object or in CBOR; `said`: members of
        the client data."""
        self.owner = data(options["user"]["id"]).decode()
        public = cose(self.key, self.alg) if key is None else key
        public = public if isinstance(public, bytes) else cbor2.dumps(public)
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        shown = self._authenticator_data(flags, attested if flags & AT else b"")
        attestation = cbor2.dumps({"fmt": fmt, "attStmt": statement or {}, "authData": shown})
        client = self._client_data(**{"kind": "webauthn.create", "challenge": options["challenge"], **said})
        response = {"clientDataJSON": text(client), "attestationObject": text(attestation), "transports": ["internal", "hybrid"]}
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}

    def sign(self, signed: bytes) -> bytes:
        """A signature."""
        if self.alg == ES256:
            return bytes(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
        if self.alg == EDDSA:
            return bytes(self.key.sign(signed))
        return bytes(self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))

    def answer(self, options: dict[str, Any], flags: int = UP | UV, **said: Any) -> dict[str, Any]:
        """The answer of `navigator.credentials.get()`."""
        shown = self._authenticator_data(flags)
        client = self._client_data(**{"kind": "webauthn.get", "challenge": options["challenge"], **said})
        signature = self.sign(shown + hashlib.sha256(client).digest())
        response = {"clientDataJSON": text(client), "authenticatorData": text(shown), "signature": text(signature)}
        response["userHandle"] = text(self.owner.encode())
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}
