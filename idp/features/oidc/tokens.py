"""Makes access tokens (RFC 9068), ID tokens (OIDC Core section 2), and the token responses that carry them."""

import base64
import hashlib
from typing import Any, Sequence

from idp import vault
from idp.domain import lifetimes
from idp.domain.account import Account
from idp.domain.claims import claims_of, wanted
from idp.domain.client import Client
from idp.domain.grant import Grant
from idp.features.oidc import jose
from idp.tables import grants
from idp.web.house import House


def response(
    house: House, grant: Grant, client: Client, account: Account, scope: Sequence[str], audience: str, now: int, nonce: str | None = None,
    jkt: str | None = None, lasting: bool = True,
) -> dict[str, Any]:
    """The token response of a member's grant (OIDC Core sections 3.1.3.3 and 12.2): an access token for this scope and
    audience, and an ID token if openid is in the scope. `nonce`: the one of the authorization request, at its first use; `jkt`: the
    thumbprint of the key that the access token is bound to (RFC 9449 section 6.1); `lasting`: whether it outlives the session."""
    access = access_token(house, grant, client, scope, audience, now, jkt, lasting)
    body = _answer(house, client, access, scope, jkt)
    if "openid" in scope:
        body["id_token"] = id_token(house, grant, client, account, access, scope, now, nonce)
    return body


def client_response(house: House, client: Client, scope: Sequence[str], audience: str, now: int, jkt: str | None = None) -> dict[str, Any]:
    """The token response of a client for itself: `sub` is the client (RFC 9068 section 2.2)."""
    claims = _claims(house, client, client.id, scope, audience, now, jkt)
    return _answer(house, client, _signed(house, claims, now), scope, jkt)


def _answer(house: House, client: Client, access: str, scope: Sequence[str], jkt: str | None) -> dict[str, Any]:
    life = lifetimes.access(client, house.deps.policy.tokens)
    body = {"access_token": access, "token_type": "DPoP" if jkt else "Bearer", "expires_in": life}
    return {**body, "scope": " ".join(scope)} if scope else body


def _claims(house: House, client: Client, subject: str, scope: Sequence[str], audience: str, now: int, jkt: str | None) -> dict[str, Any]:
    claims = {
        "iss": house.deps.settings.issuer,
        "sub": subject,
        "aud": audience,
        "client_id": client.id,
        "iat": now,
        "exp": now + lifetimes.access(client, house.deps.policy.tokens),
        "jti": vault.random_id(),
    }
    if jkt:
        claims["cnf"] = {"jkt": jkt}
    return {**claims, "scope": " ".join(scope)} if scope else claims


def _signed(house: House, claims: dict[str, Any], now: int) -> str:
    token = jose.sign(house.keyring.ring(), jose.ACCESS_TOKEN_ALG, "at+jwt", claims, now)
    jose.remember(token)  # its portal asks about it next
    return token


def access_token(
    house: House, grant: Grant, client: Client, scope: Sequence[str], audience: str, now: int, jkt: str | None = None, lasting: bool = True
) -> str:
    """A JWT of type at+jwt; `grant_id`, `epoch` and, if it is not `lasting`, `session` let it be ended early."""
    claims = _claims(house, client, house.subjects.told(client, grant.subject), scope, audience, now, jkt)
    claims |= {
        "auth_time": grant.auth_time,
        "acr": grant.acr,
        "amr": grant.amr,
        "grant_id": grant.grant_id,
        "epoch": grant.epoch,
    }
    if not lasting:
        claims["session"] = grants.session_id(grant.sid)
    if grant.userinfo_claims:
        claims["userinfo_claims"] = grant.userinfo_claims
    return _signed(house, claims, now)


def half_hash(token: str, alg: str) -> str:
    """`at_hash` of OIDC Core section 3.1.3.6; Ed25519 hashes with SHA-512 (RFC 8032 section 5.1)."""
    name = "sha512" if alg == "EdDSA" else "sha256"
    digest = hashlib.new(name, token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def id_token(
    house: House, grant: Grant, client: Client, account: Account, access: str, scope: Sequence[str], now: int, nonce: str | None
) -> str:
    """An ID token: by default the facts of the sign-in only; the claims of the member come from UserInfo. On refresh the
    facts are still those of the sign-in, without the nonce (OIDC Core section 12.2)."""
    alg = client.id_token_signed_response_alg
    names = scope if client.scope_claims_in_id_token else ()
    # the member's claims first, so that none of them can replace one of ours (requirement JW-05)
    claims: dict[str, Any] = claims_of(account, wanted(names, grant.id_token_claims))
    claims |= {
        "iss": house.deps.settings.issuer,
        "sub": house.subjects.told(client, grant.subject),
        "aud": client.id,
        "iat": now,
        "exp": now + lifetimes.identity(client, house.deps.policy.tokens),
        "auth_time": grant.auth_time,
        "acr": grant.acr,
        "amr": grant.amr,
        "sid": house.subjects.session(client, grant.sid),
        "jti": vault.random_id(),
        "at_hash": half_hash(access, alg),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return jose.sign(house.keyring.ring(), alg, "JWT", claims, now)
