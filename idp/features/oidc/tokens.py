"""Makes access tokens (RFC 9068) and ID tokens (OIDC Core section 2)."""

import base64
import hashlib
from typing import Any

from idp import vault
from idp.domain.account import Account
from idp.domain.claims import claims_of, wanted
from idp.domain.client import Client
from idp.features.oidc import jose
from idp.features.oidc.codes import Code
from idp.web.house import House


def access_token(house: House, code: Code, client: Client, now: int) -> str:
    """A JWT of type at+jwt for our own UserInfo; `grant_id` and `epoch` let it be ended early."""
    claims = {
        "iss": house.deps.settings.issuer,
        "sub": code.subject,
        "aud": house.deps.settings.issuer,
        "client_id": client.id,
        "iat": now,
        "exp": now + house.deps.policy.tokens.access,
        "jti": vault.random_id(),
        "scope": code.get_scope(),
        "auth_time": code.auth_time,
        "acr": code.acr,
        "amr": code.amr,
        "grant_id": code.grant_id,
        "epoch": code.epoch,
    }
    if code.userinfo_claims:
        claims["userinfo_claims"] = code.userinfo_claims
    return jose.sign(house.keyring.ring(), jose.ACCESS_TOKEN_ALG, "at+jwt", claims, now)


def half_hash(token: str, alg: str) -> str:
    """`at_hash` of OIDC Core section 3.1.3.6; Ed25519 hashes with SHA-512 (RFC 8032 section 5.1)."""
    name = "sha512" if alg == "EdDSA" else "sha256"
    digest = hashlib.new(name, token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def id_token(house: House, code: Code, client: Client, account: Account, access: str, now: int) -> str:
    """An ID token: by default the facts of the sign-in only; the claims of the member come from UserInfo."""
    alg = client.id_token_signed_response_alg
    scope = code.scope if client.scope_claims_in_id_token else ()
    # the member's claims first, so that none of them can replace one of ours (requirement JW-05)
    claims: dict[str, Any] = claims_of(account, wanted(scope, code.id_token_claims))
    claims |= {
        "iss": house.deps.settings.issuer,
        "sub": code.subject,
        "aud": client.id,
        "iat": now,
        "exp": now + house.deps.policy.tokens.id,
        "auth_time": code.auth_time,
        "acr": code.acr,
        "amr": code.amr,
        "sid": code.sid,
        "jti": vault.random_id(),
        "at_hash": half_hash(access, alg),
    }
    if code.nonce is not None:
        claims["nonce"] = code.nonce
    return jose.sign(house.keyring.ring(), alg, "JWT", claims, now)
