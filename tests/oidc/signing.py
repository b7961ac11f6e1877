"""What portals sign with: a key for each algorithm, made once, and the assertions that prove who they are."""

import json
import time
import uuid
import warnings
from typing import Any, Mapping

from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGS = ["ES256", "PS256", "RS256", "EdDSA"]


def new_key(alg: str, kid: str) -> Any:
    """A fresh key of the kind that signs with this algorithm."""
    options = {"kid": kid, "alg": alg, "use": "sig"}
    if alg in ("RS256", "PS256"):
        return RSAKey.generate_key(2048, options)
    return ECKey.generate_key("P-256", options) if alg == "ES256" else OKPKey.generate_key("Ed25519", options)


KEYS = {f"portal-{alg}": new_key(alg, f"portal-{alg}") for alg in ALGS}


def jwks(*kids: str) -> dict[str, Any]:
    """The public halves, as a portal registers them."""
    return {"keys": [KEYS[kid].as_dict(private=False) for kid in kids]}


def signed(key: Any, claims: Mapping[str, Any], **header: Any) -> str:
    """A compact JWS; None leaves a member of the header out."""
    full = {"alg": key.get("alg"), "kid": key.get("kid"), **header}
    kept = {name: value for name, value in full.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[*ALGS, "HS256"], strict_check_header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # RFC 9864 has a new name for EdDSA
        return jws.serialize_compact(kept, json.dumps(claims), key, registry=registry)


def claims_for(portal: Any, **changes: Any) -> dict[str, Any]:
    """The claims of a good assertion with changes; None leaves one out."""
    now = time.time()
    claims = {"iss": portal.id, "sub": portal.id, "aud": portal.provider.issuer, "jti": uuid.uuid4().hex, "iat": int(now), "exp": int(now) + 60}
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def key_of(portal: Any) -> Any:
    """The portal's first key."""
    return KEYS[portal.client["jwks"]["keys"][0]["kid"]]


def assertion(portal: Any, header: Mapping[str, Any] | None = None, key: Any = None, **changes: Any) -> str:
    """An assertion of the portal's."""
    return signed(key or key_of(portal), claims_for(portal, **changes), **(header or {}))


def proof(portal: Any, text: str | None = None) -> dict[str, str]:
    """The form fields of private_key_jwt."""
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": text or assertion(portal)}
