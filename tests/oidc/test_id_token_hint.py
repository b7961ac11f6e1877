"""id_token_hint: whose session the portal expects (OIDC Core section 3.1.2.1; requirements AZ-12, JW-02, JW-04)."""

import pytest

from tests.oidc import forging
from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal
from tests.oidc.test_sign_in_request import shows_sign_in
from tests.running import Browser


def test_a_hint_of_the_member_signed_in_is_answered_silently(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 3.1.2.1."""
    hint = portal.tokens(signed_in)["id_token"]
    assert portal.id_claims(portal.tokens(signed_in, id_token_hint=hint, prompt="none"))["sub"] == house.subjects["hanako"]
    portal.code(signed_in, id_token_hint=hint)


def test_a_hint_of_another_member_is_login_required(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 3.1.2.1: never an answer for somebody else."""
    other = house.member()
    hint = portal.tokens(house.browser(other))["id_token"]
    assert portal.error(signed_in, id_token_hint=hint, prompt="none") == "login_required"
    page = portal.ask(signed_in, id_token_hint=hint)
    assert shows_sign_in(page)
    assert portal.reply(house.browser().go(portal.address(id_token_hint=hint, prompt="none")))["error"] == "login_required"


def test_who_signs_in_as_somebody_else_than_hinted_gets_no_code(house: Installation, portal: Portal, hanako: str) -> None:
    """OIDC Core section 3.1.2.1: a negative response if the subject is another."""
    name = house.member()
    hint = portal.tokens(house.browser(name))["id_token"]
    browser = house.browser()
    wrong = browser.sign_in(portal.ask(browser, id_token_hint=hint), hanako)
    assert portal.reply(wrong)["error"] == "login_required" and "idp-session" not in browser.cookies
    assert "code" in portal.reply(browser.sign_in(portal.ask(browser, id_token_hint=hint), name))


def test_an_expired_hint_still_tells_who_is_meant(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 3.1.2.1: the time is of no matter, everything else is."""
    hint = forging.ours(house, portal.tokens(signed_in)["id_token"], exp=1, iat=0)
    portal.code(signed_in, id_token_hint=hint, prompt="none")


@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA"])
def test_hints_of_every_algorithm_are_read(house: Installation, signed_in: Browser, alg: str) -> None:
    """OIDC Core section 3.1.2.1."""
    portal = house.portals[alg]
    portal.code(signed_in, id_token_hint=portal.tokens(signed_in)["id_token"], prompt="none")


@pytest.mark.parametrize("changes", [{"aud": "another-client"}, {"aud": None}, {"iss": "https://evil.example"}, {"iss": None},
                                     {"sub": None},
                                     {"sub": 7}, {"client_id": "x"}], ids=str)  # fmt: skip
def test_a_hint_that_says_something_else_is_refused(
    house: Installation, portal: Portal, signed_in: Browser, changes: dict
) -> None:
    """Requirement AZ-12: issuer, audience, subject; signed by us or not."""
    hint = forging.ours(house, portal.tokens(signed_in)["id_token"], **changes)
    assert portal.error(signed_in, id_token_hint=hint) == "invalid_request"


def test_a_hint_of_another_client_or_another_kind_is_refused(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """Requirement JW-04, trap T-13: an access token is no hint."""
    tokens, other = portal.tokens(signed_in), house.portals["other"].tokens(signed_in)
    for hint in (tokens["access_token"], other["id_token"], forging.ours(house, tokens["id_token"], typ="logout+jwt")):
        assert portal.error(signed_in, id_token_hint=hint, prompt="none") == "invalid_request"


def test_forged_hints_are_refused(portal: Portal, signed_in: Browser) -> None:
    """Requirements JW-01, JW-02, JW-03: `none`, HMAC with the public key, unknown and strange key names, key in the header."""
    token = portal.tokens(signed_in)["id_token"]
    for name, hint in forging.forgeries(portal.provider, token):
        assert portal.error(signed_in, id_token_hint=hint[:7000]) == "invalid_request", name
