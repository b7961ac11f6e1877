"""ID tokens: claims, algorithms and hashes, verified by keys from discovery (OIDC Core sections 2 and 3.1.3)."""

import json
import time

import pytest
from sqlalchemy import update

from idp.tables.schema import accounts
from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal, half_hash, header_of
from tests.running import Browser

HASHES = {"RS256": "sha256", "PS256": "sha256", "ES256": "sha256", "EdDSA": "sha512"}
PROTOCOL = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "jti"}
EVERYTHING = "openid profile email phone address contract"


def portal_for(house: Installation, alg: str) -> Portal:
    """The portal that registered this algorithm; RS256 is the default."""
    return house.portals.get(alg, house.portals["plain"])


@pytest.mark.parametrize("alg", sorted(HASHES))
def test_each_client_gets_the_algorithm_it_registered(house: Installation, signed_in: Browser, alg: str) -> None:
    """OIDC Registration section 2, id_token_signed_response_alg; OIDC Core section 15.1."""
    portal = portal_for(house, alg)
    tokens = portal.tokens(signed_in)
    assert header_of(tokens["id_token"])["alg"] == alg
    assert portal.id_claims(tokens)["sub"] == house.subjects["hanako"]


@pytest.mark.parametrize("alg", sorted(HASHES))
def test_at_hash_is_the_left_half_of_the_access_tokens_hash(house: Installation, signed_in: Browser, alg: str) -> None:
    """OIDC Core section 3.1.3.6; Ed25519 hashes with SHA-512 (RFC 8032 section 5.1)."""
    portal = portal_for(house, alg)
    tokens = portal.tokens(signed_in)
    assert portal.id_claims(tokens)["at_hash"] == half_hash(tokens["access_token"], HASHES[alg])


def test_the_header_names_algorithm_key_and_type_and_nothing_that_leads_elsewhere(portal: Portal, signed_in: Browser) -> None:
    """RFC 8725 section 3.10; JWS section 4.1."""
    assert set(header_of(portal.tokens(signed_in)["id_token"])) == {"alg", "kid", "typ"}


def test_it_holds_the_facts_of_the_sign_in_and_no_claim_of_the_member(portal: Portal, signed_in: Browser) -> None:
    """OIDC Core sections 2 and 5.4: the claims of the scopes come from UserInfo in the code flow."""
    claims = portal.id_claims(portal.tokens(signed_in, scope=EVERYTHING))
    assert set(claims) == PROTOCOL
    assert (claims["nonce"], claims["acr"], claims["amr"]) == ("nonce-1", "urn:x-idp:acr:1", ["pwd"])


def test_its_times_are_whole_seconds_and_the_configured_life_apart(
    house: Installation, portal: Portal, signed_in: Browser
) -> None:
    """OIDC Core section 2: exp, iat, auth_time; never in the future, at least five minutes to use it."""
    before = int(time.time())
    claims = portal.id_claims(portal.tokens(signed_in))
    assert all(type(claims[name]) is int for name in ("iat", "exp", "auth_time"))
    assert before <= claims["iat"] <= time.time() and claims["auth_time"] <= claims["iat"]
    assert claims["exp"] - claims["iat"] == house.deps.policy.tokens.id >= 300


def test_auth_time_is_when_the_password_was_typed_not_when_the_token_was_made(house: Installation, portal: Portal) -> None:
    """OIDC Core section 2, auth_time (requirement AZ-10)."""
    browser, name = house.browser(), house.member()
    before = int(time.time())
    first = portal.id_claims(portal.granted(portal.redeem(portal.reply(portal.sign_in(browser, name))["code"])))
    assert before <= first["auth_time"] <= time.time()
    time.sleep(1.1)
    second = portal.id_claims(portal.tokens(browser))
    assert second["auth_time"] == first["auth_time"] and second["iat"] > first["auth_time"]


@pytest.mark.parametrize("nonce", ["n" * 384, "n" * 1024, "日本語🍣&#%\"'<>\\", " ", "0"])
def test_the_nonce_comes_back_unchanged(portal: Portal, signed_in: Browser, nonce: str) -> None:
    """OIDC Core section 3.1.2.1 (requirement AZ-16)."""
    assert portal.id_claims(portal.tokens(signed_in, nonce=nonce))["nonce"] == nonce


@pytest.mark.parametrize("nonce", [None, ""])
def test_without_a_nonce_there_is_none_in_the_token(portal: Portal, signed_in: Browser, nonce: str | None) -> None:
    """OIDC Core section 3.1.3.7; a parameter without a value counts as left out (RFC 6749 section 3.1)."""
    assert "nonce" not in portal.id_claims(portal.tokens(signed_in, nonce=nonce))


def test_a_nonce_too_long_to_be_kept_is_refused_not_cut(portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 3.1.2.1: passed through unmodified."""
    assert portal.error(signed_in, nonce="n" * 1025) == "invalid_request"


def test_every_token_has_a_name_of_its_own(portal: Portal, signed_in: Browser) -> None:
    """RFC 7519 section 4.1.7."""
    assert len({portal.id_claims(portal.tokens(signed_in))["jti"] for _ in range(3)}) == 3


def test_the_sid_names_the_session_and_is_no_key_to_it(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """OIDC Back-Channel Logout section 2.1: the same for one session at every client, another for another session."""
    one, two = portal.id_claims(portal.tokens(signed_in)), house.portals["other"]
    elsewhere = house.browser("hanako")
    assert one["sid"] == two.id_claims(two.tokens(signed_in))["sid"]
    assert one["sid"] != portal.id_claims(portal.tokens(elsewhere))["sid"]
    assert one["sid"] not in signed_in.cookies.values()


def test_the_subject_is_opaque_stable_and_ascii(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 2, sub (requirement AZ-25)."""
    subject = portal.id_claims(portal.tokens(signed_in))["sub"]
    assert subject.isascii() and 16 <= len(subject) <= 255
    assert not any(known in subject.lower() for known in ("hanako", "example.jp", "0012345678", "9012345678"))
    assert house.portals["ES256"].id_claims(house.portals["ES256"].tokens(signed_in))["sub"] == subject


def test_a_client_that_registered_for_it_finds_the_scopes_claims_here(house: Installation, signed_in: Browser) -> None:
    """certification.md, rules of real relying parties, 10: some proxies read nothing but the ID token."""
    portal = house.portals["claims"]
    claims = portal.id_claims(portal.tokens(signed_in, scope="openid email"))
    assert (claims["email"], claims["email_verified"]) == ("hanako@example.jp", True)
    assert set(claims) == PROTOCOL | {"email", "email_verified"}


def test_the_claims_parameter_can_ask_for_single_claims_here(portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 5.5."""
    asked = json.dumps({"id_token": {"nickname": None, "birthdate": {"essential": True}, "unheard_of": None}})
    claims = portal.id_claims(portal.tokens(signed_in, claims=asked))
    assert set(claims) == PROTOCOL | {"nickname", "birthdate"} and claims["birthdate"] == "1958-04-01"


def test_no_claim_of_a_member_replaces_one_of_the_protocol(house: Installation) -> None:
    """Requirement JW-05: a stored attribute named like a protocol claim changes nothing."""
    name = house.member()
    evil = {claim: "evil" for claim in PROTOCOL} | {"email": "evil@example.jp", "email_verified": True, "name": "善良"}
    with house.deps.database.write() as connection:
        connection.execute(update(accounts).where(accounts.c.id == house.subjects[name]).values(profile=json.dumps(evil)))
    portal = house.portals["claims"]
    asked = json.dumps({"id_token": {claim: None for claim in PROTOCOL}})
    claims = portal.id_claims(portal.tokens(house.browser(name), scope=EVERYTHING, claims=asked))
    assert "evil" not in json.dumps(claims) and claims["sub"] == house.subjects[name] and claims["name"] == "善良"
