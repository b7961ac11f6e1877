"""Every place where a JWT enters, and every kind of JWT that the provider issues or takes (requirements JW-01 to JW-04)."""

import uuid
from dataclasses import dataclass
from typing import Any, Callable, Iterator
from urllib.parse import parse_qsl, urlsplit

import requests

from idp.domain import logout_token, security_event
from idp.features.oidc import jose
from idp.services import console_client
from idp.services.keyring import Keyring
from tests.oidc import offline, proofs, pushing, signing
from tests.oidc.installation import Installation
from tests.oidc.relying_party import SECONDS, Portal
from tests.oidc.test_end_session import OUT, leave
from tests.oidc.test_request_object import signed
from tests.running import Browser

PAR = "pushed_authorization_request"
OWN = {"grant_type": "client_credentials"}


@dataclass
class Cast:
    """Who plays: a portal that proves itself by RS256 and has every grant, one whose tokens are bound, and a member."""

    house: Installation
    browser: Browser

    @property
    def portal(self) -> Portal:
        """The one that signs."""
        return self.house.portals["every"]

    @property
    def bound(self) -> Portal:
        """The one with a secret, which shows proofs of possession."""
        return self.house.portals["bound"]

    def url(self, name: str) -> str:
        """The address of an endpoint."""
        return self.portal.provider.endpoint(name)

    def id_token(self) -> str:
        """An ID token of the member's present session."""
        return str(self.portal.tokens(self.browser)["id_token"])

    def access_token(self) -> str:
        """A bearer token of the member's."""
        return str(self.portal.tokens(self.browser)["access_token"])

    def own_token(self) -> str:
        """A bearer token of the portal's own."""
        return str(self.portal.granted(self.portal.post({**OWN, **signing.proof(self.portal)}, {}))["access_token"])

    def signed(self, typ: str, claims: dict[str, Any], alg: str = "RS256") -> str:
        """A JWT of the provider's."""
        return jose.sign(Keyring(self.house.deps).ring(), alg, typ, claims, self.house.deps.now())


@dataclass(frozen=True)
class Entry:
    """One place. `good`: a token that is believed there; `show`: shows one; `served`: whether it was believed; `kinds`: the kinds
    of `tokens` that belong there; `signer`: whose key signs them; `header`: whether it travels in an HTTP header."""

    name: str
    good: Callable[..., str]
    show: Callable[[Cast, str], requests.Response]
    served: Callable[[requests.Response], bool]
    kinds: tuple[str, ...]
    signer: str
    header: bool = False


def _found(answer: requests.Response) -> bool:
    return answer.status_code in (200, 201)


def _code(answer: requests.Response) -> bool:
    return "code=" in answer.headers.get("Location", "")


def _led_out(answer: requests.Response) -> bool:
    return answer.headers.get("Location", "") == OUT


def _active(answer: requests.Response) -> bool:
    return answer.status_code == 200 and answer.json()["active"] is True


def _asserted(endpoint: str) -> Callable[[Cast, str], requests.Response]:
    def show(cast: Cast, text: str) -> requests.Response:
        more = {"token": OWN, PAR: cast.portal.request()}.get(endpoint, {"token": "none"})
        return cast.portal.http.post(cast.url(endpoint), data={**more, **signing.proof(cast.portal, text)}, timeout=SECONDS)

    return show


def _with_proof(endpoint: str) -> Callable[[Cast, str], requests.Response]:
    def show(cast: Cast, text: str) -> requests.Response:
        form = OWN if endpoint == "token" else cast.bound.request()
        headers = {**cast.bound.basic(), "DPoP": text}
        return cast.bound.http.post(cast.url(endpoint), data=form, headers=headers, timeout=SECONDS)

    return show


_bound: dict[str, str] = {}


def _bound_token(cast: Cast) -> str:
    known = f"{cast.bound.id} {cast.browser.cookies.get('idp-session')}"  # the token ends with its session
    if known not in _bound:
        _bound[known] = proofs.bound(cast.bound, cast.browser)["access_token"]
    return _bound[known]


def _proof(endpoint: str) -> Callable[..., str]:
    return lambda cast, **changes: proofs.proof(cast.url(endpoint), **changes)


def _logout(cast: Cast) -> str:
    console, now = console_client.CLIENT_ID, cast.house.deps.now()
    about = logout_token.claims(cast.house.provider.issuer, console, "x", "y", uuid.uuid4().hex, now)
    return cast.signed(logout_token.TYP, about, console_client.ALG)


def _told_out(cast: Cast, text: str) -> requests.Response:
    return requests.post(cast.house.provider.issuer + console_client.LOGOUT, data={"logout_token": text}, timeout=SECONDS)


ASSERTION, OBJECT = ("assertion", "assertion typed", "assertion untyped"), ("object", "object typed", "object untyped")
ENTRIES = (
    Entry("hint at authorize", Cast.id_token, lambda cast, text: cast.portal.ask(cast.browser, id_token_hint=text, prompt="none"), _code, ("ID token",), "provider"),
    Entry("hint at end_session", Cast.id_token, lambda cast, text: leave(cast.browser, cast.portal, id_token_hint=text, post_logout_redirect_uri=OUT), _led_out, ("ID token",), "provider"),
    *(Entry(f"assertion at {name}", lambda cast, **changes: signing.assertion(cast.portal, **changes), _asserted(name), _found, ASSERTION, "portal")
      for name in ("token", PAR, "introspection", "revocation")),
    Entry("object at PAR", lambda cast, **changes: signed(cast.portal, **changes), lambda cast, text: pushing.push(cast.portal, request=text), _found, OBJECT, "portal"),
    Entry("object at authorize", lambda cast, **changes: signed(cast.portal, **changes), lambda cast, text: cast.portal.ask(cast.browser, request=text), _code, OBJECT, "portal"),
    *(Entry(f"proof at {name}", _proof(name), _with_proof(name), _found, (f"proof for {name}",), "holder", True) for name in ("token", PAR)),
    Entry("proof at userinfo", lambda cast, **changes: proofs.proof(cast.url("userinfo"), "GET", token=_bound_token(cast), **changes),
          lambda cast, text: proofs.userinfo(cast.portal.provider, _bound_token(cast), text), _found, ("proof for userinfo",), "holder", True),
    Entry("access token at userinfo", Cast.access_token, lambda cast, text: cast.portal.provider.userinfo(text), _found, ("access token",), "provider", True),
    Entry("access token at introspection", Cast.access_token, lambda cast, text: offline.about(cast.portal, "introspection", text), _active, ("access token", "own token", "refresh token"), "provider"),
    Entry("logout token at the console", _logout, _told_out, _found, ("logout token for the console",), "provider"),
)  # fmt: skip


def tokens(cast: Cast) -> Iterator[tuple[str, str]]:
    """(kind, token): one of each that the provider issues or takes, fresh and good where it belongs."""
    portal, issuer, now = cast.portal, cast.house.provider.issuer, cast.house.deps.now()
    yield "ID token", cast.id_token()
    yield "access token", cast.access_token()
    yield "own token", cast.own_token()
    yield "bound token", _bound_token(cast)
    yield "refresh token", offline.begin(portal, cast.browser)["refresh_token"]
    yield "code", portal.code(cast.browser)
    yield "request_uri", pushing.pushed(portal)
    yield "logout token", cast.signed(logout_token.TYP, logout_token.claims(issuer, portal.id, "x", "y", "z", now))
    yield "logout token for the console", _logout(cast)
    facts = {"at": now, "by": "user"}
    yield "security event", cast.signed(security_event.TYP, security_event.claims(issuer, portal.id, "x", "z", "sessions_revoked", facts))
    location = portal.ask(cast.browser, response_mode="jwt").headers["Location"]
    yield "signed answer", dict(parse_qsl(urlsplit(location).query))["response"]
    wish = {"Accept": "application/token-introspection+jwt"}
    yield "signed introspection", offline.about(portal, "introspection", cast.access_token(), wish).text
    for end, typ in (("", "JWT"), (" typed", "client-authentication+jwt"), (" untyped", None)):
        yield "assertion" + end, signing.assertion(portal, {"typ": typ})
    for end, typ in (("", "JWT"), (" typed", "oauth-authz-req+jwt"), (" untyped", None)):
        yield "object" + end, signed(portal, {"typ": typ}, jti="o")
    for name in ("token", PAR):
        yield f"proof for {name}", proofs.proof(cast.url(name))
    yield "proof for userinfo", proofs.proof(cast.url("userinfo"), "GET", token=_bound_token(cast))
