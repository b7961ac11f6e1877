"""Client authentication: the one registered method, one constant refusal (RFC 6749 sections 2.3 and 5.2)."""

import base64
import json
import statistics
import time
from dataclasses import replace
from typing import Callable

import pytest
import requests

from idp.services import client_registration
from idp.services.client_register import ClientRegister
from tests.oidc.installation import ODD_SECRET, Installation
from tests.oidc.relying_party import SECONDS, Portal
from tests.oidc.test_token_endpoint import refusal
from tests.running import Browser

WRONG = "wrong-secret-of-some-length"


def header(raw: bytes | str) -> dict[str, str]:
    """Basic credentials of these bytes."""
    return {"Authorization": "Basic " + base64.b64encode(raw if isinstance(raw, bytes) else raw.encode()).decode()}


def pair(portal: Portal, secret: str | None = None) -> dict[str, str]:
    """client_id and client_secret as form fields."""
    return {"client_id": portal.id, "client_secret": secret or portal.client.get("client_secret", WRONG)}


@pytest.mark.parametrize("name", ["plain", "post", "public", "relaxed-post", "odd", "odd-post"])
def test_the_registered_method_works(house: Installation, signed_in: Browser, name: str) -> None:
    """RFC 6749 section 2.3.1: Basic with form-encoded id and secret, fields of the body, or none."""
    portal = house.portals[name]
    assert portal.redeem(portal.code(signed_in)).status_code == 200


def test_basic_takes_what_an_encoder_may_write_in_other_ways(house: Installation, signed_in: Browser) -> None:
    """RFC 6749 section 2.3.1 and appendix B: spaces as + or %20, letters escaped or not, any case of the scheme."""
    odd = house.portals["odd"]
    for user, secret in (("odd%3Aid%25%2B%26%3D%2F", "se%3acret+%2b%25%26%3d%2f%3f%7e%20with+space"),
                         ("%6Fdd%3Aid%25%2B&=/", "se:cret %2B%25&=/?~ with%20space")):  # fmt: skip
        for scheme in ("Basic", "basic", "BASIC"):
            given = {"Authorization": header(f"{user}:{secret}")["Authorization"].replace("Basic", scheme)}
            assert odd.post(odd.token_form(odd.code(signed_in)), given).status_code == 200


@pytest.mark.parametrize("name", ["plain", "post", "public"])
def test_every_other_method_is_refused(house: Installation, signed_in: Browser, name: str) -> None:
    """RFC 6749 section 2.3 (requirement TK-08): the registered one, exactly once; the code stays good."""
    portal = house.portals[name]
    code = portal.code(signed_in)
    form = {k: v for k, v in portal.token_form(code).items() if k not in ("client_id", "client_secret")}
    basic = header(f"{portal.id}:{portal.client.get('client_secret', WRONG)}")
    ways = {
        "client_secret_basic": (form, basic), "client_secret_post": ({**form, **pair(portal)}, {}),
        "none": ({**form, "client_id": portal.id}, {}),
    }  # fmt: skip
    ways.pop(portal.client["token_endpoint_auth_method"])
    ways["nothing at all"] = (form, {})
    ways["two at once"] = ({**form, **pair(portal)}, basic)
    ways["bearer"] = ({**form, "client_id": portal.id}, {"Authorization": "Bearer " + code})
    assertion = {"client_assertion": "x.y.z", "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    ways["assertion"] = ({**form, **assertion}, {})
    for fields, headers in ways.values():
        refusal(portal.post(fields, headers), "invalid_client", 401)
    assert portal.redeem(code).status_code == 200


def test_the_credentials_of_two_clients_are_never_mixed(house: Installation, signed_in: Browser) -> None:
    """RFC 6749 section 2.3 (trap T-08): A in the header and B in the body is neither A nor B."""
    a, b, post, public = (house.portals[name] for name in ("plain", "other", "post", "public"))
    for owner in (a, post, public):
        code = owner.code(signed_in)
        form = owner.token_form(code)
        for other in (b, post, public):
            if other is not owner:
                refusal(a.post({**form, **pair(other)}, a.basic()), "invalid_client", 401)
                refusal(a.post({**form, "client_id": other.id}, a.basic()), "invalid_client", 401)
        assert owner.redeem(code).status_code == 200
    named = a.token_form(a.code(signed_in), client_id=a.id)
    assert a.post(named, a.basic()).status_code == 200


MALFORMED = [
    "Basic", "Basic ", "Basic =", "Basic ====", "Basic !!!!", "Basic a", "Basic YQ", "Basic YQ==", "Basic Og==", "Basic YTo=",
    "Basic OmE=",
    "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(), "Basic " + base64.b64encode("日本:秘密".encode()).decode(),
    "Basic " + base64.b64encode(b"a%zz:b").decode(), "Basic " + base64.b64encode(b"a%ff:b%ff").decode(),
    "Basic " + base64.b64encode(b"a\x00:b\x00").decode(), "Basic " + base64.b64encode(b"a%00:b%0a").decode(),
    "Basic " + "A" * 4000, "Basic YTpi YTpi", "Basic YTpi,Basic YTpi", "Basic\tYTpi", "Digest username=x", "Negotiate YTpi",
    "YTpi", ":", "Bearer x",
    "Basic YTpi\xe9", "Basic YTpi-_",
]  # fmt: skip


@pytest.mark.parametrize("value", MALFORMED, ids=ascii)
def test_malformed_credentials_are_refused_in_the_same_words(portal: Portal, value: str) -> None:
    """Requirement CA-03, stack.md trap 3: never an exception."""
    known = portal.post(portal.token_form("x"), header(f"{portal.id}:{WRONG}"))
    answer = requests.post(portal.provider.endpoint("token"), data=portal.token_form("x"), timeout=SECONDS,
                           headers={"Authorization": value.encode("latin-1")})  # fmt: skip
    refusal(answer, "invalid_client", 401)
    assert answer.content == known.content


@pytest.mark.parametrize("secret", [WRONG, "", "日本語の秘密の言葉", "x" * 5000, "\t", "a\nb", "😀"], ids=ascii)
def test_wrong_secrets_of_every_kind_are_refused(house: Installation, secret: str) -> None:
    """Trap T-12: bytes are compared, whatever they are."""
    for portal in (house.portals["post"], house.portals["odd-post"]):
        refusal(portal.post({**portal.token_form("x"), "client_secret": secret}, {}), "invalid_client", 401)


@pytest.mark.parametrize(
    "bend", [lambda s: s[:-1], lambda s: s + " ", str.upper, lambda s: s.replace(" ", "+"), lambda s: ODD_SECRET[::-1]]
)
def test_only_the_exact_secret_is_the_secret(house: Installation, bend: Callable[[str], str]) -> None:
    """Requirement CA-02."""
    post = house.portals["odd-post"]
    refusal(post.post({**post.token_form("x"), "client_secret": bend(ODD_SECRET)}, {}), "invalid_client", 401)


def test_an_unknown_client_is_told_the_same_as_one_with_a_wrong_secret(portal: Portal, house: Installation) -> None:
    """RFC 6749 section 5.2 (requirement TK-09, trap T-15): same bytes, same headers, for Basic, body and none."""
    form = {k: v for k, v in portal.token_form("x").items() if k != "client_id"}
    answers = [
        portal.post(form, header(f"{portal.id}:{WRONG}")),
        portal.post(form, header(f"unknown:{WRONG}")),
        portal.post({**form, **pair(house.portals["post"], WRONG)}, {}),
        portal.post({**form, "client_id": "unknown", "client_secret": WRONG}, {}),
        portal.post({**form, "client_id": "unknown"}, {}),
        portal.post({**form, "client_id": portal.id}, {}),
        portal.post({**form, "client_id": house.portals["public"].id, "client_secret": WRONG}, {}),
    ]
    for answer in answers:
        refusal(answer, "invalid_client", 401)
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert len({answer.content for answer in answers}) == 1
    assert len({json.dumps({k: v for k, v in answer.headers.items() if k not in ("Date", "X-Request-Id")}) for answer in answers}) == 1


def test_unknown_and_known_clients_cost_the_same_work(portal: Portal) -> None:
    """Requirement TK-09: the medians of interleaved requests lie close together; a password hash would be 40 ms apart."""
    form = portal.token_form("x")
    given = {"known": header(f"{portal.id}:{WRONG}"), "unknown": header(f"unknown:{WRONG}")}

    def apart() -> float:
        times: dict[str, list[float]] = {"known": [], "unknown": []}
        for _ in range(30):
            for name, headers in given.items():
                start = time.perf_counter()
                portal.post(form, headers)
                times[name].append(time.perf_counter() - start)
        return abs(statistics.median(times["known"]) - statistics.median(times["unknown"]))

    assert any(apart() < 0.02 for _ in range(3)), "a busy machine is not slow with the same of two every time"


def test_two_secrets_live_beside_each_other_while_one_is_replaced(each: Installation) -> None:
    """Requirement CA-02: the one before counts until its time is over, older ones never; replacing the client ends both."""
    made = client_registration.register(each.deps, {"grant_types": ["client_credentials"], "scope": "contracts:read"})
    first, name = made["client_secret"], made["client_id"]
    register, later = ClientRegister(each.deps), ClientRegister(replace(each.deps, clock=lambda: time.time() + 3_600))

    def live(secret: str | None, known: ClientRegister = register) -> bool:
        return known.secret_matches(known.find(name), secret or "")

    second = client_registration.rotate_secret(each.deps, name, 3_600)
    for known in (register, later):
        known.warm()
    assert live(first) and live(second) and not live(first, later) and live(second, later)
    third = client_registration.rotate_secret(each.deps, name, 3_600)
    fresh = ClientRegister(each.deps)
    assert (live(first, fresh), live(second, fresh), live(third, fresh), live(None, fresh)) == (False, True, True, False)
    fourth = client_registration.rotate_secret(each.deps, name)
    fresh = ClientRegister(each.deps)
    assert (live(third, fresh), live(fourth, fresh)) == (False, True)
