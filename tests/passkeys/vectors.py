"""The test vectors of the specification (WebAuthn Level 3 section 16): what is derived there is derived here, and what is signed
there stands here as it is printed."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.passkeys.authenticator import AT, BE, BS, EDDSA, ES256, RS256, UP, UV, cose, text

RP_ID, ORIGIN, TOP = "example.org", "https://example.org", "https://example.com"
# section 16.10: the two smallest Mersenne primes 2^p - 1 where p >= 1024
RSA = rsa.RSAPublicNumbers(65_537, (2**1279 - 1) * (2**2203 - 1)).public_key()
EXTRA = "clientDataJSON may be extended with additional fields in the future, such as this: "
# of the attestations with a certificate, the one whose user was verified: nothing else is amiss with it
CERTIFICATE = bytes.fromhex(
    "30820221308201c8a00302010202110088c220f83c8ef1feafe94deae45faad0300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e"
    "207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e2043"
    "41310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e301c06035504030c1557656241"
    "7574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f7220417474657374617469"
    "6f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d03010703420004a91ba4389409dd38a428141940ca8feb1ac0d7b4350558"
    "104a3777a49322f3798440f378b3398ab2d3bb7bf91322c92eb23556f59ad0a836fec4c7663b0e4dc3a360305e300c0603551d130101ff04023000300e0603551d"
    "0f0101ff040403020780301d0603551d0e04160414a589ba72d060842ab11f74fb246bdedab16f9b9b301f0603551d2304183016801445aff715b0dd786741fee9"
    "96ebc16547a3931b1e300a06082a8648ce3d040302034700304402201726b9d85ecd8a5ed51163722ca3a20886fd9b242a0aa0453d442116075defd502207ef471"
    "e530ac87961a88a7f0d0c17b091ffc6b9238d30f79f635b417be5910e7"
)
ATTESTED = {  # signatures of the registrations
    "packed-self.ES256": "30440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d",
    "packed.ES256": "304502203f19ec4b229f46ab8c45eff29b904ff10c0390dc40bf1216f04a78f4ceba3425022100fe7041a32759aff05a0f9f26c70a999c7a284451ba89234a1d3483c25e21925b",
}
ASSERTED = {  # signatures of the authentications
    "none.ES256": "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
    "packed-self.ES256": "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66",
    "none.ES256.crossOrigin": "3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf",
    "none.ES256.topOrigin": "3045022100b5a70c81780d5fcc9a4f2ae9caae99058f8accaf58b91fb59329646c28ac6ffc022012e101c165db3c8e9957f0c54dd6ca9b56bc3bd2f280bd2faa6c1d02c6e5c171",
    "none.ES256.long-credential-id": "304502203ecef83fb12a0cae7841055f9f87103a99fd14b424194bbf06c4623d3ee6e3fd022100d2ace346db262b1374a6b70faa51f518a42ddca13a4125ce6f5052a75bac9fb6",
    "packed.ES256": "30450220694969d3ee928de6f02ef23a9c644d7d779916451734a94b432542f498a1ebe90221008b0819c824218a97152cd099c55bfb1477b29d900a49a64018314f9bfccda163",
    "packed.RS256": (
        "01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118c55ffaaddefa8cad0a54dd137c51f1ee"
        "c673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa44891333e6a1355536025e82b25590256c3538229b55737083b2f6b9377e49e24"
        "72f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9f"
        "d8773d90464b68cf140f7986666ff9c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01"
        "e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f676e2ea828d0bf2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3ef"
        "cf311da6321c92e6b0cd11bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15c8438e90d9"
        "24df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd398160ff02a6"
    ),
    "packed.EdDSA": "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d453993dae00b",
}  # fmt: skip


@dataclass(frozen=True)
class Vector:
    """One credential of section 16: its key, and what a browser says of it, with the challenges (base64url) and flags of both
    ceremonies."""

    public_key: Any
    cose: bytes
    flags: tuple[int, int]
    challenges: tuple[str, str]
    registration: dict[str, Any]
    authentication: dict[str, Any]


class _Drawn:
    """The pseudo-random values of a vector, one after the other (section 16.1)."""

    def __init__(self, name: str) -> None:
        self.name, self.salt = name, 0

    def __call__(self, length: int) -> bytes:
        kdf = HKDF(hashes.SHA256(), length, bytes([self.salt]), self.name.encode())
        self.salt += 1
        return kdf.derive(b"WebAuthn test vectors")

    def client_data(self, kind: str, challenge: bytes) -> bytes:
        framed = self.name.endswith(("crossOrigin", "topOrigin"))
        said = {"type": kind, "challenge": text(challenge), "origin": ORIGIN, "crossOrigin": framed}
        if self.name.endswith("topOrigin"):
            said["topOrigin"] = TOP
        if self(1)[0] & 1:
            said["extraData"] = EXTRA + text(self(16))
        return json.dumps(said, separators=(",", ":")).encode()


class _Public:
    """As much of a private key as `cose` asks for."""

    def __init__(self, public: Any) -> None:
        self.public_key = lambda: public


def _key(drawn: _Drawn) -> tuple[Any, int]:
    if "RS256" in drawn.name:
        return _Public(RSA), RS256
    if "EdDSA" in drawn.name:
        return ed25519.Ed25519PrivateKey.from_private_bytes(drawn(32)), EDDSA
    return ec.derive_private_key(int.from_bytes(drawn(32)), ec.SECP256R1()), ES256


def vector(name: str) -> Vector:
    """The vector that the specification derives from this name."""
    drawn, site = _Drawn(name), hashlib.sha256(RP_ID.encode()).digest()
    challenge = drawn(32)
    key, alg = _key(drawn)
    client = drawn.client_data("webauthn.create", challenge)
    aaguid, credential = drawn(16), drawn(1_023 if "long" in name else 32)
    bits = drawn(1)[0]
    eligible = bits & BE
    flags = UP | AT | bits & UV | eligible | (bits & BS if eligible else 0)
    public = cbor2.dumps(cose(key, alg))
    shown = site + bytes([flags]) + bytes(4) + aaguid + len(credential).to_bytes(2, "big") + credential + public
    statement: dict[str, Any] = {}
    if name in ATTESTED:
        statement = {"alg": ES256, "sig": bytes.fromhex(ATTESTED[name])}
    if name.startswith("packed."):
        drawn(32), drawn(16)  # the attestation's key and its certificate's serial number
        statement = {**statement, "x5c": [CERTIFICATE]}
    attestation = cbor2.dumps({"fmt": name.partition(".")[0].partition("-")[0], "attStmt": statement, "authData": shown})
    made = {"clientDataJSON": text(client), "attestationObject": text(attestation), "transports": []}
    again = drawn(32)
    client = drawn.client_data("webauthn.get", again)
    bits = drawn(1)[0]
    used = UP | bits & UV | eligible | (bits & BS if eligible else 0)
    shown = site + bytes([used]) + bytes(4)
    said = {"clientDataJSON": text(client), "authenticatorData": text(shown), "signature": text(bytes.fromhex(ASSERTED[name]))}
    whole = lambda response: {"id": text(credential), "rawId": text(credential), "type": "public-key", "response": response}  # noqa: E731
    return Vector(key.public_key(), public, (flags, used), (text(challenge), text(again)), whole(made), whole(said))
