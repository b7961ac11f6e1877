"""Signs and verifies our JWTs: fixed algorithms, one key by `kid`, the type always compared (RFC 8725)."""

import hashlib
import json
import re
import warnings
from functools import lru_cache
from typing import Any, Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.util import json_b64encode, urlsafe_b64decode, urlsafe_b64encode

from idp.domain import plain_json
from idp.domain.client import ID_TOKEN_ALGS
from idp.services.keyring import Ring

# RFC 9864 renames EdDSA; clients still register and expect the old name
warnings.filterwarnings("ignore", category=SecurityWarning)

ACCESS_TOKEN_ALG = "ES256"
MAX_TOKEN = 8_192
_REGISTRY = jws.JWSRegistry(algorithms=list(ID_TOKEN_ALGS))  # made once: it costs as much as a check of a signature
_REGISTRY.max_header_length = 4_096  # a proof has an RSA key in its header
_ES256 = ECDSA(SHA256())
_COMPACT_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
# keys by the sender's own word are never looked at, nor rules that we do not know (RFC 8725 section 3.10, RFC 7515 section 4.1.11)
_FOREIGN = frozenset(("jku", "x5u", "x5c", "crit", "b64"))
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


MOST_KNOWN = 8_192
# SHA-256 of tokens whose signature this process has made or found good: checked again and again, it would be most of an answer
# about them. The key of a token is looked up all the same, so that one whose key is gone is good no more
_known: set[bytes] = set()

KeyFor = Callable[[dict[str, Any], dict[str, Any]], Any]


class BadToken(Exception):
    """Not a token of ours, of this type, or not any more."""


def sign(ring: Ring, alg: str, typ: str, claims: Mapping[str, Any], now: int) -> str:
    """A compact JWS with `alg`, `kid` and `typ` in its header, by the key that signs now."""
    kid, key = ring.signer(alg, now)
    payload = _COMPACT_JSON.encode(claims).encode()
    text = _head(alg, kid, typ) + b"." + urlsafe_b64encode(payload)
    return (text + b"." + urlsafe_b64encode(_signature(alg, text, key))).decode()


def _signature(alg: str, text: bytes, key: Any) -> bytes:
    if alg != "ES256":
        return _REGISTRY.get_alg(alg).sign(text, key)
    # the same without looking up each time what the key may do, which costs a third of the signature (RFC 7518 section 3.4)
    r, s = decode_dss_signature(key.private_key.sign(text, _ES256))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def remember(token: str) -> None:
    """The signature of this token of ours is good: `verify` need not check it in this process."""
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known.add(hashlib.sha256(token.encode()).digest())


@lru_cache(maxsize=64)
def _head(alg: str, kid: str, typ: str) -> bytes:
    return json_b64encode({"alg": alg, "kid": kid, "typ": typ})


def opened(
    token: str, key_for: KeyFor, longest: int = MAX_TOKEN, own_key: bool = False, known: bool = False
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWS that is signed by the key which `key_for` finds by header and claims (neither to be
    believed yet) for the algorithm of the header. `own_key`: whether the header may hold the key; `known`: the signature is
    known to be good. Raises `BadToken`."""
    if len(token) > longest or not _COMPACT.fullmatch(token):
        raise BadToken("malformed")
    try:
        parsed = jws.extract_compact(token.encode(), registry=_REGISTRY)
        header, claims = _json(urlsafe_b64decode(token.partition(".")[0].encode())), _json(parsed.payload)
        if not isinstance(header.get("alg"), str) or _FOREIGN & set(header) or ("jwk" in header and not own_key):
            raise BadToken("header")
        key = key_for(header, claims)
        if key is None:
            raise BadToken("unknown key or algorithm")
        if not known and not jws.validate_compact(parsed, key, registry=_REGISTRY):
            raise BadToken("signature")
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadToken("malformed") from error
    return header, claims


def _json(raw: bytes) -> dict[str, Any]:
    """An object of plain JSON in UTF-8, read by everybody alike: no name twice (RFC 7519 section 4), no NaN, no NUL, no half characters.
    Raises ValueError."""
    found = plain_json.read(raw.decode("utf-8"))
    if not isinstance(found, dict):
        raise ValueError("not an object")
    if b"\\u" in raw and b"\\u0000" in _COMPACT_JSON.encode(found).encode():
        raise ValueError("NUL")
    return found


def numeric_date(value: Any) -> bool:
    """Whether this is a NumericDate that can be reckoned with (RFC 7519 section 2)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53


def verify(ring: Ring, token: str, typ: str, algs: list[str], issuer: str) -> dict[str, Any]:
    """The claims of a token that we signed, with its type and issuer checked; times are the caller's business.

    Raises `BadToken`. Key material named in the header (jwk, jku, x5u …) is never looked at.
    """

    def ours(header: dict[str, Any], claims: dict[str, Any]) -> Any:
        key = ring.verification.get(header.get("kid", "")) if isinstance(header.get("kid"), str) else None
        if key is None or header["alg"] not in algs or key.get("alg") != header["alg"]:
            raise BadToken("unknown key or algorithm")
        if str(header.get("typ", "JWT")).lower() != typ.lower():
            raise BadToken("another type of token")
        return key

    known = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest() in _known
    claims = opened(token, ours, known=known)[1]
    if not known:
        remember(token)
    if claims.get("iss") != issuer:
        raise BadToken("another issuer")
    return claims
