"""The matrix: whatever is no good token of its place is refused there, without a word on why to who has proven nothing, and
never breaks anything (requirements JW-01 to JW-04; RFC 8725)."""

import json
import time
from typing import Any, Iterator

import pytest
import requests
from joserfc import jws

from idp.services.keyring import Keyring
from tests.oidc import entries, forging, proofs, signing
from tests.oidc.entries import ENTRIES, Cast, Entry
from tests.oidc.installation import Installation
from tests.oidc.relying_party import base64url, header_of
from tests.running import claims_of

NAMES = [entry.name for entry in ENTRIES]
REGISTRY = jws.JWSRegistry(algorithms=["RS256", "ES256"])
LONG = 40_000  # in base64 just what fits into the largest body
CLOCKED = [entry for entry in ENTRIES if entry.signer != "provider"]


@pytest.fixture(scope="module")
def cast(house: Installation) -> Cast:
    """A member who is signed in, and the portals."""
    return Cast(house, house.browser(house.member()))


@pytest.fixture(params=ENTRIES, ids=NAMES)
def entry(request: pytest.FixtureRequest) -> Entry:
    """Each place in turn."""
    found: Entry = request.param
    return found


def shown(cast: Cast, entry: Entry, text: str) -> requests.Response | None:
    """The answer to this token, or None where HTTP itself cannot carry it."""
    if entry.header and (len(text) > 8_000 or not text.isprintable() or text != text.strip() or not text.isascii()):
        return None
    answer = entry.show(cast, text)
    assert answer.status_code < 500, (entry.name, text[:200], answer.text[:500])
    if entry.served(answer) and entry.name == "hint at end_session":
        cast.browser = cast.house.browser(cast.house.member())
    return answer


def key_of(cast: Cast, entry: Entry, token: str) -> tuple[str, dict[str, Any], Any]:
    """(algorithm, public JWK, private key) of who signs what belongs there."""
    if entry.signer == "provider":
        alg = header_of(token)["alg"]
        key = Keyring(cast.house.deps).ring().signer(alg, cast.house.deps.now())[1]
    else:
        alg, key = ("ES256", proofs.KEY) if entry.signer == "holder" else ("RS256", signing.KEYS["portal-RS256"])
    return alg, {**key.as_dict(private=False), "kid": header_of(token).get("kid", "none")}, key


def raw(alg: str, key: Any, header: bytes, payload: bytes) -> str:
    """A JWS with a good signature of exactly these bytes."""
    text = f"{base64url(header)}.{base64url(payload)}"
    return f"{text}.{base64url(REGISTRY.get_alg(alg).sign(text.encode(), key))}"


def test_what_belongs_there_is_believed(cast: Cast, entry: Entry) -> None:
    """Else the refusals below would prove nothing."""
    answer = shown(cast, entry, entry.good(cast))
    assert answer is not None and entry.served(answer), answer and answer.text


def test_no_other_kind_of_token_is_believed(cast: Cast, entry: Entry) -> None:
    """Requirement JW-04: each kind that the provider issues or takes, shown at each place."""
    strange = [(kind, text) for kind, text in entries.tokens(cast) if kind not in entry.kinds]
    assert len(strange) >= 17
    for kind, text in strange:
        answer = shown(cast, entry, text)
        assert answer is not None and not entry.served(answer), kind


def test_forgeries_are_not_believed(cast: Cast, entry: Entry) -> None:
    """Requirements JW-01 to JW-03: none, HMAC with the public key, foreign and strange kids, keys in the header, cut and grown."""
    token = entry.good(cast)
    jwk = key_of(cast, entry, token)[1]
    for name, text in forging.forgeries_of(jwk, token):
        if "kid" in name and entry.signer == "holder":
            continue  # the key of a proof stands in it
        answer = shown(cast, entry, text)
        assert answer is None or not entry.served(answer), name


def _headers(header: dict[str, Any], entry: Entry) -> Iterator[tuple[str, bytes]]:
    own = signing.KEYS["portal-RS256"].as_dict(private=False)
    strange: dict[str, dict[str, Any]] = {
        "crit": {"crit": ["exp"]}, "empty crit": {"crit": []}, "b64": {"b64": False, "crit": ["b64"]}, "jku": {"jku": "https://evil.example/"},
        "x5u": {"x5u": "https://evil.example/"}, "x5c": {"x5c": ["MIIB"]}, "typ": {"typ": "secevent+jwt"}, "typ of another kind": {"typ": ["JWT"]},
        "alg": {"alg": "PS256"}, "alg none": {"alg": "none"},
    }  # fmt: skip
    if entry.signer != "holder":
        strange |= {"jwk": {"jwk": own}, "kid as long as a body": {"kid": "k" * LONG}, "no such kid": {"kid": "../../etc/passwd"}}
    for name, members in strange.items():
        yield name, json.dumps({**header, **members}).encode()
    good = json.dumps(header).encode()
    yield "alg twice", good.replace(b"{", b'{"alg":"none",', 1)
    yield "typ twice", good.replace(b"{", b'{"typ":"x",', 1)
    yield "not UTF-8", good.replace(b"{", b'{"x":"\xff",', 1)
    yield "UTF-16", good.decode().encode("utf-16")
    yield "a list", b"[" + good + b"]"


def _payloads(claims: dict[str, Any], token: str) -> Iterator[tuple[str, bytes]]:
    good = json.dumps(claims).encode()
    name = next(iter(claims))
    yield "a name twice", good.replace(b"{", b'{"%s":"x",' % name.encode(), 1)
    yield "a name twice below", good.replace(b"{", b'{"z":{"a":1,"a":2},', 1)
    yield "not UTF-8", good.replace(b"{", b'{"z":"\xff",', 1)
    yield "an overlong slash", good.replace(b"{", b'{"z":"\xc0\xaf",', 1)
    yield "half a character", good.replace(b"{", b'{"z":"\\ud800",', 1)
    yield "UTF-16", good.decode().encode("utf-16")
    yield "a byte order mark", b"\xef\xbb\xbf" + good
    yield "NaN", good.replace(b"{", b'{"z":NaN,', 1)
    yield "nested", token.encode()
    yield "nested as text", json.dumps(token).encode()
    yield "a list", b"[" + good + b"]"
    yield "deep", b'{"z":' + b"[" * 3_000 + b"]" * 3_000 + b"}"
    yield "more behind it", good + b"{}"
    yield "oversized", good.replace(b"{", b'{"z":"' + b"z" * 9_000 + b'",', 1)
    yield "of 60 KiB", good.replace(b"{", b'{"z":"' + b"z" * 45_000 + b'",', 1)
    yield "empty", b"{}"
    for claim, value in claims.items():
        yield f"{claim} missing", json.dumps({other: said for other, said in claims.items() if other != claim}).encode()
        for name, wrong in {"list": [value], "object": {"a": value}, "huge": 10**400, "true": True, "half": "\ud800", "NUL": "a\0b"}.items():
            yield f"{claim} {name}", json.dumps({**claims, claim: wrong}).encode()


# what a claim may be all the same: more than one audience in a request object, and parameters that are not looked at
FREE = {"object": ("aud", "state", "nonce", "max_age", "client_id"), "assertion": ("iat",), "hint": ("sid", "amr", "acr", "at_hash", "jti", "nonce", "auth_time", "iat", "exp"),
        "access": ("acr", "amr", "auth_time", "scope", "grant_id", "session")}  # fmt: skip# the console is a relying party with a library of its own, and sees nobody's signature but the provider's
LENIENT = ("logout token at the console",)


def test_a_good_signature_is_not_enough(cast: Cast, entry: Entry) -> None:
    """RFC 8725 sections 3.1 to 3.11; RFC 7519 section 4: one reading of a token, by its place's own rules only."""
    token = entry.good(cast)
    alg, _, key = key_of(cast, entry, token)
    header, claims = header_of(token), claims_of(token)
    for name, text in _headers(header, entry):
        answer = shown(cast, entry, raw(alg, key, text, json.dumps(claims_of(entry.good(cast))).encode()))
        assert answer is None or not entry.served(answer) or entry.name in LENIENT, name
    free = FREE.get(entry.name.split()[0], ())
    for name in [name for name, _ in _payloads(claims, token)]:
        answer = shown(cast, entry, raw(alg, key, json.dumps(header).encode(), dict(_payloads(claims, token))[name]))
        if answer is not None and entry.served(answer):
            assert name.split()[0] in free or entry.name in LENIENT, name
            token = entry.good(cast)
            claims = claims_of(token)


@pytest.mark.parametrize("name", ["token", entries.PAR, "introspection", "revocation"])
def test_one_answer_to_every_assertion_that_proves_nothing(cast: Cast, name: str) -> None:
    """Requirement TK-09: nothing tells an unknown client, a wrong key, another kind of token and an old one from each other."""
    [entry] = [one for one in ENTRIES if one.name == f"assertion at {name}"]
    token = entry.good(cast)
    alg, jwk, key = key_of(cast, entry, token)
    texts = [text for _, text in forging.forgeries_of(jwk, token)] + [text for kind, text in entries.tokens(cast) if kind not in entry.kinds]
    texts += [raw(alg, key, one, json.dumps(claims_of(token)).encode()) for _, one in _headers(header_of(token), entry)]
    texts += [signing.assertion(cast.portal, **changes) for changes in ({"exp": 1}, {"sub": "unknown", "iss": "unknown"}, {"aud": "x"})]
    answers = [entry.show(cast, text) for text in texts if len(text) < 40_000]
    assert {(one.status_code, one.content) for one in answers} == {(401, answers[0].content)}


@pytest.mark.parametrize("entry", CLOCKED, ids=[entry.name for entry in CLOCKED])
def test_a_clock_ten_seconds_off_is_served_and_one_of_61_is_not(cast: Cast, entry: Entry) -> None:
    """FAPI 2.0 Security Profile 5.3.2.1 point 13. What the provider signs itself it checks by the clock that signed it."""
    names = {"proof": ("iat",), "object": ("nbf",), "assertion": ("nbf", "iat")}[entry.name.split()[0]]
    for name in names:
        for off, served in ((10, True), (61, False)):
            answer = shown(cast, entry, entry.good(cast, **{name: int(time.time()) + off}))
            assert answer is not None and entry.served(answer) is served, (name, off)
    if entry.signer == "holder":
        for off, served in ((-10, True), (-75, False)):
            answer = shown(cast, entry, entry.good(cast, iat=int(time.time()) + off))
            assert answer is not None and entry.served(answer) is served, off
