"""Introspection: whether a token is good now, told to its client and to its audience only (RFC 7662, RFC 9701)."""

from typing import Any

import pytest
import requests

from idp.services import client_registration
from idp.tables import accounts, clients, stamps
from tests import services
from tests.oidc import forging
from tests.oidc.installation import API, Installation
from tests.oidc.offline import about, age, begin, refreshed
from tests.oidc.relying_party import SECONDS, Portal, Provider
from tests.oidc.test_token_endpoint import refusal
from tests.running import Browser, claims_of

SIGNED = "application/token-introspection+jwt"
INACTIVE = b'{"active":false}'


def told(portal: Portal, token: str, **changes: str) -> dict[str, Any]:
    """What a client is told of a token."""
    answer = about(portal, "introspection", token, **changes)
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (200, "application/json", "no-store")
    found: dict[str, Any] = answer.json()
    return found


def inactive(portal: Portal, token: str) -> bool:
    """Whether the one answer comes that says nothing else (RFC 7662 section 2.2)."""
    answer = about(portal, "introspection", token)
    assert answer.status_code == 200
    return answer.content == INACTIVE


def test_a_client_is_told_about_its_own_access_token(each: Installation) -> None:
    """RFC 7662 section 2.2: what the token says, and nothing about the person."""
    portal, name = each.portals["offline"], each.member(email="taro@example.jp", verified=True)
    token = begin(portal, each.browser(name))["access_token"]
    claims = claims_of(token)
    names = ("iss", "sub", "aud", "client_id", "scope", "iat", "exp", "jti", "auth_time", "acr", "amr")
    assert told(portal, token) == {"active": True, "token_type": "Bearer", **{name: claims[name] for name in names}}
    assert told(portal, token, token_type_hint="refresh_token")["active"] is True


def test_a_client_is_told_about_its_own_refresh_token(each: Installation) -> None:
    """RFC 7662 section 2: the good one of the family only."""
    portal, name = each.portals["offline"], each.member()
    token = begin(portal, each.browser(name))["refresh_token"]
    found = told(portal, token)
    assert found["active"] is True and (found["sub"], found["client_id"]) == (each.subjects[name], portal.id)
    assert found["scope"] == "openid email offline_access" and found["exp"] - each.deps.now() > 13 * 86_400
    assert inactive(each.portals["offline-other"], token) and inactive(each.portals["api"], token)
    age(each, token, 15 * 86_400)
    assert inactive(portal, token)


def test_an_api_is_told_about_tokens_for_it_and_about_no_others(each: Installation) -> None:
    """RFC 7662 section 4 (requirement IN-01): the audience decides."""
    portal, browser = each.portals["offline"], each.browser(each.member())
    meant, ours = begin(portal, browser, resource=API)["access_token"], begin(portal, browser)["access_token"]
    assert told(each.portals["api"], meant)["aud"] == API and told(portal, meant)["active"] is True
    assert inactive(each.portals["api"], ours)
    for name in ("other-api", "plain", "post", "backend"):
        assert inactive(each.portals[name], meant) and inactive(each.portals[name], ours)


def test_a_public_client_is_not_heard(house: Installation, signed_in: Browser) -> None:
    """RFC 7662 section 2.1 (requirement IN-01): not even about its own token."""
    public, plain = house.portals["offline-public"], house.portals["plain"]
    token = begin(public, signed_in)["access_token"]
    refusal(about(public, "introspection", token), "invalid_client", 401)
    address = house.provider.endpoint("introspection")
    for fields in ({}, {"client_id": plain.id}, {"client_id": plain.id, "client_secret": "x" * 43}, {"client_id": "unknown"}):
        refusal(requests.post(address, data={"token": token, **fields}, timeout=SECONDS), "invalid_client", 401)


def _end_epoch(house: Installation, portal: Portal, subject: str, tokens: dict[str, Any]) -> None:
    with house.deps.database.write() as connection:
        accounts.raise_epoch(connection, subject, house.deps.now())


def _suspend(house: Installation, portal: Portal, subject: str, tokens: dict[str, Any]) -> None:
    with house.deps.database.write() as connection:
        accounts.change(connection, subject, house.deps.now(), status="suspended")


def _revoke(house: Installation, portal: Portal, subject: str, tokens: dict[str, Any]) -> None:
    assert about(portal, "revocation", tokens["refresh_token"]).status_code == 200


def _revoke_access(house: Installation, portal: Portal, subject: str, tokens: dict[str, Any]) -> None:
    assert about(portal, "revocation", tokens["access_token"]).status_code == 200


EVENTS = {"signed out everywhere": _end_epoch, "suspended": _suspend, "grant revoked": _revoke, "token revoked": _revoke_access}


@pytest.mark.parametrize("event", EVENTS)
def test_whatever_ends_a_token_is_seen(each: Installation, event: str) -> None:
    """RFC 7662 section 2.2 (requirement IN-02), by the client and by the audience."""
    portal, name = each.portals["offline"], each.member()
    tokens = begin(portal, each.browser(name), resource=API)
    assert told(each.portals["api"], tokens["access_token"])["active"] is True
    EVENTS[event](each, portal, each.subjects[name], tokens)
    assert inactive(portal, tokens["access_token"]) and inactive(each.portals["api"], tokens["access_token"])
    assert inactive(portal, tokens["refresh_token"]) is (event != "token revoked")


def test_a_removed_clients_token_is_not_active(each: Installation) -> None:
    """Requirement IN-02."""
    metadata = {"client_name": "Passing", "grant_types": ["client_credentials"], "resources": [API]}
    passing = Portal(each.provider, client_registration.register(each.deps, metadata))
    token = passing.granted(passing.post({"grant_type": "client_credentials", "resource": API}, passing.basic()))["access_token"]
    assert told(each.portals["api"], token)["active"] is True
    with each.deps.database.write() as connection:
        clients.remove(connection, passing.id)
        stamps.raise_stamp(connection, "clients")
    services.wait_until(lambda: inactive(each.portals["api"], token))


def test_whatever_is_no_access_token_is_not_active(house: Installation, signed_in: Browser) -> None:
    """RFC 7662 section 2.2, RFC 9068 section 4 (requirements JW-01 to JW-04): one constant answer."""
    portal = house.portals["offline"]
    tokens = begin(portal, signed_in)
    access = tokens["access_token"]
    wrong = ["x", "日本", "x" * 60_000, "W10.W10.W10", "0." + "r" * 86, tokens["id_token"], portal.code(signed_in)]
    wrong += [forging.ours(house, access, typ=typ) for typ in ("JWT", "logout+jwt", "token-introspection+jwt")]
    wrong += [forging.ours(house, access, alg=alg) for alg in ("RS256", "PS256", "EdDSA")]
    changes: list[dict[str, Any]] = [{"exp": 1}, {"iss": "https://evil.example"}, {"sub": "nobody"}, {"client_id": "unknown"}, {"epoch": 7}]
    wrong += [forging.ours(house, access, **change) for change in changes]
    wrong += [token for _, token in forging.forgeries(portal.provider, access)]
    assert not inactive(portal, forging.ours(house, access))
    assert [token for token in wrong if not inactive(portal, token)] == []


def test_a_spent_refresh_token_is_not_active_and_asking_is_no_use(each: Installation) -> None:
    """RFC 7662 section 2.2: asking changes nothing."""
    metadata = {"client_name": "Turned", "client_id": "turned", "redirect_uris": ["https://portal.example/callback"]}
    grants = {"grant_types": ["authorization_code", "refresh_token"]}
    turned = Portal(each.provider, client_registration.register(each.deps, {**metadata, **grants, "token_endpoint_auth_method": "none"}))
    first = begin(turned, each.browser(each.member()))["refresh_token"]
    second = refreshed(turned, first)["refresh_token"]
    turned = Portal(each.provider, client_registration.register(each.deps, {**metadata, **grants}))
    services.wait_until(lambda: about(turned, "introspection", second).status_code == 200)
    for _ in range(2):
        assert inactive(turned, first) and told(turned, second)["active"] is True


def verified(provider: Provider, portal: Portal, answer: requests.Response, alg: str) -> dict[str, Any]:
    """The claims of a signed response, checked as RFC 9701 section 5 says."""
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (200, SIGNED, "no-store")
    claims = provider.verified(answer.text, [alg], "token-introspection+jwt")
    assert set(claims) == {"iss", "aud", "iat", "token_introspection"} and (claims["iss"], claims["aud"]) == (provider.issuer, portal.id)
    found: dict[str, Any] = claims["token_introspection"]
    return found


@pytest.mark.parametrize(("name", "alg"), [("offline", "RS256"), ("api", "ES256")])
def test_the_answer_may_be_signed(house: Installation, signed_in: Browser, name: str, alg: str) -> None:
    """RFC 9701 sections 4 and 5: by Accept, for this client, with its algorithm; of an inactive token nothing else."""
    asker = house.portals[name]
    token = begin(house.portals["offline"], signed_in, resource=API)["access_token"]
    plain = told(asker, token)
    assert verified(house.provider, asker, about(asker, "introspection", token, {"Accept": SIGNED}), alg) == plain
    dead = about(asker, "introspection", "x", {"Accept": SIGNED})
    assert verified(house.provider, asker, dead, alg) == {"active": False}


@pytest.mark.parametrize(("accept", "signed"), [("", False), ("*/*", False), ("application/json", False), (SIGNED, True),
                                               (SIGNED.upper() + " ; q=0.5", True), (f"application/json;q=0.5, {SIGNED}", True),
                                               (f"{SIGNED};q=0.5, application/json", False), (f"{SIGNED};q=0", False),
                                               (f"{SIGNED};q=zz", False), ("application/jwt", False), ("," * 5_000, False)])  # fmt: skip
def test_who_does_not_ask_for_it_gets_json(house: Installation, accept: str, signed: bool) -> None:
    """RFC 9701 section 4; RFC 9110 section 12.5.1."""
    answer = about(house.portals["api"], "introspection", "x", {"Accept": accept})
    assert answer.headers["Content-Type"] == (SIGNED if signed else "application/json")


def test_a_signed_answer_is_no_token(house: Installation, signed_in: Browser) -> None:
    """RFC 9701 section 8.1 (requirement JW-04)."""
    portal = house.portals["offline"]
    token = begin(portal, signed_in)["access_token"]
    answer = about(portal, "introspection", token, {"Accept": SIGNED}).text
    assert house.provider.userinfo(answer).status_code == 401 and inactive(portal, answer)
    assert portal.error(signed_in, id_token_hint=answer) == "invalid_request"
