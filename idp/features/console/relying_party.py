"""The console as a relying party, like any portal's: it knows the provider by its issuer alone and believes nothing unchecked
(OpenID Connect Core 1.0 sections 3.1.2.7 and 3.1.3.7; requirement AD-01)."""

import base64
import hashlib
import hmac
import json
import re
from typing import Any, Callable, Mapping
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from idp.domain import logout_token
from idp.ports import Fetched, Fetcher, NotFetched, Unavailable
from idp.services import console_client

FRESH = 600.0  # seconds for which the provider's metadata and keys are taken as they are
AGAIN = 5.0  # seconds between two looks for a key that is not among them
SKEW = 10  # seconds
MAX_TOKEN = 8_192
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


class NotProven(Exception):
    """What the provider has answered proves nothing; says what is wrong with it, for the log."""


class Provider:
    """The provider as the console sees it. `clock`: Unix seconds; `secret`: the console's own."""

    def __init__(self, issuer: str, secret: str, fetcher: Fetcher, clock: Callable[[], float]):
        self._issuer, self._secret, self._fetcher, self._clock = issuer, secret, fetcher, clock
        self._metadata: tuple[float, dict[str, Any]] = (float("-inf"), {})
        self._keys: tuple[float, Any] = (float("-inf"), None)

    def metadata(self) -> dict[str, Any]:
        """The discovered metadata, which must name the issuer that we trust (Discovery 1.0 section 4.3). Raises `Unavailable`,
        `NotProven`."""
        read, known = self._metadata
        if not 0 <= self._clock() - read < FRESH:
            known = _json(self._get(self._issuer + "/.well-known/openid-configuration"), 200)
            if known.get("issuer") != self._issuer:
                raise NotProven("another issuer")
            self._metadata = self._clock(), known
        return known

    def authorization(self, **parameters: str) -> str:
        """The address to send the browser to, its parameters pushed before (RFC 9126). Raises `Unavailable`, `NotProven`."""
        metadata = self.metadata()
        given = {"client_id": console_client.CLIENT_ID, "response_type": "code", "scope": "openid", **parameters}
        pushed = _json(self._post(metadata["pushed_authorization_request_endpoint"], given), 201)
        asked = {"client_id": console_client.CLIENT_ID, "request_uri": pushed["request_uri"]}
        return f"{metadata['authorization_endpoint']}?{urlencode(asked)}"

    def signed_out(self, id_token: str) -> str:
        """The address at which the provider's session ends, too, and which leads back (RP-Initiated Logout 1.0 section 2). Raises
        `Unavailable`, `NotProven`."""
        back = self._issuer + console_client.SIGNED_OUT
        asked = {"client_id": console_client.CLIENT_ID, "id_token_hint": id_token, "post_logout_redirect_uri": back}
        return f"{self.metadata()['end_session_endpoint']}?{urlencode(asked)}"

    def redeem(self, code: str, verifier: str, redirect_uri: str) -> tuple[str, str]:
        """ID token and access token for a code. Raises `Unavailable`, `NotProven`."""
        given = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": redirect_uri}
        found = _json(self._post(self.metadata()["token_endpoint"], given), 200)
        if not isinstance(found.get("id_token"), str) or not isinstance(found.get("access_token"), str):
            raise NotProven("tokens are missing")
        return found["id_token"], found["access_token"]

    def id_token(self, token: str, access_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token that is meant for us, now, and for this request. Raises `Unavailable`, `NotProven`."""
        claims, now = self._verified(token, "JWT"), self._clock()
        digest = hashlib.sha256(access_token.encode()).digest()[:16]
        at_hash = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if claims.get("aud") != console_client.CLIENT_ID or claims.get("azp", console_client.CLIENT_ID) != console_client.CLIENT_ID:
            raise NotProven("meant for another client")
        if not hmac.compare_digest(str(claims.get("nonce")), nonce) or not hmac.compare_digest(str(claims.get("at_hash")), at_hash):
            raise NotProven("of another request")
        if not all(isinstance(claims.get(name), int) for name in ("exp", "iat", "auth_time")) or not isinstance(claims.get("sid"), str):
            raise NotProven("claims are missing")
        if claims["exp"] + SKEW <= now or claims["iat"] - SKEW > now:
            raise NotProven("not of this time")
        return claims

    def logout_token(self, token: str) -> dict[str, Any]:
        """The claims of a logout token for us (Back-Channel Logout 1.0 section 2.6); whether its jti is new is the caller's to
        find out. Raises `Unavailable`, `NotProven`."""
        claims, now = self._verified(token, logout_token.TYP), self._clock()
        times = (claims.get("iat"), claims.get("exp"))
        if claims.get("aud") != console_client.CLIENT_ID or not all(isinstance(at, int) for at in times):
            raise NotProven("meant for another client, or claims are missing")
        if claims["exp"] + SKEW <= now or claims["iat"] - SKEW > now or claims["exp"] - claims["iat"] > logout_token.LIFE:
            raise NotProven("not of this time")
        events = claims.get("events")
        if not isinstance(events, dict) or events.get(logout_token.EVENT) != {} or "nonce" in claims:
            raise NotProven("not a logout token")
        texts = [claims.get(name) for name in ("jti", "sub", "sid") if name in claims]
        if "jti" not in claims or len(texts) < 2 or not all(isinstance(one, str) and re.fullmatch(r"[\x21-\x7e]{1,255}", one) for one in texts):
            raise NotProven("claims are missing")
        return claims

    def _verified(self, token: str, typ: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN:
            raise NotProven("too long")
        found = self._decoded(token)
        if str(found.header.get("typ", "JWT")).lower() != typ.lower() or found.claims.get("iss") != self._issuer:
            raise NotProven("another type of token, or another issuer")
        return dict(found.claims)

    def _decoded(self, token: str) -> Any:
        try:
            return jwt.decode(token, self._key_of, algorithms=[console_client.ALG])
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise NotProven(f"not a signed token: {type(error).__name__}") from None

    def _key_of(self, part: Any) -> Any:
        """The key that the header names; asked for only where it could be one of the provider's."""
        header = part.headers()
        if header.get("alg") != console_client.ALG or not isinstance(header.get("kid"), str):
            raise NotProven("signed by no key of the provider")
        for look_again in (False, True):
            found = [key for key in self._key_set(look_again).keys if (key.kid, key.alg) == (header["kid"], console_client.ALG)]
            if len(found) == 1:
                return found[0]
        raise NotProven("signed by no key of the provider")

    def _key_set(self, look_again: bool) -> Any:
        read, known = self._keys
        age = self._clock() - read
        if known is None or age >= FRESH or (look_again and age >= AGAIN):
            try:
                known = KeySet.import_key_set(_json(self._get(self.metadata()["jwks_uri"]), 200))  # type: ignore[arg-type]
            except (JoseError, ValueError, TypeError, KeyError):
                raise NotProven("the keys cannot be read") from None
            self._keys = self._clock(), known
        elif look_again:
            raise NotProven("signed by no key of the provider")
        return known

    def _get(self, url: str) -> Fetched:
        return self._asked(lambda: self._fetcher.get(url, _JSON))

    def _post(self, url: str, form: Mapping[str, str]) -> Fetched:
        basic = base64.b64encode(f"{console_client.CLIENT_ID}:{self._secret}".encode()).decode()
        headers = {"Content-Type": _FORM, "Authorization": f"Basic {basic}", "Accept": _JSON}
        return self._asked(lambda: self._fetcher.post(url, urlencode(form).encode(), headers))

    def _asked(self, ask: Callable[[], Fetched]) -> Fetched:
        try:
            return ask()
        except NotFetched as error:
            raise Unavailable(f"the provider, {error}") from None


def _json(answer: Fetched, status: int) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if answer.status >= 500:
        raise Unavailable("the provider")
    if answer.status != status or not isinstance(found, dict):
        said = found.get("error") if isinstance(found, dict) else None
        raise NotProven(f"the provider answers {answer.status} {said}")
    return found
