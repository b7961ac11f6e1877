"""Discovery and JWKS: bytes made once per key change, answered without touching a store
(OIDC Discovery section 3, RFC 8414)."""

import hashlib
import json
import re
from typing import Any, Callable

from idp import texts
from idp.config import Settings
from idp.domain import assurance, claims
from idp.domain.client import AUTH_METHODS, DPOP_ALGS, GRANT_TYPES, ID_TOKEN_ALGS, PROOF_ALGS, SCOPES, SUBJECT_TYPES
from idp.features.oidc.parameters import PROMPTS, RESPONSE_MODES
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply

MAX_AGE = 300
MAX_TAGS = 1_000  # characters; more than any cache holds of one document
_TAG = re.compile(r'"[^"]*"')


def document(settings: Settings) -> dict[str, Any]:
    """The provider's metadata: only what is truly supported."""
    issuer = settings.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + "/authorize",
        "token_endpoint": issuer + "/token",
        "userinfo_endpoint": issuer + "/userinfo",
        "pushed_authorization_request_endpoint": issuer + "/par",
        "device_authorization_endpoint": issuer + "/device_authorization",
        "require_pushed_authorization_requests": False,
        "revocation_endpoint": issuer + "/revoke",
        "introspection_endpoint": issuer + "/introspect",
        "end_session_endpoint": issuer + "/end-session",
        "jwks_uri": issuer + "/jwks",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": list(GRANT_TYPES),
        "subject_types_supported": list(SUBJECT_TYPES),
        "id_token_signing_alg_values_supported": list(ID_TOKEN_ALGS),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "introspection_endpoint_auth_methods_supported": [method for method in AUTH_METHODS if method != "none"],
        **{f"{name}_endpoint_auth_signing_alg_values_supported": list(PROOF_ALGS) for name in ("token", "revocation", "introspection")},
        "introspection_signing_alg_values_supported": list(ID_TOKEN_ALGS),
        "dpop_signing_alg_values_supported": list(DPOP_ALGS),
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "jti"]
        + sorted(claims.CLAIMS),
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(PROOF_ALGS),
        "require_signed_request_object": False,
        "authorization_signing_alg_values_supported": list(ID_TOKEN_ALGS),
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "acr_values_supported": list(assurance.ACR_SUPPORTED),
        "prompt_values_supported": sorted(PROMPTS),
        "ui_locales_supported": list(texts.LOCALES),
        **({"registration_endpoint": issuer + "/clients"} if settings.client_registration.enabled else {}),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "authorization_response_iss_parameter_supported": True,
    }


def _has(listed: str, tag: str) -> bool:
    """Whether If-None-Match names this tag, alone or among others, strong or weak, or any by `*` (RFC 9110 section 13.1.2)."""
    return len(listed) <= MAX_TAGS and (listed.strip() == "*" or tag in _TAG.findall(listed))


def _cached(make: Callable[[], bytes], kind: str) -> Callable[[MachineRequest], Reply]:
    """Serves bytes with an ETag that is computed when the bytes change."""
    known: tuple[bytes, Reply, str] | None = None

    def serve(request: MachineRequest) -> Reply:
        nonlocal known
        body = make()
        if known is None or known[0] is not body:
            tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            headers = (("Content-Type", kind), ("Cache-Control", f"public, max-age={MAX_AGE}"), ("ETag", tag))
            known = (body, Reply(200, body, headers), tag)
        if _has(request.header("If-None-Match"), known[2]):
            return Reply(304, b"", known[1].headers[1:])
        return known[1]

    return serve


def discovery(settings: Settings) -> Callable[[MachineRequest], Reply]:
    """The discovery document, for both well-known addresses."""
    body = json.dumps(document(settings), separators=(",", ":")).encode()
    return _cached(lambda: body, "application/json")


def jwks(house: House) -> Callable[[MachineRequest], Reply]:
    """The public keys: next, current and retiring (RFC 7517 section 5)."""
    return _cached(lambda: house.keyring.ring().jwks, "application/json")
