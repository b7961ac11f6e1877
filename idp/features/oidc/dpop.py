"""DPoP proofs: a request that only the holder of a key can have made, and made now (RFC 9449 section 4.3)."""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error

from idp.domain.client import DPOP_ALGS, Client
from idp.features.oidc import jose
from idp.services import client_keys
from idp.vault import fingerprint
from idp.web.house import House
from idp.web.machine import MachineRequest

TYPE = "dpop+jwt"
PAST, AHEAD = 60, 10  # seconds by which a proof may have been made before or after our now
NONCE_PERIOD = 300  # seconds; a nonce counts for this one and the one before
MAX_JTI = 255
MAX_PROOF = 4_096


class InvalidProof(OAuth2Error):
    """The proof is missing, malformed, for another request, of another key, old, or was used before."""

    error = "invalid_dpop_proof"


class NonceWanted(OAuth2Error):
    """The proof has to hold the nonce that goes with this answer (section 8)."""

    error = "use_dpop_nonce"

    def __init__(self, nonce: str):
        super().__init__("the proof has to hold the nonce given with this answer")
        self.nonce = nonce


@dataclass(frozen=True)
class Proof:
    """One that is right, and whose use is not noted yet. `jkt`: the thumbprint (RFC 7638) of its key."""

    jkt: str
    mark: str


def for_token(house: House, request: MachineRequest, client: Client) -> Proof | None:
    """The proof with whose key the tokens of this request are bound (section 5), or None for bearer tokens. Raises
    `InvalidProof`, also where the client was registered for bound ones only, and `NonceWanted`."""
    proof = shown(house, request, "/token", client)
    if proof is None and client.dpop_bound_access_tokens:
        raise InvalidProof("this client was registered for tokens with a DPoP proof only")
    return proof


def proven(house: House, request: MachineRequest, path: str, client: Client, token: str | None = None) -> str | None:
    """The thumbprint of the key that the request is proven by, or None if it holds no proof; `token`: the access token that must
    be meant. The proof is spent by it. Raises `InvalidProof` and `NonceWanted`."""
    proof = shown(house, request, path, client, token)
    if proof is None:
        return None
    spend(house, proof)
    return proof.jkt


def spend(house: House, proof: Proof) -> None:
    """Let the proof count, once (section 11.1). Raises `InvalidProof`."""
    if not house.deps.ephemeral.add(proof.mark, b"1", PAST + AHEAD + 1):
        raise InvalidProof("the DPoP proof was used before")


def shown(house: House, request: MachineRequest, path: str, client: Client, token: str | None = None) -> Proof | None:
    """The proof in the request's head, if there is one, once all but its first use has been looked at. Raises `InvalidProof` and
    `NonceWanted`."""
    if "HTTP_DPOP" not in request.environ:
        return None
    keys: list[Any] = []
    address = house.deps.settings.issuer + path

    def key_for(header: dict[str, Any], _claims: dict[str, Any]) -> Any:
        if str(header.get("typ")).lower() != TYPE or header["alg"] not in DPOP_ALGS:
            raise jose.BadToken("typ or alg")
        key = _key(json.dumps(header.get("jwk"), sort_keys=True))
        if key is None or header["alg"] not in client_keys.algs_of(key.dict_value):
            raise jose.BadToken("jwk")
        keys.append(key)
        return key

    try:
        claims = jose.opened(request.header("DPoP"), key_for, MAX_PROOF, own_key=True)[1]
        _check(claims, request.method, address, house.deps.clock(), token)
    except jose.BadToken as error:
        raise InvalidProof(f"the DPoP proof is not valid: {error}") from None
    _check_nonce(house, request, client, claims)
    jkt: str = keys[0].thumbprint()
    # the same name may come from another key, or for another address (section 11.1)
    return Proof(jkt, "dpop:" + fingerprint("\0".join((jkt, address, claims["jti"]))))


@lru_cache(maxsize=512)
def _key(jwk: str) -> Any:
    try:
        return client_keys.public_key(json.loads(jwk))
    except client_keys.BadKey:
        return None


def _check(claims: dict[str, Any], method: str, address: str, now: float, token: str | None) -> None:
    """Points 8 to 12 of section 4.3 but the nonce. Raises `BadToken`."""
    if not isinstance(claims.get("jti"), str) or not 0 < len(claims["jti"]) <= MAX_JTI:
        raise jose.BadToken("jti")
    if claims.get("htm") != method:
        raise jose.BadToken("htm")
    if not isinstance(claims.get("htu"), str) or _plain(claims["htu"]) != _plain(address):
        raise jose.BadToken("htu")
    if not jose.numeric_date(claims.get("iat")) or not now - PAST <= claims["iat"] <= now + AHEAD:
        raise jose.BadToken("iat")
    if token is not None and claims.get("ath") != _hash(token):
        raise jose.BadToken("ath")


def _hash(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def _plain(address: str) -> tuple[str, str, int | None, str] | None:
    """What of an address is compared: scheme, host, port and path (section 4.3; RFC 3986 section 6.2)."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return None
    return None if "@" in parts.netloc else (parts.scheme, parts.hostname or "", port, parts.path or "/")


def _check_nonce(house: House, request: MachineRequest, client: Client, claims: dict[str, Any]) -> None:
    """That the proof is fresh by our own clock, for clients that are to show it, and whoever claims to (section 8). One of the
    period before is near its end: the next goes with the answer (section 8.2)."""
    if "nonce" not in claims and not client.require_dpop_nonce:
        return
    period, vault = house.deps.now() // NONCE_PERIOD, house.deps.vault
    given = claims.get("nonce")
    if isinstance(given, str) and vault.matches("dpop_nonce", str(period), given):
        return
    fresh = vault.keyed_hash("dpop_nonce", str(period))
    if not isinstance(given, str) or not vault.matches("dpop_nonce", str(period - 1), given):
        raise NonceWanted(fresh)
    request.more.append(("DPoP-Nonce", fresh))
