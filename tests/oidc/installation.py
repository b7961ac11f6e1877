"""A running installation with every kind of portal registered, and members made without the shell's start-up time."""

import contextlib
import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

from sqlalchemy import select

from idp import config, parts
from idp.deps import Deps
from idp.domain.client import DEVICE_CODE
from idp.services import accounts, client_registration, factors
from idp.services.passwords import Hasher
from idp.tables import factors as table
from tests import running, services
from tests.oidc import signing
from tests.oidc.relying_party import Portal, Provider
from tests.running import CALLBACK, PASSWORD, Browser, Idp

ODD_SECRET = "se:cret +%&=/?~ with space"
API, OTHER_API = "https://api.example.jp/v1", "urn:example:bills"
REFRESHING = ["authorization_code", "refresh_token"]
TELEVISION = {"grant_types": [DEVICE_CODE, "refresh_token"], "token_endpoint_auth_method": "none", "redirect_uris": []}
KEYED, ALL = "private_key_jwt", [*REFRESHING, "client_credentials"]
BRIEF = {"access_token_lifetime": 120, "id_token_lifetime": 300, "refresh_token_idle_lifetime": 600, "refresh_token_lifetime": 900}


def fapi2(key: str, profile: str = "fapi2") -> dict[str, Any]:
    """A portal of this profile, with one key that names no algorithm, and a second address as the certification suite has it."""
    [jwk] = signing.jwks(key)["keys"]
    where = [CALLBACK, CALLBACK + "?dummy1=lorem&dummy2=ipsum"]
    return {"profile": profile, "jwks": {"keys": [{name: value for name, value in jwk.items() if name != "alg"}]}, "grant_types": REFRESHING, "redirect_uris": where,
            "post_logout_redirect_uris": [CALLBACK.replace("callback", "out")]}  # fmt: skip


# by name: what the tests need beside the plain portal; registered before the server starts
PORTALS: dict[str, dict[str, Any]] = {
    "plain": {"client_name": "My Portal"},
    "other": {"redirect_uris": [CALLBACK + "/other", CALLBACK + "/second"]},
    "post": {"token_endpoint_auth_method": "client_secret_post"},
    "public": {"token_endpoint_auth_method": "none"},
    "relaxed": {"require_pkce": False, "grant_types": REFRESHING},
    "relaxed-post": {"require_pkce": False, "token_endpoint_auth_method": "client_secret_post", "grant_types": REFRESHING},
    "offline": {"grant_types": REFRESHING, "resources": [API, OTHER_API]},
    "offline-other": {"grant_types": REFRESHING, "token_endpoint_auth_method": "client_secret_post", "scope_claims_in_id_token": True},
    "offline-public": {"grant_types": REFRESHING, "token_endpoint_auth_method": "none"},
    "offline-native": {"grant_types": REFRESHING, "token_endpoint_auth_method": "none", "application_type": "native"},
    "offline-third": {"grant_types": REFRESHING, "first_party": False, "client_name": "Third offline"},
    "backend": {"grant_types": ["client_credentials"], "scope": "contracts:read contracts:write", "resources": [API]},
    "backend-post": {"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_post"},
    "both": {"grant_types": ["authorization_code", "client_credentials"], "scope": "openid email contracts:read", "first_party": False},
    "api": {"grant_types": [], "audiences": [API], "introspection_signed_response_alg": "ES256"},
    "other-api": {"grant_types": [], "audiences": [OTHER_API], "token_endpoint_auth_method": "client_secret_post"},
    "ES256": {"id_token_signed_response_alg": "ES256"},
    "PS256": {"id_token_signed_response_alg": "PS256", "authorization_signed_response_alg": "PS256"},
    "EdDSA": {"id_token_signed_response_alg": "EdDSA"},
    "third": {"first_party": False, "client_name": "Third"},
    "narrow": {"scope": "openid email"},
    "capitals": {"redirect_uris": ["https://Capitals.Example:443/callback"]},
    "query": {"redirect_uris": [CALLBACK + "?tenant=1&lang=ja"]},
    "native": {
        "application_type": "native",
        "token_endpoint_auth_method": "none",
        "redirect_uris": ["http://127.0.0.1/callback", "http://[::1]:4000/callback"],
    },
    "local": {"redirect_uris": ["http://localhost:3000/callback"]},
    "claims": {"scope_claims_in_id_token": True},
    "aged": {"default_max_age": 1, "require_auth_time": True},
    "odd": {"client_id": "odd:id%+&=/", "client_secret": ODD_SECRET},
    "odd-post": {"client_id": "odd:post%+&=/", "client_secret": ODD_SECRET, "token_endpoint_auth_method": "client_secret_post"},
    "leaving": {"post_logout_redirect_uris": [CALLBACK.replace("callback", "out"), CALLBACK.replace("callback", "out?tenant=1")]},
    "leaving-offline": {"grant_types": REFRESHING, "post_logout_redirect_uris": [CALLBACK.replace("callback", "out")]},
    "grantless": {"grant_types": []},
    **{f"key-{alg}": {"token_endpoint_auth_method": KEYED, "jwks": signing.jwks(f"portal-{alg}"), "grant_types": ALL} for alg in signing.ALGS},
    "every": {"token_endpoint_auth_method": KEYED, "jwks": signing.jwks("portal-RS256"), "grant_types": ALL,
              "post_logout_redirect_uris": [CALLBACK.replace("callback", "out")]},  # fmt: skip
    "pushing": {"require_pushed_authorization_requests": True},
    "pushing-third": {"first_party": False, "client_name": "Third"},
    "bound": {"dpop_bound_access_tokens": True, "grant_types": ALL, "resources": [API]},
    "bound-public": {"dpop_bound_access_tokens": True, "grant_types": REFRESHING, "token_endpoint_auth_method": "none"},
    "nonces": {"require_dpop_nonce": True, "grant_types": ALL},
    "signing": {"require_signed_request_object": True, "jwks": signing.jwks("portal-PS256", "portal-ES256"), "request_object_signing_alg": "PS256"},
    "tv": {**TELEVISION, "client_name": "Television"},
    "tv-third": {**TELEVISION, "client_name": "Third television", "first_party": False},
    "tv-secret": {"grant_types": [DEVICE_CODE, "refresh_token"], "resources": [API, OTHER_API], "client_name": "Set-top box"},
    "tv-told": {**TELEVISION, "backchannel_logout_uri": CALLBACK.replace("callback", "told")},
    "tv-strong": {**TELEVISION, "default_acr_values": ["urn:x-idp:acr:3"]},
    **{name: fapi2(key) for name, key in (("fapi2", "portal-ES256"), ("fapi2-other", "portal-EdDSA"))},
    **{f"fapi2-message-signing{name}": fapi2(key, "fapi2-message-signing") for name, key in (("", "portal-PS256"), ("-other", "portal-ES256"))},
    "key-old": {"token_endpoint_auth_method": KEYED, "jwks": signing.jwks("portal-ES256"), "client_assertion_audience": "token_endpoint"},
    "key-two": {"token_endpoint_auth_method": KEYED, "jwks": signing.jwks("portal-ES256", "portal-RS256"), "token_endpoint_auth_signing_alg": "ES256"},
}
ADDRESS = {
    "formatted": "〒999-0001\n東京都見本区1-2-3", "street_address": "1-2-3", "locality": "見本区", "region": "東京都",
    "postal_code": "999-0001", "country": "JP",
}  # fmt: skip
PROFILE = {
    "name": "見本花子", "family_name": "見本", "given_name": "花子", "middle_name": "M", "profile": "https://example.jp/hanako",
    "picture": "https://example.jp/hanako.png", "website": "https://hanako.example.jp/", "gender": "female",
    "birthdate": "1958-04-01", "zoneinfo": "Asia/Tokyo",
}  # fmt: skip


@dataclass
class Installation:
    """The running provider, its portals by name, and one member who has every claim."""

    idp: Idp
    deps: Deps
    provider: Provider
    portals: dict[str, Portal]
    hasher: Hasher
    subjects: dict[str, str] = field(default_factory=dict)

    def member(self, login_id: str = "", **given: Any) -> str:
        """Add a member; returns the login ID."""
        name = login_id or "m" + uuid.uuid4().hex[:12]
        wish = accounts.NewAccount(login_id=name, nickname="はなこ", password=PASSWORD, **given)
        new = accounts.new_account(self.deps, self.hasher, wish)
        with self.deps.database.write() as connection:
            accounts.store(connection, self.deps, new, "test", "cli")
        self.subjects[name] = new.id
        return name

    def app_of(self, login_id: str) -> str:
        """Give a member an authenticator app that is asked for only where a level is; returns its secret."""
        secret = factors.new_secret()
        with self.deps.database.write() as connection:
            factors.set_app(connection, self.deps, self.subjects[login_id], secret, 0)
        return secret

    def forget_steps(self, login_id: str) -> None:
        """Let the app's present code count again."""
        with self.deps.database.write() as connection:
            app = table.app(connection, self.subjects[login_id])
            assert app
            table.put_app(connection, self.subjects[login_id], app.sealed, 0, 0)

    def rows(self, table: Any) -> list[Any]:
        """Every row of a durable table."""
        with self.deps.database.read() as connection:
            return list(connection.execute(select(table)).all())

    def browser(self, login_id: str = "") -> Browser:
        """A browser of nobody, or one in which this member is signed in."""
        browser = Browser(self.idp)
        if login_id:
            plain = self.portals["plain"]
            assert "code" in plain.reply(plain.sign_in(browser, login_id))
        return browser


@contextlib.contextmanager
def installation(folder: Path, urls: tuple[str, str], policy: dict[str, dict[str, str]] | None = None) -> Iterator[Installation]:
    """`idp serve` on these stores with this policy, until the end of the block."""
    idp = running.configure(folder, *urls, services.free_port(), policy=policy)
    idp.config.write_text(idp.config.read_text().replace("[server]\n", "[server]\ncourier = false\n"))
    settings, base = config.load(str(idp.config))
    deps = parts.open_deps(settings, base)
    clients = {}
    brief = {"grant_types": REFRESHING, "token_endpoint_auth_method": "none", **BRIEF}
    for name, metadata in {**PORTALS, **({} if policy else {"offline-brief": brief})}.items():
        given = {"client_name": name, "redirect_uris": [CALLBACK], **metadata}
        clients[name] = client_registration.register(deps, json.dumps(given))
    try:
        with running.serving(idp):
            provider = Provider(idp.issuer)
            portals = {name: Portal(provider, client) for name, client in clients.items()}
            hasher = Hasher(deps.policy.password.hash, deps.vault, slots=2, waiting=64)
            yield Installation(idp, deps, provider, portals, hasher)
    finally:
        parts.close_deps(deps)
