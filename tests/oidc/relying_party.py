"""A relying party that is told only the issuer and its own registration, and does what the specifications say."""

import base64
import hashlib
import json
import warnings
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import requests
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet

from tests.connection import Connection
from tests.oidc import signing
from tests.running import CHALLENGE, VERIFIER, Browser

ALGS = ["RS256", "ES256", "PS256", "EdDSA"]
SECONDS = 30


class Provider:
    """What discovery tells of a provider; keys are kept until an unknown `kid` turns up (OIDC Core section 10.1.1)."""

    def __init__(self, issuer: str):
        self.issuer = issuer
        self.http = Connection()
        self.metadata: dict[str, Any] = self.http.get(issuer + "/.well-known/openid-configuration", timeout=SECONDS).json()
        self._jwks: dict[str, Any] = {"keys": []}

    def endpoint(self, name: str) -> str:
        """The address of an endpoint."""
        return str(self.metadata[name if name == "jwks_uri" else f"{name}_endpoint"])

    def fetch_keys(self) -> list[dict[str, Any]]:
        """The published keys, fetched now."""
        self._jwks = self.http.get(self.endpoint("jwks_uri"), timeout=SECONDS).json()
        return list(self._jwks["keys"])

    def verified(self, token: str, algs: list[str], typ: str) -> dict[str, Any]:
        """The claims of a token whose signature, algorithm, key and type are as they should be."""
        header = header_of(token)
        if header["kid"] not in [key["kid"] for key in self._jwks["keys"]]:
            self.fetch_keys()
        key = KeySet.import_key_set(self._jwks).get_by_kid(header["kid"])
        assert (header["alg"] in algs, header["typ"], key.get("alg"), key.get("use")) == (True, typ, header["alg"], "sig")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # RFC 9864 has a new name for EdDSA
            found: dict[str, Any] = json.loads(jws.deserialize_compact(token, key, algorithms=algs).payload)
        return found

    def userinfo(self, token: str | None = None, method: str = "GET", **options: Any) -> requests.Response:
        """Ask UserInfo, by default with the token in the header."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        given = {"headers": {**headers, **options.pop("headers", {})}, "timeout": SECONDS, **options}
        return requests.request(method, self.endpoint("userinfo"), **given)


@dataclass
class Portal:
    """One registered relying party."""

    provider: Provider
    client: dict[str, Any]
    http: requests.Session = field(default_factory=Connection)

    @property
    def id(self) -> str:
        """The client_id."""
        return str(self.client["client_id"])

    @property
    def callback(self) -> str:
        """The first redirect URI."""
        return str(self.client["redirect_uris"][0])

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of a good authorization request with changes; None leaves one out."""
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.callback,
            "scope": "openid",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def address(self, **changes: str | None) -> str:
        """The address that sends a browser to the provider."""
        return self.provider.endpoint("authorization") + "?" + urlencode(self.request(**changes))

    def ask(self, browser: Browser, **changes: str | None) -> requests.Response:
        """Send the browser there; the first page of the provider's, or its redirect to us."""
        return browser.go(self.address(**changes))

    def reply(self, response: requests.Response, state: str | None = "state-1") -> dict[str, str]:
        """The parameters of an authorization response in the query, checked as a careful client checks them:
        our own address, nothing doubled, state and `iss` intact (RFC 6749 section 4.1.2, RFC 9207 section 2.4)."""
        assert response.is_redirect, f"no answer to the portal: {response.status_code} {response.text[:2000]}"
        assert response.status_code == 303 and response.headers["Cache-Control"] == "no-store"
        where = urlsplit(response.headers["Location"])
        assert f"{where.scheme}://{where.netloc}{where.path}" == self.callback.split("?")[0] and not where.fragment
        pairs = parse_qsl(where.query, keep_blank_values=True, strict_parsing=True)
        return self.checked(pairs, state)

    def checked(self, pairs: list[tuple[str, str]], state: str | None = "state-1") -> dict[str, str]:
        """The same for parameters that arrived in another way."""
        found = dict(pairs)
        assert len(found) == len(pairs) and found.get("state") == state and found["iss"] == self.provider.issuer
        return found

    def code(self, browser: Browser, **changes: str | None) -> str:
        """A code, without any page: the member is signed in."""
        return self.reply(self.ask(browser, **changes), changes.get("state", "state-1"))["code"]

    def error(self, browser: Browser, **changes: str | None) -> str:
        """The error code of an authorization response."""
        found = self.reply(self.ask(browser, **changes), changes.get("state", "state-1"))
        assert "code" not in found and set(found) <= {"error", "error_description", "state", "iss"}
        assert all(char.isascii() and char.isprintable() and char not in '"\\' for char in found["error_description"])
        return found["error"]

    def basic(self) -> dict[str, str]:
        """The Authorization header of client_secret_basic, form-encoded as RFC 6749 section 2.3.1 says."""
        pair = ":".join(quote_plus(self.client[name]) for name in ("client_id", "client_secret"))
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def token_form(self, code: str, **changes: str | None) -> dict[str, str]:
        """The form of a good token request with changes; None leaves a field out."""
        method = self.client["token_endpoint_auth_method"]
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": VERIFIER,
            "client_id": None if method == "client_secret_basic" else self.id,
            "client_secret": self.client["client_secret"] if method == "client_secret_post" else None,
            **(signing.proof(self) if method == "private_key_jwt" else {}),
            **changes,
        }
        return {name: value for name, value in form.items() if value is not None}

    def redeem(self, code: str, **changes: str | None) -> requests.Response:
        """Exchange a code with the registered client authentication."""
        headers = self.basic() if self.client["token_endpoint_auth_method"] == "client_secret_basic" else {}
        return self.post(self.token_form(code, **changes), headers)

    def post(self, form: Any, headers: dict[str, str], **options: Any) -> requests.Response:
        """Any token request."""
        return self.http.post(self.provider.endpoint("token"), data=form, headers=headers, timeout=SECONDS, **options)

    def tokens(self, browser: Browser, **changes: str | None) -> dict[str, Any]:
        """The token response for a member who is signed in."""
        return self.granted(self.redeem(self.code(browser, **changes)))

    def granted(self, response: requests.Response) -> dict[str, Any]:
        """A good token response (OIDC Core section 3.1.3.3)."""
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def id_claims(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """The verified claims of the ID token (OIDC Core section 3.1.3.7)."""
        claims = self.provider.verified(tokens["id_token"], [self.client["id_token_signed_response_alg"]], "JWT")
        assert (claims["iss"], claims["aud"]) == (self.provider.issuer, self.id)
        return claims

    def sign_in(self, browser: Browser, login_id: str, **changes: str | None) -> requests.Response:
        """Send the browser to the provider and sign in there with the password."""
        return browser.sign_in(self.ask(browser, **changes), login_id)


def header_of(token: str) -> dict[str, Any]:
    """The header of a compact JWS."""
    found: dict[str, Any] = json.loads(unbase64(token.split(".")[0]))
    return found


def unbase64(text: str) -> bytes:
    """Bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def base64url(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def half_hash(value: str, name: str) -> str:
    """The left half of a hash, as `at_hash` holds it (OIDC Core section 3.1.3.6)."""
    digest = hashlib.new(name, value.encode("ascii")).digest()
    return base64url(digest[: len(digest) // 2])


class PageForm(HTMLParser):
    """The form of a page as a browser reads it: `action`, `method`, `fields` in order, and the inline scripts."""

    def __init__(self, page: str):
        super().__init__()
        self.action = self.method = ""
        self.fields: list[tuple[str, str]] = []
        self.buttons = 0
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, hidden fields and buttons."""
        found = {name: value or "" for name, value in attrs}
        self._inside = tag
        if tag == "form":
            self.action, self.method = found["action"], found["method"]
        if tag == "input":
            self.fields.append((found["name"], found["value"]))
        self.buttons += tag == "button" and found.get("type") == "submit"

    def handle_endtag(self, tag: str) -> None:
        """Leave a script."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Note inline scripts."""
        if self._inside == "script":
            self.scripts.append(data)


def is_error_page(response: requests.Response, status: int = 400) -> bool:
    """A page that says what happened, and goes nowhere (RFC 6749 section 4.1.2.1)."""
    return (
        response.status_code == status
        and "Location" not in response.headers
        and response.headers["Content-Type"].startswith("text/html")
        and "<h1>" in response.text
        and "<form" not in response.text
        and "http-equiv" not in response.text
    )
