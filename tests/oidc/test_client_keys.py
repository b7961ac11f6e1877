"""The keys of portals: what may be registered, and how those at `jwks_uri` are followed (OIDC Core section 10.1.1, RFC 7517)."""

import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from idp.adapters.fetch import SafeFetcher
from idp.domain.client import Client
from idp.services import client_keys, client_registration
from idp.services.client_keys import ClientKeys
from idp.services.client_registration import Rejected
from tests import services
from tests.oidc import signing
from tests.oidc.installation import Installation

BASE: dict[str, Any] = {"grant_types": [], "token_endpoint_auth_method": "private_key_jwt"}
GOOD = signing.jwks("portal-ES256")["keys"][0]
OTHERS = [
    ECKey.generate_key("P-256").as_dict(private=False) | {"use": "enc", "alg": "ECDH-ES", "kid": "enc"},
    RSAKey.generate_key(2048).as_dict(private=False) | {"use": "enc"},
    ECKey.generate_key("P-384").as_dict(private=False) | {"kid": "curve"},
    {"kty": "OKP", "crv": "X25519", "x": GOOD["x"]},
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
    ECKey.generate_key("P-256").as_dict(private=False) | {"key_ops": ["deriveKey"], "kid": "derives"},
]


class Place:
    """What stands at a portal's `jwks_uri`, and how often it was read."""

    def __init__(self, port: int):
        self.uri = f"http://127.0.0.1:{port}/jwks"
        self.status, self.kind, self.body, self.read = 200, "application/json", b"", 0
        self.asked, self.answers = threading.Event(), threading.Event()
        self.answers.set()

    def show(self, *keys: Any) -> None:
        """Publish these keys."""
        self.body = json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


@contextmanager
def published() -> Iterator[Place]:
    """A portal's own server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place.read += 1
            place.asked.set()
            place.answers.wait(20)
            self.send_response(place.status)
            self.send_header("Content-Type", place.kind)
            self.send_header("Content-Length", str(len(place.body)))
            self.end_headers()
            self.wfile.write(place.body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place = Place(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        place.answers.set()
        server.shutdown()
        server.server_close()


class Clock:
    """A clock that the test turns."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def portal_at(place: Place, name: str = "p") -> Client:
    """A portal whose keys stand there."""
    return Client(name, token_endpoint_auth_method="private_key_jwt", jwks_uri=place.uri)


def keys_at(house: Installation, place: Place, threads: int = 32, patience: float = 60.0) -> tuple[ClientKeys, Client, Clock]:
    """What a worker of so many threads knows of a portal whose keys stand there; who looks has time where a test does not say else."""
    clock, settings = Clock(), house.deps.settings
    settings = replace(settings, server=replace(settings.server, threads=threads))
    found = ClientKeys(replace(house.deps, clock=clock, settings=settings), SafeFetcher(loopback=True, seconds=20), patience)
    return found, portal_at(place), clock


def refused(house: Installation, **changes: Any) -> str:
    """Why this cannot be registered."""
    with pytest.raises(Rejected) as caught:
        client_registration.register(house.deps, {**BASE, **changes})
    return " ".join(caught.value.problems)


@pytest.mark.parametrize("jwk", [
    signing.KEYS["portal-ES256"].as_dict(private=True), signing.KEYS["portal-RS256"].as_dict(private=True),
    signing.KEYS["portal-EdDSA"].as_dict(private=True), OctKey.import_key(b"s" * 32).as_dict(), {**GOOD, "k": "x"}, {**GOOD, "d": ""},
], ids=["EC", "RSA", "OKP", "oct", "k beside", "empty d"])  # fmt: skip
def test_private_and_symmetric_keys_are_refused(house: Installation, jwk: dict[str, Any]) -> None:
    """Requirement DC-02: what was shown to us is no secret any more."""
    assert "only public keys" in refused(house, jwks={"keys": [jwk]})


@pytest.mark.parametrize("jwk", [
    7, None, {}, {"kty": 7}, {"kty": "EC"}, {**GOOD, "x": GOOD["y"]}, {**GOOD, "x": "="}, {**GOOD, "x": 7}, {**GOOD, "crv": "P-384"},
    {**GOOD, "crv": []}, {**GOOD, "alg": "RS256"}, {**GOOD, "alg": "none"}, {**GOOD, "alg": 7}, {**GOOD, "use": "enc"}, {**GOOD, "kid": 7},
    {**GOOD, "kid": "x" * 201}, {**GOOD, "key_ops": ["sign"]}, {**GOOD, "key_ops": 7}, ECKey.generate_key("secp256k1").as_dict(private=False),
    {"kty": "RSA", "n": "_" * 171, "e": "AQAB"}, {"kty": "RSA", "n": "AA", "e": "AQAB"}, {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
    {"kty": "RSA", "n": GOOD["x"], "e": "AA"}, {"kty": "OKP", "crv": "X25519", "x": GOOD["x"]},
], ids=lambda jwk: type(jwk).__name__)  # fmt: skip  # the keys themselves are new in every process
def test_keys_that_cannot_be_used_are_refused_with_a_reason(house: Installation, jwk: Any) -> None:
    """Requirement DC-02: never an exception; also at `jwks_uri`, where they are passed over."""
    assert refused(house, jwks={"keys": [jwk]}).startswith("jwks: ")


@pytest.mark.parametrize("jwk", OTHERS, ids=lambda jwk: " ".join(str(jwk.get(name, "")) for name in ("kty", "crv", "use", "alg")))
def test_keys_for_something_else_may_stand_beside_one_for_signatures(house: Installation, jwk: dict[str, Any]) -> None:
    """RFC 7517 section 5: they are passed over, in either order, also where they bear the same kid; alone they are not enough."""
    for keys in ([jwk, GOOD], [GOOD, jwk], [{**jwk, "kid": GOOD["kid"]}, GOOD]):
        made = client_registration.register(house.deps, {**BASE, "jwks": {"keys": keys}})
        assert made["jwks"] == {"keys": keys}
        found = ClientKeys(house.deps, SafeFetcher(loopback=True)).find(Client("p", jwks=made["jwks"]), GOOD["kid"], "ES256")
        assert found and found.get("kid") == GOOD["kid"] and found.get("use") != "enc"
    assert refused(house, jwks={"keys": [jwk]}).startswith("jwks: ")
    old = signing.jwks("portal-RS256")["keys"][0] | {"alg": "RS256"}
    assert "needs a key for" in refused(house, profile="fapi2", jwks={"keys": [old, jwk]}), "one that the profile can use"


@pytest.mark.parametrize("jwk", [
    {**OTHERS[0], "d": "x"}, {"kty": "oct", "use": "enc", "k": "x"}, {**GOOD, "x": "=", "kid": "b"}, {**GOOD, "alg": 7}, {**GOOD, "use": 7},
    {**GOOD, "crv": []}, {**GOOD, "key_ops": 7}, 7, {},
], ids=lambda jwk: type(jwk).__name__)  # fmt: skip
def test_a_good_key_beside_it_does_not_save_a_bad_one(house: Installation, jwk: Any) -> None:
    """Requirement DC-02: private, symmetric or malformed."""
    for keys in ([jwk, GOOD], [GOOD, jwk]):
        assert refused(house, jwks={"keys": keys}).startswith("jwks: ")


@pytest.mark.parametrize("jwks", [7, [], "x", {}, {"keys": []}, {"keys": {}}, {"keys": [GOOD] * 21}, {"keys": [GOOD, GOOD]}], ids=lambda v: str(v)[:30])
def test_a_set_is_a_set_of_different_keys(house: Installation, jwks: Any) -> None:
    """RFC 7517 section 5."""
    assert refused(house, jwks=jwks).startswith("jwks: ")


def test_a_client_that_signs_has_keys_in_one_place(house: Installation) -> None:
    """RFC 7591 section 2, and no secret beside them."""
    good = {"keys": [GOOD]}
    assert "needs the client's public keys" in refused(house)
    assert "not both" in refused(house, jwks=good, jwks_uri="https://portal.example.jp/jwks")
    assert refused(house, jwks_uri="file:///etc/passwd").startswith("jwks_uri: ")
    assert "leave it out" in refused(house, jwks=good, client_secret="s" * 32)
    for name, value in (("token_endpoint_auth_signing_alg", "HS256"), ("client_assertion_audience", "anything")):
        assert refused(house, jwks=good, **{name: value}).startswith(name)
    made = client_registration.register(house.deps, {**BASE, "jwks": good})
    assert "client_secret" not in made and made["jwks"] == good


def test_keys_are_fetched_once_and_kept(house: Installation) -> None:
    """OIDC Core section 10.1.1: ten minutes, then again."""
    with published() as place:
        keys, client, clock = keys_at(house, place)
        place.show(signing.KEYS["portal-ES256"], signing.KEYS["portal-RS256"])
        assert all(services.race(16, lambda: keys.find(client, "portal-ES256", "ES256")))
        assert keys.find(client, "portal-RS256", "RS256") and place.read == 1
        clock.now += client_keys.FRESH - 1
        assert keys.find(client, "portal-ES256", "ES256") and place.read == 1
        place.show(signing.KEYS["portal-RS256"])
        clock.now += 1
        assert keys.find(client, "portal-ES256", "ES256") is None and place.read == 2


def test_an_unknown_kid_brings_one_look_a_minute(house: Installation) -> None:
    """OIDC Core section 10.1.1: a new key is found at once, and nobody makes us ask without end."""
    with published() as place:
        keys, client, clock = keys_at(house, place)
        place.show(signing.KEYS["portal-ES256"])
        assert keys.find(client, "portal-ES256", "ES256")
        place.show(signing.KEYS["portal-ES256"], signing.KEYS["portal-RS256"])
        clock.now += client_keys.AGAIN
        assert keys.find(client, "portal-RS256", "RS256") and place.read == 2
        for number in range(20):
            assert keys.find(client, f"made-up-{number}", "ES256") is None
        assert place.read == 2
        clock.now += client_keys.AGAIN
        assert keys.find(client, "made-up", "ES256") is None and place.read == 3


def test_a_portal_that_is_away_keeps_its_keys_for_an_hour(house: Installation) -> None:
    """A fetch that fails changes nothing for a while; a key can still be taken back by taking it from the set."""
    with published() as place:
        keys, client, clock = keys_at(house, place)
        place.show(signing.KEYS["portal-ES256"])
        assert keys.find(client, "portal-ES256", "ES256")
        place.status = 503
        clock.now += client_keys.FRESH
        assert keys.find(client, "portal-ES256", "ES256") and place.read == 2
        clock.now += client_keys.LAST
        assert keys.find(client, "portal-ES256", "ES256") is None


@pytest.mark.parametrize("status, kind, body", [
    (404, "application/json", b"{}"), (302, "application/json", b"{}"), (200, "text/html", b"{}"), (200, "application/json", b"["),
    (200, "application/json", b"[" * 9000), (200, "application/json", b"\xff"), (200, "application/json", b'{"keys":7}'),
    (200, "application/json", b'{"keys":[7,{"kty":"oct","k":"AA"}]}'), (200, "application/json", b"x" * 70_000), (200, "application/json", b"\x00"),
])  # fmt: skip
def test_whatever_stands_there_is_no_exception(house: Installation, status: int, kind: str, body: bytes) -> None:
    """Bad input is normal input."""
    with published() as place:
        keys, client, _ = keys_at(house, place)
        place.status, place.kind, place.body = status, kind, body
        assert keys.find(client, None, "ES256") is None and place.read == 1


def test_only_public_addresses_are_asked(house: Installation) -> None:
    """Requirement DC-02: one SSRF-safe way out; here with an https issuer, for which loopback is no address."""
    with published() as place:
        _, client, _ = keys_at(house, place)
        keys = ClientKeys(house.deps, SafeFetcher(loopback=False))
        place.show(signing.KEYS["portal-ES256"])
        assert keys.find(client, None, "ES256") is None and place.read == 0


def test_a_portal_proves_itself_by_a_key_that_it_publishes(each: Installation) -> None:
    """The whole way, and its next key too."""
    with published() as place:
        client = client_registration.register(each.deps, {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": place.uri,
                                              "grant_types": ["client_credentials"], "scope": "contracts:read"})  # fmt: skip
        portal = type(each.portals["plain"])(each.provider, client)
        key = signing.new_key("PS256", "published")
        place.show(key)
        form = {"grant_type": "client_credentials", **signing.proof(portal, signing.assertion(portal, key=key))}
        assert portal.post(form, {}).status_code == 200 and place.read == 1
