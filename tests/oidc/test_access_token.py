"""Access tokens: JWTs of RFC 9068, for our own UserInfo."""

import json
import re
import time

from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal, Provider, header_of
from tests.running import Browser, claims_of

REQUIRED = {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"}


def test_it_is_a_signed_jwt_of_its_own_type(portal: Portal, provider: Provider, signed_in: Browser) -> None:
    """RFC 9068 sections 2.1 and 4: typ at+jwt, an asymmetric algorithm, a published key."""
    token = portal.tokens(signed_in)["access_token"]
    assert set(header_of(token)) == {"alg", "kid", "typ"}
    provider.verified(token, ["ES256"], "at+jwt")


def test_it_has_every_required_claim(house: Installation, portal: Portal, provider: Provider, signed_in: Browser) -> None:
    """RFC 9068 section 2.2."""
    before = int(time.time())
    claims = provider.verified(portal.tokens(signed_in)["access_token"], ["ES256"], "at+jwt")
    assert REQUIRED <= set(claims)
    assert (claims["iss"], claims["sub"], claims["client_id"]) == (provider.issuer, house.subjects["hanako"], portal.id)
    assert claims["aud"] == provider.issuer and before <= claims["iat"] <= time.time()


def test_expires_in_is_its_life(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """RFC 6749 section 5.1: a JSON number of seconds."""
    tokens = portal.tokens(signed_in)
    claims = claims_of(tokens["access_token"])
    assert type(tokens["expires_in"]) is int
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == house.deps.policy.tokens.access


def test_it_tells_how_the_member_signed_in_as_the_id_token_does(portal: Portal, signed_in: Browser) -> None:
    """RFC 9068 section 2.2.1: auth_time, acr, amr."""
    time.sleep(1.1)
    tokens = portal.tokens(signed_in)
    access, identity = claims_of(tokens["access_token"]), claims_of(tokens["id_token"])
    assert all(access[name] == identity[name] for name in ("auth_time", "acr", "amr", "sub"))
    assert access["auth_time"] < access["iat"]


def test_its_scope_is_what_was_granted(house: Installation, signed_in: Browser) -> None:
    """RFC 9068 section 2.2.3; RFC 6749 section 3.3: what the client may not have is dropped, and said."""
    narrow = house.portals["narrow"]
    tokens = narrow.tokens(signed_in, scope="openid profile email admin")
    assert tokens["scope"] == claims_of(tokens["access_token"])["scope"] == "openid email"


def test_it_holds_nothing_about_the_person(portal: Portal, signed_in: Browser) -> None:
    """RFC 9068 section 6: a client can read it."""
    token = portal.tokens(signed_in, scope="openid profile email phone address contract")["access_token"]
    claims = claims_of(token)
    for name in ("iat", "exp", "auth_time"):  # numbers that may hold a year's digits
        assert isinstance(claims.pop(name), int)
    assert re.fullmatch("[0-9a-f]{64}", claims.pop("session"))
    text = json.dumps(claims, ensure_ascii=False)
    assert not re.search("hanako|花子|はなこ|example.jp|9012345678|0012345678|1958", text)


def test_every_token_has_a_name_of_its_own(portal: Portal, signed_in: Browser) -> None:
    """RFC 9068 section 2.2, jti."""
    assert len({claims_of(portal.tokens(signed_in)["access_token"])["jti"] for _ in range(3)}) == 3
